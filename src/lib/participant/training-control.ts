// The hand on a running training: pause, resume, a single step, stop, and another engine. Training looks at it between two steps.
import type { BackendName } from '../ports/trainer.ts';

export interface TrainingControl {
  readonly state: 'running' | 'paused' | 'stopped';
  pause(): void;
  resume(): void;
  /** For good: training ends at the next step, with what it has. */
  stop(): void;
  /** The back end that training shall go on with; null: the one in use. */
  readonly wanted: BackendName | null;
  /** Training goes on with another back end from where it stands, paused or not. */
  switchTo(backend: BackendName): void;
  /** Training has heard of the wish, and takes it. */
  takeWanted(): BackendName | null;
  /** One step more while it stands, and it stands again. */
  stepOnce(): void;
  /** Training has heard of a step that was asked for, and takes it. */
  takeStep(): boolean;
  /** Resolves at the next change of state, of what is wanted, or of steps asked for. */
  changed(): Promise<void>;
}

export function createTrainingControl(start: 'running' | 'paused' = 'running'): TrainingControl {
  let state: TrainingControl['state'] = start;
  let wanted: BackendName | null = null;
  let steps = 0;
  let wake: () => void = () => {};
  let change = new Promise<void>((resolve) => (wake = resolve));
  const tell = (): void => {
    wake();
    change = new Promise<void>((resolve) => (wake = resolve));
  };
  const move = (next: TrainingControl['state']): void => {
    if (state === 'stopped' || state === next) return;
    state = next;
    steps = 0;
    tell();
  };
  return {
    get state() {
      return state;
    },
    get wanted() {
      return wanted;
    },
    switchTo(backend) {
      wanted = backend;
      tell();
    },
    takeWanted() {
      const taken = wanted;
      wanted = null;
      return taken;
    },
    stepOnce() {
      if (state !== 'paused') return;
      steps += 1;
      tell();
    },
    takeStep() {
      if (steps === 0) return false;
      steps -= 1;
      return true;
    },
    pause: () => move('paused'),
    resume: () => move('running'),
    stop: () => move('stopped'),
    changed: () => change,
  };
}
