// Groups among the rows of one dataset of this browser: which columns they are made of, and what came of looking for them.
import type { Recipe } from '../core/recipe/recipe.ts';
import { recipeJson } from '../core/recipe/recipe.ts';
import type { BenchClient } from '../workers/bench-client.ts';
import type { GroupRows, OpenedGroups, OpenRequest, TrainingWishes } from '../workers/bench-messages.ts';
import { FollowedRun } from './followed-run.svelte.ts';
import type { Opening } from './dataset-training.svelte.ts';

/** The part of the client that the screen uses. */
export type GroupsPort = Pick<BenchClient, 'openGroups' | 'run' | 'hand' | 'close'>;

export class DatasetGroups {
  opening = $state.raw<Opening>({ phase: 'opening' });
  /** What was opened last; undefined until then. */
  opened = $state.raw<OpenedGroups | undefined>();
  readonly run: FollowedRun;

  #asked = 0;
  #recipe: OpenRequest['recipe'] = null;
  #rows: Pick<GroupRows, 'target' | 'without'> = { target: null, without: [] };

  constructor(
    readonly dataset: string,
    private readonly port: GroupsPort,
  ) {
    this.run = new FollowedRun(port, (name) => name);
  }

  /** Reads the rows anew. The last asked for is the one that is shown. */
  async open(rows: Pick<GroupRows, 'target' | 'without'>, recipe?: Recipe): Promise<void> {
    const asked = (this.#asked += 1);
    this.opening = { phase: 'opening' };
    this.#recipe = recipe === undefined ? null : recipeJson(recipe);
    this.#rows = rows;
    try {
      const answer = await this.port.openGroups(this.#taken);
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

  get #taken(): GroupRows {
    return { dataset: this.dataset, ...this.#rows, recipe: this.#recipe };
  }

  async find(training: Pick<TrainingWishes, 'model' | 'seed'>): Promise<void> {
    const { opened } = this;
    if (opened === undefined || this.opening.phase !== 'ready') return;
    const wish = { name: 'group' as const, ...this.#taken, version: opened.version, training };
    await this.run.follow(wish, { budgetMs: null, trials: null }, 'Reading the rows');
  }

  /** Ends the worker. */
  close(): void {
    this.port.close();
  }
}
