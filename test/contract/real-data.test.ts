// Public data as it was published, through the same reader as a person's files.
import { describe, expect, test } from 'vitest';
import { readDataPath } from '../../src/lib/adapters/node/data-path.ts';
import type { ImageContract } from '../../src/lib/core/data/contract.ts';
import { partition } from '../../src/lib/core/data/partition.ts';
import { drawnDigitsContract } from '../../src/lib/modalities/image/sample-drawn-digits.ts';
import { heartDiseaseContract } from '../../src/lib/modalities/table/heart-disease-contract.ts';
import { sharedData } from './shared-data.ts';

const heart = sharedData('heart-disease');
const mnist = sharedData('mnist');
const cifar = sharedData('cifar10/cifar10-test.zip');
const adult = sharedData('tabular/adult-train.csv');
const tabular = sharedData('tabular');
const beijing = sharedData('timeseries/beijing-pm25-hourly.csv');

describe.skipIf(heart === undefined)('the four hospitals of UCI Heart Disease', () => {
  // Ill: `num` above 0, counted by an awk line over each file.
  test.each([
    ['cleveland', 303, 139],
    ['hungarian', 294, 106],
    ['switzerland', 123, 115],
    ['va', 200, 149],
  ])('%s has %i patients, %i of them ill', async (hospital, count, ill) => {
    const { examples, report } = await readDataPath(`${heart}/${hospital}.csv`, heartDiseaseContract);
    expect(report).toMatchObject({ accepted: count, refused: 0, duplicates: 0 });
    expect([...(examples?.targets ?? [])].filter((target) => target === 1)).toHaveLength(ill);
    expect(examples?.features.every(Number.isFinite)).toBe(true);
  });

  test('a folder of hospitals divides by file, one a participant', async () => {
    const { examples, files } = await readDataPath(heart ?? '', heartDiseaseContract);
    if (examples === undefined) throw new Error('no examples');
    const parts = partition({ ...examples, files }, 4, { type: 'by-file' }, 1);
    expect(parts.ok && parts.value.map((rows) => rows.length)).toEqual([303, 294, 123, 200]);
  });

  test('the scaling constants are those of all four together', async () => {
    const { examples } = await readDataPath(heart ?? '', heartDiseaseContract);
    const age = Array.from(
      { length: 920 },
      (_, row) => examples?.features[(row * (examples?.features.length ?? 0)) / 920] ?? NaN,
    );
    const mean = age.reduce((sum, value) => sum + value, 0) / 920;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(
      Math.abs(Math.sqrt(age.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 920) - 1),
    ).toBeLessThan(0.01);
  });
});

describe.skipIf(mnist === undefined)('MNIST', () => {
  test('60,000 training and 10,000 test digits, none twice, with the published class counts', async () => {
    const training = await readDataPath(mnist ?? '', drawnDigitsContract, { part: 'training' });
    expect(training.report).toMatchObject({ accepted: 60_000, refused: 0, duplicates: 0 });
    const counts = new Array<number>(10).fill(0);
    for (const target of training.examples?.targets ?? []) counts[target]! += 1;
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    // 33.318 is the mean pixel of the training set (0.1307 of 255), known from every tutorial.
    let sum = 0;
    for (const value of training.examples?.features ?? []) sum += value;
    const mean = sum / (60_000 * 784);
    expect(mean).toBeCloseTo(33.318, 2);
    const test = await readDataPath(mnist ?? '', drawnDigitsContract, { part: 'test' });
    expect(test.report).toMatchObject({ accepted: 10_000, refused: 0 });
  });

  test('a contract drafted from the files is the one that digits have', async () => {
    const { contract, report } = await readDataPath(
      [`${mnist}/t10k-images-idx3-ubyte.gz`, `${mnist}/t10k-labels-idx1-ubyte.gz`],
      null,
    );
    expect(contract).toEqual(drawnDigitsContract);
    expect(report.accepted).toBe(10_000);
  });
});

test.skipIf(cifar === undefined)(
  'a zip of 10,000 photos in class folders is drafted and read whole',
  async () => {
    const { contract, examples, report } = await readDataPath(cifar ?? '', null);
    const classes = [
      'airplane',
      'automobile',
      'bird',
      'cat',
      'deer',
      'dog',
      'frog',
      'horse',
      'ship',
      'truck',
    ];
    expect(contract).toEqual({
      kind: 'image',
      height: 32,
      width: 32,
      channels: 3,
      classes,
    } satisfies ImageContract);
    expect(report).toMatchObject({ accepted: 10_000, refused: 0, duplicates: 0 });
    const counts = new Array<number>(10).fill(0);
    for (const target of examples?.targets ?? []) counts[target]! += 1;
    expect(counts).toEqual(new Array<number>(10).fill(1000));
  },
);

test.skipIf(adult === undefined)(
  'Adult: a drafted contract reads every row, missing cells and all',
  async () => {
    const { contract, report } = await readDataPath(adult ?? '', null);
    expect(report.accepted + report.refused).toBe(32_561);
    // Drafted from the first 4 MiB, which is the whole file.
    expect(report.refused).toBe(0);
    if (contract.kind !== 'table') throw new Error('not a table');
    expect(contract.target).toMatchObject({
      type: 'classes',
      name: 'income',
      classes: [{ label: '<=50K' }, { label: '>50K' }],
    });
    expect(
      contract.columns
        .filter((column) => 'missingAllowed' in column && column.missingAllowed)
        .map((column) => column.name),
    ).toEqual(['workclass', 'occupation', 'native_country']);
  },
);

test.skipIf(tabular === undefined).each([
  ['iris.csv', 150, 'classes'],
  ['pima-diabetes.csv', 768, 'classes'],
  ['boston-housing.csv', 506, 'number'],
  ['winequality-red.csv', 1599, 'classes'],
])('%s: %i rows and a target of %s, without a contract being given', async (file, rows, target) => {
  const { contract, report } = await readDataPath(`${tabular}/${file}`, null);
  expect(report).toMatchObject({ accepted: rows, refused: 0 });
  expect(contract.kind === 'table' && contract.target.type).toBe(target);
});

test.skipIf(beijing === undefined)(
  'Beijing: hours whose target is NA are refused as such, all others are read',
  async () => {
    const { report } = await readDataPath(beijing ?? '', {
      kind: 'table',
      columns: [
        {
          type: 'number',
          name: 'TEMP',
          minimum: null,
          maximum: null,
          missingAllowed: false,
          mean: 12,
          standardDeviation: 12,
        },
      ],
      target: { type: 'number', name: 'pm2.5', mean: 98, standardDeviation: 92 },
    });
    // 43,824 hours, 2,067 of them without a measurement.
    expect(report).toMatchObject({
      accepted: 41_757,
      refused: 2067,
      refusedByKind: { 'missing-value': 2067 },
    });
  },
);
