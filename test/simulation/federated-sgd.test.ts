// FederatedSGD (McMahan et al. 2017, §2): one epoch of one full batch on each device, and the mean of the updates by examples, is one
// gradient step on all rows in one place. What holds for the sum must hold round after round, from any division of the rows.
import { expect, test } from 'vitest';
import { createReferenceTrainer } from '#lib/adapters/reference/reference-trainer.ts';
import { createHandClock } from '#lib/adapters/memory/hand-clock.ts';
import { fedavg } from '#lib/core/aggregation/fedavg.ts';
import { digestOfText } from '#lib/core/digest.ts';
import { buildNetwork, initialParameters } from '#lib/core/model/network.ts';
import type { TrainingPlan } from '#lib/core/model/spec.ts';
import { random } from '#lib/core/random.ts';
import { createEngine } from '#lib/participant/engine.ts';
import { trainLocally } from '#lib/participant/train-locally.ts';
import { createTrainingControl } from '#lib/participant/training-control.ts';
import type { Rows } from '#lib/ports/trainer.ts';
import { roundOf, sample, settingFor } from '../support/fold-updates.ts';

const ROUNDS = 5;
/** Rows of each device, of three classes: as uneven as it comes. */
const DIVISIONS = [
  [5, 20, 11],
  [1, 1, 34],
  [12, 12, 12],
] as const;
const TOTAL = 36;

const built = buildNetwork({
  inputShape: [4],
  layers: [
    { type: 'dense', units: 6, activation: 'tanh', useBias: true },
    { type: 'dense', units: 3, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
});
if (!built.ok) throw new Error(built.error.message);
const network = built.value;

const plan: TrainingPlan = {
  localEpochs: 1,
  batchSize: TOTAL,
  learningRate: 0.5,
  optimizer: { type: 'sgd', momentum: 0 },
  proximalTerm: 0,
  seed: 3,
};

/** By class one after the other: devices of a division hold different classes. */
const draw = random(9, 'federated-sgd');
const rows: Rows = {
  count: TOTAL,
  features: Float32Array.from(
    { length: 4 * TOTAL },
    (_, at) => draw.normal() + (at % 4) * (at > 70 ? 1 : -1),
  ),
  targets: Int32Array.from({ length: TOTAL }, (_, row) => Math.floor((3 * row) / TOTAL)),
};
const part = (from: number, count: number): Rows => ({
  count,
  features: rows.features.slice(4 * from, 4 * (from + count)),
  targets: rows.targets.slice(from, from + count),
});

async function trained(training: Rows, base: Float32Array<ArrayBuffer>): Promise<Float32Array> {
  const engine = createEngine(
    {
      backend: 'reference',
      description: 'Reference',
      reason: 'asked for',
      reports: [
        { backend: 'reference', description: 'Reference', passed: true, stepMs: 1, relativeError: 0 },
      ],
    },
    async () => createReferenceTrainer(),
  );
  try {
    const outcome = await trainLocally(
      {
        key: 'federated-sgd',
        settings: digestOfText('federated-sgd'),
        network,
        plan,
        training,
        heldOut: null,
        metric: 'loss',
        base,
        checkpoint: undefined,
      },
      {
        engine,
        clock: createHandClock(),
        control: createTrainingControl(),
        saveCheckpoint: async () => {},
        onProgress: () => {},
        onNotice: () => {},
      },
    );
    if (outcome.type !== 'finished') throw new Error(outcome.type);
    return outcome.parameters;
  } finally {
    engine.dispose();
  }
}

test.each(DIVISIONS)(
  'rounds of one full batch on devices of %i, %i and %i rows are gradient steps on all rows to 1e-5',
  async (...sizes) => {
    const setting = settingFor(fedavg, network.parameterCount, {}, { population: sizes.length });
    let shared: Float32Array<ArrayBuffer> = initialParameters(network, 1);
    let central: Float32Array<ArrayBuffer> = shared.slice();
    for (let round = 0; round < ROUNDS; round += 1) {
      let from = 0;
      const updates = [];
      for (const size of sizes) {
        const after = await trained(part(from, size), shared);
        updates.push(
          sample(
            Array.from(after, (value, at) => value - shared[at]!),
            { examples: size },
          ),
        );
        from += size;
      }
      shared = Float32Array.from(roundOf(fedavg, updates, shared, setting).parameters);
      central = Float32Array.from(await trained(rows, central));
    }
    const apart = central.map((value, at) => Math.abs(value - shared[at]!));
    const moved = central.map((value, at) => Math.abs(value - initialParameters(network, 1)[at]!));
    expect(Math.max(...apart)).toBeLessThan(1e-5);
    expect(Math.max(...moved)).toBeGreaterThan(0.1);
  },
);

test('where every device counts the same whatever it holds, rounds are no gradient steps on all rows', async () => {
  const setting = settingFor(fedavg, network.parameterCount, {}, { population: 2 });
  const base = initialParameters(network, 1);
  const updates = [];
  for (const [from, size] of [
    [0, 1],
    [1, 35],
  ] as const) {
    const after = await trained(part(from, size), base);
    updates.push(sample(Array.from(after, (value, at) => value - base[at]!)));
  }
  const shared = roundOf(fedavg, updates, base, setting).parameters;
  const central = await trained(rows, base);
  expect(Math.max(...central.map((value, at) => Math.abs(value - shared[at]!)))).toBeGreaterThan(1e-3);
});
