import { expect, test } from 'vitest';
import { buildNetwork } from './network.ts';
import { sharedLength, withHead } from './own-head.ts';

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

test('a head stands behind what is shared, and one of another model is not put in', () => {
  const version = Float32Array.of(1, 2, 3, 4);
  expect(withHead(version, 3, Float32Array.of(9))).toEqual(Float32Array.of(1, 2, 3, 9));
  expect(withHead(version, 3, Float32Array.of(8, 9))).toEqual(version);
  expect(withHead(version, 3, undefined)).toEqual(version);
  expect(withHead(version, 3, undefined)).not.toBe(version);
});
