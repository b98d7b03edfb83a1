// What each device of a round is told to do.
import { strategyOf } from '#lib/core/aggregation/strategy-spec.ts';
import { secureSumOf } from '#lib/core/federation.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import { memberOf, type Round } from '#lib/core/round/round-state.ts';
import type { Federation } from './federation.ts';

export function configure(
  federation: Federation,
  round: Round,
  participants: readonly ParticipantId[],
): void {
  const { attendance, opening, spec, tried, versions } = federation;
  const { plan, strategy, transfer, privacy } = federation.charges.specNow;
  const { asks, stateLength } = strategyOf(strategy);
  const state = asks.includes('controls') ? federation.remembered : null;
  const controls =
    state === null
      ? null
      : { digest: state, bytes: 4 * stateLength(federation.setting(attendance.checkedIn)) };
  for (const participant of participants) {
    const member = memberOf(round, participant);
    if (member === undefined) throw new Error(`${participant} is no member of round ${round.round}.`);
    const { task } = member;
    // Whoever asks about a device would be told by it that it was drawn.
    if (round.drawnFrom === undefined) opening.configured(participant, task.round);
    const connection = attendance.connectionOf(participant);
    if (connection === undefined) {
      federation.graces.start(participant);
      continue;
    }
    connection.send('configured', {
      federation: federation.record.id,
      run: round.run,
      round: task.round,
      base: {
        version: task.version,
        digest: task.digest,
        bytes: versions.head.bytes,
        deltas: versions.deltasTo(task.version),
      },
      plan: spec.tuning === undefined ? plan : tried.planOf(participant, task.round),
      uplink: transfer.uplink,
      asks: spec.tuning === undefined ? [...asks] : [...asks, 'judged'],
      controls,
      ...(privacy.type === 'none' ? {} : { privacy }),
      deadlineMs: Math.ceil(federation.driver.leftMsOf(participant)),
      ...(secureSumOf(spec) !== undefined && round.phase === 'reporting'
        ? { secureSum: federation.summing.task(round, participant) }
        : {}),
    });
  }
}
