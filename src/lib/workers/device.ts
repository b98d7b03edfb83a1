// Everything on this device that needs an engine or the link, behind the device worker's language: composed of parts that are
// given, so that it is the same in a worker and in a test.
import type { FederationId } from '../core/ids.ts';
import { joinedFederations } from '../participant/joined.ts';
import { JoinRefused } from '../participant/equipment.ts';
import type { Engines } from '../participant/engine.ts';
import { grantedDatasets } from '../participant/granted-rows.ts';
import { createOwnLimits } from '../participant/own-limits.ts';
import { readOwnRows } from '../participant/own-rows.ts';
import { takePart, type TakingPart } from '../participant/take-part.ts';
import type { TrainingTurn } from '../participant/training-turn.ts';
import { buildNetwork } from '../core/model/network.ts';
import type { Clock } from '../ports/clock.ts';
import { LinkLost, WrongBytes, type CoordinatorLink } from '../ports/coordinator-link.ts';
import type { Identity } from '../ports/identity.ts';
import { StorageFull, type DatasetStore } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import { TrainerFailure } from '../ports/trainer.ts';
import type { DeviceEvent, DeviceReply, DeviceRequestMessage, DeviceRequests } from './device-messages.ts';
import type { Inference } from './inference.ts';
import type { LocalRuns } from './local-runs.ts';
import { Refusal } from './refusal.ts';
import type { RunHolds } from './run-holds.ts';

export interface DeviceParts {
  readonly store: ParticipantStore;
  readonly datasets: Pick<DatasetStore, 'record' | 'read' | 'withheld'>;
  /** One link for all federations of this server. */
  readonly link: CoordinatorLink;
  /** Connects anew, as whom `identityOf` now says. */
  identify(): void;
  readonly engines: Engines;
  readonly clock: Clock;
  turn(federation: FederationId): TrainingTurn;
  /** Which tab has which local run. */
  readonly holds: RunHolds;
  reply(message: DeviceReply, transfer?: Transferable[]): void;
  onFault(fault: unknown): void;
}

export interface Device {
  handle(message: DeviceRequestMessage): Promise<void>;
  close(): Promise<void>;
}

/** The name under which this device is shown to others; null: it chose none. */
export const nameKey = 'participant-name';

