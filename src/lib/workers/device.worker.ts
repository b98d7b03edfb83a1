// The device worker: training and the link to the coordinator, off the page's thread. A hidden tab's worker is not throttled;
// TensorFlow.js is loaded when something is computed, and only the back end in use.
import './animation-frame.ts';
import { openDatabase, type Database } from '../adapters/idb/database.ts';
import { idbDatasetReader } from '../adapters/idb/dataset-reader.ts';
import { createKeys, keyChannel } from '../adapters/idb/keys.ts';
import { createIdbParticipantStore } from '../adapters/idb/participant-store.ts';
import { createSeal, isLocked } from '../adapters/idb/seal.ts';
import { DataLocked } from '../ports/dataset-store.ts';
import { createSocketLink } from '../adapters/socketio/link.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import { availableBackends, createTrainer } from '../adapters/engines/browser.ts';
import { measuredEngines } from '../participant/choose-backend.ts';
import { createDevice, identityOf, type Device } from './device.ts';
import type { DeviceReply, DeviceRequestMessage } from './device-messages.ts';
import { rememberedEngines } from './remembered-engines.ts';
import { webLockHolds } from './run-holds.ts';
import { webLockTurn } from './web-lock-turn.ts';

const reply = (message: DeviceReply, transfer: Transferable[] = []): void =>
  self.postMessage(message, { transfer });
/** A bug or a broken store. What was acknowledged is safe; the page goes on. */
const onFault = (fault: unknown): void => {
  console.error('The device worker gave up a piece of work:', fault);
};

const keys = createKeys(keyChannel());
// The pages load themselves anew then; until they do, what computes here must not go on with rows in memory.
keys.on((event) => {
  if (event === 'dropped') self.close();
});

function compose(database: Database): Device {
  const seal = createSeal(database, keys);
  const store = createIdbParticipantStore(database, seal);
  const clock = createSystemClock();
  const link = createSocketLink({
    url: self.location.origin,
    kind: 'tab',
    identity: () => identityOf(store),
    onMalformed: (name, problem) => console.error(`The message “${name}” could not be read: ${problem}`),
  });
  return createDevice({
    store,
    datasets: idbDatasetReader(database, seal),
    link,
    identify: () => link.reconnect(),
    engines: rememberedEngines(
      measuredEngines(createTrainer, availableBackends),
      store,
      clock,
      navigator.userAgent,
    ),
    clock,
    turn: (federation) => webLockTurn(federation, navigator.locks),
    holds: webLockHolds(navigator.locks),
    reply,
    onFault,
  });
}

/** Composed at the first request: a page that asks nothing opens no connection. */
let composed: Promise<Device> | undefined;
const device = (): Promise<Device> => {
  composed ??= openDatabase({
    onReplaced: () => end('the app was updated, or this device forgotten, in another tab'),
    onTerminated: () => end('the browser closed its storage'),
  }).then(async (database) => {
    // Nothing is begun that could not go on: whoever asks again once it is open finds it composed.
    if (!(await isLocked(database, keys))) return compose(database);
    database.close();
    throw new DataLocked();
  });
  return composed;
};

/** Nothing here can go on without the store. An uncaught error is what reaches the page, whatever it waits for. */
function end(why: string): void {
  composed?.then((made) => made.close()).catch(onFault);
  setTimeout(() => {
    throw new Error(why);
  });
}

self.onmessage = (event: MessageEvent<DeviceRequestMessage>) => {
  const message = event.data;
  device().then(
    (made) => made.handle(message),
    (failure: unknown) => {
      composed = undefined;
      if (failure instanceof DataLocked)
        return reply({ type: 'failure', id: message.id, kind: failure.kind, message: failure.message });
      reply({
        type: 'failure',
        id: message.id,
        kind: 'no-storage',
        message:
          'This browser gives the page no storage (a private window, perhaps), so it cannot take part.',
      });
      onFault(failure);
    },
  );
};
