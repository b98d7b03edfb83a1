// The device worker: training and the link to the coordinator, off the page's thread. A hidden tab's worker is not throttled;
// TensorFlow.js is loaded when something is computed, and only the back end in use.
import './animation-frame.ts';
import { openDatabase, type Database } from '../adapters/idb/database.ts';
import { idbDatasetStore } from '../adapters/idb/datasets.ts';
import { createIdbParticipantStore } from '../adapters/idb/participant-store.ts';
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

function compose(database: Database): Device {
  const store = createIdbParticipantStore(database);
  const clock = createSystemClock();
  const link = createSocketLink({
    url: self.location.origin,
    kind: 'tab',
    identity: () => identityOf(store),
    onMalformed: (name, problem) => console.error(`The message “${name}” could not be read: ${problem}`),
  });
  return createDevice({
    store,
    datasets: idbDatasetStore(database),
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
  }).then(compose);
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
