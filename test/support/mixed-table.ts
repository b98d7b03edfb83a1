// Encoded rows of a small mixed table, made from a seed: two numbers (one with missing cells), a category with missing cells, and a
// target of any kind that depends on all of them.
import type { TableContract } from '#lib/core/data/contract.ts';
import type { ModelRows } from '#lib/core/aggregation/summed-model.ts';
import { random } from '#lib/core/random.ts';

const classes = (labels: readonly string[]): TableContract['target'] => ({
  type: 'classes',
  name: 'kind',
  classes: labels.map((label) => ({ label, values: [label] })),
});

export const mixedTargets = {
  two: classes(['no', 'yes']),
  three: classes(['a', 'b', 'c']),
  number: { type: 'number', name: 'price', mean: 10, standardDeviation: 2 },
} satisfies Record<string, TableContract['target']>;

export const mixedContract = (target: TableContract['target']): TableContract => ({
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 0,
      maximum: 100,
      missingAllowed: false,
      mean: 50,
      standardDeviation: 20,
    },
    { type: 'category', name: 'town', categories: ['north', 'south', 'east'], missingAllowed: true },
    {
      type: 'number',
      name: 'dose',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 1,
      standardDeviation: 0.5,
    },
  ],
  target,
});

/** [age, north, south, east, dose, dose missing] and its target. */
export function mixedRows(target: TableContract['target'], count: number, seed: number): ModelRows {
  const draw = random(seed, 'mixed-table');
  const features = new Float32Array(count * 6);
  const values = Array.from({ length: count }, (_, row) => {
    const age = Math.floor(draw.next() * 100);
    const town = draw.below(4);
    const isMissing = draw.next() < 0.2;
    const dose = isMissing ? 0 : draw.normal();
    features.set([(age - 50) / 20, 0, 0, 0, dose, isMissing ? 1 : 0], row * 6);
    if (town < 3) features[row * 6 + 1 + town] = 1;
    return (age > 60 ? 1 : -1) * (town === 1 ? 2 : 0.5) + (isMissing ? 1 : dose) + 0.3 * draw.normal();
  });
  if (target.type === 'number') return { count, features, targets: Float32Array.from(values) };
  const cut = target.classes.length === 2 ? [0] : [-0.7, 0.7];
  const targets = Int32Array.from(values, (value) => cut.filter((edge) => value > edge).length);
  return { count, features, targets };
}

/** The rows [from, to) of others. */
export const rowsBetween = (rows: ModelRows, from: number, to: number): ModelRows => {
  const width = rows.features.length / rows.count;
  return {
    count: to - from,
    features: rows.features.slice(from * width, to * width),
    targets: rows.targets.slice(from, to),
  };
};