export function createDevice(parts: DeviceParts): Device {
  const { store, datasets, link, engines, clock } = parts;
  const emit = (event: DeviceEvent): void => parts.reply({ type: 'event', event });
  const limits = createOwnLimits(store, link, clock);
  let usedModels: Promise<Inference> | undefined;
  let localRuns: Promise<LocalRuns> | undefined;
  // Whoever only takes part loads neither.
  const inference = (): Promise<Inference> =>
    (usedModels ??= import('./inference.ts').then(({ createInference }) =>
      createInference({ store, link, engines }),
    ));
  const runs = (): Promise<LocalRuns> =>
    (localRuns ??= import('./local-runs.ts').then(({ createLocalRuns }) =>
      createLocalRuns({
        store,
        datasets,
        engines,
        clock,
        holds: parts.holds,
        onView: (view) => emit({ type: 'local-run', view }),
        onCutOff: (cutOff) => emit({ type: 'cut-off-runs', runs: cutOff }),
        onKept: (kept) => emit({ type: 'kept-checkpoints', runs: kept }),
        onFault: parts.onFault,
      }),
    ));
  const opened = new Map<FederationId, Promise<TakingPart>>();
  let previewing: AbortController | undefined;

  function participationIn(federation: FederationId): Promise<TakingPart> {
    const found = opened.get(federation);
    if (found !== undefined) return found;
    const part = takePart({
      federation,
      link,
      // The one way in which taking part reads rows.
      datasets: grantedDatasets(datasets),
      store,
      engines,
      clock,
      turn: parts.turn(federation),
      limits,
      onJoined: parts.identify,
      mayFreeze: true,
      onView: (view) => emit({ type: 'participation', view }),
      onFault: parts.onFault,
    });
    const opening = part.open().then(() => part);
    opened.set(federation, opening);
    // A store that could not be read now may be readable later: the next request tries again.
    opening.catch(() => opened.delete(federation));
    return opening;
  }

  const answers: {
    [Name in keyof DeviceRequests]: (
      request: DeviceRequests[Name]['request'],
    ) => Promise<DeviceRequests[Name]['result']>;
  } = {
    async 'choose-backend'({ network, batchSize, preferred }) {
      const built = buildNetwork(network);
      if (!built.ok) throw new Refusal('wrong-network', built.error.message);
      return engines.choose(built.value, batchSize, preferred);
    },
    async 'start-local-run'(settings) {
      await (await runs()).start(settings);
      return null;
    },
    async 'pause-local-run'({ id }) {
      (await runs()).pause(id);
      return null;
    },
    async 'step-local-run'({ id }) {
      (await runs()).stepOnce(id);
      return null;
    },
    'kept-checkpoints': async () => (await runs()).kept(),
    async 'discard-checkpoints'({ run }) {
      await (await runs()).discardKept(run);
      return null;
    },
    'branch-local-run': async (request) => (await runs()).branch(request),
    async 'resume-local-run'({ id }) {
      (await runs()).resume(id);
      return null;
    },
    async 'stop-local-run'({ id }) {
      (await runs()).stop(id);
      return null;
    },
    async 'switch-local-run-engine'({ id, backend }) {
      await (await runs()).switchEngine(id, backend);
      return null;
    },
    'cut-off-local-runs': async () => (await runs()).cutOff(),
    async 'go-on-local-run'({ id }) {
      await (await runs()).goOn(id);
      return null;
    },
    async 'discard-local-run'({ id }) {
      await (await runs()).discard(id);
      return null;
    },
    open: async ({ federation }) => (await participationIn(federation)).view,
    async join({ federation, dataset, name, backend, tags = [], invitation = null }) {
      const part = await participationIn(federation);
      await store.settings.put(nameKey, name);
      await part.join({ dataset, name, backend, tags, invitation });
      return null;
    },
    async pause({ federation }) {
      await (await participationIn(federation)).pause();
      return null;
    },
    async resume({ federation }) {
      await (await participationIn(federation)).resume();
      return null;
    },
    async leave({ federation, when }) {
      await (await participationIn(federation)).leave(when);
      return null;
    },
    async 'switch-engine'({ federation, backend }) {
      await (await participationIn(federation)).switchEngine(backend);
      return null;
    },
    async 'move-here'({ federation }) {
      (await participationIn(federation)).moveHere();
      return null;
    },
    async 'set-power'(power) {
      limits.setPower(power);
      return null;
    },
    crossings: async () => ({ crossings: [...link.crossings], bytes: link.bytes }),
    predict: async ({ features, count, texts, ...asked }) =>
      (await inference()).use(asked, (model) => model.predict(features, count, texts)),
    async evaluate({ dataset, ...asked }) {
      const rows = await readOwnRows(datasets, dataset);
      if (rows === undefined)
        throw new Refusal('unknown-dataset', 'This data is no longer in this browser. Choose data again.');
      return (await inference()).use(asked, (model) => model.evaluate(rows.heldOut));
    },
    async 'preview-rebuilding'(asked) {
      previewing?.abort();
      const { signal } = (previewing = new AbortController());
      const { answerPreview } = await import('./rebuilding.ts');
      return answerPreview(asked, parts, signal, (fraction, setting) =>
        emit({ type: 'rebuilding', fraction, setting }),
      );
    },
    async 'stop-preview'() {
      previewing?.abort();
      return null;
    },
  };

  return {
    async handle(message) {
      const { id } = message;
      try {
        const result = await answer(answers, message);
        const transfer =
          result instanceof Float32Array && result.buffer instanceof ArrayBuffer ? [result.buffer] : [];
        parts.reply({ type: 'result', id, result }, transfer);
      } catch (failure) {
        if (failure instanceof DOMException && failure.name === 'AbortError')
          return parts.reply({ type: 'cancelled', id });
        parts.reply({ type: 'failure', id, ...explained(failure) });
        if (!isExpected(failure)) parts.onFault(failure);
      }
    },
    async close() {
      previewing?.abort();
      (await localRuns)?.close();
      (await usedModels)?.close();
      for (const opening of opened.values()) await (await opening).close();
      await limits.close();
      link.close();
    },
  };
}

/** Who this device says it is: nobody until it has joined something. */
export async function identityOf(
  store: ParticipantStore,
): Promise<{ readonly identity: Identity | null; readonly name: string | null }> {
  if ((await joinedFederations(store)).length === 0) return { identity: null, name: null };
  const name = await store.settings.get(nameKey);
  return {
    identity: await store.identity(),
    name: typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 40) : null,
  };
}

function answer<Name extends keyof DeviceRequests>(
  answers: {
    [Each in keyof DeviceRequests]: (
      request: DeviceRequests[Each]['request'],
    ) => Promise<DeviceRequests[Each]['result']>;
  },
  message: { readonly name: Name; readonly request: DeviceRequests[Name]['request'] },
): Promise<DeviceRequests[Name]['result']> {
  return answers[message.name](message.request);
}

const isExpected = (failure: unknown): boolean =>
  failure instanceof Refusal ||
  failure instanceof JoinRefused ||
  failure instanceof TrainerFailure ||
  failure instanceof LinkLost ||
  failure instanceof WrongBytes ||
  failure instanceof StorageFull;

function explained(failure: unknown): { readonly kind: string; readonly message: string } {
  if (failure instanceof Refusal || failure instanceof JoinRefused || failure instanceof TrainerFailure)
    return { kind: failure.kind, message: failure.message };
  if (failure instanceof LinkLost)
    return { kind: 'offline', message: 'There is no connection to the server. Try again when it is back.' };
  if (failure instanceof WrongBytes) return { kind: 'wrong-bytes', message: failure.message };
  if (failure instanceof StorageFull)
    return {
      kind: 'storage-full',
      message: 'There is no room left in this browser. Delete something under “My device”.',
    };
  return { kind: 'unexpected', message: failure instanceof Error ? failure.message : String(failure) };
}
