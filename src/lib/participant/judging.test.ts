// A round whose local settings are tried, as one device goes through it. What the server makes of it is test/simulation.
import { expect, test } from 'vitest';
import { selectExamples } from '../core/data/examples.ts';
import { splitExamples } from '../core/data/split.ts';
import { clouds, federation, joined, spec } from '../../../test/doubles/scripted-federation.ts';
import { partedRows } from './judging.ts';

/** The very rows of a device of the script that are not held out. */
const own = () => {
  const all = clouds(40, 3);
  return selectExamples(all, splitExamples(all).training);
};
const tried = { ...spec.plan, learningRate: 0.05 };

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
  // Of a single row nothing would be left to learn from.
  const one = partedRows(selectExamples(judging, [0]));
  expect([one.training.count, one.judging.count]).toEqual([1, 0]);
});

test('a device tells what training by the plan that it was given changed, on rows that it does not train on', async () => {
  const one = await joined();
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

test('settings by which training comes to nothing are told with giving the round up', async () => {
  const one = await joined();
  // As in take-part-trouble.test.ts: parameters go further than an update may.
  const wild = { ...tried, optimizer: { type: 'adam' }, learningRate: 10, localEpochs: 20 } as const;
  one.link.deliver('configured', one.coordinator.configured(1, { plan: wild, asks: ['judged'] }));
  const said = (name: string) => one.coordinator.said.find((message) => message.name === name)?.message;
  await one.until('given up', () => said('withdraw') !== undefined);
  const rows = partedRows(own()).judging.count;
  expect(said('withdraw')).toMatchObject({ round: 1, judged: { rows, after: null } });
  expect(one.coordinator.uploads).toEqual([]);
  // Nothing that its person could mend: the next round tries something else.
  expect(one.part.view).toMatchObject({
    blocked: null,
    lastEvent: expect.stringContaining('came to nothing'),
  });
});

test('under privacy no figure of its own leaves the device, whatever the server asks', async () => {
  const one = await joined();
  const privacy = { type: 'local', clipNorm: 1, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 } as const;
  one.link.deliver('configured', one.coordinator.configured(1, { privacy, asks: ['judged'] }));
  await one.until('sent', () => one.coordinator.uploads.length > 0);
  expect(one.coordinator.uploads[0]?.offer).not.toHaveProperty('judged');
});
