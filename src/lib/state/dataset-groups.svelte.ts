// Groups among the rows of one dataset of this browser: which columns they are made of, and what came of looking for them.
import type { Recipe } from '../core/recipe/recipe.ts';
import { recipeJson } from '../core/recipe/recipe.ts';
import type { BenchClient } from '../workers/bench-client.ts';
import type { GroupRows, OpenedGroups, OpenRequest, TrainingWishes } from '../workers/bench-messages.ts';
import { FollowedRun } from './followed-run.svelte.ts';
import { RowsOpening, type Opening } from './rows-opening.svelte.ts';

/** The part of the client that the screen uses. */
export type GroupsPort = Pick<BenchClient, 'openGroups' | 'run' | 'hand' | 'close'>;

export class DatasetGroups {
  readonly #opening = new RowsOpening<OpenedGroups>();
  readonly run: FollowedRun;

  #recipe: OpenRequest['recipe'] = null;
  #rows: Pick<GroupRows, 'target' | 'without'> = { target: null, without: [] };

  constructor(
    readonly dataset: string,
    private readonly port: GroupsPort,
  ) {
    this.run = new FollowedRun(port, (name) => name);
  }

  get opening(): Opening {
    return this.#opening.now;
  }
  /** What was opened last; undefined until then. */
  get opened(): OpenedGroups | undefined {
    return this.#opening.opened;
  }

  /** Reads the rows anew. The last asked for is the one that is shown. */
  async open(rows: Pick<GroupRows, 'target' | 'without'>, recipe?: Recipe): Promise<void> {
    this.#recipe = recipe === undefined ? null : recipeJson(recipe);
    this.#rows = rows;
    await this.#opening.read(() => this.port.openGroups(this.#taken));
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
