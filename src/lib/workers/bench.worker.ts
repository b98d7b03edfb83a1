// The workbench worker: trains and judges models of a dataset of this device, off the page. It has no way to the network.
import { createTrainer } from '../adapters/engines/browser.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import { bench } from './bench.ts';
import type { BenchRequest } from './bench-messages.ts';
import { openedDatasets } from './opened-datasets.ts';

const handle = bench({
  store: openedDatasets(),
  createTrainer,
  clock: createSystemClock(),
  reply: (message) => self.postMessage(message),
});

self.onmessage = (event: MessageEvent<BenchRequest>) => void handle(event.data);
