// The attacks on their own, on networks small enough to be followed by hand.
import { expect, test } from 'vitest';
import type { DataContract } from '../data/contract.ts';
import { buildNetwork, initialParameters, type Network } from '../model/network.ts';
import { gradientOf } from '../model/reference/passes.ts';
import type { LayerSpec, NetworkSpec } from '../model/spec.ts';
import { random } from '../random.ts';
import { attackOn, attackUpdate } from './attack-update.ts';
import { denseEntry, guessesOf } from './dense-layer.ts';
import { findingsOf } from './findings.ts';
import { likenessOf, rightColumns } from './likeness.ts';
import { matchGradient } from './match-gradient.ts';

function networkOf(inputShape: number[], layers: NetworkSpec['layers']): Network {
  const built = buildNetwork({ inputShape, layers, loss: 'categorical-crossentropy' });
  if (!built.ok) throw new Error(built.error.message);
  return built.value;
}
const dense = (units: number, useBias = true) =>
  ({ type: 'dense', units, activation: 'linear', useBias }) as const;
const convolution: LayerSpec = {
  type: 'conv2d',
  filters: 6,
  kernelSize: [3, 3],
  strides: [1, 1],
  padding: 'same',
  activation: 'relu',
  useBias: true,
};

test('the quotient of kernel and bias is the row: kernel moved by −η·δ·x, bias by −η·δ', () => {
  const entry = denseEntry(networkOf([2], [dense(2)]))!;
  // x = (3, −5); δ = (0.5, −0.5), η = 0.1: kernel [inputs, units], then bias.
  const update = [-0.15, 0.15, 0.25, -0.25, -0.05, 0.05];
  const guesses = guessesOf(entry, update);
  expect(guesses).toHaveLength(3);
  for (const guess of guesses) {
    expect(guess[0]).toBeCloseTo(3, 6);
    expect(guess[1]).toBeCloseTo(-5, 6);
  }
  expect(guessesOf(entry, [1, 2, 3, 4, 0, 0])).toEqual([]);
});

test('a network gives its rows away by its first layer where that is dense with a bias, and is searched else', () => {
  expect(attackOn(networkOf([2, 2, 1], [{ type: 'flatten' }, dense(2)]))).toBe('dense-layer');
  expect(attackOn(networkOf([2], [dense(2, false)]))).toBe('matching');
  expect(attackOn(networkOf([4, 4, 1], [convolution, { type: 'flatten' }, dense(2)]))).toBe('matching');
});

const size = 8;
const picture = (): Float32Array => {
  const x = new Float32Array(size * size);
  for (let i = 1; i < size - 1; i += 1) x[i * size + 3] = x[2 * size + i] = 1;
  return x;
};

test('a picture is found again behind a convolution by the direction of its gradient', () => {
  const network = networkOf([size, size, 1], [convolution, { type: 'flatten' }, dense(3)]);
  const parameters = initialParameters(network, 4);
  const x = picture();
  const { gradient } = gradientOf(network, parameters, x, [1], 1);
  const of = { network, parameters, own: [], target: 1, isImage: true };
  const found = (update: Float32Array): number => {
    const search = matchGradient({ ...of, update, steps: 120 });
    let next = search.next();
    while (next.done !== true) next = search.next();
    return likenessOf(image)(next.value, x);
  };
  expect(found(Float32Array.from(gradient, (value) => -0.01 * value))).toBeGreaterThan(25);
  const draw = random(1, 'noise');
  expect(found(Float32Array.from(gradient, () => draw.normal()))).toBeLessThan(15);
});

test('of what is a device’s own nothing is read, and the search tells how far it is', () => {
  const network = networkOf([size, size, 1], [convolution, { type: 'flatten' }, dense(3)]);
  const parameters = initialParameters(network, 4);
  const search = attackUpdate({
    network,
    parameters,
    update: new Float32Array(network.parameterCount).fill(1),
    own: [{ from: 0, to: network.parameterCount }],
    target: 0,
    isImage: true,
  });
  // Nothing is left to search by: it ends at once, with the grey that it begins with.
  const ended = search.next();
  expect(ended.done).toBe(true);
  const other = attackUpdate({
    network,
    parameters,
    update: new Float32Array(network.parameterCount).fill(1),
    own: [],
    target: 0,
    isImage: true,
  });
  expect([other.next().value, other.next().value]).toEqual([1 / 300, 2 / 300]);
});

const image: DataContract = { kind: 'image', height: 8, width: 8, channels: 1, classes: ['a', 'b'] };
const number = { minimum: null, maximum: null, mean: 0, standardDeviation: 1 } as const;
const table: DataContract = {
  kind: 'table',
  columns: [
    { type: 'number', name: 'age', missingAllowed: true, ...number },
    { type: 'category', name: 'sex', categories: ['f', 'm'], missingAllowed: true },
  ],
  target: { type: 'number', name: 'days', mean: 0, standardDeviation: 1 },
};

test('likeness: 10·log₁₀(1/MSE) of clamped pixels; columns within a tenth of a deviation, categories, and what is missing', () => {
  const psnr = likenessOf(image);
  expect(psnr([0.5, 0.5], [0.6, 0.4])).toBeCloseTo(20, 9);
  expect(psnr([7, -3], [1, 0])).toBe(100);
  // [age, age is missing, f, m]
  const right = (guess: number[], row: number[]): boolean[] => rightColumns(table.columns, guess, row);
  expect(right([1.09, 0.1, 0.2, 0.9], [1, 0, 0, 1])).toEqual([true, true]);
  expect(right([1.11, 0.1, 0.9, 0.2], [1, 0, 0, 1])).toEqual([false, false]);
  expect(right([5, 0.8, 0.1, 0.2], [0, 1, 0, 0])).toEqual([true, true]);
  expect(likenessOf(table)([1.2, 0, 0, 1], [1, 0, 0, 1])).toBe(0.5);
});

test('what the same guesses find among rows that were not in the update is no finding', () => {
  const row = (value: number) => new Float32Array(64).fill(value);
  const found = findingsOf(image, [row(0.5)], [row(0.52)], [row(0.48)]);
  expect(found).toMatchObject({ verdict: 'nothing' });
  expect(found.likeness).toBeCloseTo(found.without!, 4);
  expect(findingsOf(image, [row(0.5)], [row(0.52)], [row(0)])).toMatchObject({ verdict: 'rebuilt' });
  expect(findingsOf(image, [row(0.5)], [row(0.7)], [row(0)])).toMatchObject({ verdict: 'traces' });
  expect(findingsOf(image, [], [row(0.5)], [row(0)])).toMatchObject({
    guess: null,
    likeness: null,
    verdict: 'nothing',
  });
});
