// What a program comes to, without a device: which kernels, in how many workgroups, and what a step's record says.
import { expect, test } from 'vitest';
import { dropoutMask } from '../../core/model/dropout.ts';
import { buildNetwork, type Network } from '../../core/model/network.ts';
import type { LayerSpec } from '../../core/model/spec.ts';
import type { SessionPlan } from '../../ports/trainer.ts';
import { programOf } from './program.ts';
import { writeRecord, writeTraining } from './step-record.ts';
import { dimensions } from './wgsl.ts';

const dense = (units: number): LayerSpec => ({ type: 'dense', units, activation: 'relu', useBias: true });
function networkOf(inputs: number, ...layers: LayerSpec[]): Network {
  const built = buildNetwork({ inputShape: [inputs], layers, loss: 'categorical-crossentropy' });
  if (!built.ok) throw new Error(built.error.message);
  return built.value;
}
const plan: SessionPlan = {
  learningRate: 0.5,
  optimizer: { type: 'adam' },
  proximalTerm: 0.25,
  seed: 3,
};
const optimizing = (network: Network) => ({
  optimizer: plan.optimizer,
  isProximal: true,
  isCorrected: false,
  parameterCount: network.parameterCount,
});

test('a step of an MLP is its rows, three products forward, the loss and five backward: nothing for activations, biases or Adam', () => {
  const network = networkOf(60, dense(50), dense(40), dense(10));
  const step = programOf(network, 10, true, optimizing(network));
  expect(step.dispatches).toHaveLength(1 + 3 + 1 + 5);
  expect(programOf(network, 10, true, undefined).dispatches).toHaveLength(1 + 3);
});

test('where a product has few tiles and a long inner dimension, that is divided, and the parts are added up', () => {
  const network = networkOf(1000, dense(10));
  // One tile of 16 × 16 over 1001 rows of kernel and bias: parts of 144, none shorter than 128. Its kernel's gradient has 32 × 1 tiles.
  const [rows, product, sums] = programOf(network, 10, false, undefined).dispatches;
  expect([rows, product, sums].map((one) => one?.workgroups(10))).toEqual([157, 7, 2]);
});

test('a smaller batch takes no more workgroups than it needs for its outputs', () => {
  const network = networkOf(20, dense(64));
  const [rows, product] = programOf(network, 256, false, undefined).dispatches;
  expect([rows?.workgroups(256), rows?.workgroups(16)]).toEqual([80, 5]);
  // Tiles of 32 × 32 over 64 columns.
  expect([product?.workgroups(256), product?.workgroups(33)]).toEqual([16, 4]);
});

test('more workgroups than a dimension has go into two', () => {
  expect(dimensions(65_535)).toEqual([65_535, 1]);
  expect(dimensions(65_536)).toEqual([65_535, 2]);
});

test('a record says which rows, what they should give, Adam’s numbers and what drops out', () => {
  const network = networkOf(4, dense(5), { type: 'dropout', rate: 0.5 }, dense(3));
  const { record, recordWords } = programOf(network, 4, false, optimizing(network));
  const words = new Uint32Array(recordWords).fill(7);
  writeRecord(words, record, Uint32Array.of(2, 0, 1), Int32Array.of(0, 1, 2));
  writeTraining(words, record, plan, 2);
  const numbers = new Float32Array(words.buffer);
  expect(words[0]).toBe(3);
  // η / (1 − 0.9²) = 0.5 / 0.19, and 1 − 0.999².
  expect(numbers[1]).toBeCloseTo(0.5 / 0.19, 5);
  expect([numbers[2], numbers[3]]).toEqual([0, 0.25]);
  expect(numbers[4]).toBeCloseTo(0.001999, 8);
  // A batch of 3 on a program of 4: the last is row 0, which the loss leaves out.
  expect([...words.subarray(record.indices, record.indices + 4)]).toEqual([2, 0, 1, 0]);
  expect([...numbers.subarray(record.targets, record.targets + 3)]).toEqual([2, 0, 1]);
  const [mask] = record.masks;
  const expected = dropoutMask(3, 1, 1, 0.5, 15);
  const kept = Array.from(expected, (_, unit) => 2 * ((words[mask?.first ?? 0]! >>> unit) & 1));
  expect(kept).toEqual([...expected]);
});

test('a layer that has no kernels here is named', () => {
  const network = networkOf(4, dense(3));
  const [layer] = network.layers;
  const spec: LayerSpec = Object.assign({ ...layer!.spec }, { type: 'attention' });
  const strange: Network = { ...network, layers: [{ ...layer!, spec, name: 'attention_1' }] };
  expect(() => programOf(strange, 4, false, undefined)).toThrow(
    expect.objectContaining({ kind: 'unsupported', message: expect.stringContaining('attention_1') }),
  );
});
