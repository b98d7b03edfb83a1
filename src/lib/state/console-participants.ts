// Who took part, as far as the rounds tell: each device's standing in the round now in progress and its record over the
// rounds before. A server keeps no list of devices beside this one.
import type { CohortMember, RoundView, Stage } from '#lib/protocol/views.ts';

export interface ParticipantRecord {
  readonly participant: string;
  readonly name: string;
  /** In the round now in progress; null where it is not in its cohort. */
  readonly stage: Stage | null;
  readonly fraction: number | null;
  readonly reason: string | null;
  /** Rounds it was picked for; of those, in how many its update counted, was refused, never came because the device left,
   * or had not come when the round closed without it. */
  readonly picked: number;
  readonly accepted: number;
  readonly refused: number;
  readonly dropped: number;
  readonly late: number;
  /** Rows of its newest accepted update; null before the first. */
  readonly examples: number | null;
  readonly bytesUp: number;
  /** Unix time in milliseconds of the last thing heard of it in a round. */
  readonly lastAt: number;
}

const lastAt = (member: CohortMember, round: RoundView): number =>
  member.history.at(-1)?.at ?? round.openedAt;

/** Present cohort first, by name; then the others by the last thing heard of each. `rounds` newest first, as the API serves them. */
export function participantRecords(
  rounds: readonly RoundView[],
  current: RoundView | null,
): ParticipantRecord[] {
  const known = new Map<string, ParticipantRecord>();
  const all =
    current === null ? rounds : [current, ...rounds.filter((round) => round.round !== current.round)];
  for (const round of all)
    for (const member of round.cohort) {
      const before = known.get(member.participant);
      const isCurrent = current !== null && round.round === current.round && current.endedAt === null;
      const over = round.endedAt !== null;
      const counted = member.stage === 'accepted' || member.stage === 'refused';
      const dropped =
        member.stage === 'dropped' && (round.endedAt === null || lastAt(member, round) < round.endedAt);
      known.set(member.participant, {
        participant: member.participant,
        name: before?.name ?? member.name,
        stage: before?.stage ?? (isCurrent ? member.stage : null),
        fraction: before?.fraction ?? (isCurrent ? member.fraction : null),
        reason: before?.reason ?? (isCurrent ? member.reason : null),
        picked: (before?.picked ?? 0) + 1,
        accepted: (before?.accepted ?? 0) + (member.stage === 'accepted' ? 1 : 0),
        refused: (before?.refused ?? 0) + (member.stage === 'refused' ? 1 : 0),
        dropped: (before?.dropped ?? 0) + (dropped ? 1 : 0),
        late: (before?.late ?? 0) + (over && !counted && !dropped ? 1 : 0),
        examples: before?.examples ?? member.examples,
        bytesUp: (before?.bytesUp ?? 0) + (member.bytesUp ?? 0),
        lastAt: Math.max(before?.lastAt ?? 0, lastAt(member, round)),
      });
    }
  // Those at work keep their places while their stages change: a row that jumps cannot be read.
  return [...known.values()].sort(
    (a, b) =>
      Number(b.stage !== null) - Number(a.stage !== null) ||
      (a.stage === null ? b.lastAt - a.lastAt : 0) ||
      a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
}
