import { expect, test } from 'vitest';
import { buildNetwork } from './network.ts';
import { ownPart, sharedCount, sharedLength } from './own-part.ts';
import { clearIn, lengthOf, rangesOf, valuesIn, withValues } from './ranges.ts';

// 3 → 4 (16 parameters) → 2 (10 parameters), with layers without parameters between and behind them.
const built = buildNetwork({
  inputShape: [3],
  layers: [
    { type: 'dense', units: 4, activation: 'linear', useBias: true },
    { type: 'activation', activation: 'relu' },
    { type: 'dropout', rate: 0.5 },
    { type: 'dense', units: 2, activation: 'linear', useBias: true },
    { type: 'activation', activation: 'softmax' },
  ],
  loss: 'categorical-crossentropy',
});
if (!built.ok) throw new Error(built.error.message);
const network = built.value;

test('layers are counted from the last with parameters: one of its own leaves 16 of 26 shared, two leave none', () => {
  expect(network.parameterCount).toBe(26);
  expect(sharedLength(network, 1)).toBe(16);
  expect(sharedLength(network, 2)).toBe(0);
  expect(sharedLength(network, 3)).toBe(0);
});

test('FedPer’s own part is the end of the buffer, FedBN’s every value of a normalisation, and the others have none', () => {
  expect(ownPart(network, { type: 'fedper', layers: 1 })).toEqual([{ from: 16, to: 26 }]);
  expect(ownPart(network, { type: 'fedbn' })).toEqual([]);
  expect(ownPart(network, { type: 'ditto' })).toEqual([]);
  const normalised = buildNetwork({
    inputShape: [3],
    layers: [
      { type: 'batch-normalisation', momentum: 0.99, epsilon: 1e-3 },
      { type: 'dense', units: 4, activation: 'linear', useBias: false },
      { type: 'batch-normalisation', momentum: 0.9, epsilon: 1e-3 },
      { type: 'activation', activation: 'relu' },
      { type: 'dense', units: 2, activation: 'softmax', useBias: true },
    ],
    loss: 'categorical-crossentropy',
  });
  if (!normalised.ok) throw new Error(normalised.error.message);
  // Four values for each of 3 inputs, 3 · 4 weights, four values for each of 4 units, 4 · 2 + 2.
  expect(normalised.value.parameterCount).toBe(12 + 12 + 16 + 10);
  expect(ownPart(normalised.value, { type: 'fedbn' })).toEqual([
    { from: 0, to: 12 },
    { from: 24, to: 40 },
  ]);
  expect(sharedCount(normalised.value, { type: 'fedbn' })).toBe(22);
});

test('values of ranges are packed, put in, and cleared; those of another model are not put in', () => {
  const ranges = rangesOf([
    { offset: 0, length: 1 },
    { offset: 1, length: 1 },
    { offset: 3, length: 1 },
  ]);
  expect(ranges).toEqual([
    { from: 0, to: 2 },
    { from: 3, to: 4 },
  ]);
  expect(lengthOf(ranges)).toBe(3);
  const version = Float32Array.of(1, 2, 3, 4);
  expect(valuesIn(ranges, version)).toEqual(Float32Array.of(1, 2, 4));
  expect(withValues(version, ranges, Float32Array.of(7, 8, 9))).toEqual(Float32Array.of(7, 8, 3, 9));
  expect(withValues(version, ranges, Float32Array.of(8, 9))).toEqual(version);
  expect(withValues(version, ranges, undefined)).not.toBe(version);
  clearIn(ranges, version);
  expect(version).toEqual(Float32Array.of(0, 0, 3, 0));
});
