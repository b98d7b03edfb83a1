import { expect, test } from 'vitest';
import { createSystemClock } from '../../adapters/system-clock.ts';
import type { DataContract } from '../../core/data/contract.ts';
import { random } from '../../core/random.ts';
import { searchModels } from './auto.ts';
import { benchModels } from './models.ts';
import { offeredModels } from './offered-models.ts';
import { readSpace } from './spaces.ts';

const contract: DataContract = {
  kind: 'table',
  columns: ['x', 'z'].map((name) => ({
    type: 'number' as const,
    name,
    minimum: null,
    maximum: null,
    mean: 0,
    standardDeviation: 1,
    missingAllowed: false,
  })),
  target: {
    type: 'classes',
    name: 'kind',
    classes: ['no', 'yes'].map((word) => ({ label: word, values: [word] })),
  },
};

/** 120 rows; the class is whether x + z is above 0. */
const draw = random(4, 'spaces');
const features = Float32Array.from({ length: 240 }, () => draw.normal());
const rows = {
  count: 120,
  features,
  targets: Int32Array.from({ length: 120 }, (_, row) =>
    features[2 * row]! + features[2 * row + 1]! > 0 ? 1 : 0,
  ),
  hashes: Uint32Array.from({ length: 240 }, (_, at) => (at + 1) * 2654435761),
};
const surroundings = {
  clock: createSystemClock(),
  openEngine: () => Promise.reject(new Error('No network is trained here.')),
};

test('a search tries the models that it is given, and no setting outside the bounds, not even its usual one', async () => {
  const space = readSpace({ forest: { depth: [2, 3], trees: [5, 9] }, logistic: {} }, benchModels);
  if (!space.ok) throw new Error(space.error);
  for (const way of ['tpe', 'random', 'grid'] as const) {
    const found = await searchModels(
      {
        contract,
        rows,
        seed: 1,
        deadline: null,
        mostTrials: 8,
        way,
        space: space.value,
        known: [],
      },
      surroundings,
      () => {},
    );
    if (!found.ok) throw new Error(found.error);
    const { trials } = found.value;
    expect(new Set(trials.map(({ model }) => model))).toEqual(new Set(['forest', 'logistic']));
    const forests = trials.filter(({ model }) => model === 'forest').map(({ options }) => options);
    expect(forests.length).toBeGreaterThan(3);
    for (const { depth, trees, leaf } of forests) {
      expect([2, 3]).toContain(depth);
      expect([5, 6, 7, 8, 9]).toContain(trees);
      expect(leaf).toBe(1);
    }
    // Nothing of it is varied: once with its usual settings.
    expect(trials.filter(({ model }) => model === 'logistic')).toHaveLength(1);
  }
});

test('what cannot be searched through is refused by model and setting, with what was expected', () => {
  const refusal = (given: Parameters<typeof readSpace>[0]): string => {
    const read = readSpace(given, benchModels);
    return read.ok ? 'read' : read.error;
  };
  expect(refusal({ woods: {} })).toMatch(/no model “woods” to search through\. Name one of .*forest/);
  expect(refusal({ forest: { height: [1, 2] } })).toMatch(/no setting “height”\. It has .*depth/);
  expect(refusal({ forest: { depth: [9, 4] } })).toMatch(/the smaller first, and not from 9 to 4/);
  expect(refusal({ forest: { depth: [1.5, 4] } })).toMatch(/whole numbers/);
  expect(refusal({ forest: { depth: [1, 1e9] } })).toMatch(/from 1 to/);
  expect(refusal({ mlp: { rate: [NaN, 1] } })).toMatch(/and not from NaN to 1/);
  expect(refusal({})).toMatch(/choose one at least/);
  expect(refusal({ mlp: { rate: [1e-4, 1e-2] } })).toBe('read');
});

test('settings that span more than a tenfold are taken by their ratio, others by their difference', () => {
  const read = readSpace({ mlp: { batch: [8, 256], dropout: [0, 0.5], units: [16, 20] } }, benchModels);
  expect(read.ok && read.value.get('mlp')?.map(({ name, scale }) => [name, scale])).toEqual([
    ['batch', 'log'],
    ['dropout', 'linear'],
    // As is usual for it.
    ['units', 'log'],
  ]);
});

test('each model that suits says how large it is and whether devices could learn it together', () => {
  const offered = offeredModels(contract);
  // (2 + 1)·64 + (64 + 1)·64 + (64 + 1), two outputs.
  expect(offered.find(({ name }) => name === 'mlp')).toMatchObject({ parameters: 4482, isTried: true });
  expect(offered.find(({ name }) => name === 'forest')?.federates).toMatch(/^For one device/);
  expect(offered.find(({ name }) => name === 'constant')).toMatchObject({ isTried: null, parameters: null });
  for (const { federates } of offered) expect(federates).toMatch(/\.$/);
});
