// What a participant keeps, in files: a headless participant whose process was killed comes back as the same participant, with
// what it had trained. A file is one line of JSON, and after it the bytes of its arrays where it has any.
import * as v from 'valibot';
import { bytesOf, digestOf } from '../../core/digest.ts';
import { Digest, FederationId, RoundNumber } from '../../core/ids.ts';
import { TrainingPlan } from '../../core/model/spec.ts';
import type { Identity } from '../../ports/identity.ts';
import type {
  LocalModel,
  OutboxEntry,
  ParticipantStore,
  StoredRefusal,
} from '../../ports/participant-store.ts';
import { UpdateOffer } from '../../protocol/http.ts';
import { Inclusion, Signature } from '../../core/transparency/statements.ts';
import { Receipt } from '../../protocol/views.ts';
import { openDurableFiles } from './durable-files.ts';
import { IdentityKey, identityOfKey, makeIdentityKey } from './identity.ts';

/** A file of the state was changed or damaged from outside: what is written here is whole. */
export class DamagedState extends Error {
  override readonly name = 'DamagedState';
}

/** Downloaded models that are kept: the version in hand, and those around it. */
const PARAMETERS_KEPT = 3;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const OutboxLine = v.object({
  federation: FederationId,
  round: RoundNumber,
  offer: UpdateOffer,
  rows: v.exactOptional(v.object({ dataset: v.string(), withheld: v.array(v.string()) })),
  plan: v.exactOptional(TrainingPlan),
});
const HistoryPoint = v.object({
  step: v.number(),
  epoch: v.number(),
  loss: v.number(),
  heldOutLoss: v.exactOptional(v.number()),
  heldOutMetric: v.exactOptional(v.number()),
  trainingMetric: v.exactOptional(v.number()),
});
/** `parameters`, `optimizer`: how many f32 values follow of each. */
const CheckpointLine = v.object({
  key: v.string(),
  parameters: whole,
  optimizer: whole,
  steps: whole,
  epoch: whole,
  batch: whole,
  pendingLoss: v.object({ sum: v.number(), examples: v.number() }),
  history: v.array(HistoryPoint),
  settings: Digest,
  savedAt: v.number(),
});
const ReceiptLine = v.object({
  receipt: Receipt,
  signed: v.exactOptional(Signature),
  inclusion: v.exactOptional(Inclusion),
  version: v.nullable(v.number()),
  outcome: v.picklist(['waiting', 'included', 'abandoned']),
  plan: v.exactOptional(TrainingPlan),
});
const RefusalLines = v.array(
  v.object({ federation: FederationId, round: RoundNumber, message: v.string(), at: v.number() }),
);
const ModelLine = v.object({
  id: v.string(),
  federation: v.nullable(FederationId),
  dataset: v.string(),
  name: v.string(),
  network: v.unknown(),
  trainedAt: v.number(),
});
const VectorLine = v.object({ length: whole });
const SettingLine = v.object({ value: v.unknown() });

