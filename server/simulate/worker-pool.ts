// Several workbenches at once, one a thread: TensorFlow.js computes on one core a thread. Rows lie in memory that they share, so
// that ten threads hold them once. Which of them does a job changes nothing of its result.
import { Worker } from 'node:worker_threads';
import type { Examples } from '#lib/core/data/examples.ts';
import { builtProgram } from '../built-program.ts';
import { openWorkbench, type Job, type JobResult, type Workbench, type WorkbenchSetup } from './workbench.ts';

export interface WorkerPool extends Pick<Workbench, 'work'> {
  /** Jobs done at the same time. */
  readonly size: number;
  /** Jobs that are being done or wait are given up. */
  close(): Promise<void>;
}

/** One workbench in this thread where `size` is 1; no build is needed for it. */
export function openPool(size: number, setup: WorkbenchSetup): WorkerPool {
  if (size > 1) return threads(size, setup);
  const bench = openWorkbench(setup);
  return {
    size: 1,
    work: (job) => bench.work(job),
    close: async () => bench.close(),
  };
}

interface Waiting {
  readonly job: Job;
  resolve(result: JobResult): void;
  reject(failure: Error): void;
}

/** What a worker says: a result, or the stack of a bug. */
export type WorkerAnswer =
  { readonly type: 'done'; readonly result: JobResult } | { readonly type: 'bug'; readonly message: string };

function threads(size: number, setup: WorkbenchSetup): WorkerPool {
  const shared: WorkbenchSetup = { ...setup, training: inShared(setup.training), test: inShared(setup.test) };
  const program = builtProgram('simulation-worker');
  const waiting: Waiting[] = [];
  const idle: Thread[] = [];
  const all: Thread[] = [];
  let isClosed = false;
  let broken: Error | undefined;

  const give = (): void => {
    for (let thread = idle.at(-1); thread !== undefined && waiting.length > 0; thread = idle.at(-1)) {
      idle.pop();
      thread.present = waiting.shift();
      if (thread.present !== undefined) thread.worker.postMessage(thread.present.job);
    }
  };
  for (let one = 0; one < size; one += 1) {
    const worker = new Worker(program, { workerData: shared, execArgv: ['--enable-source-maps'] });
    const thread: Thread = { worker, present: undefined };
    worker.on('message', (answer: WorkerAnswer) => {
      const { present } = thread;
      thread.present = undefined;
      idle.push(thread);
      if (answer.type === 'done') present?.resolve(answer.result);
      else present?.reject(new Error(answer.message));
      give();
    });
    // The thread is gone, and the simulation with it: whoever waits for any of them hears of it.
    worker.on('error', (failure) => {
      broken = failure;
      if (!isClosed)
        for (const one of [...all.flatMap(({ present }) => present ?? []), ...waiting]) one.reject(failure);
    });
    all.push(thread);
    idle.push(thread);
  }
  return {
    size,
    work: (job) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) return reject(broken);
        waiting.push({ job, resolve, reject });
        give();
      }),
    async close() {
      isClosed = true;
      await Promise.all(all.map(({ worker }) => worker.terminate()));
    },
  };
}

interface Thread {
  readonly worker: Worker;
  present: Waiting | undefined;
}

function inShared(examples: Examples): Examples {
  const { count, features, targets, hashes } = examples;
  return {
    count,
    features: features instanceof Uint8Array ? copied(Uint8Array, features) : copied(Float32Array, features),
    targets: targets instanceof Int32Array ? copied(Int32Array, targets) : copied(Float32Array, targets),
    hashes: copied(Uint32Array, hashes),
  };
}

/** A copy of `values` in memory that threads share. */
export function copied<T extends { set(from: T): void; readonly byteLength: number }>(
  made: new (buffer: SharedArrayBuffer) => T,
  values: T,
): T {
  const copy = new made(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
