// What every ParticipantStore guarantees, whatever it is kept in. `reopen` gives the same device's store after a reload.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { verifySignature } from '#lib/core/signature.ts';
import { digestOf, digestOfText } from '#lib/core/digest.ts';
import { FederationId, ParticipantId, RoundNumber, RunNumber } from '#lib/core/ids.ts';
import type { TrainingPlan } from '#lib/core/model/spec.ts';
import type {
  Checkpoint,
  LocalModel,
  OutboxEntry,
  ParticipantStore,
  StoredReceipt,
} from '#lib/ports/participant-store.ts';

export interface StoreOfADevice {
  readonly store: ParticipantStore;
  reopen(): Promise<ParticipantStore>;
}

const federation = v.parse(FederationId, 'digits');
const other = v.parse(FederationId, 'digits-2');
const plan: TrainingPlan = {
  localEpochs: 2,
  batchSize: 5,
  learningRate: 0.1,
  optimizer: { type: 'sgd', momentum: 0 },
  proximalTerm: 0,
  seed: 7,
};
const round = (number: number) => v.parse(RoundNumber, number);

export const entry = (
  number: number,
  of = federation,
  bytes = new Uint8Array([1, 2, 3, 4]),
): OutboxEntry => ({
  federation: of,
  round: round(number),
  offer: {
    round: round(number),
    base: digestOfText('base'),
    codec: 'f32',
    steps: 1,
    baseLoss: null,
    bytes: bytes.length,
    digest: digestOf(bytes),
    examples: 12,
  },
  bytes,
});
export const receipt = (number: number, of = federation): StoredReceipt => ({
  receipt: {
    federation: of,
    run: v.parse(RunNumber, 1),
    round: round(number),
    participant: v.parse(ParticipantId, 'a'.repeat(32)),
    base: digestOfText('base'),
    update: digestOfText('update'),
    bytes: 4,
    examples: 12,
    receivedAt: 1000,
  },
  version: null,
  outcome: 'waiting',
});
export const checkpoint: Checkpoint = {
  key: 'round:digits',
  state: { parameters: Float32Array.of(1, 2.5), optimizer: Float32Array.of(0.1, 0.2), steps: 7 },
  epoch: 1,
  batch: 4,
  pendingLoss: { sum: 1.5, examples: 8 },
  history: [{ step: 2, epoch: 0, loss: 0.7, heldOutLoss: 0.6 }],
  settings: digestOfText('settings'),
  savedAt: 5,
};
const model: LocalModel = {
  id: 'local:1',
  federation: null,
  dataset: 'd',
  name: 'Mine',
  network: { inputShape: [2] },
  parameters: Float32Array.of(3, 4),
  trainedAt: 9,
};

