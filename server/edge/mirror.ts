// The federation that an edge runs for its own devices, out of the upper one's spec: the same contract, model and plan, so that what is
// learned from a version above is learned as above; a mean by examples; and no target of its own. And which federations have no
// edge, with what to do instead.
import { exactAveraging, plainRounds, secureSumOf, type FederationSpec } from '#lib/core/federation.ts';
import { asksLatency } from '#lib/core/gates/asks-latency.ts';
import { asksSlices } from '#lib/core/gates/asks-slices.ts';
import type { FederationId } from '#lib/core/ids.ts';
import type { SecureSumOn } from '#lib/core/secure-sum/rules.ts';
import { strategyNamed } from '#lib/core/aggregation/index.ts';
import { summedFamilyNamed } from '#lib/core/summed-models.ts';

/** What whoever runs an edge chooses. */
export interface EdgeRules {
  /** Rounds among its devices for one of the upper federation. */
  readonly rounds: number;
  /** Devices that a round is begun with at once. */
  readonly devices: number;
  /** Devices without which nothing is learned, and nothing sent. */
  readonly minimum: number;
  /** How long a round waits for more than the minimum. */
  readonly waitMs: number;
  /** Whether its devices need an invitation. */
  readonly invited: boolean;
  /** Who runs it. */
  readonly name: string;
}

/** Where an edge stands: under which federation of which server. */
export interface Above {
  /** Its origin. */
  readonly url: string;
  readonly federation: FederationId;
}

/** “heart” at https://trial.example */
export const named = ({ url, federation }: Above): string => `“${federation}” at ${url}`;

/** Why a federation of this spec has no edge, with what to do instead; undefined: it may have. */
export function whyNoEdge(spec: FederationSpec, above: Above): string | undefined {
  const reason = unsuited(spec);
  return (
    reason &&
    `An edge cannot take part in ${named(above)}: ${reason} Let the devices join that server by themselves, or ask its coordinator for a federation that can have edges.`
  );
}

function unsuited({
  family,
  rules,
  strategy: { name },
  personalisation,
  privacy,
  tuning,
  gates,
}: FederationSpec): string | undefined {
  const summed = summedFamilyNamed(family);
  if (summed !== undefined)
    return `its model (${summed.title.toLowerCase()}) is made of exact sums over rows, and an edge sends a mean.`;
  if (rules.mode.type === 'asynchronous')
    return 'its rounds are asynchronous, and what an edge learns belongs to one version and one deadline.';
  if (rules.heldOutDevices !== undefined)
    return 'some of its devices never train, and an edge that is one of them could say nothing of a version on rows of its own.';
  if (privacy.type !== 'none')
    return 'it promises privacy to each participant. Here that would be the edge as a whole, and none of its devices.';
  const strategy = strategyNamed(name);
  const title = strategy?.title ?? name;
  if (strategy?.asks.includes('controls') === true)
    return `${title} keeps a control for each device that trains, and an edge trains nothing itself.`;
  if (strategy?.asks.includes('base-loss') === true)
    return `${title} weighs updates by the loss at the base on a device’s training rows, and an edge has none.`;
  if (name === 'fednova')
    return `${title} divides updates by local steps, and no one number of them stands for an edge’s devices and rounds.`;
  if (personalisation.type === 'fedper' || personalisation.type === 'fedbn')
    return 'a part of its model is each device’s own, of which an edge has none to be scored with.';
  if (tuning !== undefined)
    return 'it tries local settings device by device, and an edge could say nothing of a single one.';
  if (asksLatency({ gates }))
    return 'a condition for going live asks how long a prediction takes on each device, and an edge could say nothing of a single one.';
  if (asksSlices({ gates }))
    return 'a condition for going live is about a part of the rows, which an edge’s devices do not count apart.';
  return undefined;
}

/** The most that a spec’s words hold. */
const MOST_WORDS = 1000;
const MOST_ROUNDS = 100_000;

/** What a device reads before it agrees, after what the federation is for. */
export const passedOn = (above: Above): string =>
  `This server is an edge: what the devices here learn together it passes on to the federation ${named(above)}, where it counts as one participant.`;

function withWords(text: string, more: string): string {
  const room = MOST_WORDS - more.length - 1;
  return `${text.length <= room ? text : `${text.slice(0, room - 1)}…`} ${more}`;
}

/** Sums of groups are for strategies that compare: here it is one sum. */
const ofAll = ({ groups: _, ...sum }: SecureSumOn): SecureSumOn => sum;

/** What its own devices are asked. Of a spec that whyNoEdge has nothing against. */
export function mirrored(spec: FederationSpec, rules: EdgeRules, above: Above): FederationSpec {
  if (!('network' in spec)) throw new Error('A federation without a network has no edge.');
  const { statistics: _, gates: __, ...rest } = spec;
  const { version: ___, ...brief } = spec.brief;
  const sum = secureSumOf(spec);
  return {
    ...rest,
    ...exactAveraging,
    brief: {
      ...brief,
      purpose: withWords(brief.purpose, passedOn(above)),
      coordinator: `${rules.name}, for ${brief.coordinator}`.slice(0, 120),
    },
    // Whether it is good enough is judged above.
    metric: { ...spec.metric, target: null },
    gates: [],
    guard: spec.guard,
    personalisation: spec.personalisation,
    access: { type: rules.invited ? 'invited' : 'open' },
    // Where the upper server is to see sums alone, this one is not to see more.
    ...(sum === undefined ? {} : { secureSum: ofAll(sum) }),
    rules: {
      ...plainRounds,
      selection: {
        ...plainRounds.selection,
        // Under a secure sum a device says no more than that its rows suffice.
        minimumExamples: sum === undefined ? 1 : spec.rules.selection.minimumExamples,
      },
      goal: Math.max(rules.devices, rules.minimum),
      minimum: rules.minimum,
      overSelection: 1,
      selectionDeadlineMs: rules.waitMs,
      // A fifth is for the way up and down, and for devices to come.
      reportingDeadlineMs: Math.max(5_000, Math.floor((0.8 * spec.rules.reportingDeadlineMs) / rules.rounds)),
      pauseMs: 0,
      // What is to be expected. It ends with the run above, which asks again for a round that came to nothing.
      maximumRounds: Math.min(MOST_ROUNDS, spec.rules.maximumRounds * rules.rounds),
    },
  };
}
