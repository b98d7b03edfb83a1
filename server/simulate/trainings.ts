// The trainings of one round: planned when the cohort is configured, done on the pool in the order in which they end on the
// simulation's clock, and not far ahead of it: what a round that has closed no longer needs is never begun, and only a few
// updates are held at a time.
import type { SimulatedDevice } from './devices.ts';
import type { JobResult, TrainingJob } from './workbench.ts';
import type { WorkerPool } from './worker-pool.ts';

interface Planned {
  readonly device: SimulatedDevice;
  readonly job: TrainingJob;
  /** On the simulation's clock. */
  readonly endsAt: number;
  result: Promise<JobResult> | undefined;
}

export class Trainings {
  #planned = new Map<number, Planned>();
  #queue: Planned[] = [];
  #isSorted = true;
  /** Begun, and not yet taken. */
  #ahead = 0;

  constructor(private readonly pool: Pick<WorkerPool, 'work' | 'size'>) {}

  plan(device: SimulatedDevice, job: TrainingJob, endsAt: number): void {
    this.drop(device);
    const planned: Planned = { device, job, endsAt, result: undefined };
    this.#planned.set(device.index, planned);
    this.#queue.push(planned);
    this.#isSorted = false;
  }

  /** The result of a device's training; what comes after it goes on meanwhile. Undefined where none is planned. */
  async take(device: SimulatedDevice): Promise<JobResult | undefined> {
    const planned = this.#planned.get(device.index);
    if (planned === undefined) return undefined;
    this.#begin(planned);
    this.#goAhead();
    const result = await planned.result;
    if (this.#planned.get(device.index) !== planned) return undefined;
    this.drop(device);
    this.#goAhead();
    return result;
  }

  /** Results of these devices' trainings, all of them begun at once; they can still be taken. */
  results(devices: readonly SimulatedDevice[]): Promise<(JobResult | undefined)[]> {
    return Promise.all(
      devices.map((device) => {
        const planned = this.#planned.get(device.index);
        if (planned !== undefined) this.#begin(planned);
        return planned?.result;
      }),
    );
  }

  drop(device: SimulatedDevice): void {
    const planned = this.#planned.get(device.index);
    if (planned === undefined) return;
    this.#planned.delete(device.index);
    if (planned.result === undefined) this.#queue = this.#queue.filter((one) => one !== planned);
    else this.#ahead -= 1;
  }

  /** The round is over. */
  clear(): void {
    this.#planned.clear();
    this.#queue = [];
    this.#ahead = 0;
  }

  #begin(planned: Planned): void {
    if (planned.result !== undefined) return;
    this.#queue = this.#queue.filter((one) => one !== planned);
    planned.result = this.pool.work(planned.job);
    // Whoever takes it hears of a failure; nobody may take it any more.
    planned.result.catch(() => undefined);
    this.#ahead += 1;
  }

  #goAhead(): void {
    if (!this.#isSorted) this.#queue.sort((a, b) => a.endsAt - b.endsAt || a.device.index - b.device.index);
    this.#isSorted = true;
    while (this.#ahead <= 2 * this.pool.size) {
      const [next] = this.#queue;
      if (next === undefined) return;
      this.#begin(next);
    }
  }
}
