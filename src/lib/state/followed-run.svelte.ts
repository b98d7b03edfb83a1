// A run of the workbench that goes on in this tab: how far it is, and what came of it.
import type { BenchClient, RunWish } from '../workers/bench-client.ts';
import type { EndedRun, HandRequest, RunEvent } from '../workers/bench-messages.ts';
import type { BackendChoice } from '../participant/participation.ts';
import type { StepView } from '../participant/step-view.ts';
import type { TrainingAlarm } from '../participant/training-alarms.ts';
import type { LiveTraining } from '../participant/workbench/fit.ts';
import type { BenchEntry } from '../participant/workbench/run-bench.ts';

export type Following =
  | { readonly phase: 'idle' }
  | { readonly phase: 'running'; readonly says: string; readonly share: number | null }
  /** By hand; what was found is kept. */
  | { readonly phase: 'stopped' }
  | { readonly phase: 'failed'; readonly message: string }
  | { readonly phase: 'ended'; readonly ended: EndedRun };

/** Of a search, by which its share is told; both null where there is none, or no limit. */
export interface SearchLength {
  readonly budgetMs: number | null;
  readonly trials: number | null;
}

export class FollowedRun {
  following = $state.raw<Following>({ phase: 'idle' });
  /** Judged so far. */
  baselines = $state.raw<readonly BenchEntry[]>([]);
  /** What was left out, and why. */
  leftOut = $state.raw<readonly string[]>([]);
  /** The run, from when it is kept. */
  run = $state<string | undefined>();
  /** The worker was told to stop, and has not yet. */
  stopping = $state(false);
  /** Of the network that is trained; none: nothing that could be paused. */
  standing = $state<'none' | 'going' | 'paused'>('none');
  /** That network, and its curve; what was told last stays when it has ended. */
  training = $state.raw<LiveTraining | null>(null);
  /** What it is trained on, and why it is another than before. */
  engine = $state.raw<{ readonly choice: BackendChoice; readonly notice: string | null } | null>(null);
  /** The last single step, while it stands. */
  stepped = $state.raw<StepView | null>(null);
  /** What was last wrong with it. */
  alarm = $state.raw<TrainingAlarm | null>(null);
  /** Why the hand on it did nothing: the run goes on, or stands, as it did. */
  handProblem = $state.raw<string | null>(null);

  #stop: AbortController | undefined;

  constructor(
    private readonly port: Pick<BenchClient, 'run' | 'hand'>,
    private readonly titleOf: (model: string) => string,
  ) {}

  get isRunning(): boolean {
    return this.following.phase === 'running';
  }

  /** Resolves when it has ended, however. */
  async follow(wish: RunWish, length: SearchLength, says = 'Baselines first'): Promise<void> {
    if (this.isRunning) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.run = undefined;
    this.baselines = [];
    this.leftOut = [];
    this.training = null;
    this.engine = null;
    this.stepped = null;
    this.alarm = null;
    this.handProblem = null;
    this.following = { phase: 'running', says, share: null };
    const begun = performance.now();
    try {
      const answer = await this.port.run(wish, (event) => this.#hear(event, length, begun), stop.signal);
      this.following =
        'type' in answer ? { phase: 'failed', message: answer.message } : { phase: 'ended', ended: answer };
    } catch (error) {
      this.following = stop.signal.aborted
        ? { phase: 'stopped' }
        : { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#stop = undefined;
      this.stopping = false;
      this.standing = 'none';
    }
  }

  /** Pauses the network that is trained, takes one step of it, or lets it go on. What stands is told once it does. */
  async hand(wants: HandRequest['wants']): Promise<void> {
    const { run } = this;
    if (run === undefined) return;
    this.handProblem = null;
    try {
      await this.port.hand(run, wants);
    } catch (error) {
      this.handProblem = error instanceof Error ? error.message : String(error);
    }
  }

  stop(): void {
    this.stopping = this.#stop !== undefined;
    this.#stop?.abort();
  }

  #hear(event: RunEvent, { budgetMs, trials }: SearchLength, begun: number): void {
    const say = (says: string, share: number | null): void => {
      this.following = { phase: 'running', says, share };
    };
    switch (event.type) {
      case 'begun':
        this.run = event.run;
        return undefined;
      case 'progress':
        return say(this.titleOf(event.model), event.fraction);
      case 'baseline':
        this.baselines = [...this.baselines, event.entry];
        return say(event.entry.title, 1);
      case 'model':
        this.standing = 'none';
        return say(event.entry.title, 1);
      case 'standing':
        // What stood still and goes on has its alarm behind it.
        if (!event.isPaused && this.standing === 'paused') this.alarm = this.stepped = null;
        this.standing = event.isPaused ? 'paused' : 'going';
        return undefined;
      case 'testing':
        return say('Testing the engines on this model', null);
      case 'engine':
        this.engine = { choice: event.choice, notice: event.notice };
        return undefined;
      case 'training':
        this.training = event.training;
        return undefined;
      case 'stepped':
        this.stepped = event.view;
        return undefined;
      case 'alarm':
        this.alarm = event.alarm;
        return undefined;
      case 'left-out':
        this.leftOut = [...this.leftOut, event.message];
        return undefined;
      case 'recipe':
        return say(`Preparing: ${event.title}`, null);
      case 'trial':
        return say(
          `Trial ${event.number}: ${this.titleOf(event.model)}`,
          trials !== null
            ? event.number / trials
            : budgetMs !== null
              ? Math.min(1, (performance.now() - begun) / budgetMs)
              : null,
        );
      case 'grouping':
        return say(event.says, event.share);
      case 'asking':
        return say('Asking the model what it leans on', null);
      default:
        return event satisfies never;
    }
  }
}
