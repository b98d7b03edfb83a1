// Who may take part, and who first where more are there than are needed (FederationSpec.rules.selection).
import type { SelectionRules } from '../federation.ts';
import type { ParticipantId } from '../ids.ts';
import type { Candidate } from './round-state.ts';

/** What a device says of itself at check-in. Claims: the examples bound the weight of its updates, the tags bind nothing. */
export interface DeviceFacts {
  readonly examples: number;
  readonly tags: readonly string[];
}

/** Why this device is not picked, in a sentence for its person that says what to do; undefined: it may be. */
export function notEligible(rules: SelectionRules, device: DeviceFacts): string | undefined {
  if (device.examples < rules.minimumExamples)
    return `This federation takes devices with at least ${rules.minimumExamples} rows to train on, and this one has ${device.examples}. Add more data.`;
  const missing = rules.requiredTags.filter((tag) => !device.tags.includes(tag));
  if (missing.length === 0) return undefined;
  const named = missing.map((tag) => `“${tag}”`).join(', ');
  return `This federation takes devices with the ${missing.length === 1 ? 'tag' : 'tags'} ${named}. If this device is meant, join again with ${missing.length === 1 ? 'it' : 'them'}.`;
}

/**
 * The order in which candidates are to be picked: by chance, or by the round that each took part in last, with chance between
 * equals. `draw` is uniform in [0, 1).
 */
export function inPickingOrder(
  candidates: readonly Candidate[],
  fairness: SelectionRules['fairness'],
  lastRoundOf: (participant: ParticipantId) => number | undefined,
  draw: () => number,
): Candidate[] {
  const shuffled = [...candidates];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(draw() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  if (fairness === 'random') return shuffled;
  // Array sort is stable: equals stay as chance left them.
  const turn = (one: Candidate): number => lastRoundOf(one.participant) ?? 0;
  return shuffled.sort((a, b) => turn(a) - turn(b));
}
