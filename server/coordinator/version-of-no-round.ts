// The record of a version that no round has made: the first of a federation, one that comes from above, an intact one's parameters again.
import type { VersionRecord } from '../ports/records.ts';

type Given = 'federation' | 'version' | 'digest' | 'bytes' | 'parent' | 'committedAt';

/** `state` and `residual`: what goes with an earlier version's parameters; null where there is none. */
export const versionOfNoRound = (
  given: Pick<VersionRecord, Given> & Partial<Pick<VersionRecord, 'state' | 'residual'>>,
): VersionRecord => ({
  state: null,
  residual: null,
  ...given,
  delta: null,
  norm: null,
  run: null,
  round: null,
  participants: 0,
  examples: 0,
  bytesUp: 0,
  bytesDown: 0,
  durationMs: null,
});
