// What secure sums need of their federation.
import { groupsOf } from '#lib/core/secure-sum/groups.ts';
import type { Federation } from '../federation.ts';
import { sumConfigOf } from './sum-terms.ts';
import type { Sums } from './sums.ts';

/** `norms`: what the last secure sum of the run came to, which is the range of the next. */
export function sumsHost(
  federation: Federation,
  norms: () => readonly number[] | undefined,
): ConstructorParameters<typeof Sums>[0] {
  const { clock, blobs, key, log } = federation.around;
  return {
    clock,
    blobs,
    key,
    round: () => federation.driver.round,
    configFor: (round) =>
      sumConfigOf(federation.record.id, federation.spec, federation.model, round, norms()),
    connectionOf: (participant) => federation.attendance.connectionOf(participant),
    groups: () => groupsOf(federation.spec),
    set: (moved) => federation.driver.setSum(moved),
    keep: async (moved) => {
      const charge = federation.charges.chargeOfSum(moved.sum, federation.driver.round);
      const entry = charge === undefined ? [] : [federation.entry(charge.type, charge.payload)];
      await federation.driver.recordSum(moved, entry);
      charge?.settle();
    },
    enqueue: (name, work) => federation.background(name, work),
    opened: (words) => federation.driver.aggregateSums(words),
    blamed: (participant) => federation.opening.blamed(participant),
    failed: async (reason) => {
      const type = federation.driver.round?.phase === 'aggregation' ? 'failed' : 'cancelled';
      await federation.feed({ type, reason, at: clock.now() });
    },
    warn: (message, about) => log.warn({ federation: federation.record.id, ...about }, message),
  };
}
