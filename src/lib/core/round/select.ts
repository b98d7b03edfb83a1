// Who may take part, and who first where more are there than are needed (FederationSpec.rules.selection).
//
// Of speed. Rounds by lot (Bonawitz et al. 2019, §2.2) ask slow devices as often as any, and over-selection then leaves out
// whoever reports last: slow devices work in vain. Oort (Lai et al. 2021, §4) multiplies a device's worth by (T / t)^α where its
// time t exceeds the T that is preferred, and adds to it the longer it was not asked. What is here is the plainest rule of that
// kind: the wait, times min(1, T / t), with T the middle time of those who wait. A device that needs twice the middle time has
// its turn half as often, and none starves, since a wait grows for ever. Oort's other factor, the loss on the device, is left
// out: it is a claim that nobody can check, and picking by it shows others whose rows the model fails on. Nor are the fastest
// taken first: who has a fast device has other rows than who has not, and the model is to work for both.
import { medianOf } from '../aggregation/order-statistics.ts';
import type { RoundRules, SelectionRules } from '../federation.ts';
import type { ParticipantId } from '../ids.ts';
import type { TrainingPlan } from '../model/spec.ts';
import { spoken } from '../spoken-duration.ts';
import type { Candidate } from './round-state.ts';

/** What a device says of itself at check-in. Claims: the examples bound the weight of its updates, the rest binds nothing. */
export interface DeviceFacts {
  readonly examples: number;
  readonly tags: readonly string[];
  /** Rows that it trains in a second, by its self-test on this federation's model; undefined: nothing was measured. */
  readonly examplesPerSecond: number | undefined;
}

/** What devices are chosen by; a FederationSpec is one. */
export interface SelectionTerms {
  readonly rules: Pick<RoundRules, 'selection' | 'reportingDeadlineMs'>;
  readonly plan: Pick<TrainingPlan, 'localEpochs'>;
}

/** Milliseconds of local training in a round; undefined where nothing was measured. */
export const expectedTrainingMs = (
  { localEpochs }: SelectionTerms['plan'],
  { examples, examplesPerSecond }: Pick<DeviceFacts, 'examples' | 'examplesPerSecond'>,
): number | undefined =>
  examplesPerSecond === undefined ? undefined : (1000 * localEpochs * examples) / examplesPerSecond;

/** Why this device is not picked, in a sentence for its person that says what to do; undefined: it may be. */
export function notEligible({ rules, plan }: SelectionTerms, device: DeviceFacts): string | undefined {
  const { minimumExamples, requiredTags } = rules.selection;
  if (device.examples < minimumExamples)
    return `This federation takes devices with at least ${minimumExamples} rows to train on, and this one has ${device.examples}. Add more data.`;
  const missing = requiredTags.filter((tag) => !device.tags.includes(tag));
  if (missing.length === 0) return tooSlow({ rules, plan }, device);
  const named = missing.map((tag) => `“${tag}”`).join(', ');
  return `This federation takes devices with the ${missing.length === 1 ? 'tag' : 'tags'} ${named}. If this device is meant, join again with ${missing.length === 1 ? 'it' : 'them'}.`;
}

function tooSlow({ rules, plan }: SelectionTerms, device: DeviceFacts): string | undefined {
  const share = rules.selection.deadlineShare;
  if (share === null) return undefined;
  const allowedMs = share * rules.reportingDeadlineMs;
  const takes = `This federation takes devices that train within ${spoken(allowedMs)}`;
  const expectedMs = expectedTrainingMs(plan, device);
  if (expectedMs === undefined || device.examplesPerSecond === undefined)
    return `${takes}, and this one did not say how fast it is. Reload the page, so that it runs the newest version of the app.`;
  if (expectedMs <= allowedMs) return undefined;
  const epochs = plan.localEpochs === 1 ? 'once' : `${plan.localEpochs} times`;
  const rate = Number(device.examplesPerSecond.toPrecision(2));
  return `${takes}, and this one would take about ${spoken(expectedMs)}: ${device.examples} rows, ${epochs}, at the ${rate} a second that were measured on this model. Another browser, or a faster computer that is plugged in, may do.`;
}

/** What is known of candidates beyond what they are. */
export interface KnownOfCandidates {
  /** Number of the round that is to be filled. */
  readonly round: number;
  /** The round that a device took part in last; undefined: none. */
  lastRoundOf(participant: ParticipantId): number | undefined;
  /** As `expectedTrainingMs` has it. */
  trainingMsOf(participant: ParticipantId): number | undefined;
}

/** The order in which candidates are to be picked, with chance between equals. `draw` is uniform in [0, 1). */
export function inPickingOrder(
  candidates: readonly Candidate[],
  fairness: SelectionRules['fairness'],
  known: KnownOfCandidates,
  draw: () => number,
): Candidate[] {
  const shuffled = [...candidates];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(draw() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  // Array sort is stable: equals stay as chance left them.
  const byWait = (weightOf: (one: Candidate) => number): Candidate[] => {
    const claims = new Map(
      shuffled.map((one) => {
        const wait = known.round - (known.lastRoundOf(one.participant) ?? 0);
        return [one, wait * weightOf(one)] as const;
      }),
    );
    return shuffled.sort((a, b) => claims.get(b)! - claims.get(a)!);
  };
  switch (fairness) {
    case 'random':
      return shuffled;
    case 'least-recent':
      return byWait(() => 1);
    case 'least-recent-by-speed': {
      const times = shuffled.flatMap((one) => known.trainingMsOf(one.participant) ?? []);
      const middleMs = times.length === 0 ? 0 : medianOf(times);
      // Of a device that measured nothing nothing is held against it.
      return byWait((one) => {
        const ms = known.trainingMsOf(one.participant);
        return ms === undefined ? 1 : Math.min(1, middleMs / ms);
      });
    }
    default:
      return fairness satisfies never;
  }
}
