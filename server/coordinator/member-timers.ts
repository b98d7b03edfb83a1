// Deadlines of an asynchronous round's members, each its own: from its configuration, through later rounds, until it reports.
// What is left of each is part of the round's record, so that a restart goes on with it, however long the server was away.
import type { ParticipantId, RoundNumber } from '#lib/core/ids.ts';
import { isUnderWay } from '#lib/core/round/moves.ts';
import { cohortOf, isOver, type Member, type Round } from '#lib/core/round/round-state.ts';
import type { Clock } from '../ports/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly cancel: () => void;
}

const keyOf = ({ candidate, task }: Member): string => `${candidate.participant}/${task.round}`;

export class MemberTimers {
  readonly #timers = new Map<string, Timer>();

  constructor(
    private readonly clock: Clock,
    private readonly overdue: (participant: ParticipantId, round: RoundNumber) => void,
  ) {}

  get count(): number {
    return this.#timers.size;
  }

  /** Starts and stops them so that exactly the members that are waited for have one. */
  keep(round: Round): void {
    const waited = isOver(round) ? [] : cohortOf(round).filter(isUnderWay);
    const keys = new Set(waited.map(keyOf));
    for (const [key, timer] of this.#timers)
      if (!keys.has(key)) {
        timer.cancel();
        this.#timers.delete(key);
      }
    for (const member of waited) {
      const { leftMs, round: configured } = member.task;
      const key = keyOf(member);
      if (leftMs === null || this.#timers.has(key)) continue;
      const cancel = this.clock.after(leftMs, () => this.overdue(member.candidate.participant, configured));
      this.#timers.set(key, { dueAt: this.clock.monotonic() + leftMs, cancel });
    }
  }

  /** Milliseconds; undefined where no deadline of its own runs. */
  leftMs(member: Member): number | undefined {
    const timer = this.#timers.get(keyOf(member));
    return timer === undefined ? undefined : Math.max(0, timer.dueAt - this.clock.monotonic());
  }

  /** The round with what is left of each, to be written down. */
  timed<R extends Round>(round: R): R {
    if (this.#timers.size === 0 || round.phase === 'selection') return round;
    const cohort = round.cohort.map((member) => {
      const leftMs = this.leftMs(member);
      return leftMs === undefined ? member : { ...member, task: { ...member.task, leftMs } };
    });
    return { ...round, cohort };
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
