// How the rows of one dataset of this browser are prepared for a model: its recipe, the way back from each change, and where it is kept.
import {
  changed,
  historyJson,
  newHistory,
  readHistory,
  redo,
  undo,
  type RecipeHistory,
} from '../core/recipe/history.ts';
import { placeFor } from '../core/recipe/place-for.ts';
import { recipeDigest, usualRecipe, type Recipe, type RecipeStep } from '../core/recipe/recipe.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';

/** The part of the store that is used. */
export type RecipeStore = Pick<DatasetStore, 'recipe' | 'keepRecipe'>;

export class DatasetRecipe {
  history: RecipeHistory = $state.raw(newHistory());
  /** Why what is kept could not be read, or what is here could not be kept. */
  trouble = $state<string | null>(null);

  #saving: Promise<void> = Promise.resolve();
  /** What is kept could not be read, and may be a later version's: it is left as it is. */
  #isForeign = false;

  constructor(
    readonly dataset: string,
    private readonly store: () => Promise<RecipeStore>,
    /** What is done where nobody says otherwise. */
    private readonly usual: Recipe = usualRecipe,
  ) {
    this.history = newHistory(usual);
  }

  get recipe(): Recipe {
    return this.history.now;
  }
  get isUsual(): boolean {
    return recipeDigest(this.recipe) === recipeDigest(this.usual);
  }
  get canUndo(): boolean {
    return this.history.past.length > 0;
  }
  get canRedo(): boolean {
    return this.history.undone.length > 0;
  }

  async load(): Promise<void> {
    try {
      const kept = await (await this.store()).recipe(this.dataset);
      if (kept === undefined) return;
      const read = readHistory(kept);
      if (read.ok) this.history = read.value;
      else {
        this.#isForeign = true;
        this.trouble = `${read.error} The usual steps stand here instead; what is changed here is not kept, so that what is kept stays whole.`;
      }
    } catch (error) {
      this.#isForeign = true;
      this.trouble = sentence(error);
    }
  }

  /** Adds a step where it usually belongs; its place. */
  add(step: RecipeStep): number {
    const at = placeFor(this.recipe.steps, step.step);
    this.#change(this.recipe.steps.toSpliced(at, 0, step));
    return at;
  }
  set(at: number, step: RecipeStep): void {
    this.#change(this.recipe.steps.with(at, step));
  }
  remove(at: number): void {
    this.#change(this.recipe.steps.toSpliced(at, 1));
  }
  move(at: number, by: -1 | 1): void {
    const step = this.recipe.steps[at];
    const to = at + by;
    if (step === undefined || to < 0 || to >= this.recipe.steps.length) return;
    this.#change(this.recipe.steps.toSpliced(at, 1).toSpliced(to, 0, step));
  }
  reset(): void {
    this.#change(this.usual.steps);
  }
  undo(): void {
    this.#keep(undo(this.history));
  }
  redo(): void {
    this.#keep(redo(this.history));
  }
  /** Once all that was changed is kept, or could not be. */
  saved(): Promise<void> {
    return this.#saving;
  }

  #change(steps: readonly RecipeStep[]): void {
    this.#keep(changed(this.history, { steps }));
  }

  /** One after the other: the last change is the one that stays. */
  #keep(history: RecipeHistory): void {
    if (history === this.history) return;
    this.history = history;
    if (this.#isForeign) return;
    this.#saving = this.#saving.then(async () => {
      try {
        await (await this.store()).keepRecipe(this.dataset, historyJson(history));
        this.trouble = null;
      } catch (error) {
        this.trouble = `The steps are not kept: ${sentence(error)}`;
      }
    });
  }
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
