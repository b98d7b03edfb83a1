// Boosted trees and clusters as a federation's model: the real coordinator and real participants, whose versions are those of the
// same updates summed over a loopback, bit for bit, and so those of pooled rows.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { SummedModel } from '#lib/core/aggregation/summed-model.ts';
import { joinExamples, selectExamples, type Examples } from '#lib/core/data/examples.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { FederationSpec, type SummedFederation } from '#lib/core/federation.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import { addTallies } from '#lib/core/metrics/tally-sums.ts';
import { random } from '#lib/core/random.ts';
import { summedModel } from '#lib/core/summed-models.ts';
import { deviceFederation, federation } from '../support/device-federation.ts';
import { mixedContract, mixedRows, mixedTargets } from '../support/mixed-table.ts';
import { trainSummed } from '../support/summed-training.ts';

type Input = v.InferInput<typeof FederationSpec>;

function specOf(
  model: { readonly trees: object } | { readonly clusters: object },
  target: keyof typeof mixedTargets,
  rules: Partial<Input['rules']> = {},
): SummedFederation {
  const family = 'clusters' in model ? 'k-means' : 'boosted-trees';
  const spec = v.parse(FederationSpec, {
    brief: { title: 'Sums', purpose: 'To test.', coordinator: 'A lab', dataWanted: 'Rows.' },
    metric: {
      name: family === 'k-means' ? 'inertia' : target === 'number' ? 'rmse' : 'accuracy',
      target: null,
    },
    contract: mixedContract(mixedTargets[target]),
    family,
    ...model,
    rules: {
      goal: 3,
      minimum: 3,
      overSelection: 1,
      selectionDeadlineMs: 30_000,
      reportingDeadlineMs: 60_000,
      pauseMs: 0,
      maximumRounds: 100,
      ...rules,
    },
    sample: null,
  });
  if ('network' in spec) throw new Error('It is no network.');
  return spec;
}

/** Rows of one device; which are held out is drawn. */
function rowsOf(target: keyof typeof mixedTargets, count: number, seed: number): Examples {
  const draw = random(seed, 'hashes');
  const hashes = Uint32Array.from({ length: 2 * count }, () => draw.below(4294967296));
  return { ...mixedRows(mixedTargets[target], count, seed), hashes };
}

function modelOf(spec: SummedFederation): SummedModel {
  const model = summedModel(spec);
  if (!model.ok) throw new Error(model.error.message);
  return model.value;
}

const own = (examples: readonly Examples[], part: 'training' | 'heldOut'): Examples[] =>
  examples.map((one) => selectExamples(one, splitExamples(one)[part]));

describe.each([
  ['trees of two classes', { trees: { stages: 4, depth: 3, bins: 8 } }, 'two'],
  ['trees of three classes', { trees: { stages: 2, depth: 2, bins: 8, binning: 'range' } }, 'three'],
  ['trees of a number', { trees: { stages: 3, depth: 2, bins: 16 } }, 'number'],
  ['clusters', { clusters: { clusters: 4, iterations: 12 } }, 'two'],
] as const)('a federation of %s', (_, model, target) => {
  test('makes the versions of pooled rows, bit for bit, ends when it is complete, and is scored by all', async () => {
    const spec = specOf(model, target);
    const examples = [40, 25, 60].map((count, index) => rowsOf(target, count, index));
    const training = own(examples, 'training');
    const heldOut = own(examples, 'heldOut');
    const sums = modelOf(spec);
    const pooled = trainSummed(sums, [joinExamples(training)!]).versions;
    expect(trainSummed(sums, training).versions).toEqual(pooled);

    const one = await deviceFederation(spec, examples);
    await one.until('the last version is scored by all', () => {
      const last = one.versions().at(-1);
      return last?.version === pooled.length - 1 && last.evaluation?.participants === 3;
    });
    const versions = await Promise.all(pooled.map((_version, number) => one.parameters(number)));
    expect(versions).toEqual(pooled);

    const view = one.coordinator.view(federation)!;
    expect(view.state).toBe('finished');
    expect(view.status).toContain('The model is complete');
    expect(view.updateBytes).toBe(4 * sums.updateLength);
    for (const version of one.versions().slice(1)) expect(version.bytesUp).toBe(3 * view.updateBytes);
    const tallies = heldOut.map((rows) => {
      const tally = sums.evaluate(pooled.at(-1)!, rows);
      if (!tally.ok) throw new Error(tally.error.message);
      return tally.value;
    });
    const told = one.versions().at(-1)!.evaluation!.tally;
    const together = tallies.reduce((a: Tally, b) => addTallies(a, b)!);
    expect(told.count).toBe(together.count);
    expect(figure(told, spec.metric.name)).toBeCloseTo(figure(together, spec.metric.name)!, 12);

    expect(await one.coordinator.act(federation, 'start')).toMatchObject({
      ok: false,
      error: { error: 'not-now', message: expect.stringContaining('make a new federation') },
    });
    await one.close();
  });
});

test('a run that ends before the model is complete leaves one that can be used, and the next run goes on from it', async () => {
  const spec = specOf({ trees: { stages: 3, depth: 2, bins: 8 } }, 'two', { maximumRounds: 3 });
  const examples = [30, 30, 30].map((count, index) => rowsOf('two', count, index));
  const pooled = trainSummed(modelOf(spec), own(examples, 'training')).versions;
  expect(pooled.length).toBeGreaterThan(5);
  const one = await deviceFederation(spec, examples);
  await one.until('three rounds', () => one.coordinator.view(federation)?.state === 'finished');
  expect(one.versions()).toHaveLength(4);
  expect((await one.coordinator.act(federation, 'start'))?.ok).toBe(true);
  await one.until('more versions', () => one.versions().length > 4);
  await one.until('the second end', () => one.coordinator.view(federation)?.state === 'finished');
  const last = one.versions().length - 1;
  expect(await one.parameters(last)).toEqual(pooled[last]);
  await one.close();
});
