// The contract of ports/trainer.ts: every engine runs this suite, and is held to the plain-loop reference.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildNetwork, initialParameters, type Network } from '../../src/lib/core/model/network.ts';
import { optimizerLength } from '../../src/lib/core/model/optimizer.ts';
import type { LayerSpec, NetworkSpec } from '../../src/lib/core/model/spec.ts';
import { random } from '../../src/lib/core/random.ts';
import { figure } from '../../src/lib/core/metrics/figures.ts';
import { createReferenceTrainer } from '../../src/lib/adapters/reference/reference-trainer.ts';
import type {
  Rows,
  SessionPlan,
  Trainer,
  TrainerSession,
  TrainerState,
} from '../../src/lib/ports/trainer.ts';

export interface ContractOptions {
  /** Largest difference of the parameters after some steps, relative to how far they moved. */
  readonly tolerance: number;
  /** Whether a resumed run gives the same bits: engines that sum in a fixed order. */
  readonly bitExact: boolean;
  /** Steps of the leak test; software GPU adapters take fewer. */
  readonly manySteps: number;
  /**
   * Only that each kind of kernel computes what it should: for an engine that stands by for another, and whose session others
   * share that run the whole suite.
   */
  readonly kernelsOnly?: true;
  /** Kinds of layers that the engine refuses, so that another engine is chosen. */
  readonly lacks?: readonly LayerSpec['type'][];
  /** Tensors alive, where the engine can tell. */
  readonly tensorCount?: (trainer: Trainer) => number;
}

/** Of an engine without the layers for sequences. */
export const SEQUENCE_LAYERS = ['gru', 'lstm', 'step-dense'] as const satisfies readonly LayerSpec['type'][];

export const network = (spec: NetworkSpec): Network => {
  const built = buildNetwork(spec);
  if (!built.ok) throw new Error(built.error.message);
  return built.value;
};

const dense = (
  units: number,
  activation: 'linear' | 'relu' | 'sigmoid' | 'tanh' | 'softmax',
  useBias = true,
): LayerSpec => ({
  type: 'dense',
  units,
  activation,
  useBias,
});
const conv = (
  filters: number,
  kernelSize: [number, number],
  strides: [number, number],
  padding: 'same' | 'valid',
  activation: 'linear' | 'relu' | 'sigmoid' | 'tanh',
  useBias = true,
): LayerSpec => ({ type: 'conv2d', filters, kernelSize, strides, padding, activation, useBias });
const pool = (
  type: 'max-pool2d' | 'average-pool2d',
  padding: 'same' | 'valid',
  strides: [number, number] = [2, 2],
): LayerSpec => ({
  type,
  poolSize: [2, 2],
  strides,
  padding,
});
const normalised = (momentum: number): LayerSpec => ({
  type: 'batch-normalisation',
  momentum,
  epsilon: 1e-3,
});
const classify = (inputShape: number[], ...layers: LayerSpec[]): Network =>
  network({ inputShape, layers, loss: 'categorical-crossentropy' });

