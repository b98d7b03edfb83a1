// What each round costs the server: processor time from its opening to its end, and memory. The line of the journal with which a round
// ends keeps it. Nothing tells which of it was for this federation: the process is one, and so is the figure.
import * as v from 'valibot';
import { isOver, type Round } from '#lib/core/round/round-state.ts';
import { RoundCost } from '#lib/protocol/costs.ts';
import type { Meter, Spent } from '../ports/meter.ts';
import type { JournalRecord } from '../ports/records.ts';
import { sinceMade } from './journal.ts';

/** In the payload of such a line; absent where nothing was metered. */
const Ended = v.object({ round: RoundCost.entries.round, server: v.omit(RoundCost, ['round']) });

/**
 * Rounds of all federations whose cohort was drawn by chance. Time grows with the updates: it would tell how many were drawn, and the
 * time of any round beside one holds that one's too.
 */
export class DrawnRounds {
  readonly open = new Set<RoundCosts>();
  /** So many opened. */
  opened = 0;
}

export class RoundCosts {
  #rounds: RoundCost[];
  #spent: (() => Spent) | undefined;
  /** A drawn round was open as this one began; or how many had been opened by then. */
  #drawnBefore: 'beside' | number = 0;
  #ending: RoundCost | undefined;

  constructor(
    journal: readonly JournalRecord[],
    /** Undefined: nothing is metered, as in a simulation. */
    private readonly meter: Meter | undefined,
    private readonly drawn: DrawnRounds,
  ) {
    this.#rounds = sinceMade(journal).flatMap(({ payload }) => {
      const read = v.safeParse(Ended, payload);
      return read.success ? [{ round: read.output.round, ...read.output.server }] : [];
    });
  }

  get views(): readonly RoundCost[] {
    return this.#rounds;
  }

  /** A round opens, or is taken up after a restart: what an earlier process spent on it is not known. */
  begin({ drawnFrom }: Pick<Round, 'drawnFrom'>): void {
    const { drawn } = this;
    drawn.open.delete(this);
    if (drawnFrom !== undefined) {
      drawn.open.add(this);
      drawn.opened += 1;
    }
    this.#drawnBefore = drawn.open.size > 0 ? 'beside' : drawn.opened;
    this.#spent = this.meter?.();
  }

  /** For the payload of the line with which the round ends. */
  told(round: Round): { readonly server?: Omit<RoundCost, 'round'> } {
    const isSecret = this.#drawnBefore !== this.drawn.opened;
    const server = this.#spent?.();
    if (!isOver(round) || isSecret || server === undefined) return {};
    this.#ending = { round: round.round, ...server };
    return { server };
  }

  /** That line is durable. */
  written(): void {
    this.drawn.open.delete(this);
    if (this.#ending !== undefined) this.#rounds.push(this.#ending);
    this.#ending = undefined;
  }
}
