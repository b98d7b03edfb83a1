// Where a run branched from another, as it is written down (RunOrigin of the participant store).
import * as v from 'valibot';

const finite = v.pipe(v.number(), v.finite());

export const RunOrigin = v.object({
  run: v.string(),
  step: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  changed: v.array(v.object({ field: v.string(), from: finite, to: finite })),
});
