// What a participant keeps, in memory: headless participants and simulations. It outlives a "reload" (a new participation on
// the same store), not its process. Values are copied on their way in and out, as a disk would.
import type { Digest, FederationId } from '../../core/ids.ts';
import type {
  Checkpoint,
  LocalModel,
  OutboxEntry,
  ParticipantStore,
  StoredReceipt,
  StoredRefusal,
} from '../../ports/participant-store.ts';
import type { Identity } from '../../ports/identity.ts';
import { memoryIdentity } from './identity.ts';

const PARAMETERS_KEPT = 3;

export function createMemoryParticipantStore(): ParticipantStore {
  let own: Promise<Identity> | undefined;
  const outbox = new Map<string, OutboxEntry>();
  const checkpoints = new Map<string, Checkpoint>();
  const receipts = new Map<string, StoredReceipt>();
  const refusals: StoredRefusal[] = [];
  const parameters = new Map<Digest, Float32Array<ArrayBuffer>>();
  const vectors = new Map<string, Float32Array<ArrayBuffer>>();
  const models = new Map<string, LocalModel>();
  const settings = new Map<string, unknown>();
  const keyOf = (federation: FederationId, round: number): string => `${federation} ${round}`;
  const byRound =
    <T>(roundOf: (item: T) => number) =>
    (a: T, b: T): number =>
      roundOf(a) - roundOf(b);

  return {
    identity: () => (own ??= memoryIdentity()),
    outbox: {
      put: async (entry) => void outbox.set(keyOf(entry.federation, entry.round), structuredClone(entry)),
      list: async (federation) =>
        [...outbox.values()]
          .filter((entry) => entry.federation === federation)
          .sort(byRound((entry) => entry.round))
          .map((entry) => structuredClone(entry)),
      remove: async (federation, round) => void outbox.delete(keyOf(federation, round)),
    },
    checkpoints: {
      put: async (checkpoint) => void checkpoints.set(checkpoint.key, structuredClone(checkpoint)),
      get: async (key) => structuredClone(checkpoints.get(key)),
      remove: async (key) => void checkpoints.delete(key),
    },
    receipts: {
      put: async (stored) =>
        void receipts.set(keyOf(stored.receipt.federation, stored.receipt.round), structuredClone(stored)),
      list: async (federation) =>
        [...receipts.values()]
          .filter((stored) => federation === undefined || stored.receipt.federation === federation)
          .sort(byRound((stored) => stored.receipt.round))
          .map((stored) => structuredClone(stored)),
      putRefusal: async (refusal) => void refusals.push(structuredClone(refusal)),
      refusals: async (federation) =>
        structuredClone(
          refusals.filter((refusal) => federation === undefined || refusal.federation === federation),
        ),
    },
    parameters: {
      async put(digest, values) {
        parameters.delete(digest);
        parameters.set(digest, values.slice());
        for (const oldest of parameters.keys()) {
          if (parameters.size <= PARAMETERS_KEPT) break;
          parameters.delete(oldest);
        }
      },
      async get(digest) {
        const values = parameters.get(digest);
        if (values === undefined) return undefined;
        parameters.delete(digest);
        parameters.set(digest, values);
        return values.slice();
      },
    },
    vectors: {
      put: async (key, values) => void vectors.set(key, values.slice()),
      get: async (key) => vectors.get(key)?.slice(),
      remove: async (key) => void vectors.delete(key),
    },
    models: {
      put: async (model) => void models.set(model.id, structuredClone(model)),
      list: async () => [...models.values()].map((model) => structuredClone(model)),
      remove: async (id) => void models.delete(id),
    },
    settings: {
      get: async (key) => structuredClone(settings.get(key)),
      put: async (key, value) => void settings.set(key, structuredClone(value)),
    },
    async forget() {
      own = undefined;
      for (const kept of [outbox, checkpoints, receipts, parameters, vectors, models, settings]) kept.clear();
      refusals.length = 0;
    },
  };
}
