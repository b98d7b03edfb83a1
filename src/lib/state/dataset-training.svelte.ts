// A model trained on one dataset of this browser, alone: what would be learnt from, how far it is, and what came of it.
import type { Canonical } from '../core/canonical.ts';
import { recipeJson, type Recipe } from '../core/recipe/recipe.ts';
import type { BenchClient, BenchProgress, BenchRefused } from '../workers/bench-client.ts';
import type { OpenedBench, TrainedBench, TrainingWishes } from '../workers/bench-messages.ts';
import type { BenchEntry } from '../participant/workbench/run-bench.ts';

export type Training =
  /** Rows are read, split and encoded. */
  | { readonly phase: 'opening' }
  | { readonly phase: 'ready' }
  /** These rows cannot be learnt from: another target may be. */
  | { readonly phase: 'unusable'; readonly message: string; readonly recipe: BenchRefused['recipe'] }
  | { readonly phase: 'running'; readonly says: string; readonly share: number | null }
  | { readonly phase: 'cancelled' }
  | { readonly phase: 'failed'; readonly message: string }
  | { readonly phase: 'done'; readonly trained: TrainedBench };

/** The part of the client that the screen uses. */
export type BenchPort = Pick<BenchClient, 'open' | 'train' | 'close'>;

export class DatasetTraining {
  training = $state.raw<Training>({ phase: 'opening' });
  /** What was opened last; undefined until then. */
  opened = $state.raw<OpenedBench | undefined>();
  /** Judged so far in this run. */
  baselines = $state.raw<readonly BenchEntry[]>([]);
  /** What was left out of this run, and why. */
  leftOut = $state.raw<readonly string[]>([]);

  /** The worker was told to stop, and has not yet. */
  stopping = $state(false);

  /** As the rows were opened with it last. */
  #recipe: Canonical | null = null;
  #stop: AbortController | undefined;
  #asked = 0;

  constructor(
    readonly dataset: string,
    private readonly port: BenchPort,
  ) {}

  /** Reads the rows anew for a target, prepared by a recipe or as usual. The last asked for is the one that is shown. */
  async open(target: string, recipe?: Recipe): Promise<void> {
    const asked = (this.#asked += 1);
    this.training = { phase: 'opening' };
    this.#recipe = recipe === undefined ? null : recipeJson(recipe);
    try {
      const answer = await this.port.open({ dataset: this.dataset, target, recipe: this.#recipe });
      if (asked !== this.#asked) return;
      if ('type' in answer) {
        this.training = { phase: 'unusable', message: answer.message, recipe: answer.recipe };
        return;
      }
      this.opened = answer;
      this.training = { phase: 'ready' };
    } catch (error) {
      if (asked === this.#asked) this.training = failed(error);
    }
  }

  async train(wishes: TrainingWishes): Promise<void> {
    const { opened } = this;
    if (opened === undefined || this.training.phase === 'running' || this.training.phase === 'opening')
      return;
    const stop = new AbortController();
    this.#stop = stop;
    this.baselines = [];
    this.leftOut = [];
    this.training = { phase: 'running', says: 'Baselines first', share: null };
    const begun = performance.now();
    try {
      const answer = await this.port.train(
        {
          dataset: this.dataset,
          version: opened.version,
          target: opened.target,
          recipe: this.#recipe,
          training: wishes,
        },
        (progress) => this.#hear(progress, wishes, begun),
        stop.signal,
      );
      this.training =
        'type' in answer ? { phase: 'failed', message: answer.message } : { phase: 'done', trained: answer };
    } catch (error) {
      this.training = stop.signal.aborted ? { phase: 'cancelled' } : failed(error);
    } finally {
      this.#stop = undefined;
      this.stopping = false;
    }
  }

  cancel(): void {
    this.stopping = this.#stop !== undefined;
    this.#stop?.abort();
  }

  /** Ends the worker. */
  close(): void {
    this.port.close();
  }

  #hear(progress: BenchProgress, { budgetMs, trials }: TrainingWishes, begun: number): void {
    const say = (says: string, share: number | null): void => {
      this.training = { phase: 'running', says, share };
    };
    switch (progress.type) {
      case 'progress':
        return say(this.#titleOf(progress.model), progress.fraction);
      case 'baseline':
        this.baselines = [...this.baselines, progress.entry];
        return say(progress.entry.title, 1);
      case 'model':
        return say(progress.entry.title, 1);
      case 'left-out':
        this.leftOut = [...this.leftOut, progress.message];
        return undefined;
      case 'trial':
        return say(
          `Trial ${progress.number}: ${this.#titleOf(progress.model)}`,
          trials !== null
            ? progress.number / trials
            : budgetMs !== null
              ? Math.min(1, (performance.now() - begun) / budgetMs)
              : null,
        );
      case 'asking':
        return say('Asking the model what it leans on', null);
      default:
        return progress satisfies never;
    }
  }

  #titleOf = (name: string): string =>
    this.opened?.models.find((model) => model.name === name)?.title ?? name;
}

const failed = (error: unknown): Training => ({
  phase: 'failed',
  message: error instanceof Error ? error.message : String(error),
});
