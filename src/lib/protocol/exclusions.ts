// Devices that a federation's coordinator left out, and those that send what cannot be used. Beside http.ts, which pages load that
// show none of it.
import * as v from 'valibot';
import { ParticipantId } from '../core/ids.ts';

/** Why a device is left out: its person is told. */
export const Exclusion = v.strictObject({
  reason: v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1, 'a reason, which its person is told'),
    v.maxLength(300),
  ),
});
export type Exclusion = v.InferOutput<typeof Exclusion>;
export const ExclusionView = v.strictObject({
  participant: ParticipantId,
  name: v.string(),
  reason: v.string(),
  at: v.number(),
});
export type ExclusionView = v.InferOutput<typeof ExclusionView>;
/** What weighs on a device of what it sent (server/coordinator/reputation.ts). */
export const StandingView = v.strictObject({
  participant: ParticipantId,
  score: v.number(),
  /** Milliseconds for which it is turned away; null: it is not. */
  awayMs: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});
export type StandingView = v.InferOutput<typeof StandingView>;
