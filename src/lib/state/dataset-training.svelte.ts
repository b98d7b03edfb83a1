// A model to be trained on one dataset of this browser, alone: what would be learnt from, and the run that learns it.
import { recipeJson, type Recipe } from '../core/recipe/recipe.ts';
import type { BenchClient } from '../workers/bench-client.ts';
import type { BackendChoice } from '../participant/participation.ts';
import type { EngineWish } from '../participant/workbench/new-run.ts';
import type { Overfit } from '../participant/workbench/overfit.ts';
import { usuallyHeldOut, type SplitWish } from '../participant/workbench/rows-held-out.ts';
import type { SplitShown } from '../participant/workbench/split-shown.ts';
import type { VariedPictures } from '../participant/workbench/varied-pictures.ts';
import type { OpenedBench, OpenRequest, TrainingWishes } from '../workers/bench-messages.ts';
import { RowsAssessment } from './rows-assessment.svelte.ts';
import { RowsOpening, type Opening } from './rows-opening.svelte.ts';
import { FollowedRun } from './followed-run.svelte.ts';

/** The part of the client that the screen uses. */
export type BenchPort = Pick<
  BenchClient,
  'open' | 'split' | 'assess' | 'run' | 'hand' | 'overfit' | 'vary' | 'engines' | 'close'
>;

/** What each engine says of a network; of which settings stays to be seen by whoever asked. */
export type EngineTest =
  | { readonly phase: 'idle' | 'testing' }
  | { readonly phase: 'tested'; readonly choice: BackendChoice }
  | { readonly phase: 'failed'; readonly message: string };

export type Memorising =
  | { readonly phase: 'idle' }
  | { readonly phase: 'running' | 'stopped' }
  | { readonly phase: 'failed'; readonly message: string }
  | { readonly phase: 'ended'; readonly overfit: Overfit };

/** What of it was told last stays until the next is there. */
export type Varying =
  | { readonly phase: 'asking' }
  | { readonly phase: 'shown'; readonly varied: VariedPictures }
  | { readonly phase: 'failed'; readonly message: string };

/** What each part of the split is of. */
export type Parting =
  | { readonly phase: 'asking' }
  | { readonly phase: 'shown'; readonly shown: SplitShown }
  /** `canDrawAnew`: not by the split that is kept, they can be parted. */
  | { readonly phase: 'failed'; readonly message: string; readonly canDrawAnew: boolean };

export class DatasetTraining {
  readonly #rows = new RowsOpening<OpenedBench>();
  readonly run: FollowedRun;
  /** One batch learnt by heart. */
  memorising = $state.raw<Memorising>({ phase: 'idle' });
  /** Its losses so far. */
  losses = $state.raw<readonly number[]>([]);

  engineTest = $state.raw<EngineTest>({ phase: 'idle' });

  /** How pictures would be varied. */
  varying = $state.raw<Varying>({ phase: 'asking' });

  /** Whether rows are to be split otherwise than those that are open. */
  isSplitOtherwise = $state(false);
  /** Of the rows as they are to be split. */
  parting = $state.raw<Parting>({ phase: 'asking' });

  #varied = 0;
  #parted = 0;
  #memorising: AbortController | undefined;
  /** As the rows were opened with it last. */
  #recipe: OpenRequest['recipe'] = null;
  #series: OpenRequest['series'] = null;
  #split: SplitWish = usuallyHeldOut;

  constructor(
    readonly dataset: string,
    private readonly port: BenchPort,
  ) {
    this.run = new FollowedRun(
      port,
      (name) => this.opened?.models.find((model) => model.name === name)?.title ?? name,
    );
  }

  get opening(): Opening {
    return this.#rows.now;
  }
  /** What was opened last; undefined until then. */
  get opened(): OpenedBench | undefined {
    return this.#rows.opened;
  }

  /** Reads the rows anew for a target, prepared by a recipe or as usual, or as windows of a series. The last asked for is the one that is shown. */
  async open(
    target: string,
    recipe?: Recipe,
    series: OpenRequest['series'] = null,
    split: SplitWish = usuallyHeldOut,
  ): Promise<void> {
    // Windows are made of rows as they stand.
    this.#recipe = recipe === undefined || series !== null ? null : recipeJson(recipe);
    this.#series = series;
    this.#split = split;
    this.isSplitOtherwise = false;
    const { dataset } = this;
    await this.#rows.read(() => this.port.open({ dataset, target, ...this.#taken }));
  }

