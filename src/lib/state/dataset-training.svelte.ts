// A model to be trained on one dataset of this browser, alone: what would be learnt from, and the run that learns it.
import { recipeJson, type Recipe } from '../core/recipe/recipe.ts';
import type { BenchClient, BenchRefused } from '../workers/bench-client.ts';
import type { OpenedBench, OpenRequest, TrainingWishes } from '../workers/bench-messages.ts';
import { FollowedRun } from './followed-run.svelte.ts';

export type Opening =
  /** Rows are read, split and encoded. */
  | { readonly phase: 'opening' }
  | { readonly phase: 'ready' }
  /** These rows cannot be learnt from: another target may be. */
  | { readonly phase: 'unusable'; readonly message: string; readonly recipe: BenchRefused['recipe'] }
  | { readonly phase: 'failed'; readonly message: string };

/** The part of the client that the screen uses. */
export type BenchPort = Pick<BenchClient, 'open' | 'run' | 'close'>;

export class DatasetTraining {
  opening = $state.raw<Opening>({ phase: 'opening' });
  /** What was opened last; undefined until then. */
  opened = $state.raw<OpenedBench | undefined>();
  readonly run: FollowedRun;

  #asked = 0;
  /** As the rows were opened with it last. */
  #recipe: OpenRequest['recipe'] = null;
  #series: OpenRequest['series'] = null;

  constructor(
    readonly dataset: string,
    private readonly port: BenchPort,
  ) {
    this.run = new FollowedRun(
      port,
      (name) => this.opened?.models.find((model) => model.name === name)?.title ?? name,
    );
  }

  /** Reads the rows anew for a target, prepared by a recipe or as usual, or as windows of a series. The last asked for is the one that is shown. */
  async open(target: string, recipe?: Recipe, series: OpenRequest['series'] = null): Promise<void> {
    const asked = (this.#asked += 1);
    this.opening = { phase: 'opening' };
    // Windows are made of rows as they stand.
    this.#recipe = recipe === undefined || series !== null ? null : recipeJson(recipe);
    this.#series = series;
    try {
      const answer = await this.port.open({ dataset: this.dataset, target, recipe: this.#recipe, series });
      if (asked !== this.#asked) return;
      if ('type' in answer) {
        this.opening = { phase: 'unusable', message: answer.message, recipe: answer.recipe };
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
    const [recipe, series] = [this.#recipe, this.#series];
    await this.run.follow({ name: 'train', dataset, version, target, recipe, series, training }, training);
  }

  /** Ends the worker. */
  close(): void {
    this.port.close();
  }
}
