// Layers for sequences: values worked out by hand from the equations that each file names, and what each can learn. TF.js's own layers are
// asked the same in test/golden/model-files.test.ts.
import { describe, expect, test } from 'vitest';
import { createReferenceTrainer } from '../../../adapters/reference/reference-trainer.ts';
import { random } from '../../random.ts';
import { buildNetwork, initialParameters, type Network } from '../network.ts';
import type { LayerSpec, NetworkSpec } from '../spec.ts';
import { forward } from './passes.ts';

const built = (inputShape: number[], ...layers: LayerSpec[]): Network => {
  const spec: NetworkSpec = { inputShape, layers, loss: 'categorical-crossentropy' };
  const result = buildNetwork(spec);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const softmax = (units: number): LayerSpec => ({
  type: 'dense',
  units,
  activation: 'softmax',
  useBias: true,
});

describe('one unit over the steps 1 and −0.5', () => {
  const statesOf = (layer: LayerSpec, parameters: number[]): number[] => {
    const network = built([2, 1], layer, { type: 'flatten' }, softmax(2));
    const all = Float64Array.of(...parameters, ...Array.from({ length: 6 }, () => 0));
    return [...forward(network, all, Float64Array.of(1, -0.5), 1)[1]!];
  };
  // z, r, h: W = 0.5, −0.3, 0.8; U = 0.2, 0.4, −0.6; b = 0.1, 0, −0.2.
  const gates = [0.5, -0.3, 0.8, 0.2, 0.4, -0.6, 0.1, 0, -0.2];

  test('a GRU with its gate before the product, as Cho et al. have it', () => {
    // z = σ(0.6) = 0.645656; h̃ = tanh(0.8 − 0.2) = 0.537050; h = (1 − z) h̃ = 0.190300, and so on.
    const states = statesOf({ type: 'gru', units: 1, returnSequences: true, resetAfter: false }, gates);
    expect(states[0]).toBeCloseTo(0.190300127309921, 12);
    expect(states[1]).toBeCloseTo(-0.2167535428191441, 12);
  });

  test('a GRU with its gate behind the product and a second bias, as Keras has it', () => {
    // z = σ(0.6 − 0.4); r = σ(−0.3 + 0.3) = 1/2; h̃ = tanh(0.8 − 0.2 + 0.7/2): b' = −0.4, 0.3, 0.7.
    const states = statesOf({ type: 'gru', units: 1, returnSequences: true, resetAfter: true }, [
      ...gates,
      -0.4,
      0.3,
      0.7,
    ]);
    expect(states[0]).toBeCloseTo(0.3330251790479968, 12);
    expect(states[1]).toBeCloseTo(-0.04118754963488944, 12);
  });

  test('an LSTM, gates in the order i, f, c, o', () => {
    const states = statesOf(
      { type: 'lstm', units: 1, returnSequences: true },
      [0.5, -0.3, 0.8, 0.2, 0.2, 0.4, -0.6, 0.9, 0.1, 1, -0.2, 0],
    );
    expect(states[0]).toBeCloseTo(0.18336393893956468, 12);
    expect(states[1]).toBeCloseTo(-0.010398058324297825, 12);
  });
});

describe('the first parameters', () => {
  test('a recurrent kernel has orthonormal rows, and an LSTM forgets nothing at first', () => {
    const network = built([3, 2], { type: 'lstm', units: 4, returnSequences: false }, softmax(2));
    const start = initialParameters(network, 9);
    expect(initialParameters(network, 9)).toEqual(start);
    const [, recurrent, bias] = network.layers[0]!.slots;
    const rows = Array.from({ length: 4 }, (_, row) =>
      start.subarray(recurrent!.offset + 16 * row, recurrent!.offset + 16 * (row + 1)),
    );
    for (const [i, one] of rows.entries())
      for (const [j, other] of rows.entries())
        expect(one.reduce((sum, value, k) => sum + value * other[k]!, 0)).toBeCloseTo(i === j ? 1 : 0, 6);
    expect([...start.subarray(bias!.offset, bias!.offset + 16)]).toEqual([
      ...[0, 0, 0, 0],
      ...[1, 1, 1, 1],
      ...[0, 0, 0, 0, 0, 0, 0, 0],
    ]);
  });
});

describe('attention', () => {
  test('that asks for nothing takes the mean of all steps', () => {
    const network = built(
      [3, 2],
      { type: 'transformer-block', heads: 1, feedForward: 1 },
      { type: 'flatten' },
      softmax(2),
    );
    const parameters = new Float64Array(network.parameterCount);
    const [gamma, , joint, , output] = network.layers[0]!.slots;
    parameters.fill(1, gamma!.offset, gamma!.offset + 2);
    // Q = K = 0, V = what comes in, W_o the identity, the feed-forward part nothing.
    parameters[joint!.offset + 4] = 1;
    parameters[joint!.offset + 11] = 1;
    parameters[output!.offset] = 1;
    parameters[output!.offset + 3] = 1;
    const y = forward(network, parameters, Float64Array.of(3, 1, 0, 4, 2, 2), 1)[1]!;
    // Layer normalisation makes (3, 1) → (1, −1), (0, 4) → (−1, 1), (2, 2) → (0, 0), whose mean is 0.
    for (const [at, value] of [3, 1, 0, 4, 2, 2].entries()) expect(y[at]).toBeCloseTo(value, 5);
    parameters[network.layers[0]!.slots[1]!.offset] = 0.5;
    const shifted = forward(network, parameters, Float64Array.of(3, 1, 0, 4, 2, 2), 1)[1]!;
    for (const [at, value] of [3.5, 1, 0.5, 4, 2.5, 2].entries()) expect(shifted[at]).toBeCloseTo(value, 5);
  });
});

/** Share of rows that are told right after some steps of Adam on all of them. */
async function accuracyAfter(
  network: Network,
  rows: readonly (readonly number[])[],
  target: (row: readonly number[]) => number,
  steps: number,
): Promise<number> {
  const session = await createReferenceTrainer().open(network, {
    learningRate: 0.05,
    optimizer: { type: 'adam' },
    proximalTerm: 0,
    seed: 1,
  });
  const all = {
    count: rows.length,
    features: Float32Array.from(rows.flat()),
    targets: Int32Array.from(rows, target),
  };
  await session.setRows(all);
  await session.setState({
    parameters: initialParameters(network, 3),
    optimizer: new Float32Array(0),
    steps: 0,
  });
  const indices = Uint32Array.from(rows, (_, index) => index);
  for (let step = 0; step < steps; step += 1) await session.step(indices);
  const tally = await session.evaluate(all);
  session.close();
  if (tally.type !== 'classification') throw new Error('Classes were expected.');
  return (
    tally.confusion.reduce((hits, count, at) => hits + (at % (network.outputSize + 1) === 0 ? count : 0), 0) /
    rows.length
  );
}

describe('what they learn', () => {
  const bits = Array.from({ length: 16 }, (_, word) => [0, 1, 2, 3].map((bit) => (word >> bit) & 1));
  const parity = (row: readonly number[]): number => row.reduce((sum, bit) => sum + bit, 0) % 2;

  test.each([
    ['GRU', { type: 'gru', units: 6, returnSequences: false, resetAfter: true }],
    ['LSTM', { type: 'lstm', units: 6, returnSequences: false }],
  ] as const)('the parity of four bits, which no line can: %s', async (_, layer) => {
    expect(await accuracyAfter(built([4, 1], layer, softmax(2)), bits, parity, 250)).toBe(1);
    const line = built([4, 1], { type: 'flatten' }, softmax(2));
    expect(await accuracyAfter(line, bits, parity, 250)).toBeLessThan(0.8);
  });

  test('a transformer tells the first token of five, whatever follows; without places it cannot', async () => {
    const draw = random(4, 'tokens');
    const rows = Array.from({ length: 24 }, () => Array.from({ length: 5 }, () => draw.below(3)));
    const layers = (...places: LayerSpec[]): LayerSpec[] => [
      { type: 'embedding', vocabulary: 3, units: 6 },
      ...places,
      { type: 'transformer-block', heads: 2, feedForward: 8 },
      { type: 'global-average-pool1d' },
      softmax(3),
    ];
    const first = (row: readonly number[]): number => row[0]!;
    expect(await accuracyAfter(built([5], ...layers({ type: 'position-embedding' })), rows, first, 120)).toBe(
      1,
    );
    expect(await accuracyAfter(built([5], ...layers()), rows, first, 120)).toBeLessThan(1);
  });
});

describe('shapes that do not fit', () => {
  const refusal = (inputShape: number[], ...layers: LayerSpec[]): string => {
    const result = buildNetwork({ inputShape, layers, loss: 'categorical-crossentropy' });
    return result.ok ? '' : result.error.message;
  };
  const gru: LayerSpec = { type: 'gru', units: 2, returnSequences: true, resetAfter: false };

  test('are said by layer, before anything is trained', () => {
    expect(refusal([8, 8, 1], gru)).toBe(
      'Layer 1 (gru) expected a sequence [steps, channels], but got [8, 8, 1].',
    );
    expect(refusal([8, 2], gru, softmax(2))).toContain('Layer 2 (dense) expected a flat input [F]');
    expect(refusal([4, 2], { type: 'embedding', vocabulary: 3, units: 2 })).toContain('token ids [steps]');
    expect(refusal([4, 6], { type: 'transformer-block', heads: 4, feedForward: 2 })).toContain(
      'a multiple of 4',
    );
    expect(refusal([4, 6], { type: 'reshape', shape: [5, 5] }, gru)).toBe(
      'Layer 1 (reshape) expected 25 values for [5, 5], but got [4, 6].',
    );
  });
});
