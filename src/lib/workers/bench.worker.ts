// The workbench worker: trains and judges models of a dataset of this device, off the page, and keeps each run. It has no way to the
// network.
import { version } from '../../../package.json';
import { canvasDecoder } from '../adapters/canvas/decode-image.ts';
import { availableBackends, createTrainer } from '../adapters/engines/browser.ts';
import { idbDatasetStore } from '../adapters/idb/datasets.ts';
import { createIdbParticipantStore } from '../adapters/idb/participant-store.ts';
import { idbRunStore } from '../adapters/idb/runs.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import { bench } from './bench.ts';
import type { BenchRequest } from './bench-messages.ts';
import { newId } from './new-id.ts';
import { openedDatabase } from './opened-database.ts';
import { webLockHolds } from './run-holds.ts';
import { runtimeName } from './runtime-name.ts';

const opened = openedDatabase();

const clock = createSystemClock();
const handle = bench({
  datasets: async () => {
    const { database, seal } = await opened();
    return idbDatasetStore(database, seal);
  },
  runs: async () => {
    const { database, seal } = await opened();
    return idbRunStore(database, seal);
  },
  checkpoints: async () => {
    const { database, seal } = await opened();
    return createIdbParticipantStore(database, seal).checkpoints;
  },
  holds: webLockHolds(navigator.locks),
  createTrainer,
  async engines() {
    const [{ database, seal }, { measuredEngines }, { rememberedEngines }] = await Promise.all([
      opened(),
      import('../participant/choose-backend.ts'),
      import('./remembered-engines.ts'),
    ]);
    return rememberedEngines(
      measuredEngines(createTrainer, availableBackends),
      createIdbParticipantStore(database, seal),
      clock,
      navigator.userAgent,
    );
  },
  decodeImage: canvasDecoder(),
  clock,
  newId: () => newId(8),
  program: { program: `${version}+${__SOURCES__}`, node: runtimeName(navigator.userAgent) },
  reply: (message) => self.postMessage(message),
});

self.onmessage = (event: MessageEvent<BenchRequest>) => void handle(event.data);
