import { expect, test } from 'vitest';
import type { DataContract } from '../core/data/contract.ts';
import { familyFields, familyOptions, initialForm, metricsFor, readForm } from './run-settings.ts';

const digits: DataContract = {
  kind: 'image',
  height: 28,
  width: 28,
  channels: 1,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
};
const prices: DataContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'area',
      minimum: null,
      maximum: null,
      missingAllowed: false,
      mean: 0,
      standardDeviation: 1,
    },
  ],
  target: { type: 'number', name: 'price', mean: 0, standardDeviation: 1 },
};

test('the form starts with settings that work: 199,210 parameters for the perceptron on digits', () => {
  const read = readForm(initialForm(digits, undefined), digits, undefined);
  expect(read.ok && read.setup.network.parameterCount).toBe(199_210);
});

test('each field that is not right has its own sentence', () => {
  const read = readForm(
    { ...initialForm(digits, undefined), hidden: '200, many', epochs: '0', learningRate: '' },
    digits,
    undefined,
  );
  expect(read).toEqual({
    ok: false,
    problems: {
      hidden: '1 to 8 whole numbers from 1 to 8192, with commas.',
      epochs: 'A whole number from 1 to 1000.',
      learningRate: 'A number from 1e-7 to 10.',
    },
  });
});

test('a setting that the family does not have is neither shown nor read', () => {
  expect(familyFields('softmax-regression')).toEqual([]);
  const read = readForm(
    { ...initialForm(digits, undefined), family: 'softmax-regression', hidden: 'nonsense' },
    digits,
    undefined,
  );
  expect(read.ok && read.setup.network.parameterCount).toBe(7_850);
});

test('numbers to predict have their own families and metrics', () => {
  expect(familyOptions(prices, undefined).map((one) => one.value)).toEqual(['linear-regression', 'mlp']);
  expect(metricsFor(prices)).toEqual(['loss', 'rmse', 'mae', 'r2']);
  expect(initialForm(prices, undefined).family).toBe('linear-regression');
});

test('momentum counts for plain descent only', () => {
  const read = readForm(
    { ...initialForm(digits, undefined), optimizer: 'adam', momentum: 'x' },
    digits,
    undefined,
  );
  expect(read.ok && read.setup.plan.optimizer).toEqual({ type: 'adam' });
});
