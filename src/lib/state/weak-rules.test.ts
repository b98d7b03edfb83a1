// Rules of thumb on a table: kept, worked out, suggested, and put into the dataset; and other models that suggest.
import { expect, test, vi } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import { countUnlabelled } from '../core/data/class-counts.ts';
import type { TableContract } from '../core/data/contract.ts';
import { UNLABELLED } from '../core/data/examples.ts';
import { importFiles } from '../modalities/import.ts';
import { sourceOfText } from '../modalities/source-file.ts';
import type { LabellingAnswer } from '../workers/labelling-messages.ts';
import { askOwnServer, labellingModels, preLabel } from './label-models.ts';
import { DataLocked } from '../ports/dataset-store.ts';
import { portsOf } from './labelling.fixture.ts';
import { LabellingPage, type LabellingWishes } from './labelling.svelte.ts';
import { ruleOf, testsOf, WeakRules } from './weak-rules.svelte.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 0,
      maximum: 120,
      missingAllowed: true,
      mean: 50,
      standardDeviation: 10,
    },
    { type: 'category', name: 'smokes', categories: ['never', 'daily'], missingAllowed: false },
  ],
  target: {
    type: 'classes',
    name: 'ill',
    classes: [
      { label: 'no', values: ['0'] },
      { label: 'yes', values: ['1'] },
    ],
  },
};
/** What rules come to that say nothing. */
const none = { figures: [], accuracy: [], covered: 0, decided: [], checked: 0, right: 0, rows: 0 };
const judge = { annotator: 'Me', pass: 1 };
const wishes: LabellingWishes = { judge, scope: 'unlabelled', order: 'random' };

/** Forty rows, of which the first ten have their label: ill are those over sixty who smoke. */
async function ward() {
  const store = memoryDatasetStore();
  const writer = await store.write({
    id: 'set',
    federation: null,
    name: 'set',
    contract,
    source: 'rows.csv',
  });
  const rows = Array.from({ length: 40 }, (_, row) => {
    const [age, smokes] = [40 + ((row * 7) % 41), row % 2 === 0 ? 'daily' : 'never'];
    return `${age},${smokes},${row < 10 ? Number(age > 60 && smokes === 'daily') : ''}`;
  });
  await importFiles([sourceOfText('rows.csv', `age,smokes,ill\n${rows.join('\n')}\n`)], contract, writer, {
    decodeImage: () => Promise.reject(new Error('no pictures')),
    keepsUnlabelled: true,
  });
  await writer.finish();
  const page = new LabellingPage('set', portsOf(store));
  await page.open(wishes);
  return { store, page, weak: new WeakRules(page, async () => store) };
}

test('rules are worked out, kept with the dataset, suggest labels, and label what they are sure of as one state', async () => {
  const { store, page, weak } = await ward();
  const old = { test: 'above', column: 'age', value: 60, label: 1 } as const;
  const young = { test: 'at-most', column: 'age', value: 60, label: 0 } as const;
  const never = { test: 'is', column: 'smokes', value: 'Never', label: 0 } as const;
  await weak.set([old, young, never], judge);
  expect(weak.found).toMatchObject({ covered: 40, rows: 40 });
  const [first, second] = weak.found!.figures;
  expect(first!.covered + second!.covered).toBe(40);
  // Of the ten with a label: over sixty and no smoker is where the first is wrong.
  expect(first!.checked).toBeGreaterThan(first!.right);
  expect(second!.right).toBe(second!.checked);

  const again = new WeakRules(page, async () => store);
  await again.load(judge);
  expect(again.rules).toEqual([old, young, never]);

  page.guide = { type: 'rules', rules: [young], by: 'majority' };
  await page.open(wishes);
  const suggested = page.line!.places.filter((place) => place.suggestion !== undefined);
  expect(suggested.length).toBeGreaterThan(5);
  expect(suggested.every((place) => place.suggestion?.label === 0 && place.suggestion.share === 1)).toBe(
    true,
  );
  // Whoever suggests is asked about the rows first, and nobody's row is lost.
  expect(page.line?.places).toHaveLength(30);

  // By majority alone: what two rules contradict stays open.
  weak.settings = { by: 'majority', atLeast: 0.9 };
  await weak.work(judge);
  const before = weak.found!;
  const open = before.decided.reduce((sum, one) => sum + one, 0);
  expect(open).toBeLessThan(30);
  expect(await weak.keep(judge, 'Labels by rules')).toBe(true);
  const { targets } = (await store.read('set'))!;
  expect(countUnlabelled((await store.record('set'))!)).toBe(30 - open);
  expect([...targets].filter((label) => label === UNLABELLED)).toHaveLength(30 - open);
  expect((await store.history('set'))?.commits.at(-1)).toMatchObject({
    message: 'Labels by rules',
    changed: open,
  });
  // Rules are not right for having labelled: they are held against what they were held against before.
  expect(weak.found).toMatchObject({ checked: before.checked, right: before.right });
  expect(weak.found!.figures).toEqual(before.figures);
});