  /** Whether machine learning is right for the rows as they are open; undefined where they are not. */
  assessment(seed: number): RowsAssessment | undefined {
    const { dataset, opened } = this;
    if (opened === undefined || this.opening.phase !== 'ready') return undefined;
    return new RowsAssessment(this.port, { dataset, target: opened.target, ...this.#taken, seed });
  }

  /** The rows that are open are to be split otherwise; they are read anew for that when a model is trained, or opened again. */
  splitOtherwise(split: SplitWish): void {
    this.#split = split;
    this.isSplitOtherwise = true;
  }

  /** A run was judged by the split that was asked for: the next goes by the same. That split. */
  keepSplit(): SplitWish {
    const { isAnew: _, ...kept } = this.#split;
    this.#split = kept;
    return kept;
  }

  /** What each part is of, as the rows are to be split. The last asked for is the one that is shown. */
  async part(): Promise<void> {
    const { dataset, opened } = this;
    if (opened === undefined || this.opening.phase !== 'ready') return;
    const asked = (this.#parted += 1);
    let told: Parting;
    try {
      const answer = await this.port.split({ dataset, target: opened.target, ...this.#taken });
      told =
        'type' in answer
          ? { phase: 'failed', message: answer.message, canDrawAnew: answer.isByKeptSplit === true }
          : { phase: 'shown', shown: answer };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      told = { phase: 'failed', message, canDrawAnew: false };
    }
    if (asked === this.#parted) this.parting = told;
  }

  /** How the rows were taken when they were opened last. */
  get #taken() {
    return { recipe: this.#recipe, series: this.#series, split: this.#split };
  }

  async train(training: TrainingWishes): Promise<void> {
    const { dataset, opened } = this;
    if (opened === undefined || this.opening.phase !== 'ready') return;
    // The run says of its own engine what the test said.
    this.engineTest = { phase: 'idle' };
    const { version, target } = opened;
    await this.run.follow({ name: 'train', dataset, version, target, ...this.#taken, training }, training);
  }

  async overfit(training: Pick<TrainingWishes, 'model' | 'layers' | 'seed'>): Promise<void> {
    const { dataset, opened } = this;
    if (opened === undefined || this.opening.phase !== 'ready' || this.memorising.phase === 'running') return;
    const { version, target } = opened;
    const stop = new AbortController();
    this.#memorising = stop;
    this.memorising = { phase: 'running' };
    this.losses = [];
    try {
      const answer = await this.port.overfit(
        { dataset, version, target, ...this.#taken, training },
        (loss) => (this.losses = [...this.losses, loss]),
        stop.signal,
      );
      this.memorising =
        'type' in answer ? { phase: 'failed', message: answer.message } : { phase: 'ended', overfit: answer };
    } catch (error) {
      this.memorising = stop.signal.aborted
        ? { phase: 'stopped' }
        : { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  stopOverfit(): void {
    this.#memorising?.abort();
  }

  /** Tests the engines on a network. */
  async testEngines(
    training: Pick<TrainingWishes, 'model' | 'layers' | 'seed'>,
    preferred: EngineWish,
  ): Promise<void> {
    const { dataset, opened } = this;
    if (opened === undefined || this.opening.phase !== 'ready' || this.engineTest.phase === 'testing') return;
    const { version, target } = opened;
    const rows = { dataset, version, target, recipe: this.#recipe, series: this.#series, split: this.#split };
    this.engineTest = { phase: 'testing' };
    try {
      const answer = await this.port.engines({ ...rows, training, preferred });
      this.engineTest =
        'type' in answer ? { phase: 'failed', message: answer.message } : { phase: 'tested', choice: answer };
    } catch (error) {
      this.engineTest = { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** A few pictures as these settings vary them. The last asked for is the one that is shown. */
  async vary(training: Pick<TrainingWishes, 'model' | 'layers' | 'seed'>): Promise<void> {
    const { dataset, opened } = this;
    if (opened === undefined || this.opening.phase !== 'ready') return;
    const asked = (this.#varied += 1);
    const { version, target } = opened;
    let told: Varying;
    try {
      const answer = await this.port.vary({ dataset, version, target, ...this.#taken, training });
      told =
        'type' in answer ? { phase: 'failed', message: answer.message } : { phase: 'shown', varied: answer };
    } catch (error) {
      told = { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
    if (asked === this.#varied) this.varying = told;
  }

  /** Ends the worker. */
  close(): void {
    this.port.close();
  }
}
