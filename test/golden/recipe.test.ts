// Steps of a recipe against scikit-learn's answers.
import { describe, expect, test } from 'vitest';
import { encodedRows } from '../../src/lib/core/recipe/encode.ts';
import { applyRecipe, fitRecipe } from '../../src/lib/core/recipe/fit.ts';
import type { Settings } from '../../src/lib/core/recipe/fields.ts';
import { rowsThatHold, smoothIdf } from '../../src/lib/core/recipe/hashed-terms.ts';
import { murmur32 } from '../../src/lib/core/recipe/murmur32.ts';
import { usualStep } from '../../src/lib/core/recipe/recipe.ts';
import { tableOf, type Table } from '../../src/lib/core/recipe/table.ts';
import { answers } from './recipe-answers.ts';

const tableFrom = (cells: readonly (string | number)[]): Table =>
  tableOf(
    ['x'],
    cells.map((cell) => [String(cell)]),
    Array.from(cells.keys()),
  );

/** [rows][F] of `rows`, by steps that were fitted to `training`. */
function prepared(
  steps: readonly (readonly [name: string, settings?: Settings])[],
  training: readonly (string | number)[],
  rows: readonly (string | number)[] = training,
): number[][] {
  const recipe = { steps: steps.map(([name, settings]) => usualStep(name, settings)) };
  const done = fitRecipe(recipe, tableFrom(training));
  if (!done.ok) throw new Error(done.error.message);
  const { fitted, columns } = done.value;
  const features = encodedRows(applyRecipe(fitted, tableFrom(rows))!, columns);
  if (!features.ok) throw new Error(features.error);
  const { features: encoded } = features.value;
  const width = encoded.length / rows.length;
  return rows.map((_, row) => Array.from(encoded.subarray(row * width, (row + 1) * width)));
}

const x = { columns: ['x'] } as const;
/** Features are 32-bit floats. */
const isClose = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries())
    expect(Math.abs(found[at]! - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
};

describe('as scikit-learn', () => {
  test('hashed terms: HashingVectorizer, then TfidfTransformer, its idf to the hundredth', () => {
    const settings = { ...x, buckets: 16, least: 1, length: 1 };
    const { held, idf, rows } = answers.hashedTerms;
    expect([...rowsThatHold(answers.docs, { of: 'words', longest: 1, buckets: 16 })]).toEqual(held);
    const own = held.map((count) => smoothIdf(answers.docs.length, count));
    for (const [at, wanted] of idf.entries()) expect(own[at]).toBeCloseTo(wanted, 10);
    const found = prepared([['hashed-terms', settings]], answers.docs);
    for (const [row, wanted] of rows.entries()) isClose(found[row]!, wanted);
  });

  test.each([
    // TfidfVectorizer(min_df=2, max_df=0.7), (sublinear_tf=True, min_df=2), (max_features=3)
    ['rare', { rarest: 2, commonest: 0.7 }],
    ['sublinear', { rarest: 2, sublinear: true }],
    ['most', { rarest: 1, most: 3 }],
  ] as const)('TF-IDF (%s)', (name, settings) => {
    const { words, idf, rows } = answers.tfIdf[name];
    const recipe = { steps: [usualStep('tf-idf', { ...x, ...settings })] };
    const done = fitRecipe(recipe, tableFrom(answers.docs));
    if (!done.ok) throw new Error(done.error.message);
    expect(done.value.fitted.states[0]).toMatchObject([{ name: 'x', words }]);
    const [state] = done.value.fitted.states[0] as unknown as readonly { readonly idf: readonly number[] }[];
    isClose(state?.idf ?? [], idf);
    const found = prepared([['tf-idf', { ...x, ...settings }]], answers.docs);
    for (const [row, wanted] of rows.entries()) isClose(found[row]!, wanted);
  });

  test('words by their hash (HashingVectorizer, 16 features)', () => {
    for (const [word, hash] of Object.entries(answers.murmur))
      expect([word, murmur32(new TextEncoder().encode(word))]).toEqual([word, hash]);
    const found = prepared([['hash-text', { ...x, buckets: 16 }]], answers.docs);
    for (const [row, wanted] of answers.hashed.entries()) isClose(found[row]!, wanted);
  });

  test.each([
    // KBinsDiscretizer(n_bins=4, encode='ordinal', strategy='quantile' | 'uniform')
    ['quantiles', [1, 2, 3]],
    ['width', [1, 2, 3]],
  ] as const)('bins by %s', (by, inner) => {
    const settings = { ...x, bins: 4, by, as: 'number' };
    const { edges, codes } = answers.bins[by];
    const done = fitRecipe(
      { steps: [usualStep('cast'), usualStep('bin', settings)] },
      tableFrom(answers.numbers),
    );
    if (!done.ok) throw new Error(done.error.message);
    expect(done.value.fitted.states[1]).toEqual([{ name: 'x', edges: inner.map((at) => edges[at]) }]);
    expect(prepared([['cast'], ['bin', settings]], answers.numbers, answers.unseen).flat()).toEqual(codes);
  });

  test.each(['standard', 'min-max', 'robust'] as const)('numbers scaled: %s', (method) => {
    const found = prepared([['cast'], ['scale', { method }]], answers.numbers, answers.unseen);
    isClose(found.flat(), answers.scaled[method]);
  });

  test.each(['mean', 'median', 'most-frequent'] as const)(
    'missing values filled in with the %s',
    (method) => {
      // SimpleImputer; of two values that are the most frequent, the smaller.
      const found = prepared([['cast'], ['impute', { method }]], [3, '', 2.25, 8, 8, 0.5, '?', 1, 1]);
      isClose(found[1]!, [answers.filled[method]]);
      isClose(found[6]!, [answers.filled[method]]);
      isClose(found[0]!, [3]);
    },
  );

  test('categories, rare ones and those never seen put together', () => {
    // OneHotEncoder(min_frequency=2, handle_unknown='infrequent_if_exist')
    const training = ['red', 'red', 'blue', 'blue', 'green', 'white'];
    const found = prepared([['one-hot', { ...x, rarest: 2 }]], training, ['red', 'blue', 'green', 'pink']);
    expect(found).toEqual(answers.oneHot);
  });
});
