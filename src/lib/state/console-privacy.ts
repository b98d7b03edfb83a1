// The privacy of a draft: as typed, as the schema reads it, and what it comes to. Only the console loads it.
import * as v from 'valibot';
import { account } from '../core/privacy/account.ts';
import { epsilonAfter, roundsWithin } from '../core/privacy/loss-account.ts';
import { noPrivacy, Privacy } from '../core/privacy/rules.ts';
import { costRange } from '../core/privacy/simulated-cost.ts';
import { adjacencyText, deltaText, epsilonText } from './privacy-words.ts';

const number = v.nullable(v.number());

/** The numbers are kept while privacy is off, so that looking at it loses nothing. */
export const DraftPrivacy = v.object({
  type: v.picklist(['none', 'central', 'local', 'distributed']),
  clipNorm: number,
  noiseMultiplier: number,
  delta: number,
  epsilon: number,
  /** Null: the clip norm stays. */
  followQuantile: v.optional(number, null),
  /** Null: devices come as they like. */
  samplingRate: v.optional(number, null),
});
export type DraftPrivacy = v.InferOutput<typeof DraftPrivacy>;

export function privacyTyped(chosen: Privacy): DraftPrivacy {
  const usual = { clipNorm: 0.5, noiseMultiplier: 4, delta: 1e-5, epsilon: 8 };
  if (chosen.type === 'none') return { ...usual, type: 'none', followQuantile: null, samplingRate: null };
  const { followQuantile = null, samplingRate = null } = chosen;
  return { ...chosen, followQuantile, samplingRate };
}

/** For the schema to read, and to refuse by name. */
export const privacyChosen = ({
  type,
  followQuantile,
  samplingRate,
  ...numbers
}: DraftPrivacy): { readonly type: string } =>
  type === 'none'
    ? { type }
    : {
        type,
        ...numbers,
        ...(followQuantile === null ? {} : { followQuantile }),
        ...(samplingRate === null || type !== 'central' ? {} : { samplingRate }),
      };

/** What other parts of the draft are judged by: none where a number is missing, which its own field says. */
export function privacyRead(draft: DraftPrivacy): Privacy {
  const read = v.safeParse(Privacy, privacyChosen(draft));
  return read.success ? read.output : noPrivacy;
}

interface Sentence {
  readonly name: string;
  readonly text: string;
}

/**
 * What it comes to, live: ε of a device that is in every round by both accountants, what the budget holds, and what the noise is
 * likely to cost. `parameterCount`: undefined while there is no model.
 */
export function privacySentences(
  privacy: Privacy,
  { goal, maximumRounds }: { readonly goal: number | null; readonly maximumRounds: number | null },
  parameterCount: number | undefined,
): readonly Sentence[] {
  if (privacy.type === 'none' || goal === null || maximumRounds === null) return [];
  const { noiseMultiplier, samplingRate, delta, epsilon } = privacy;
  const most = roundsWithin(privacy);
  const rounds = Math.min(maximumRounds, Math.max(most, 1));
  const at = `at δ ${deltaText(delta)}`;
  const accuracy =
    parameterCount === undefined
      ? []
      : [{ name: 'Accuracy', text: accuracySentence(privacy, goal, parameterCount) }];
  // Without sampling the Gaussian's distribution of losses is exact.
  const exact = epsilonAfter(privacy, rounds);
  if (samplingRate !== undefined)
    return [
      {
        name: 'Privacy',
        text: `A device that may be drawn for ${rounds === 1 ? 'one round' : `${rounds} rounds`} loses ε ${epsilonText(exact)} ${at} by Rényi divergences, ${adjacencyText(privacy)}, whether it is drawn or not. Without the draw the same noise would cost ε ${epsilonText(epsilonAfter({ ...privacy, samplingRate: undefined }, rounds))}.`,
      },
      {
        name: 'Draw',
        text: `Each round the server draws every admitted device by itself with a chance of ${Number((100 * samplingRate).toPrecision(3))} %, whoever is here; who is away then is absent. The sum is divided by ${goal}: that is what comes of ${Math.round(goal / samplingRate)} admitted devices if all are here. Devices must trust this server to draw so and to keep to itself whom it drew: no page, receipt or log says it. How long a round takes, and when something happens in it, is not hidden.`,
      },
      {
        name: 'Budget',
        text: `ε ${epsilonText(epsilon)} ${at} holds ${most === 1 ? 'one round' : `${most} rounds`} of each device, drawn or not${most >= maximumRounds ? `: enough for all ${maximumRounds}.` : `; the run ends there, before its ${maximumRounds} rounds.`}`,
      },
      ...accuracy,
    ];
  const renyi = account('rdp', { samplingRate: 1, noiseMultiplier, steps: rounds, delta }).epsilon;
  const beside =
    privacy.type === 'distributed'
      ? 'by Rényi divergences: no other account of such noise is known'
      : `by Rényi divergences ${epsilonText(renyi)}`;
  return [
    {
      name: 'Privacy',
      text: `A device in ${rounds === 1 ? 'one round' : `${rounds} rounds`} loses ε ${epsilonText(exact)} ${at} (${beside}), ${adjacencyText(privacy)}. No amplification by sampling is claimed: devices come when they like.`,
    },
    {
      name: 'Budget',
      text:
        most >= maximumRounds
          ? `ε ${epsilonText(epsilon)} ${at} holds ${most} updates of each device: enough for all ${maximumRounds} rounds.`
          : `ε ${epsilonText(epsilon)} ${at} holds ${most === 1 ? 'one update' : `${most} updates`} of each device. Who has given them takes part no more; the run ends where too few are left, before its ${maximumRounds} rounds if no others come.`,
    },
    ...accuracy,
  ];
}

/** Of two thirds of the devices the noise is enough: where all stay there is so many times its variance. */
const SURPLUS = 1.5;

/** Noise beside what it is added to: its length in the average of `goal` updates, in clip norms. */
export const noiseRatio = (
  { type, noiseMultiplier }: Exclude<Privacy, { type: 'none' }>,
  goal: number,
  parameterCount: number,
): number =>
  type === 'local'
    ? (2 * noiseMultiplier * Math.sqrt(parameterCount)) / Math.sqrt(goal)
    : (Math.sqrt(type === 'distributed' ? SURPLUS : 1) * noiseMultiplier * Math.sqrt(parameterCount)) / goal;

function accuracySentence(
  privacy: Exclude<Privacy, { type: 'none' }>,
  goal: number,
  parameterCount: number,
): string {
  const ratio = noiseRatio(privacy, goal, parameterCount);
  const range = costRange(ratio);
  const sized = `The noise in a round's average is ${Number(ratio.toPrecision(2))} times as long as one update may be.`;
  const points = (value: number): string => value.toFixed(1);
  return range.most === null
    ? `${sized} In simulations on MNIST less noise than that cost ${points(range.least)} points of accuracy; this costs more. Ask for more updates in a round, or choose a smaller model.`
    : `${sized} In simulations on MNIST (softmax regression, 1,000 devices, 20 rounds) such noise cost ${points(range.least)} to ${points(range.most)} points of accuracy; on your data it may be more or less.`;
}
