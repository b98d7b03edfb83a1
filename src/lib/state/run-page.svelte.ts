// One run looked at: its record, what a person writes on it, its model's file; and going on with it, or having it again, in this tab.
import type { KeptRun, RunLabels } from '../participant/workbench/run-record.ts';
import type { EngineWish } from '../participant/workbench/new-run.ts';
import type { BenchClient } from '../workers/bench-client.ts';
import type { BranchRequest } from '../workers/bench-messages.ts';
import { troubleToldBy } from './datasets.svelte.ts';
import type { DeviceTrouble } from './device-state.svelte.ts';
import { FollowedRun } from './followed-run.svelte.ts';
import { statusOf } from './run-facts.ts';
import { browserRuns, type RunPorts } from './runs.svelte.ts';

/** A trial takes longer than that, and a record is small. */
const WATCH_EVERY_MS = 2000;

export class RunPage {
  /** undefined: not read yet; null: there is no such run here. */
  run = $state.raw<KeptRun | null | undefined>();
  /** Whether some tab trains it now. */
  isHeld = $state(false);
  trouble = $state.raw<DeviceTrouble | null>(null);
  /** What goes on in this tab. */
  readonly followed: FollowedRun;

  readonly record = $derived(this.run?.record);
  readonly status = $derived(this.record === undefined ? undefined : statusOf(this.record, this.isHeld));

  constructor(
    readonly id: string,
    port: Pick<BenchClient, 'run' | 'hand'>,
    private readonly ports: Pick<RunPorts, 'store' | 'held'> = browserRuns,
    private readonly onLocked: (trouble: DeviceTrouble) => void = () => {},
  ) {
    this.followed = new FollowedRun(port, (name) => this.#titleOf(name));
  }

  async load(): Promise<void> {
    await this.#try(async () => {
      const store = await this.ports.store();
      const before = await this.ports.held();
      const run = await store.read(this.id);
      this.isHeld = before.has(this.id) || (await this.ports.held()).has(this.id);
      this.run = run ?? null;
    });
  }

  /** Reads a run that goes on in another tab again and again, while this page is looked at; until undone. */
  watch(isSeen: () => boolean = () => document.visibilityState === 'visible'): () => void {
    const timer = setInterval(() => {
      if (this.status === 'running' && !this.followed.isRunning && isSeen()) void this.load();
    }, WATCH_EVERY_MS);
    return () => clearInterval(timer);
  }

  async label(labels: RunLabels): Promise<void> {
    await this.#try(async () => {
      await (await this.ports.store()).label(this.id, labels);
      if (this.run !== undefined && this.run !== null) this.run = { ...this.run, labels };
    });
  }

  /** The model's file as text; undefined where there is none, or it cannot be read. */
  async model(): Promise<string | undefined> {
    let text: string | undefined;
    await this.#try(async () => {
      const bytes = await (await this.ports.store()).model(this.id);
      text = bytes === undefined ? undefined : new TextDecoder().decode(bytes);
    });
    return text;
  }

  /** Goes on with a run that was cut off, or that was stopped. `isEnough`: with what its search had found, and no more. */
  async resume(isEnough: boolean): Promise<void> {
    const setup = this.record?.manifest.setup;
    if (setup === undefined) return;
    await this.followed.follow({ name: 'resume', run: this.id, isEnough }, setup);
    await this.load();
  }

  /** Has it again, as another run, which `followed` then names. */
  async again(engine: EngineWish | null = null): Promise<void> {
    const { finished } = this.record?.manifest ?? {};
    if (finished === undefined || finished === null) return;
    const trials = finished.trials === 0 ? null : finished.trials;
    await this.followed.follow({ name: 'again', run: this.id, engine }, { budgetMs: null, trials });
  }

  /** Goes on from a checkpoint of it as another run, which `followed` then names. */
  async branch(wish: Pick<BranchRequest, 'step' | 'learningRate' | 'localEpochs'>): Promise<void> {
    const length = { budgetMs: null, trials: null };
    await this.followed.follow({ name: 'branch', run: this.id, ...wish }, length);
  }

  /** As this run's own figures name the models. */
  #titleOf(name: string): string {
    const { record } = this;
    const result = record?.outcome.type === 'finished' ? record.outcome.trained.result : undefined;
    const known = [result?.model, ...(result?.leaderboard ?? []), ...(record?.baselines ?? [])];
    return known.find((one) => one?.model === name)?.title ?? name;
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.trouble = null;
    } catch (error) {
      this.trouble = troubleToldBy(this.onLocked, error);
    }
  }
}
