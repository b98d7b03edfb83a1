import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '#lib/core/digest.ts';
import { FederationId, ParticipantId, type Digest } from '#lib/core/ids.ts';
import type { Report } from '#lib/core/round/round-state.ts';
import { memoryBlobs } from '../adapters/memory-blobs.ts';
import { BlobMissing } from '../ports/blobs.ts';
import { fedavg } from '#lib/core/aggregation/fedavg.ts';
import { folding } from './folding.ts';
import { BlobDamaged, readBase, type AggregationPlan } from './stored-updates.ts';

const plan: AggregationPlan<typeof fedavg> = {
  federation: v.parse(FederationId, 'folded'),
  round: 1,
  strategy: fedavg,
  setting: {
    parameterCount: 2,
    options: {},
    training: { learningRate: 0.1, momentum: 0, proximalTerm: 0 },
    population: 2,
  },
  quantum: 2 ** -30,
};
const report = (digit: string, update: Digest, examples: number): Report => ({
  participant: v.parse(ParticipantId, digit.repeat(32)),
  base: update,
  update,
  bytes: 8,
  codec: 'f32',
  examples,
  steps: 1,
  baseLoss: null,
  norm: 0,
  at: 0,
});

describe('folding', () => {
  test('adds each update once, however often it is given', async () => {
    const blobs = memoryBlobs();
    const base = { digest: await blobs.put(bytesOf(Float32Array.of(1, 1))), state: null, residual: null };
    const one = report('a', await blobs.put(bytesOf(Float32Array.of(1, 0))), 10);
    const other = report('b', await blobs.put(bytesOf(Float32Array.of(0, 1))), 30);
    const state = folding(blobs, plan);
    await state.add(one, false);
    await state.add(one, true);
    await state.add(other, true);
    // 1 + (10 · 1 + 30 · 0) / 40 and 1 + (10 · 0 + 30 · 1) / 40.
    expect(await state.finish(await readBase(blobs, plan, base))).toEqual({
      ok: true,
      value: { parameters: Float32Array.of(1.25, 1.75), state: new Float32Array(0) },
    });
  });

  test('takes the same bytes of two devices as two updates', async () => {
    const blobs = memoryBlobs();
    const base = { digest: await blobs.put(bytesOf(Float32Array.of(0, 0))), state: null, residual: null };
    const same = await blobs.put(bytesOf(Float32Array.of(1, 2)));
    const third = await blobs.put(bytesOf(Float32Array.of(-2, -4)));
    const state = folding(blobs, plan);
    for (const [digit, update] of [
      ['a', same],
      ['b', same],
      ['c', third],
    ] as const)
      await state.add(report(digit, update, 5), true);
    expect(await state.finish(await readBase(blobs, plan, base))).toEqual({
      ok: true,
      value: { parameters: Float32Array.of(0, 0), state: new Float32Array(0) },
    });
  });

  test('refuses bytes that are gone, and bytes that are damaged where it is to look', async () => {
    const blobs = memoryBlobs();
    const base = { digest: await blobs.put(bytesOf(Float32Array.of(0, 0))), state: null, residual: null };
    const one = report('a', await blobs.put(bytesOf(Float32Array.of(1, 2))), 5);
    blobs.damage(one.update);
    await expect(folding(blobs, plan).add(one, true)).rejects.toBeInstanceOf(BlobDamaged);
    await blobs.release(one.update);
    await expect(folding(blobs, plan).add(one, true)).rejects.toBeInstanceOf(BlobMissing);
    blobs.damage(base.digest);
    await expect(readBase(blobs, plan, base)).rejects.toBeInstanceOf(BlobDamaged);
  });
});
