// What a federation is for, as it was put at different times.
//
//   GET  /api/federations/:id/briefs                BriefVersion[]   oldest first
//   PUT  /api/federations/:id/question              ChangedQuestion → FederationView   also while a run is on (coordinator)
import * as v from 'valibot';
import { Brief } from '../core/federation.ts';
import { Gates } from '../core/gates/gate.ts';
import { RunNumber } from '../core/ids.ts';

export const BriefVersion = v.strictObject({
  version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Since when. */
  at: v.number(),
  brief: Brief,
  /** Runs that were started under it, and hold it. */
  runs: v.array(RunNumber),
});
export type BriefVersion = v.InferOutput<typeof BriefVersion>;

/** What a model is for, and what counts as success: neither changes what devices do in a run. */
export const ChangedQuestion = v.strictObject({ brief: Brief, gates: Gates });
export type ChangedQuestion = v.InferOutput<typeof ChangedQuestion>;