const networks: Record<string, Network> = {
  'softmax regression': classify([12], dense(4, 'softmax')),
  'an MLP with relu': classify([20], dense(16, 'relu'), dense(9, 'relu'), dense(5, 'softmax')),
  'an MLP with tanh, sigmoid and a layer without bias': classify(
    [7],
    dense(8, 'tanh'),
    dense(6, 'sigmoid', false),
    dense(3, 'linear'),
  ),
  'linear regression': network({ inputShape: [6], layers: [dense(1, 'linear')], loss: 'mean-squared-error' }),
  'a small CNN as of McMahan et al.': classify(
    [8, 8, 1],
    conv(4, [5, 5], [1, 1], 'same', 'relu'),
    pool('max-pool2d', 'same'),
    conv(6, [5, 5], [1, 1], 'same', 'relu'),
    pool('max-pool2d', 'same'),
    { type: 'flatten' },
    dense(10, 'relu'),
    dense(3, 'softmax'),
  ),
  'strided convolutions, VALID and SAME, on oblong images with 3 channels': classify(
    [9, 8, 3],
    conv(5, [3, 2], [1, 1], 'valid', 'tanh'),
    conv(4, [3, 3], [2, 2], 'valid', 'relu', false),
    conv(3, [2, 3], [2, 1], 'same', 'linear'),
    { type: 'activation', activation: 'tanh' },
    { type: 'flatten' },
    dense(3, 'linear'),
    { type: 'activation', activation: 'softmax' },
  ),
  'average and global pools': classify(
    [7, 7, 2],
    conv(4, [3, 3], [1, 1], 'same', 'sigmoid'),
    pool('average-pool2d', 'valid'),
    conv(5, [2, 2], [1, 1], 'same', 'linear'),
    { type: 'global-average-pool2d' },
    dense(3, 'softmax'),
  ),
  'an average pool with SAME padding, and overlapping max pools': classify(
    [6, 6, 1],
    conv(3, [3, 3], [1, 1], 'same', 'linear'),
    pool('max-pool2d', 'valid', [1, 1]),
    pool('average-pool2d', 'same'),
    { type: 'flatten' },
    dense(2, 'softmax'),
  ),
  'normalisation behind dense layers, and of the input itself': classify(
    [9],
    normalised(0.9),
    dense(7, 'linear', false),
    normalised(0.99),
    { type: 'activation', activation: 'tanh' },
    dense(5, 'sigmoid'),
    normalised(0.5),
    dense(3, 'softmax'),
  ),
  'normalisation of the channels of convolutions': classify(
    [6, 5, 2],
    conv(5, [3, 3], [1, 1], 'same', 'linear', false),
    normalised(0.9),
    { type: 'activation', activation: 'relu' },
    pool('max-pool2d', 'same'),
    conv(3, [2, 2], [1, 1], 'valid', 'tanh'),
    normalised(0.99),
    { type: 'flatten' },
    dense(3, 'softmax'),
  ),
  'rows of an image as steps, normalised': classify(
    [4, 3, 2],
    { type: 'reshape', shape: [4, 6] },
    normalised(0.9),
    { type: 'flatten' },
    dense(3, 'softmax'),
  ),
  'gated recurrent units, the gate before the product and behind it': classify(
    [5, 3],
    { type: 'gru', units: 16, returnSequences: true, resetAfter: true },
    { type: 'gru', units: 24, returnSequences: false, resetAfter: false },
    dense(3, 'softmax'),
  ),
  'LSTMs with dropout between': classify(
    [5, 3],
    { type: 'lstm', units: 16, returnSequences: true },
    { type: 'dropout', rate: 0.2 },
    { type: 'lstm', units: 24, returnSequences: false },
    dense(3, 'softmax'),
  ),
  'a transformer over tokens': classify(
    [6],
    { type: 'embedding', vocabulary: 5, units: 12 },
    { type: 'step-dense', units: 16, activation: 'tanh', useBias: false },
    { type: 'position-embedding' },
    { type: 'transformer-block', heads: 2, feedForward: 32 },
    { type: 'layer-normalisation', epsilon: 1e-6 },
    { type: 'global-average-pool1d' },
    dense(3, 'softmax'),
  ),
  dropout: classify([10], dense(12, 'relu'), { type: 'dropout', rate: 0.4 }, dense(4, 'softmax')),
};

/** One of each kind of kernel that a family of models needs. */
const ofFamilies = ['an MLP with relu', 'a small CNN as of McMahan et al.', 'dropout'];

const ROWS = 24;

export function someRows(of: Network, seed: number, bytes = false): Rows {
  const draw = random(seed, 'rows');
  const size = of.spec.inputShape.reduce((total, side) => total * side, 1);
  const features = bytes ? new Uint8Array(ROWS * size) : new Float32Array(ROWS * size);
  for (let i = 0; i < features.length; i += 1) features[i] = bytes ? draw.below(256) : draw.normal();
  if (of.spec.loss === 'mean-squared-error')
    return { count: ROWS, features, targets: Float32Array.from({ length: ROWS }, () => draw.normal()) };
  return {
    count: ROWS,
    features,
    targets: Int32Array.from({ length: ROWS }, () => draw.below(of.outputSize)),
  };
}

