// What each round costs the server: processor time from its opening to its end, and memory. The line of the journal with which a round
// ends keeps it. Nothing tells which of it was for this federation: the process is one, and so is the figure.
import * as v from 'valibot';
import { isOver, type Round } from '#lib/core/round/round-state.ts';
import { RoundCost } from '#lib/protocol/costs.ts';
import type { Meter } from '../ports/meter.ts';
import type { JournalRecord } from '../ports/records.ts';
import { sinceMade } from './journal.ts';

/** In the payload of such a line; absent where nothing was metered. */
const Ended = v.object({ round: RoundCost.entries.round, server: v.omit(RoundCost, ['round']) });

export class RoundCosts {
  #rounds: RoundCost[];
  #begun: Meter | undefined;
  #ending: RoundCost | undefined;

  constructor(
    journal: readonly JournalRecord[],
    /** Undefined: nothing is metered, as in a simulation. */
    private readonly meter: (() => Meter) | undefined,
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
  begin(): void {
    this.#begun = this.meter?.();
  }

  /** For the payload of the line with which the round ends. */
  told(round: Round): { readonly server?: Omit<RoundCost, 'round'> } {
    // Time grows with the updates: it would tell how many were drawn.
    const isSecret = round.drawnFrom !== undefined;
    const now = this.meter?.();
    if (!isOver(round) || isSecret || now === undefined || this.#begun === undefined) return {};
    const server = { cpuMs: Math.max(0, now.cpuMs - this.#begun.cpuMs), largestBytes: now.largestBytes };
    this.#ending = { round: round.round, ...server };
    return { server };
  }

  /** That line is durable. */
  written(): void {
    if (this.#ending !== undefined) this.#rounds.push(this.#ending);
    this.#ending = undefined;
  }
}
