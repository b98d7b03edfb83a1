// The hand on a running training: pause, resume, stop. Training looks at it between two steps.

export interface TrainingControl {
  readonly state: 'running' | 'paused' | 'stopped';
  pause(): void;
  resume(): void;
  /** For good: training ends at the next step, with what it has. */
  stop(): void;
  /** Resolves at the next change of state. */
  changed(): Promise<void>;
}

export function createTrainingControl(start: 'running' | 'paused' = 'running'): TrainingControl {
  let state: TrainingControl['state'] = start;
  let wake: () => void = () => {};
  let change = new Promise<void>((resolve) => (wake = resolve));
  const move = (next: TrainingControl['state']): void => {
    if (state === 'stopped' || state === next) return;
    state = next;
    wake();
    change = new Promise<void>((resolve) => (wake = resolve));
  };
  return {
    get state() {
      return state;
    },
    pause: () => move('paused'),
    resume: () => move('running'),
    stop: () => move('stopped'),
    changed: () => change,
  };
}