const lineOf = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);
const floatsOf = (bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> =>
  new Float32Array(bytes.slice().buffer);
const byRound = (a: { readonly round: number }, b: { readonly round: number }): number => a.round - b.round;

/** `directory` belongs to one participant, and to one process at a time: the caller sees to that. */
export async function openFileParticipantStore(directory: string): Promise<ParticipantStore> {
  const files = await openDurableFiles(directory);
  const damaged = (name: string, what: string, cause?: unknown): DamagedState =>
    new DamagedState(
      `${files.pathOf(name)} is damaged: ${what}. Restore the file, or delete it to go on without it.`,
      { cause },
    );

  /** undefined: there is no such file. Throws DamagedState. */
  async function readRecord<Schema extends v.GenericSchema>(
    name: string,
    schema: Schema,
  ): Promise<{ readonly line: v.InferOutput<Schema>; readonly bytes: Uint8Array<ArrayBuffer> } | undefined> {
    const content = await files.read(name);
    if (content === undefined) return undefined;
    const end = content.indexOf(0x0a);
    if (end < 0) throw damaged(name, 'its first line has no end');
    try {
      const line = v.parse(schema, JSON.parse(new TextDecoder().decode(content.subarray(0, end))));
      return { line, bytes: content.slice(end + 1) };
    } catch (cause) {
      throw damaged(name, 'its first line is not what was written', cause);
    }
  }
  async function readAll<Schema extends v.GenericSchema>(folder: string, schema: Schema) {
    const names = await files.list(folder);
    const read = await Promise.all(
      names.map(async (name) => ({ name, record: await readRecord(name, schema) })),
    );
    // One that was removed since it was listed is no more.
    return read.flatMap(({ name, record }) => (record === undefined ? [] : [{ name, ...record }]));
  }
  const fileOf = (folder: string, key: string): string => `${folder}/${encodeURIComponent(key)}.kept`;
  const ofRound = (folder: string, federation: FederationId, round: RoundNumber): string =>
    fileOf(folder, `${federation}.${round}`);

  // Oldest use first; a restart counts as a use of all.
  const used = new Set(await files.list('parameters'));
  const isUsed = (name: string): void => {
    used.delete(name);
    used.add(name);
  };
  let own: Promise<Identity> | undefined;

  async function readIdentity(): Promise<Identity> {
    const kept = await readRecord('identity', IdentityKey);
    if (kept !== undefined)
      return identityOfKey(kept.line).catch((cause: unknown) => {
        throw damaged('identity', 'it holds no key', cause);
      });
    const made = await makeIdentityKey();
    await files.write('identity', lineOf(made));
    return identityOfKey(made);
  }
  async function refusals(): Promise<readonly StoredRefusal[]> {
    return (await readRecord('refusals', RefusalLines))?.line ?? [];
  }
  return {
    identity() {
      own ??= readIdentity().catch((failure: unknown) => {
        own = undefined;
        throw failure;
      });
      return own;
    },
    outbox: {
      put: ({ bytes, ...line }) =>
        files.write(ofRound('outbox', line.federation, line.round), lineOf(line), bytes),
      async list(federation) {
        const entries: OutboxEntry[] = [];
        for (const { name, line, bytes } of await readAll('outbox', OutboxLine)) {
          if (line.federation !== federation) continue;
          if (digestOf(bytes) !== line.offer.digest)
            throw damaged(name, 'its update has another digest than it had');
          entries.push({ ...line, bytes });
        }
        return entries.sort(byRound);
      },
      remove: (federation, round) => files.remove(ofRound('outbox', federation, round)),
    },
    checkpoints: {
      put({ state: { parameters, optimizer, steps }, ...rest }) {
        const line = { ...rest, parameters: parameters.length, optimizer: optimizer.length, steps };
        // Copied at once: the caller trains on while this waits for the disk.
        const bytes = [parameters, optimizer].map((values) => bytesOf(values).slice());
        return files.write(fileOf('checkpoints', rest.key), lineOf(line), ...bytes);
      },
      async get(key) {
        const name = fileOf('checkpoints', key);
        const kept = await readRecord(name, CheckpointLine);
        if (kept === undefined) return undefined;
        const { parameters, optimizer, steps, ...rest } = kept.line;
        if (kept.bytes.byteLength !== 4 * (parameters + optimizer))
          throw damaged(name, 'it has another length than it had');
        const values = floatsOf(kept.bytes);
        return {
          ...rest,
          state: { parameters: values.slice(0, parameters), optimizer: values.slice(parameters), steps },
        };
      },
      remove: (key) => files.remove(fileOf('checkpoints', key)),
    },
    receipts: {
      put: (stored) =>
        files.write(ofRound('receipts', stored.receipt.federation, stored.receipt.round), lineOf(stored)),
      async list(federation) {
        const all = (await readAll('receipts', ReceiptLine)).map(({ line }) => line);
        return all
          .filter(({ receipt }) => federation === undefined || receipt.federation === federation)
          .sort((a, b) => byRound(a.receipt, b.receipt));
      },
      putRefusal: (refusal) =>
        files.change(async (write) => write('refusals', lineOf([...(await refusals()), refusal]))),
      refusals: async (federation) =>
        (await refusals()).filter((one) => federation === undefined || one.federation === federation),
    },
    parameters: {
      async put(digest, values) {
        const name = fileOf('parameters', digest);
        await files.write(name, lineOf(digest), bytesOf(values).slice());
        isUsed(name);
        for (const oldest of used) {
          if (used.size <= PARAMETERS_KEPT) break;
          used.delete(oldest);
          await files.remove(oldest);
        }
      },
      async get(digest) {
        const name = fileOf('parameters', digest);
        const kept = await readRecord(name, v.literal(digest));
        if (kept === undefined) return undefined;
        isUsed(name);
        return floatsOf(kept.bytes);
      },
    },
    vectors: {
      put: (key, values) =>
        files.write(fileOf('vectors', key), lineOf({ length: values.length }), bytesOf(values).slice()),
      async get(key) {
        const name = fileOf('vectors', key);
        const kept = await readRecord(name, VectorLine);
        if (kept === undefined) return undefined;
        if (kept.bytes.byteLength !== 4 * kept.line.length)
          throw damaged(name, 'it has another length than it had');
        return floatsOf(kept.bytes);
      },
      remove: (key) => files.remove(fileOf('vectors', key)),
    },
    models: {
      put: ({ parameters, ...line }) =>
        files.write(fileOf('models', line.id), lineOf(line), bytesOf(parameters).slice()),
      list: async () =>
        (await readAll('models', ModelLine)).map(({ line, bytes }): LocalModel => ({
          ...line,
          network: line.network,
          parameters: floatsOf(bytes),
        })),
      remove: (id) => files.remove(fileOf('models', id)),
    },
    settings: {
      get: async (key) => (await readRecord(fileOf('settings', key), SettingLine))?.line.value,
      put: (key, value) => files.write(fileOf('settings', key), lineOf({ value })),
    },
    async forget() {
      own = undefined;
      used.clear();
      for (const name of [
        'identity',
        'outbox',
        'checkpoints',
        'receipts',
        'refusals',
        'parameters',
        'vectors',
        'models',
        'settings',
      ])
        await files.remove(name);
    },
  };
}
