// What each device has lost of its privacy in a federation, for its coordinators. Beside http.ts, which pages load that show none of it.
import * as v from 'valibot';
import { ParticipantId } from '../core/ids.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Those that were charged anything. Null where the federation promises no privacy: there is no δ to say ε at. */
export const LedgerView = v.nullable(
  v.strictObject({
    delta: v.number(),
    /** The budget of each. */
    epsilon: v.number(),
    participants: v.array(
      v.strictObject({
        participant: ParticipantId,
        /** What it was in and charged for, over all runs. */
        releases: whole,
        epsilon: v.number(),
      }),
    ),
  }),
);
export type LedgerView = v.InferOutput<typeof LedgerView>;