const plan = (over: Partial<SessionPlan> = {}): SessionPlan => ({
  learningRate: 0.1,
  optimizer: { type: 'sgd', momentum: 0 },
  proximalTerm: 0,
  seed: 17,
  ...over,
});

export const startOf = (of: Network): TrainerState => ({
  parameters: initialParameters(of, 5),
  optimizer: new Float32Array(0),
  steps: 0,
});

/** Batches of 5 and 3 rows: sizes change in mid-run, as the last batch of an epoch does. */
const batches = (steps: number, from = 0): Uint32Array[] => {
  const all = Array.from({ length: from + steps }, (_, step) => {
    const order = random(23, step).shuffle(Uint32Array.from({ length: ROWS }, (_, index) => index));
    return order.slice(0, step % 2 === 0 ? 5 : 3);
  });
  return all.slice(from);
};

async function train(
  trainer: Trainer,
  of: Network,
  rows: Rows,
  settings: SessionPlan,
  steps: number,
  anchor?: Float32Array,
) {
  const session = await trainer.open(of, settings);
  try {
    await session.setRows(rows);
    await session.setState(startOf(of), anchor);
    for (const batch of batches(steps)) await session.step(batch);
    return { loss: await session.takeLoss(), state: await session.state() };
  } finally {
    session.close();
  }
}

/** Largest difference of two parameter vectors, relative to the largest move from where they started. */
export function relativeDifference(got: Float32Array, expected: Float32Array, start: Float32Array): number {
  let difference = 0;
  let move = 0;
  for (let i = 0; i < expected.length; i += 1) {
    const gap = Math.abs(got[i]! - expected[i]!);
    if (!(gap <= difference)) difference = gap;
    move = Math.max(move, Math.abs(expected[i]! - start[i]!));
  }
  return difference / move;
}

