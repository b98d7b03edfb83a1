// The further rules of a draft's rounds: how they follow each other, and who may take part in them. As typed: every number may
// be empty, for the schema to refuse by name.
import * as v from 'valibot';
import { plainRounds, SelectionRules, type FederationSpec } from '#lib/core/federation.ts';
import type { Draft } from './console-draft.ts';

const number = v.nullable(v.number());

export const DraftFurther = v.object({
  mode: v.picklist(['synchronous', 'asynchronous']),
  /** Devices that train at the same time, in asynchronous rounds. */
  concurrency: number,
  /** "ward-3, adults" */
  requiredTags: v.string(),
  minimumExamples: number,
  deadlineShare: v.optional(number, plainRounds.selection.deadlineShare),
  fairness: SelectionRules.entries.fairness,
  reserve: number,
  /** Rounds without gain that end the run; empty: it goes on. */
  patience: v.optional(number, null),
  /** The share of devices that never train; empty: none. */
  heldOutDevices: v.optional(number, null),
});
export type DraftFurther = v.InferOutput<typeof DraftFurther>;

export const plainFurther = (): DraftFurther => ({
  mode: 'synchronous',
  concurrency: 20,
  requiredTags: '',
  minimumExamples: plainRounds.selection.minimumExamples,
  deadlineShare: plainRounds.selection.deadlineShare,
  fairness: plainRounds.selection.fairness,
  reserve: plainRounds.reserve,
  patience: null,
  heldOutDevices: null,
});

/** Typed again from a spec. */
export function furtherFrom({
  mode,
  selection,
  reserve,
  patience = null,
  heldOutDevices,
}: FederationSpec['rules']): DraftFurther {
  return {
    mode: mode.type,
    concurrency: mode.type === 'asynchronous' ? mode.concurrency : plainFurther().concurrency,
    requiredTags: selection.requiredTags.join(', '),
    minimumExamples: selection.minimumExamples,
    deadlineShare: selection.deadlineShare,
    fairness: selection.fairness,
    reserve,
    patience,
    heldOutDevices: heldOutDevices ?? null,
  };
}

export const tagsTyped = (text: string): string[] =>
  text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');

/** The rules as typed, for the schema to read. */
export function rulesTyped({ rules, further }: Pick<Draft, 'rules' | 'further'>) {
  const { mode, concurrency, requiredTags, minimumExamples, deadlineShare, fairness } = further;
  const { reserve, patience, heldOutDevices } = further;
  return {
    ...rules,
    mode: mode === 'asynchronous' ? { type: mode, concurrency } : { type: mode },
    selection: { requiredTags: tagsTyped(requiredTags), minimumExamples, deadlineShare, fairness },
    reserve,
    ...(patience === null ? {} : { patience }),
    ...(heldOutDevices === null ? {} : { heldOutDevices }),
  };
}

/** Fewer say little: one device is no more than its own habits. */
const FEWEST_HELD_OUT = 2;

/** Whether so many devices are too few for this share to be held out; undefined: they are not, or none is. `devices`: those of a round. */
export function tooFewHeldOut(share: number | null, devices: number): string | undefined {
  if (share === null || share <= 0 || share * devices >= FEWEST_HELD_OUT) return undefined;
  const needed = Math.ceil(FEWEST_HELD_OUT / share - 1e-9);
  return `Of ${devices} devices, as a round asks, about ${Number((share * devices).toPrecision(2))} would be held out, and fewer than two say little. Hold out a larger share, or count on ${needed} devices or more.`;
}
