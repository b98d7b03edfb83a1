import * as v from 'valibot';
import { expect, test } from 'vitest';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { DataContract } from '../core/data/contract.ts';
import { joinExamples, selectExamples, type Examples } from '../core/data/examples.ts';
import { splitExamples } from '../core/data/split.ts';
import type { SampleName } from '../core/federation.ts';
import { figure } from '../core/metrics/figures.ts';
import { buildNetwork, initialParameters } from '../core/model/network.ts';
import type { LayerSpec } from '../core/model/spec.ts';
import { random } from '../core/random.ts';
import { exampleShape } from '../core/data/contract.ts';
import { importSample } from './import.ts';
import { sampleFits, samples } from './samples.ts';

async function sample(name: SampleName, seed: number, count: number): Promise<Examples> {
  const parts: Examples[] = [];
  const { report } = await importSample(
    { sample: name, seed, count },
    samples[name].contract,
    { append: (one) => Promise.resolve(void parts.push(one)) },
    { decodeImage: () => Promise.reject(new Error('none')) },
  );
  expect(report.refused).toBe(0);
  const examples = joinExamples(parts);
  if (examples === undefined) throw new Error('The sample is empty.');
  return examples;
}

/** Accuracy on held-out rows after a few epochs of plain SGD. */
async function learnt(
  examples: Examples,
  name: SampleName,
  hidden: readonly number[],
  epochs: number,
  learningRate: number,
): Promise<number> {
  const inputShape = exampleShape(samples[name].contract);
  const dense = (units: number, activation: 'relu' | 'softmax'): LayerSpec => ({
    type: 'dense',
    units,
    activation,
    useBias: true,
  });
  const classes = name === 'drawn-digits' ? 10 : 2;
  const flatten: LayerSpec[] = inputShape.length > 1 ? [{ type: 'flatten' }] : [];
  const network = buildNetwork({
    inputShape,
    layers: [...flatten, ...hidden.map((units) => dense(units, 'relu')), dense(classes, 'softmax')],
    loss: 'categorical-crossentropy',
  });
  if (!network.ok) throw new Error(network.error.message);
  const session = await createReferenceTrainer().open(network.value, {
    learningRate,
    optimizer: { type: 'sgd', momentum: 0.9 },
    proximalTerm: 0,
    seed: 1,
  });
  const { training, heldOut } = splitExamples(examples);
  await session.setRows(selectExamples(examples, training));
  await session.setState({
    parameters: initialParameters(network.value, 1),
    optimizer: new Float32Array(network.value.parameterCount),
    steps: 0,
  });
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const order = random(1, 'order', epoch).shuffle(
      Uint32Array.from({ length: training.length }, (_, row) => row),
    );
    for (let at = 0; at + 20 <= order.length; at += 20) await session.step(order.slice(at, at + 20));
  }
  const tally = await session.evaluate(selectExamples(examples, heldOut));
  session.close();
  return figure(tally, 'accuracy') ?? 0;
}

test('sample contracts are valid and fit themselves, not each other', () => {
  for (const name of ['drawn-digits', 'patient-cohort'] as const) {
    expect(v.safeParse(DataContract, samples[name].contract).success).toBe(true);
    expect(sampleFits(name, samples[name].contract)).toBeUndefined();
  }
  expect(sampleFits('drawn-digits', samples['patient-cohort'].contract)).toContain('does not fit');
  expect(sampleFits('drawn-digits', { ...drawn(), height: 14 })).toContain('does not fit');
});

const drawn = () => {
  const { contract } = samples['drawn-digits'];
  if (contract.kind !== 'image') throw new Error('Drawn digits are images.');
  return contract;
};

test('the same seed makes the same sample, another seed another person', async () => {
  const [one, again, other] = [
    await sample('drawn-digits', 1, 50),
    await sample('drawn-digits', 1, 50),
    await sample('drawn-digits', 2, 50),
  ];
  expect(again).toEqual(one);
  expect(other.hashes).not.toEqual(one.hashes);
});

test('a small MLP learns digits drawn by eight people to more than 90 % on held-out rows, which guessing does not', async () => {
  const people = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => sample('drawn-digits', seed, 250)));
  const examples = joinExamples(people);
  if (examples === undefined) throw new Error('no people');
  const accuracy = await learnt(examples, 'drawn-digits', [32], 8, 0.05);
  expect(accuracy).toBeGreaterThan(0.9);
});

test('a model learns more of the patients than their more frequent outcome, and does not know everything', async () => {
  const hospitals = await Promise.all([1, 2, 3, 4].map((seed) => sample('patient-cohort', seed, 500)));
  const examples = joinExamples(hospitals);
  if (examples === undefined) throw new Error('no hospitals');
  const ill = [...examples.targets].filter((target) => target === 1).length / examples.count;
  expect(ill).toBeGreaterThan(0.3);
  expect(ill).toBeLessThan(0.7);
  const accuracy = await learnt(examples, 'patient-cohort', [], 12, 0.02);
  expect(accuracy).toBeGreaterThan(Math.max(ill, 1 - ill) + 0.15);
  expect(accuracy).toBeLessThan(0.97);
});

test('some cells of the cohort are missing, more so in some hospitals', async () => {
  // The indicator of a missing blood pressure is the fifth value: age, sex (2), pressure, missing.
  const shares = await Promise.all(
    Array.from({ length: 12 }, async (_, seed) => {
      const { features, count } = await sample('patient-cohort', seed, 200);
      return (
        Array.from({ length: count }, (_, row) => features[row * 19 + 4] ?? 0).reduce(
          (sum, missing) => sum + missing,
          0,
        ) / count
      );
    }),
  );
  expect(Math.max(...shares)).toBeGreaterThan(0.05);
  expect(Math.min(...shares)).toBeLessThan(0.03);
});