export function trainerContract(
  name: string,
  create: () => Promise<Trainer>,
  options: ContractOptions,
): void {
  describe(`the trainer port on ${name}`, () => {
    let trainer: Trainer;
    const reference = createReferenceTrainer();
    beforeAll(async () => {
      trainer = await create();
    });
    afterAll(() => trainer.dispose());

    const agrees = async (
      of: Network,
      rows: Rows,
      settings: SessionPlan,
      steps: number,
      anchor?: Float32Array,
    ) => {
      const expected = await train(reference, of, rows, settings, steps, anchor);
      const got = await train(trainer, of, rows, settings, steps, anchor);
      const start = startOf(of).parameters;
      expect(expected.state.parameters).not.toEqual(start);
      expect(relativeDifference(got.state.parameters, expected.state.parameters, start)).toBeLessThan(
        options.tolerance,
      );
      expect(Math.abs(got.loss - expected.loss)).toBeLessThan(options.tolerance * Math.max(1, expected.loss));
      expect(got.state.steps).toBe(steps);
      expect(got.state.optimizer.length).toBe(optimizerLength(settings.optimizer, of.parameterCount));
      return { got, expected };
    };

    const isRefused = (of: Network): boolean =>
      of.spec.layers.some(({ type }) => options.lacks?.includes(type) === true);
    test.each(
      Object.entries(networks).filter(
        ([name, of]) => !isRefused(of) && (options.kernelsOnly !== true || ofFamilies.includes(name)),
      ),
    )('matches the plain reference after 4 steps of SGD: %s', async (_, of) => {
      await agrees(of, someRows(of, 1), plan(), 4);
    });

    const mlp = networks['an MLP with relu']!;
    const cnn = networks['a small CNN as of McMahan et al.']!;

    test.each([
      ['a small MLP', mlp, 31],
      ['a small CNN', cnn, 32],
    ] as const)(
      'with the same seed the loss of %s falls along the reference’s curve, within 1e-3 at each of 30 steps',
      async (_, of, seed) => {
        const curve = async (on: Trainer): Promise<number[]> => {
          const session = await on.open(of, plan());
          try {
            await session.setRows(someRows(of, seed));
            await session.setState(startOf(of));
            const losses: number[] = [];
            for (const batch of batches(30)) {
              await session.step(batch);
              losses.push(await session.takeLoss());
            }
            return losses;
          } finally {
            session.close();
          }
        };
        const [expected, got] = [await curve(reference), await curve(trainer)];
        const mean = (losses: readonly number[]): number => losses.reduce((sum, loss) => sum + loss) / 10;
        // It is a curve: something was learnt on the way.
        expect(mean(expected.slice(-10))).toBeLessThan(0.9 * mean(expected.slice(0, 10)));
        for (const [step, loss] of got.entries())
          expect(Math.abs(loss - expected[step]!), `step ${step + 1}`).toBeLessThan(1e-3);
      },
    );

    test('a byte of the rows stands for value / 255', async () => {
      await agrees(cnn, someRows(cnn, 2, true), plan(), 4);
      const bytes = someRows(mlp, 3, true);
      const numbers = Float32Array.from(bytes.features, (value) => value / 255);
      const a = await train(trainer, mlp, bytes, plan(), 3);
      const b = await train(trainer, mlp, { ...bytes, features: numbers }, plan(), 3);
      expect(
        relativeDifference(a.state.parameters, b.state.parameters, startOf(mlp).parameters),
      ).toBeLessThan(1e-5);
    });

    test('momentum matches the plain reference, and so does its state', async () => {
      const { got, expected } = await agrees(
        mlp,
        someRows(mlp, 4),
        plan({ optimizer: { type: 'sgd', momentum: 0.9 } }),
        6,
      );
      expect(
        relativeDifference(
          got.state.optimizer,
          expected.state.optimizer,
          new Float32Array(mlp.parameterCount),
        ),
      ).toBeLessThan(options.tolerance);
    });

    test.each([
      ['Adam', { type: 'adam' }],
      ['AdamW', { type: 'adamw', weightDecay: 0.5 }],
      ['RMSProp', { type: 'rmsprop' }],
    ] as const)('%s matches the plain reference, and so do its moments', async (_, optimizer) => {
      // They divide by √u: where a gradient is rounding noise their step is still a whole one. A smooth network has none.
      const of = networks['an MLP with tanh, sigmoid and a layer without bias']!;
      const { got, expected } = await agrees(of, someRows(of, 5), plan({ optimizer, learningRate: 0.01 }), 6);
      expect(
        relativeDifference(
          got.state.optimizer,
          expected.state.optimizer,
          new Float32Array(2 * of.parameterCount),
        ),
      ).toBeLessThan(options.tolerance);
    });

    // Nothing in it is absorbed by a normalisation behind it: its gradients are nowhere rounding noise, by which Adam would step.
    const statistics = classify([9], normalised(0.9), dense(6, 'tanh'), normalised(0.5), dense(3, 'softmax'));
    const refused = Object.entries(networks).filter(([, of]) => isRefused(of));
    if (refused.length > 0)
      test.each(refused)(
        'what it has no kernels for is refused before anything is trained: %s',
        async (_, of) => {
          await expect(trainer.open(of, plan())).rejects.toMatchObject({
            kind: 'unsupported',
            message: expect.stringMatching(/layer [a-z-]+[12]?d?_\d/),
          });
        },
      );
    if (!isRefused(statistics)) {
      test.each([
        ['momentum', plan({ optimizer: { type: 'sgd', momentum: 0.9 } })],
        ['Adam', plan({ optimizer: { type: 'adam' }, learningRate: 0.01 })],
        ['AdamW', plan({ optimizer: { type: 'adamw', weightDecay: 0.5 }, learningRate: 0.01 })],
        [
          'a proximal term and momentum',
          plan({ proximalTerm: 0.5, optimizer: { type: 'sgd', momentum: 0.5 } }),
        ],
      ])(
        'running statistics follow the batches alone, and have no optimiser state: %s',
        async (_, settings) => {
          const { got } = await agrees(
            statistics,
            someRows(statistics, 21),
            settings,
            5,
            initialParameters(statistics, 6),
          );
          // Of the first layer they depend on the rows alone, whatever is trained how.
          const plain = await train(reference, statistics, someRows(statistics, 21), plan(), 5);
          for (const { role, offset, length } of statistics.slots) {
            if (role !== 'mean' && role !== 'variance') continue;
            const end = offset + length;
            for (let at = offset; at < got.state.optimizer.length; at += statistics.parameterCount)
              expect(got.state.optimizer.subarray(at, at + length).every((value) => value === 0)).toBe(true);
            if (offset > 4 * 9) continue;
            const [now, then] = [got, plain].map(({ state }) => state.parameters.subarray(offset, end));
            expect(now!.some((value) => value !== 0 && value !== 1)).toBe(true);
            for (const [i, value] of now!.entries()) expect(value).toBeCloseTo(then![i]!, 5);
          }
        },
      );

      test('a correction leaves running statistics alone', async () => {
        const rows = someRows(statistics, 22);
        const after = async (given: Float32Array | undefined): Promise<Float32Array> => {
          const session = await trainer.open(statistics, plan());
          await session.setRows(rows);
          await session.setState(startOf(statistics));
          await session.setCorrection(given);
          await session.step(Uint32Array.of(0, 1, 2, 3));
          const { parameters } = await session.state();
          session.close();
          return parameters;
        };
        const [free, corrected] = [
          await after(undefined),
          await after(new Float32Array(statistics.parameterCount).fill(1)),
        ];
        for (const { role, offset, length } of statistics.slots)
          for (let i = offset; i < offset + length; i += 1)
            if (role === 'mean' || role === 'variance') expect(corrected[i]!).toBeCloseTo(free[i]!, 6);
            else expect(corrected[i]!).toBeCloseTo(free[i]! - 0.1, 4);
      });

      test('a network in use goes by its running statistics: a row is told alike in any company', async () => {
        const rows = someRows(statistics, 23);
        const { state } = await train(reference, statistics, rows, plan(), 6);
        const session = await trainer.open(statistics, plan());
        await session.setState(state);
        const all = await session.predict(rows.features, ROWS);
        const alone = await session.predict(rows.features.slice(0, 9), 1);
        for (const [i, value] of alone.entries()) expect(value).toBeCloseTo(all[i]!, 5);
        expect((await session.state()).parameters).toEqual(state.parameters);
        session.close();
      });
    }

    test('the proximal term pulls towards the anchor, with and without momentum', async () => {
      const anchor = initialParameters(mlp, 6);
      const rows = someRows(mlp, 7);
      const { got } = await agrees(mlp, rows, plan({ proximalTerm: 0.5 }), 4, anchor);
      const free = await train(trainer, mlp, rows, plan(), 4);
      const distance = (values: Float32Array) => Math.hypot(...values.map((value, i) => value - anchor[i]!));
      expect(distance(got.state.parameters)).toBeLessThan(distance(free.state.parameters));
      await agrees(
        mlp,
        rows,
        plan({ proximalTerm: 0.5, optimizer: { type: 'sgd', momentum: 0.5 } }),
        4,
        anchor,
      );
      await agrees(mlp, rows, plan({ proximalTerm: 1 }), 4);
    });

    /** Of the smooth network, whose gradient is nowhere rounding noise: a number for each parameter, −0.5 … 0.5. */
    const smooth = networks['an MLP with tanh, sigmoid and a layer without bias']!;
    const correctionOf = (of: Network): Float32Array => {
      const draw = random(31, 'correction');
      return Float32Array.from({ length: of.parameterCount }, () => draw.next() - 0.5);
    };

    test('a correction is added to the gradient: y ← y − η(g + correction)', async () => {
      const rows = someRows(smooth, 19);
      const correction = correctionOf(smooth);
      const session = await trainer.open(smooth, plan());
      await session.setRows(rows);
      const after = async (given: Float32Array | undefined): Promise<Float32Array> => {
        await session.setState(startOf(smooth));
        if (given !== undefined) await session.setCorrection(given);
        await session.step(Uint32Array.of(0, 1, 2));
        return (await session.state()).parameters;
      };
      const free = await after(undefined);
      const corrected = await after(correction);
      // The gradient is taken at the same place in both, so that they part by η·correction alone; η = 0.1.
      const expected = free.map((value, i) => value - 0.1 * correction[i]!);
      expect(relativeDifference(corrected, expected, free)).toBeLessThan(1e-4);
      expect(await after(undefined)).toEqual(free);
      session.close();
    });

    if (options.kernelsOnly === true) return;

    test.each([
      ['SGD', plan()],
      ['a proximal term', plan({ proximalTerm: 0.5 })],
      ['momentum', plan({ optimizer: { type: 'sgd', momentum: 0.9 } })],
      ['Adam', plan({ optimizer: { type: 'adam' }, learningRate: 0.01 })],
    ])('a correction stays until it is replaced, as on the plain reference: %s', async (_, settings) => {
      const rows = someRows(smooth, 20);
      const given = correctionOf(smooth);
      const corrected = async (on: Trainer): Promise<Float32Array> => {
        const session = await on.open(smooth, settings);
        await session.setRows(rows);
        await session.setState(startOf(smooth), initialParameters(smooth, 6));
        const copied = given.slice();
        await session.setCorrection(copied);
        copied.fill(9);
        for (const batch of batches(2)) await session.step(batch);
        await session.setCorrection(given.map((value) => -2 * value));
        for (const batch of batches(2, 2)) await session.step(batch);
        await session.setCorrection(undefined);
        for (const batch of batches(2, 4)) await session.step(batch);
        const { parameters } = await session.state();
        session.close();
        return parameters;
      };
      const start = startOf(smooth).parameters;
      expect(relativeDifference(await corrected(trainer), await corrected(reference), start)).toBeLessThan(
        options.tolerance,
      );
    });

    test('a correction of the wrong length is refused', async () => {
      const session = await trainer.open(mlp, plan());
      await session.setState(startOf(mlp));
      await expect(session.setCorrection(new Float32Array(3))).rejects.toThrow(
        `Expected a correction of ${mlp.parameterCount} numbers, got 3.`,
      );
      session.close();
    });

    test.each([
      ['SGD', { type: 'sgd', momentum: 0 }],
      ['momentum', { type: 'sgd', momentum: 0.9 }],
      ['Adam', { type: 'adam' }],
    ] as const)('a run put away after 3 steps goes on as if it had not stopped: %s', async (_, optimizer) => {
      const of = networks['dropout']!;
      const rows = someRows(of, 8);
      const settings = plan({ optimizer, learningRate: 0.02 });
      const whole = await train(trainer, of, rows, settings, 6);
      const first = await train(trainer, of, rows, settings, 3);
      const session = await trainer.open(of, settings);
      await session.setRows(rows);
      await session.setState(first.state);
      for (const batch of batches(3, 3)) await session.step(batch);
      const resumed = await session.state();
      session.close();
      if (options.bitExact) expect(resumed).toEqual(whole.state);
      else
        expect(
          relativeDifference(resumed.parameters, whole.state.parameters, startOf(of).parameters),
        ).toBeLessThan(1e-5);
      expect(resumed.steps).toBe(6);
    });

    test('dropout depends on the seed and the step alone', async () => {
      const of = networks['dropout']!;
      const rows = someRows(of, 9);
      const once = await train(trainer, of, rows, plan({ seed: 1 }), 2);
      const again = await train(trainer, of, rows, plan({ seed: 1 }), 2);
      const other = await train(trainer, of, rows, plan({ seed: 2 }), 2);
      expect(again.state.parameters).toEqual(once.state.parameters);
      expect(
        relativeDifference(other.state.parameters, once.state.parameters, startOf(of).parameters),
      ).toBeGreaterThan(0.01);
    });

    test('the loss is the mean over all examples since it was last taken, and NaN when there were none', async () => {
      const session = await trainer.open(mlp, plan());
      await session.setRows(someRows(mlp, 10));
      await session.setState(startOf(mlp));
      expect(await session.takeLoss()).toBeNaN();
      for (const batch of batches(2)) await session.step(batch);
      const both = await session.takeLoss();
      expect(await session.takeLoss()).toBeNaN();
      await session.setState(startOf(mlp));
      const losses: number[] = [];
      for (const batch of batches(2)) {
        await session.step(batch);
        losses.push(await session.takeLoss());
      }
      // Batches of 5 and 3 rows.
      expect(both).toBeCloseTo((5 * losses[0]! + 3 * losses[1]!) / 8, 4);
      session.close();
    });

    test('evaluation counts every row once, whatever the batch size, and agrees with the predictions', async () => {
      for (const of of [cnn, networks['linear regression']!]) {
        const rows = someRows(of, 11);
        const session = await trainer.open(of, plan());
        await session.setState(startOf(of));
        const tally = await session.evaluate(rows, { batchSize: 7 });
        expect(tally.count).toBe(ROWS);
        const whole = await session.evaluate(rows);
        const expectedSession = await reference.open(of, plan());
        await expectedSession.setState(startOf(of));
        const expected = await expectedSession.evaluate(rows);
        for (const found of [tally, whole]) {
          if (found.type === 'classification' && expected.type === 'classification') {
            expect(found.confusion).toEqual(expected.confusion);
            expect(Math.abs(found.lossSum - expected.lossSum)).toBeLessThan(1e-3 * expected.lossSum);
          }
          expect(figure(found, 'loss')).toBeCloseTo(figure(expected, 'loss') ?? NaN, 3);
        }
        const predictions = await session.predict(rows.features, ROWS);
        expect(predictions.length).toBe(ROWS * of.outputSize);
        const wanted = await expectedSession.predict(rows.features, ROWS);
        for (let i = 0; i < wanted.length; i += 1)
          expect(Math.abs(predictions[i]! - wanted[i]!)).toBeLessThan(1e-3);
        if (of === cnn && tally.type === 'classification') {
          let hits = 0;
          for (let row = 0; row < ROWS; row += 1) {
            const probabilities = predictions.subarray(row * 3, row * 3 + 3);
            expect(probabilities.reduce((total, p) => total + p, 0)).toBeCloseTo(1, 5);
            if (probabilities.indexOf(Math.max(...probabilities)) === rows.targets[row]) hits += 1;
          }
          expect(hits / ROWS).toBeCloseTo(figure(tally, 'accuracy') ?? NaN, 10);
        }
        session.close();
      }
    });

    test('evaluation drops nothing and does not move the parameters', async () => {
      const of = networks['dropout']!;
      const session = await trainer.open(of, plan());
      await session.setState(startOf(of));
      const rows = someRows(of, 12);
      expect(await session.evaluate(rows)).toEqual(await session.evaluate(rows));
      expect((await session.state()).parameters).toEqual(startOf(of).parameters);
      session.close();
    });

    test('an evaluation that is called off throws the signal’s reason', async () => {
      const session = await trainer.open(mlp, plan());
      await session.setState(startOf(mlp));
      const signal = AbortSignal.abort(new Error('called off'));
      await expect(session.evaluate(someRows(mlp, 13), { signal })).rejects.toThrow('called off');
      session.close();
    });

    test('two sessions side by side do not touch one another', async () => {
      const rows = someRows(mlp, 14);
      const alone = await train(trainer, mlp, rows, plan(), 4);
      const open = async (): Promise<TrainerSession> => {
        const session = await trainer.open(mlp, plan());
        await session.setRows(rows);
        await session.setState(startOf(mlp));
        return session;
      };
      const [a, b] = [await open(), await open()];
      for (const batch of batches(4)) {
        await a.step(batch);
        await b.step(batch.toReversed());
      }
      expect((await a.state()).parameters).toEqual(alone.state.parameters);
      a.close();
      b.close();
    });

    test('the state is a copy: neither side can write to the other’s', async () => {
      const session = await trainer.open(mlp, plan());
      await session.setRows(someRows(mlp, 15));
      const given = startOf(mlp);
      await session.setState(given);
      given.parameters.fill(9);
      const first = await session.state();
      expect(first.parameters).toEqual(startOf(mlp).parameters);
      first.parameters.fill(9);
      expect((await session.state()).parameters).toEqual(startOf(mlp).parameters);
      await session.step(Uint32Array.of(0, 1));
      // A state read before a step is not what is read after it.
      expect((await session.state()).parameters).not.toEqual(startOf(mlp).parameters);
      session.close();
    });

    test('a trainer can be started again after another was disposed of', async () => {
      const rows = someRows(mlp, 18);
      const expected = await train(trainer, mlp, rows, plan(), 2);
      const other = await create();
      const session = await other.open(mlp, plan());
      await session.setRows(rows);
      other.dispose();
      await expect(session.step(Uint32Array.of(0))).rejects.toThrow();
      const third = await create();
      const again = await train(third, mlp, rows, plan(), 2);
      expect(again.state.parameters).toEqual(expected.state.parameters);
      third.dispose();
      expect((await train(trainer, mlp, rows, plan(), 2)).state.parameters).toEqual(
        expected.state.parameters,
      );
    });

    test('the steps of a sequence leave no tensors behind', async () => {
      const count = options.tensorCount;
      const of = networks['LSTMs with dropout between']!;
      if (count === undefined || isRefused(of)) return;
      const before = count(trainer);
      const session = await trainer.open(of, plan());
      await session.setRows(someRows(of, 24));
      await session.setState(startOf(of));
      await session.step(Uint32Array.of(0, 1, 2));
      const after = count(trainer);
      await session.step(Uint32Array.of(3, 4));
      await session.predict(someRows(of, 24).features, ROWS);
      expect(count(trainer)).toBe(after);
      session.close();
      expect(count(trainer)).toBe(before);
    });

    test('many steps leave no tensors behind', async () => {
      const count = options.tensorCount;
      if (count === undefined) return;
      const before = count(trainer);
      const session = await trainer.open(
        cnn,
        plan({ optimizer: { type: 'adam' }, learningRate: 0.001, proximalTerm: 0.1 }),
      );
      await session.setRows(someRows(cnn, 16, true));
      await session.setState(startOf(cnn));
      await session.setCorrection(correctionOf(cnn));
      await session.setCorrection(correctionOf(cnn));
      await session.step(Uint32Array.of(0, 1, 2));
      await session.takeLoss();
      const after = count(trainer);
      const bytes = session.memoryBytes();
      for (let step = 0; step < options.manySteps; step += 1)
        await session.step(Uint32Array.of(step % ROWS, (step + 7) % ROWS));
      await session.takeLoss();
      expect(count(trainer)).toBe(after);
      // Buffers that wait for reuse may grow by a few; a leak of every step would not stay below twice.
      if (bytes !== undefined) expect(session.memoryBytes()).toBeLessThanOrEqual(2 * bytes);
      await session.evaluate(someRows(cnn, 16, true));
      await session.predict(someRows(cnn, 16).features, ROWS);
      await session.state();
      expect(count(trainer)).toBe(after);
      session.close();
      session.close();
      expect(count(trainer)).toBe(before);
    });
  });
}
