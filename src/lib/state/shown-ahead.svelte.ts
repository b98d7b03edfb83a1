// The examples of a line that somebody goes through, fetched before they are shown.
import type { LabellingAnswer, LabellingQuestion, ShownExample } from '../workers/labelling-messages.ts';

/** They are fetched so many at a time, and before fewer than `AHEAD` are left to be shown. */
const FETCHED = 24;
const AHEAD = 12;

/** Who asks the worker. `attempt` says whether it went well; what broke is on the screen then. */
interface Asking {
  ask(asks: LabellingQuestion): Promise<LabellingAnswer | undefined>;
  attempt(work: () => Promise<void>): Promise<boolean>;
}

export class ShownAhead {
  #shown = $state.raw<ReadonlyMap<number, ShownExample>>(new Map());
  #fetching = false;
  /** Goes up with each forgetting: what was asked for before is not for after it. */
  #turn = 0;

  /** `rowsAbout(before, after)`: the rows of the line from so many before the place that is shown to so many after it, in its order. */
  constructor(
    private readonly asking: Asking,
    private readonly rowsAbout: (before: number, after: number) => readonly number[],
  ) {}

  /** undefined while it is fetched. */
  of(row: number): ShownExample | undefined {
    return this.#shown.get(row);
  }

  /** What is shown may have changed since. */
  forget(): void {
    this.#turn += 1;
    this.#shown = new Map();
  }

  async fetch(): Promise<void> {
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      for (;;) {
        const rows = this.#missing();
        if (rows.length === 0) break;
        const turn = this.#turn;
        const isFetched = await this.asking.attempt(async () => {
          const answer = await this.asking.ask({ type: 'examples', rows });
          if (answer?.type !== 'examples' || turn !== this.#turn) return;
          this.#shown = new Map([...this.#shown, ...answer.examples.map((one) => [one.row, one] as const)]);
        });
        // What did not come the first time does not come by asking on.
        if (!isFetched || (turn === this.#turn && rows.some((row) => !this.#shown.has(row)))) break;
      }
    } finally {
      this.#fetching = false;
    }
  }

  /** Rows to fetch now: none while enough lie ahead. */
  #missing(): readonly number[] {
    const isMissing = (row: number): boolean => !this.#shown.has(row);
    return this.rowsAbout(1, AHEAD).some(isMissing) ? this.rowsAbout(2, FETCHED).filter(isMissing) : [];
  }
}
