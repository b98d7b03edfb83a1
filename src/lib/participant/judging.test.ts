// A round whose local settings are tried, as one device goes through it. What the server makes of it is test/simulation.
import { expect, test } from 'vitest';
import { selectExamples } from '../core/data/examples.ts';
import { splitExamples } from '../core/data/split.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { TrainerFailure, type Trainer } from '../ports/trainer.ts';
import {
  clouds,
  datasetsOf,
  enginesOf,
  federation,
  joined,
  network,
  script,
  spec,
  type Script,
  type ScriptChanges,
} from '../../../test/doubles/scripted-federation.ts';
import { lossOfNothing, partedRows } from './judging.ts';

const ROWS = 120;
/** The very rows of the device that are not held out. */
const own = () => {
  const all = clouds(ROWS, 3);
  return selectExamples(all, splitExamples(all).training);
};
const tried = { ...spec.plan, learningRate: 0.05 };

const tuning = { by: 'fedex' as const, learningRates: [0.05, 10], localEpochs: [], batchSizes: [] };
/** A device that has joined a federation whose rounds try settings. */
async function trying(rows = ROWS, changes: ScriptChanges = {}): Promise<Script> {
  const one = await script({ datasets: datasetsOf(clouds(rows, 3)), ...changes });
  one.coordinator.view = { ...one.coordinator.view, spec: { ...spec, tuning } };
  one.link.deliver('federation', one.coordinator.view);
  await one.part.join({ dataset: 'own', name: null, backend: null });
  await one.until('checked in', () => one.coordinator.said.some(({ name }) => name === 'check-in'));
  return one;
}

test('an answer that looks at no row loses the entropy of the classes, or the variance of the numbers', () => {
  const classes = { spec: { ...network.spec, loss: 'categorical-crossentropy' as const } };
  // Three of one class and one of the other: ¾ ln 4⁄3 + ¼ ln 4.
  expect(lossOfNothing({ targets: Int32Array.of(1, 1, 0, 1), count: 4 }, classes)).toBeCloseTo(
    0.75 * Math.log(4 / 3) + 0.25 * Math.log(4),
    12,
  );
  expect(lossOfNothing({ targets: Int32Array.of(2, 2), count: 2 }, classes)).toBe(0);
  const numbers = { spec: { ...network.spec, loss: 'mean-squared-error' as const } };
  expect(lossOfNothing({ targets: Float32Array.of(1, 3), count: 2 }, numbers)).toBe(1);
});

test('about a fifth of the rows judge, and stay the same ones as rows come, go and change places', () => {
  const all = clouds(2_000, 5);
  const { training, judging } = partedRows(selectExamples(all, splitExamples(all).training));
  const share = judging.count / (judging.count + training.count);
  expect(share).toBeGreaterThan(0.17);
  expect(share).toBeLessThan(0.23);
  const known = new Set(judging.hashes.filter((_, at) => at % 2 === 0));
  const fewer = Array.from({ length: 700 }, (_, at) => 1_999 - 2 * at);
  const again = partedRows(selectExamples(all, fewer));
  for (let row = 0; row < again.training.count; row += 1)
    expect(known.has(again.training.hashes[2 * row]!)).toBe(false);
  // Of fewer than ten rows the loss would be nearly one row's own: all of them are learnt from.
  const few = partedRows(
    selectExamples(
      judging,
      Array.from({ length: 9 }, (_, at) => at),
    ),
  );
  expect([few.training.count, few.judging.count]).toEqual([9, 0]);
  // Of these nothing would be left to learn from.
  const alike = partedRows(judging);
  expect([alike.training.count, alike.judging.count]).toEqual([judging.count, 0]);
});

test('a device tells what training by the plan that it was given changed, on rows that it does not train on', async () => {
  const one = await trying();
  const { training, judging } = partedRows(own());
  one.link.deliver('configured', one.coordinator.configured(1, { plan: tried, asks: ['judged'] }));
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(one.part.view.plan).toEqual(tried);
  const { offer } = one.coordinator.uploads[0]!;
  expect(offer.examples).toBe(training.count);
  expect(offer.judged?.rows).toBe(judging.count);
  expect(offer.judged?.after).toBeLessThan(offer.judged!.before);
  // What its person finds again beside the receipt.
  expect(await one.store.receipts.list(federation)).toMatchObject([{ plan: tried, judged: offer.judged }]);
  expect(one.faults).toEqual([]);
});

test.each([
  ['with the loss before', ROWS],
  ['without a figure where too few rows would judge', 30],
])('settings by which training comes to nothing are told with giving the round up, %s', async (_, rows) => {
  const one = await trying(rows);
  // As in take-part-trouble.test.ts: parameters go further than an update may.
  const wild = { ...tried, optimizer: { type: 'adam' }, learningRate: 10, localEpochs: 20 } as const;
  one.link.deliver('configured', one.coordinator.configured(1, { plan: wild, asks: ['judged'] }));
  const said = () => one.coordinator.said.find(({ name }) => name === 'withdraw')?.message;
  await one.until('given up', () => said() !== undefined);
  const inVain =
    rows === ROWS ? { rows: partedRows(own()).judging.count, before: expect.any(Number) as number } : null;
  expect(said()).toMatchObject({ round: 1, inVain });
  expect(one.coordinator.uploads).toEqual([]);
  // Nothing that its person could mend: the next round tries something else.
  expect(one.part.view).toMatchObject({
    blocked: null,
    lastEvent: expect.stringContaining('came to nothing'),
  });
});

test('where memory does not hold a step, the server is told that the settings came to nothing, and its person why', async () => {
  const full = (): Trainer => {
    const inner = createReferenceTrainer();
    const step = () => Promise.reject(new TrainerFailure('out-of-memory', 'Full.'));
    return { ...inner, open: async (...given) => ({ ...(await inner.open(...given)), step }) };
  };
  const one = await trying(ROWS, { engines: enginesOf(full) });
  one.link.deliver('configured', one.coordinator.configured(1, { plan: tried, asks: ['judged'] }));
  await one.until('given up', () => one.coordinator.said.some(({ name }) => name === 'withdraw'));
  expect(one.coordinator.said.at(-1)?.message).toMatchObject({
    inVain: { rows: partedRows(own()).judging.count },
  });
  expect(one.part.view.blocked).toMatchObject({ reason: 'oom' });
});

test('under privacy no figure of its own leaves the device, nor where nobody said that rounds try settings, whatever the server asks', async () => {
  const one = await trying();
  const privacy = { type: 'local', clipNorm: 1, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 } as const;
  one.link.deliver('configured', one.coordinator.configured(1, { privacy, asks: ['judged'] }));
  await one.until('sent', () => one.coordinator.uploads.length > 0);
  expect(one.coordinator.uploads[0]?.offer).not.toHaveProperty('judged');
  const other = await joined();
  other.link.deliver('configured', other.coordinator.configured(1, { asks: ['judged'] }));
  await other.until('given up', ({ blocked }) => blocked?.reason === 'other-terms');
  expect(other.coordinator.uploads).toEqual([]);
});
