// One thread of a simulation: told once what it works on, then job by job (simulate/workbench.ts).
import { parentPort, workerData } from 'node:worker_threads';
import { openWorkbench, type Job, type WorkbenchSetup } from './simulate/workbench.ts';
import type { WorkerAnswer } from './simulate/worker-pool.ts';

const port = parentPort;
if (port === null) throw new Error('This program is a thread of a simulation.');
const setup: WorkbenchSetup = workerData;
const bench = openWorkbench(setup);

port.on('message', (job: Job) => {
  bench.work(job).then(
    (result) => {
      const transfer = result.type === 'trained' ? [result.entry.bytes.buffer] : [];
      port.postMessage({ type: 'done', result } satisfies WorkerAnswer, transfer);
    },
    (failure: unknown) => {
      const message = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
      port.postMessage({ type: 'bug', message } satisfies WorkerAnswer);
    },
  );
});
