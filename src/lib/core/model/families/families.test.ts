import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { DataContract } from '../../data/contract.ts';
import { buildNetwork, initialParameters } from '../network.ts';
import { NetworkSpec } from '../spec.ts';
import { familiesFor, modelFamilies, networkOf } from './index.ts';

const digits: DataContract = {
  kind: 'image',
  height: 28,
  width: 28,
  channels: 1,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
};
const number = (name: string, missingAllowed = false) =>
  ({
    type: 'number',
    name,
    minimum: null,
    maximum: null,
    missingAllowed,
    mean: 0,
    standardDeviation: 1,
  }) as const;
const prices: DataContract = {
  kind: 'table',
  columns: [
    number('area'),
    number('age', true),
    { type: 'category', name: 'town', categories: ['a', 'b', 'c'], missingAllowed: false },
  ],
  target: { type: 'number', name: 'price', mean: 0, standardDeviation: 1 },
};

describe('model families', () => {
  test('the CNN of McMahan et al. 2017 has the 1,663,370 parameters of the paper', () => {
    const built = networkOf('cnn-mcmahan', digits);
    expect(built.ok && built.value.parameterCount).toBe(1_663_370);
  });

  test('the MLP 784-200-200-10 has the 199,210 parameters of the paper', () => {
    const built = networkOf('mlp', digits);
    expect(built.ok && built.value.parameterCount).toBe(199_210);
  });

  test('softmax regression on 28×28 digits has 784·10 + 10 parameters', () => {
    const built = networkOf('softmax-regression', digits);
    expect(built.ok && built.value.parameterCount).toBe(7850);
  });

  test('linear regression has one weight an encoded column: 1 + 2 + 3, and a bias', () => {
    const built = networkOf('linear-regression', prices);
    expect(built.ok && built.value.parameterCount).toBe(7);
  });

  test('each contract is offered the families that suit it', () => {
    expect(familiesFor(digits).map((family) => family.name)).toEqual([
      'softmax-regression',
      'mlp',
      'cnn-mcmahan',
      'cnn-small',
      'gru',
      'lstm',
      'transformer',
    ]);
    expect(familiesFor(prices).map((family) => family.name)).toEqual(['linear-regression', 'mlp']);
  });

  test.each(
    modelFamilies.flatMap((family) =>
      [digits, prices]
        .filter((contract) => family.suits(contract))
        .map((contract) => [family.name, contract] as const),
    ),
  )('%s makes a network that parses as a NetworkSpec and starts from finite parameters', (name, contract) => {
    const built = networkOf(name, contract);
    if (!built.ok) throw new Error(built.error.message);
    expect(v.is(NetworkSpec, built.value.spec)).toBe(true);
    expect(initialParameters(built.value, 1).every(Number.isFinite)).toBe(true);
  });

  test('settings shape the network: two hidden layers with dropout between', () => {
    const built = networkOf('mlp', prices, { hidden: [8, 4], dropout: 0.5 });
    if (!built.ok) throw new Error(built.error.message);
    expect(built.value.spec.layers.map((layer) => layer.type)).toEqual([
      'dense',
      'dropout',
      'dense',
      'dropout',
      'dense',
    ]);
    expect(built.value.parameterCount).toBe(6 * 8 + 8 + 8 * 4 + 4 + 4 + 1);
  });

  test('with normalisation every hidden layer is linear, normalised and then cut off; β stands for its bias', () => {
    const built = networkOf('mlp', prices, { hidden: [8], normalise: true });
    if (!built.ok) throw new Error(built.error.message);
    expect(built.value.spec.layers.map((layer) => layer.type)).toEqual([
      'dense',
      'batch-normalisation',
      'activation',
      'dense',
    ]);
    expect(built.value.parameterCount).toBe(6 * 8 + 4 * 8 + 8 + 1);
    const initial = initialParameters(built.value, 1);
    const of = (role: string): number[] =>
      built.value.slots
        .filter((slot) => slot.role === role)
        .flatMap(({ offset, length }) => [...initial.subarray(offset, offset + length)]);
    expect([of('gamma'), of('variance')].flat().every((value) => value === 1)).toBe(true);
    expect([of('beta'), of('mean')].flat().every((value) => value === 0)).toBe(true);
    // Two convolutions of 32 and 64 channels and 512 units: a bias less and four values more for each.
    const cnn = networkOf('cnn-mcmahan', digits, { normalise: true });
    expect(cnn.ok && cnn.value.parameterCount).toBe(1_663_370 + 3 * (32 + 64 + 512));
  });

  test('an unknown family, one that does not suit, and a wrong setting are refused by name', () => {
    expect(networkOf('perceptron', digits)).toMatchObject({ ok: false, error: { kind: 'unknown-family' } });
    expect(networkOf('linear-regression', digits)).toMatchObject({ ok: false, error: { kind: 'unsuited' } });
    const wrong = networkOf('mlp', digits, { hidden: [0] });
    expect(!wrong.ok && wrong.error).toMatchObject({
      kind: 'options',
      message: expect.stringContaining('hidden.0'),
    });
  });
});

describe('a network', () => {
  const dense = (units: number) => ({ type: 'dense', units, activation: 'linear', useBias: true }) as const;

  test('names the layer whose input does not fit', () => {
    const built = buildNetwork({
      inputShape: [4, 4, 1],
      layers: [dense(2)],
      loss: 'categorical-crossentropy',
    });
    expect(!built.ok && built.error.message).toContain('Layer 1 (dense) expected a flat input');
  });

  test('predicting a number has exactly one output', () => {
    const built = buildNetwork({ inputShape: [3], layers: [dense(2)], loss: 'mean-squared-error' });
    expect(!built.ok && built.error.expected).toBe('one output, the predicted number');
  });

  test('lays parameters out kernel before bias, layer after layer, without a gap', () => {
    const built = buildNetwork({
      inputShape: [3],
      layers: [dense(5), dense(2)],
      loss: 'categorical-crossentropy',
    });
    if (!built.ok) throw new Error(built.error.message);
    expect(built.value.slots.map((slot) => [slot.role, slot.offset, slot.length])).toEqual([
      ['kernel', 0, 15],
      ['bias', 15, 5],
      ['kernel', 20, 10],
      ['bias', 30, 2],
    ]);
    expect(built.value.parameterCount).toBe(32);
  });

  test('starts from the same bytes for the same seed, within the limits of Glorot and Bengio', () => {
    const built = buildNetwork({
      inputShape: [6],
      layers: [dense(4), dense(2)],
      loss: 'categorical-crossentropy',
    });
    if (!built.ok) throw new Error(built.error.message);
    const first = initialParameters(built.value, 7);
    expect(initialParameters(built.value, 7)).toEqual(first);
    expect(initialParameters(built.value, 8)).not.toEqual(first);
    const limit = Math.sqrt(6 / (6 + 4));
    const kernel = first.subarray(0, 24);
    expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(Math.fround(limit));
    expect(Math.max(...kernel.map(Math.abs))).toBeGreaterThan(limit / 2);
    expect([...first.subarray(24, 28)]).toEqual([0, 0, 0, 0]);
  });
});
