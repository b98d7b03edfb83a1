// A device that never trains, and makes a version its own: by hand, and on which of its rows.
import { expect, test } from 'vitest';
import { createHandClock } from '../adapters/memory/hand-clock.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import type { Examples } from '../core/data/examples.ts';
import { digestOfText } from '../core/digest.ts';
import type { Personalisation } from '../core/federation.ts';
import { figure } from '../core/metrics/figures.ts';
import { buildNetwork, initialParameters } from '../core/model/network.ts';
import { ownPart } from '../core/model/own-part.ts';
import { valuesIn, withValues } from '../core/model/ranges.ts';
import type { Rows, Trainer } from '../ports/trainer.ts';
import { enginesOf, federation, spec } from '../../../test/doubles/scripted-federation.ts';
import { createEngine } from './engine.ts';
import { holdingStill, judgeAsNew } from './new-device.ts';
import { trainLocally } from './train-locally.ts';
import { createTrainingControl } from './training-control.ts';

/** What it was given to learn from, and to judge by: the x of the rows. */
interface Seen {
  readonly learnt: Set<number>;
  readonly judged: Set<number>;
}

function watched({ learnt, judged }: Seen): Trainer {
  const trainer = createReferenceTrainer();
  const see = (into: Set<number>, { features }: Rows): void => features.forEach((x) => void into.add(x));
  return {
    ...trainer,
    async open(network, plan) {
      const session = await trainer.open(network, plan);
      return {
        ...session,
        setRows: (rows) => (see(learnt, rows), session.setRows(rows)),
        evaluate: (rows, options) => (see(judged, rows), session.evaluate(rows, options)),
      };
    },
  };
}

/** ŷ = b·a·x of rows with y = x, and a = 1 and b = 0 in the version; the last two of `x` judge. */
async function asNew(personalisation: Personalisation, x: readonly number[], judges = 2) {
  const layer = { type: 'dense', units: 1, activation: 'linear', useBias: false } as const;
  const built = buildNetwork({ inputShape: [1], layers: [layer, layer], loss: 'mean-squared-error' });
  if (!built.ok) throw new Error(built.error.message);
  const seen: Seen = { learnt: new Set(), judged: new Set() };
  const engines = enginesOf(() => watched(seen));
  const all: Examples = {
    count: x.length,
    features: Float32Array.from(x),
    targets: Float32Array.from(x),
    hashes: Uint32Array.from({ length: 2 * x.length }, (_, at) =>
      at < 2 * (x.length - judges) ? 2 ** 31 : 7,
    ),
  };
  const plan = { ...spec.plan, localEpochs: 3, batchSize: 8, learningRate: 0.25 };
  const events: string[] = [];
  const judged = await judgeAsNew(
    {
      network: built.value,
      spec: { ...spec, plan },
      engine: createEngine(await engines.choose(built.value, 1, null), engines.create),
    },
    all,
    { plan, personalisation },
    { number: 4, parameters: Float32Array.of(1, 0) },
    { federation, clock: createHandClock(), onEvent: (event) => events.push(event) },
    new AbortController().signal,
  );
  return { judged, seen, events };
}

test('FedPer by hand: the head is fitted to layers that stand still', async () => {
  const { judged } = await asNew({ type: 'fedper', layers: 1 }, [1, 1, 1]);
  // b ← b − ¼ · 2(b − 1): 0, ½, ¾, ⅞. Had a moved with it, b would be more.
  expect(figure(judged!.tally, 'loss')).toBe(1);
  expect(figure(judged!.personal!, 'loss')).toBe(1 / 64);
});

test.each([
  { type: 'fedper', layers: 1 },
  { type: 'ditto', lambda: 0.1 },
  { type: 'finetune', epochs: 2 },
] satisfies Personalisation[])('$type: no row that it learns from judges, and all others do', async (way) => {
  const { judged, seen } = await asNew(way, [0.5, 1, 1.5, 2, 0.25, 0.75]);
  expect(seen.learnt).toEqual(new Set([0.5, 1, 1.5, 2]));
  expect(seen.judged).toEqual(new Set([0.25, 0.75]));
  expect([judged!.tally.count, judged!.personal!.count]).toEqual([2, 2]);
  expect(figure(judged!.personal!, 'loss')!).toBeLessThan(figure(judged!.tally, 'loss')!);
});

test('FedBN: normalisation is fitted, statistics included, and every other parameter stands still to the bit', async () => {
  const dense = { type: 'dense', units: 2, activation: 'linear', useBias: true } as const;
  const normalisation = { type: 'batch-normalisation', momentum: 0.5, epsilon: 1e-3 } as const;
  const built = buildNetwork({
    inputShape: [1],
    layers: [dense, normalisation, { ...dense, units: 1 }],
    loss: 'mean-squared-error',
  });
  if (!built.ok) throw new Error(built.error.message);
  const network = built.value;
  const version = initialParameters(network, 3);
  const own = ownPart(network, { type: 'fedbn' });
  const engines = enginesOf(createReferenceTrainer);
  const engine = createEngine(await engines.choose(network, 1, null), engines.create);
  const outcome = await trainLocally(
    {
      key: 'own',
      settings: digestOfText('own'),
      network,
      // Adam's moments go on from step to step, too.
      plan: { ...spec.plan, localEpochs: 3, batchSize: 2, optimizer: { type: 'adamw', weightDecay: 0.1 } },
      training: { count: 4, features: Float32Array.of(1, 2, 3, 5), targets: Float32Array.of(2, 1, 0, 3) },
      heldOut: null,
      metric: 'loss',
      base: version,
      checkpoint: undefined,
    },
    {
      engine: holdingStill(engine, own, version),
      clock: createHandClock(),
      control: createTrainingControl(),
      saveCheckpoint: async () => {},
      onProgress: () => {},
      onNotice: () => {},
    },
  );
  if (outcome.type !== 'finished') throw new Error(outcome.type);
  expect(withValues(outcome.parameters, own, valuesIn(own, version))).toEqual(version);
  expect(
    Array.from(valuesIn(own, outcome.parameters)).filter((value, at) => value === valuesIn(own, version)[at]),
  ).toEqual([]);
  // The losses of all steps, which each setState() would have forgotten.
  expect(outcome.history).toHaveLength(6);
});

test('without a row to judge by nothing is said, and training that breaks is told to the person', async () => {
  expect((await asNew({ type: 'fedper', layers: 1 }, [1, 2], 0)).judged).toBeUndefined();
  const { judged, events } = await asNew({ type: 'finetune', epochs: 50 }, [900, 1000, 1, 2]);
  expect(judged).toMatchObject({ tally: { count: 2 }, personal: null });
  expect(events).toEqual([expect.stringMatching(/^Version 4 was judged as it is.*unstable/)]);
});
