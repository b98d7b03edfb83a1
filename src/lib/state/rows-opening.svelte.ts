// Rows that the workbench reads for a screen, anew whenever something else is asked of them.
import type { BenchRefused } from '../workers/bench-client.ts';

export type Opening =
  /** Rows are read, split and encoded. */
  | { readonly phase: 'opening' }
  | { readonly phase: 'ready' }
  /** These rows cannot be learnt from: another target may be. */
  | {
      readonly phase: 'unusable';
      readonly message: string;
      readonly recipe: BenchRefused['recipe'];
      /** Drawn anew, not by the split that is kept, they can be. */
      readonly canDrawAnew: boolean;
    }
  | { readonly phase: 'failed'; readonly message: string };

export class RowsOpening<Opened extends object> {
  now = $state.raw<Opening>({ phase: 'opening' });
  /** What was opened last; undefined until then. */
  opened = $state.raw<Opened | undefined>();
  #asked = 0;
  #reading: Promise<void> = Promise.resolve();

  /** The last asked for is the one that is shown; what is asked for while rows are read, but for the last, is never read. */
  async read(ask: () => Promise<Opened | BenchRefused>): Promise<void> {
    const asked = (this.#asked += 1);
    this.now = { phase: 'opening' };
    const before = this.#reading;
    this.#reading = this.#read(asked, ask, before);
    await this.#reading;
  }

  async #read(
    asked: number,
    ask: () => Promise<Opened | BenchRefused>,
    before: Promise<void>,
  ): Promise<void> {
    await before;
    if (asked !== this.#asked) return;
    try {
      const answer = await ask();
      if (asked !== this.#asked) return;
      if ('type' in answer) {
        const { message, recipe, isByKeptSplit = false } = answer;
        this.now = { phase: 'unusable', message, recipe, canDrawAnew: isByKeptSplit };
        return;
      }
      this.opened = answer;
      this.now = { phase: 'ready' };
    } catch (error) {
      if (asked === this.#asked)
        this.now = { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }
}