export function participantStoreContract(name: string, open: () => Promise<StoreOfADevice>): void {
  describe(name, () => {
    test('vectors of its own survive a reload, are replaced whole, and are gone once removed or forgotten', async () => {
      const { store, reopen } = await open();
      const key = `residual:${federation}`;
      expect(await store.vectors.get(key)).toBeUndefined();
      const given = Float32Array.of(1, -2.5);
      await store.vectors.put(key, given);
      given[0] = 9;
      const again = await reopen();
      expect(await again.vectors.get(key)).toEqual(Float32Array.of(1, -2.5));
      await again.vectors.put(key, Float32Array.of(4));
      expect(await again.vectors.get(key)).toEqual(Float32Array.of(4));
      await again.vectors.put(`control:${federation}`, Float32Array.of(5));
      await again.vectors.remove(key);
      expect(await again.vectors.get(key)).toBeUndefined();
      await again.forget();
      expect(await again.vectors.get(`control:${federation}`)).toBeUndefined();
    });

    test('the identity signs, is the same at every call and after a reload, and another on another device', async () => {
      const { store, reopen } = await open();
      const [first, second] = await Promise.all([store.identity(), store.identity()]);
      expect(second.publicKey).toEqual(first.publicKey);
      const again = await (await reopen()).identity();
      expect(again.publicKey).toEqual(first.publicKey);
      const message = Uint8Array.of(1, 2, 3);
      for (const one of [first, second, again])
        expect(await verifySignature(first.publicKey, message, await one.sign(message))).toBe(true);
      expect((await (await open()).store.identity()).publicKey).not.toEqual(first.publicKey);
    });

    test('an update in the outbox survives a reload, byte for byte, until it is removed', async () => {
      const { store, reopen } = await open();
      const told = { ...entry(4), rows: { dataset: 'own', withheld: ['age'] }, plan };
      await store.outbox.put(told);
      await store.outbox.put(entry(3));
      await store.outbox.put(entry(3, other));
      const again = await reopen();
      expect(await again.outbox.list(federation)).toEqual([entry(3), told]);
      await again.outbox.remove(federation, round(3));
      expect((await again.outbox.list(federation)).map((one) => one.round)).toEqual([4]);
      expect(await again.outbox.list(other)).toHaveLength(1);
    });

    test('a second update of the same round replaces the first', async () => {
      const { store } = await open();
      await store.outbox.put(entry(3));
      await store.outbox.put(entry(3, federation, new Uint8Array([9, 9])));
      const list = await store.outbox.list(federation);
      expect(list).toHaveLength(1);
      expect(list[0]!.bytes).toEqual(new Uint8Array([9, 9]));
    });

    test('a checkpoint comes back as it was, does not change with its writer, and can be removed', async () => {
      const { store, reopen } = await open();
      const mine = structuredClone(checkpoint);
      await store.checkpoints.put(mine);
      mine.state.parameters[0] = 99;
      const again = await reopen();
      expect(await again.checkpoints.get(checkpoint.key)).toEqual(checkpoint);
      await again.checkpoints.remove(checkpoint.key);
      expect(await again.checkpoints.get(checkpoint.key)).toBeUndefined();
    });

    test('receipts are listed by round and by federation, and take their outcome in place', async () => {
      const { store, reopen } = await open();
      await store.receipts.put(receipt(2));
      await store.receipts.put(receipt(1));
      await store.receipts.put(receipt(1, other));
      const included = { ...receipt(1), version: 1, outcome: 'included', plan } as const;
      await store.receipts.put(included);
      const again = await reopen();
      expect((await again.receipts.list(federation)).map((one) => [one.receipt.round, one.outcome])).toEqual([
        [1, 'included'],
        [2, 'waiting'],
      ]);
      expect((await again.receipts.list(federation))[0]).toEqual(included);
      expect(await again.receipts.list()).toHaveLength(3);
    });

    test('refusals stay on record beside the receipts, in their order', async () => {
      const { store, reopen } = await open();
      await store.receipts.putRefusal({ federation, round: round(2), message: 'late', at: 1 });
      await store.receipts.putRefusal({ federation: other, round: round(2), message: 'other', at: 2 });
      await store.receipts.putRefusal({ federation, round: round(2), message: 'again', at: 3 });
      const again = await reopen();
      expect((await again.receipts.refusals(federation)).map((one) => one.message)).toEqual([
        'late',
        'again',
      ]);
      expect(await again.receipts.refusals()).toHaveLength(3);
    });

    test('parameters are found by their digest; old ones may go, the newest two stay', async () => {
      const { store, reopen } = await open();
      const all = Array.from({ length: 12 }, (_, index) => Float32Array.of(index, index + 0.5));
      for (const values of all) await store.parameters.put(digestOfText(String(values[0])), values);
      const again = await reopen();
      expect(await again.parameters.get(digestOfText('11'))).toEqual(all[11]);
      expect(await again.parameters.get(digestOfText('10'))).toEqual(all[10]);
      expect(await again.parameters.get(digestOfText('none'))).toBeUndefined();
      const kept = await Promise.all(
        all.map((_, index) => again.parameters.get(digestOfText(String(index)))),
      );
      expect(kept.filter((values) => values !== undefined).length).toBeLessThan(12);
    });

    test('models trained alone are kept and removed by id', async () => {
      const { store, reopen } = await open();
      await store.models.put(model);
      await store.models.put({ ...model, name: 'Renamed' });
      const again = await reopen();
      expect(await again.models.list()).toEqual([{ ...model, name: 'Renamed' }]);
      await again.models.remove(model.id);
      expect(await again.models.list()).toEqual([]);
    });

    test('settings keep any value, and undefined where there is none', async () => {
      const { store, reopen } = await open();
      await store.settings.put('joined:digits', { dataset: 'd', paused: false });
      const again = await reopen();
      expect(await again.settings.get('joined:digits')).toEqual({ dataset: 'd', paused: false });
      expect(await again.settings.get('other')).toBeUndefined();
    });

    test('forgetting leaves nothing, and the next identity is a new one', async () => {
      const { store, reopen } = await open();
      const { publicKey: before } = await store.identity();
      await store.outbox.put(entry(1));
      await store.receipts.put(receipt(1));
      await store.receipts.putRefusal({ federation, round: round(2), message: 'late', at: 1 });
      await store.checkpoints.put(checkpoint);
      await store.models.put(model);
      await store.settings.put('a', 1);
      await store.forget();
      const again = await reopen();
      expect(await again.outbox.list(federation)).toEqual([]);
      expect(await again.receipts.list()).toEqual([]);
      expect(await again.receipts.refusals()).toEqual([]);
      expect(await again.checkpoints.get(checkpoint.key)).toBeUndefined();
      expect(await again.models.list()).toEqual([]);
      expect(await again.settings.get('a')).toBeUndefined();
      expect((await again.identity()).publicKey).not.toEqual(before);
    });
  });
}
