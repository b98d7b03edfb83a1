// A model to be trained on one dataset of this browser, alone: what would be learnt from, and the run that learns it.
import type { BenchClient } from '../workers/bench-client.ts';
import type { OpenedBench, TrainingWishes } from '../workers/bench-messages.ts';
import { FollowedRun } from './followed-run.svelte.ts';

export type Opening =
  /** Rows are read, split and encoded. */
  | { readonly phase: 'opening' }
  | { readonly phase: 'ready' }
  /** These rows cannot be learnt from: another target may be. */
  | { readonly phase: 'unusable'; readonly message: string }
  | { readonly phase: 'failed'; readonly message: string };

/** The part of the client that the screen uses. */
export type BenchPort = Pick<BenchClient, 'open' | 'run' | 'close'>;

export class DatasetTraining {
  opening = $state.raw<Opening>({ phase: 'opening' });
  /** What was opened last; undefined until then. */
  opened = $state.raw<OpenedBench | undefined>();
  readonly run: FollowedRun;

  #asked = 0;

  constructor(
    readonly dataset: string,
    private readonly port: BenchPort,
  ) {
    this.run = new FollowedRun(
      port,
      (name) => this.opened?.models.find((model) => model.name === name)?.title ?? name,
    );
  }

  /** Reads the rows anew for a target. The last asked for is the one that is shown. */
  async open(target: string): Promise<void> {
    const asked = (this.#asked += 1);
    this.opening = { phase: 'opening' };
    try {
      const answer = await this.port.open({ dataset: this.dataset, target });
      if (asked !== this.#asked) return;
      if ('type' in answer) {
        this.opening = { phase: 'unusable', message: answer.message };
        return;
      }
      this.opened = answer;
      this.opening = { phase: 'ready' };
    } catch (error) {
      if (asked === this.#asked)
        this.opening = { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  async train(training: TrainingWishes): Promise<void> {
    const { dataset, opened } = this;
    if (opened === undefined || this.opening.phase !== 'ready') return;
    const { version, target } = opened;
    await this.run.follow({ name: 'train', dataset, version, target, training }, training);
  }

  /** Ends the worker. */
  close(): void {
    this.port.close();
  }
}
