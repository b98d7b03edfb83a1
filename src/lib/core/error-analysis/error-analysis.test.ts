import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { logistic } from '../learners/logistic.ts';
import { learnt } from '../learners/learner.ts';
import { random } from '../random.ts';
import { selectRows } from '../data/examples.ts';
import { worstSlices } from './slices.ts';
import { suspectLabels } from './suspect-labels.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 50,
      standardDeviation: 10,
    },
    { type: 'category', name: 'town', categories: ['Ulm', 'Graz', 'Bern'], missingAllowed: true },
  ],
  target: { type: 'classes', name: 'y', classes: ['no', 'yes'].map((label) => ({ label, values: [label] })) },
};

function people(count: number, seed: number) {
  const draw = random(seed, 'people');
  const features = new Float32Array(count * 5);
  const towns: number[] = [];
  const ages: number[] = [];
  for (let row = 0; row < count; row += 1) {
    const age = draw.normal();
    const town = draw.below(3);
    features[row * 5] = age;
    features[row * 5 + 2 + town] = 1;
    towns.push(town);
    ages.push(age);
  }
  return { rows: { count, features, targets: new Int32Array(count) }, towns, ages, draw };
}

test('a planted bad slice comes first, with both of its conditions', () => {
  const { rows, towns, ages, draw } = people(2000, 1);
  const isBad = (row: number): boolean => towns[row] === 1 && ages[row]! > 0.7;
  const losses = Float64Array.from({ length: 2000 }, (_, row) =>
    draw.next() < (isBad(row) ? 0.7 : 0.1) ? 1 : 0,
  );
  const [first] = worstSlices(contract, rows, losses);
  expect(first?.conditions.map(({ column }) => column).toSorted()).toEqual(['age', 'town']);
  expect(first?.conditions.find(({ column }) => column === 'town')?.says).toBe('is Graz');
  // The upper quartile of N(50, 10) begins at 56.7.
  expect(first?.conditions.find(({ column }) => column === 'age')?.says).toMatch(/^is above 5[67]/);
  expect(first!.meanLoss).toBeGreaterThan(0.5);
  expect(first!.pValue).toBeLessThan(1e-6);
});

test('where every row is alike no slice is found, in 19 of 20 seeds and more', () => {
  let clean = 0;
  for (let seed = 0; seed < 20; seed += 1) {
    const { rows, draw } = people(500, seed);
    const losses = Float64Array.from({ length: 500 }, () => (draw.next() < 0.3 ? 1 : 0));
    if (worstSlices(contract, rows, losses).length === 0) clean += 1;
  }
  expect(clean).toBeGreaterThanOrEqual(19);
});

test('of eighty small towns none is found where chance alone errs, for answers and for squared errors', () => {
  const towns: TableContract = {
    ...contract,
    columns: [
      {
        type: 'category',
        name: 'town',
        categories: Array.from({ length: 80 }, (_, at) => `town ${at}`),
        missingAllowed: true,
      },
    ],
  };
  let found = 0;
  for (let seed = 0; seed < 40; seed += 1) {
    const draw = random(seed, 'towns');
    const features = new Float32Array(1000 * 80);
    for (let row = 0; row < 1000; row += 1) features[row * 80 + draw.below(80)] = 1;
    const rows = { count: 1000, features, targets: new Int32Array(1000) };
    const flags = Float64Array.from({ length: 1000 }, () => (draw.next() < 0.9 ? 1 : 0));
    const squares = Float64Array.from({ length: 1000 }, () => draw.normal() ** 2);
    for (const losses of [flags, squares]) found += worstSlices(towns, rows, losses).length;
  }
  expect(found).toBeLessThanOrEqual(2);
});

test('a slice within one that was found is not told twice', () => {
  const { rows, towns } = people(1000, 2);
  const losses = Float64Array.from({ length: 1000 }, (_, row) => (towns[row] === 2 ? 1 : 0));
  const found = worstSlices(contract, rows, losses);
  expect(found.map(({ conditions }) => conditions.map(({ says }) => says))).toEqual([['is Bern']]);
  expect(found[0]?.effect).toBe(Infinity);
});

test('of planted wrong labels, 5 %, the most suspect 5 % hold 60 % and more', () => {
  const { rows, ages, draw } = people(1000, 3);
  const truth = ages.map((age) => (age + draw.normal() * 0.3 > 0 ? 1 : 0));
  const flipped = new Set(
    random(4, 'flips')
      .shuffle(Array.from({ length: 1000 }, (_, row) => row))
      .slice(0, 50),
  );
  const labels = Int32Array.from(truth, (label, row) => (flipped.has(row) ? 1 - label : label));
  const told = { ...rows, targets: labels };
  const shares = new Float64Array(2000);
  for (let fold = 0; fold < 5; fold += 1) {
    const inside = Uint32Array.from({ length: 1000 }, (_, row) => row).filter((row) => row % 5 === fold);
    const outside = Uint32Array.from({ length: 1000 }, (_, row) => row).filter((row) => row % 5 !== fold);
    const options = { lambda: 1, iterations: 100 };
    const model = learnt(logistic.learn({ contract, rows: selectRows(told, outside), options, seed: 1 }));
    const own = model.predict(selectRows(told, inside).features, inside.length);
    for (const [at, row] of inside.entries()) shares.set(own.subarray(2 * at, 2 * at + 2), 2 * row);
  }
  const suspects = suspectLabels(shares, labels, 2).slice(0, 50);
  expect(suspects.filter(({ row }) => flipped.has(row)).length / 50).toBeGreaterThanOrEqual(0.6);
  expect(suspects.every(({ label, likelier, row }) => labels[row] === label && likelier === 1 - label)).toBe(
    true,
  );
});

test('a row is suspect where another class passes its own usual share', () => {
  // Usual shares: class 0 (0.9 + 0.2)/2 = 0.55, class 1 (0.6 + 0.8)/2 = 0.7. The second row has 0.8 of class 1.
  const found = suspectLabels([0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0.2, 0.8], [0, 0, 1, 1], 2);
  expect(found).toEqual([{ row: 1, label: 0, likelier: 1, margin: expect.closeTo(-0.6, 12) as number }]);
});
