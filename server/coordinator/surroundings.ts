// What a coordinator stands on. Everything outside the pure core comes through here, so that a simulation replaces it.
import type { ActsEnd } from '../acts.ts';
import type { Blobs } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { DrawBytes } from '#lib/core/privacy/random-bits.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Records } from '../ports/records.ts';
import type { ServerKey } from '../ports/server-key.ts';
import type { Reputation } from './reputation.ts';
import type { Upstream } from './upstream.ts';

export interface Surroundings {
  readonly records: Records;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes that privacy’s noise is made of. Absent: the platform’s CSPRNG, always where noise protects somebody. */
  readonly noise?: DrawBytes;
  readonly key: ServerKey;
  /** The end of the chain of coordinators' acts: journals vouch for it, so that acts taken from its end are missed. */
  readonly acts?: () => ActsEnd;
  /** Of the process. Undefined in a simulation, which plays with its time: nothing is metered there. */
  readonly meter?: Meter;
  /** Undefined in a simulation: nobody is turned away there. */
  readonly reputation?: Reputation;
  /** Where one of the federations learns for an upper one, and has rounds only when that asks for them. */
  readonly upstream?: Upstream;
  /**
   * A durable write failed: whether it is on disk is unknown, and a retry would lie. The process must end (non-zero), and a
   * restart finds the truth. A full disk is no such failure: nothing was written then.
   */
  readonly fatal: (error: unknown) => void;
}

/** A cohort member that loses its connection has this long to come back before it counts as dropped. */
export const RECONNECT_GRACE_MS = 20_000;
/** After a commit the next round waits for its reporters' tallies, at most this long. */
export const EVALUATION_DEADLINE_MS = 15_000;
/** After an abandoned round, before another opens: a broken cohort must not spin. */
export const AFTER_ABANDON_MS = 2_000;
/** How long a round is taken to last before one has been. */
export const FIRST_ROUND_MS = 60_000;
/** A device that gave up a task of an asynchronous round gets no other in this time: one that fails at once must not spin. */
export const REST_MS = 30_000;
/** How often what is left of a deadline is written down, for a restart after a crash. */
export const REMAINING_EVERY_MS = 5_000;
/** A full disk is tried again this often. */
export const AGAIN_WHEN_FULL_MS = 10_000;
/** Watchers hear of changes at most this often. */
export const BROADCAST_EVERY_MS = 500;
