// The engine of this device: the back ends that passed the self-test, fastest first. One is in use; when it is lost or runs
// out of memory, the next one takes over. Work on it is done one piece at a time.
import type { Network } from '../core/model/network.ts';
import { MAXIMUM_RATE, MINIMUM_RATE } from '../protocol/limits.ts';
import { TrainerFailure, type BackendName, type Trainer } from '../ports/trainer.ts';
import { switchedChoice } from './choose-backend.ts';
import type { BackendChoice } from './participation.ts';

/** How back ends are measured and made; composed by the worker or the headless process. */
export interface Engines {
  choose(network: Network, batchSize: number, preferred: BackendName | null): Promise<BackendChoice>;
  create(backend: BackendName): Promise<Trainer>;
}

export interface Engine {
  /** The back end in use; its `reason` changes when a back end was lost. */
  readonly choice: BackendChoice;
  /** The trainer in use, made at first use. Throws TrainerFailure when it cannot be made. */
  trainer(): Promise<Trainer>;
  /** Gives up the back end in use. The sentence says what happened; undefined when no other is left. */
  moveOn(failure: TrainerFailure): string | undefined;
  /** Gives up the back end in use for another that passed the self-test. Says whether `backend` is in use now. */
  switchTo(backend: BackendName): boolean;
  /** Runs `work` when all earlier work on this engine has ended: training and scoring never interleave. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  dispose(): void;
}

const cause = (failure: TrainerFailure): string => {
  switch (failure.kind) {
    case 'device-lost':
      return 'The graphics device was reset';
    case 'out-of-memory':
      return 'There was not enough memory for this model';
    case 'unsupported':
      return 'This device cannot run this model';
    default:
      return failure.kind satisfies never;
  }
};

/**
 * Rows a second on the back end in use, by its self-test on batches of `batchSize`: two digits, which are enough to choose devices
 * by and tell little else of one. Not the pace of the last training: a tab in the background is slow, and would be left out
 * for good. undefined where nothing was measured.
 */
export function measuredRate({ backend, reports }: BackendChoice, batchSize: number): number | undefined {
  const report = reports.find((one) => one.backend === backend);
  if (report?.passed !== true) return undefined;
  // Clocks are coarse: a step may have taken no time at all.
  const rate = Math.min(MAXIMUM_RATE, Math.max(MINIMUM_RATE, (1000 * batchSize) / report.stepMs));
  return Number(rate.toPrecision(2));
}

/** A queue of one: pieces of work run in the order in which they were asked for. */
export function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    // The next piece waits for this one's end, not for its success; whoever asked for this one hears of its failure.
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** `queue` may be shared by engines that compete for the same processor. */
export function createEngine(
  choice: BackendChoice,
  create: Engines['create'],
  queue: ReturnType<typeof createQueue> = createQueue(),
): Engine {
  const passed = choice.reports.filter((report) => report.passed).sort((a, b) => a.stepMs - b.stepMs);
  const lost = new Set<BackendName>();
  let present = choice;
  let made: Promise<Trainer> | undefined;

  const release = (): void => {
    const released = made;
    made = undefined;
    released?.then(
      (trainer) => trainer.dispose(),
      // It could not be made, so there is nothing to release; the failure went to whoever asked for it.
      () => undefined,
    );
  };
  return {
    get choice() {
      return present;
    },
    trainer() {
      made ??= create(present.backend);
      return made;
    },
    moveOn(failure) {
      release();
      lost.add(present.backend);
      const before = passed.find((report) => report.backend === present.backend);
      const next = passed.find((report) => !lost.has(report.backend));
      if (next === undefined) return undefined;
      // Whoever had switched to a slow one goes on faster.
      const isSlower = before === undefined || next.stepMs > before.stepMs;
      const sentence = `${cause(failure)}. Continuing on ${next.description}${isSlower ? ', slower' : ''}.`;
      present = { ...present, backend: next.backend, description: next.description, reason: sentence };
      return sentence;
    },
    switchTo(backend) {
      if (backend === present.backend) return true;
      const next = switchedChoice(present, backend);
      if (next === undefined) return false;
      release();
      // One that was lost before is tried again when a person asks for it.
      lost.delete(backend);
      present = next;
      return true;
    },
    alone: queue,
    dispose: release,
  };
}