test('rules that cannot be read or worked out leave a sentence, and a page of a proxy in the server’s place names no model', async () => {
  const { store, page } = await ward();
  const locked = new WeakRules(page, () => Promise.reject(new DataLocked()));
  await locked.load(judge);
  expect(page.trouble).toMatchObject({ kind: 'locked' });
  await page.open(wishes);
  const broken = new LabellingPage('set', {
    ...portsOf(store),
    ingest: () => Promise.reject(new Error('The worker is gone.')),
  });
  const weak = new WeakRules(broken, async () => store);
  await weak.set([{ test: 'missing', column: 'age', label: 0 }], judge);
  expect(weak.found).toBeUndefined();
  expect(broken.trouble?.message).toContain('The worker is gone.');
  // A proxy that asks for a password answers with a page of its own.
  expect(await askOwnServer('data:text/html,<p>Sign in</p>')).toBeUndefined();
});

test('what was asked last is what is shown, whichever answer comes first', async () => {
  const { page } = await ward();
  const weak = new WeakRules(page, () => Promise.reject(new Error('not asked for here')));
  weak.rules = [{ test: 'missing', column: 'age', label: 0 }];
  const answers: ((answer: LabellingAnswer) => void)[] = [];
  page.ask = () => new Promise((resolve) => answers.push(resolve));
  const both = [weak.work(judge), weak.work({ annotator: 'Ben', pass: 1 })];
  await vi.waitFor(() => expect(answers).toHaveLength(2), { interval: 1 });
  for (const [rows, at] of [
    [2, 1],
    [1, 0],
  ] as const)
    answers[at]!({ type: 'weak', weak: { ...none, rows } });
  await Promise.all(both);
  expect(weak.found?.rows).toBe(2);
});

test('what is typed becomes a rule, or a sentence says what is missing', () => {
  const draft = { column: 'age', test: 'above', value: ' 6.5 ', label: 1 } as const;
  expect(ruleOf(draft, contract)).toEqual({ test: 'above', column: 'age', value: 6.5, label: 1 });
  expect(ruleOf({ ...draft, value: '6,5' }, contract)).toContain('with a point');
  expect(ruleOf({ ...draft, test: 'contains' }, contract)).toContain('Choose');
  expect(ruleOf({ ...draft, column: 'smokes', test: 'is', value: ' ' }, contract)).toContain('Type');
  expect(ruleOf({ ...draft, test: 'missing' }, contract)).toEqual({
    test: 'missing',
    column: 'age',
    label: 1,
  });
  expect(testsOf(contract.columns[1]!)).toEqual(['is', 'contains', 'fits']);
});

test('a model of this device suggests labels; one that tells other classes apart is refused in a sentence', async () => {
  const { page } = await ward();
  const network = {
    inputShape: [4],
    layers: [{ type: 'dense', units: 2, activation: 'softmax', useBias: true }],
    loss: 'categorical-crossentropy',
  };
  const kept = (id: string, dataset: string) => ({
    id,
    federation: null,
    dataset,
    name: `model ${id}`,
    network,
    parameters: new Float32Array(10),
    trainedAt: 1,
  });
  const asked: string[] = [];
  const choices = await labellingModels(
    page.record!,
    [kept('a', 'set'), kept('b', 'other')],
    async (path) => {
      asked.push(path);
      return undefined;
    },
  );
  // Of a dataset that no federation asked for, the server is not asked.
  expect([choices.map((one) => one.title), asked]).toEqual([['model a'], []]);
  // Sure of “yes” for smokers of daily habit (the last of four encoded values).
  const predict =
    (outputs: number) => async (_: string, request: { features: ArrayLike<number>; count: number }) =>
      Float32Array.from({ length: request.count * outputs }, (_, i) => {
        const daily = request.features[Math.floor(i / outputs) * 4 + 3] === 1;
        return (i % outputs === 1) === daily ? 0.9 : 0.1;
      });
  await preLabel(page, { ask: predict(2) as never }, choices[0]!);
  await page.open(wishes);
  const words = page.line!.places.map((place) => place.suggestion);
  expect(words).toHaveLength(30);
  expect(new Set(words.map((one) => one?.label))).toEqual(new Set([0, 1]));
  expect(words.every((one) => Math.abs(one!.share - 0.9) < 1e-6)).toBe(true);
  await expect(preLabel(page, { ask: predict(3) as never }, choices[0]!)).rejects.toThrow(
    'tells 3 classes apart, and the dataset has 2',
  );
});

test('rules that a later version has kept are left as they are, and said so; those of a version before are read, and kept anew', async () => {
  const { store, weak } = await ward();
  const rule = { test: 'above', column: 'age', value: 60, label: 1 } as const;
  const other = { ...rule, value: 70 };
  for (const [kept, says] of [
    [{ format: 'tributary-weak-rules', version: 2, rules: [{ test: 'sounds-like' }] }, 'of version 2'],
    [[{ ...rule, test: 'sounds-like' }], 'cannot be read'],
  ] as const) {
    await store.keepWeakRules('set', kept);
    await weak.load(judge);
    expect(weak.rules).toEqual([]);
    expect(weak.trouble).toContain(says);
    await weak.set([other], judge);
    expect(await store.weakRules('set')).toEqual(kept);
  }
  await store.keepWeakRules('set', [rule]);
  await weak.load(judge);
  expect([weak.rules, weak.trouble]).toEqual([[rule], null]);
  await weak.set([other], judge);
  expect(await store.weakRules('set')).toMatchObject({ version: 1, rules: [other] });
  await weak.load(judge);
  expect(weak.rules).toEqual([other]);
});
