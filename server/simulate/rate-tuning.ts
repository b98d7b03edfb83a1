// A simulation that tunes its devices' learning rate as it goes (core/search/fedex.ts): each device of a round is drawn a rate, trains on
// four fifths of its rows with it, and measures its loss on the rest; what all measured moves the chances before the next round.
import { random } from '#lib/core/random.ts';
import {
  afterRound,
  drawnConfiguration,
  firstFedex,
  type FedexReport,
  type FedexState,
} from '#lib/core/search/fedex.ts';

/** Every so-manieth row of a device judges. */
const JUDGING = 5;

export interface RateChance {
  readonly rate: number;
  /** Of being drawn in the next round. */
  readonly chance: number;
}

export class RateTuning {
  #state: FedexState;
  #reports: FedexReport[] = [];

  constructor(
    private readonly rates: readonly number[],
    private readonly seed: number,
  ) {
    this.#state = firstFedex(rates.length);
  }

  get chances(): readonly RateChance[] {
    return this.rates.map((rate, at) => ({ rate, chance: this.#state.chances[at] ?? 0 }));
  }

  /** For a device in a round, the same however often it is asked while the round goes on. */
  drawn(round: number, device: number): { readonly configuration: number; readonly rate: number } {
    const configuration = drawnConfiguration(this.#state, random(this.seed, 'fedex', round, device).next());
    return { configuration, rate: this.rates[configuration] ?? 0 };
  }

  measured(report: FedexReport): void {
    this.#reports.push(report);
  }

  ended(): void {
    this.#state = afterRound(this.#state, this.#reports);
    this.#reports = [];
  }
}

/** Rows to learn from, and to judge a rate by; of very few rows none judges. */
export function partedRows(rows: Uint32Array): {
  readonly training: Uint32Array;
  readonly judging: Uint32Array;
} {
  const isJudging = (_: number, at: number): boolean => at % JUDGING === JUDGING - 1;
  return { training: rows.filter((row, at) => !isJudging(row, at)), judging: rows.filter(isJudging) };
}
