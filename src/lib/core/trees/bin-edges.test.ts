import { describe, expect, test } from 'vitest';
import { FINE_CELLS, fineCounts, fineEdges, quantileEdges, rangeEdges } from './bin-edges.ts';
import { binnedColumns, binRows } from './columns.ts';

/** One column of numbers with mean 0 and σ 1, so that encoded values are the values. */
const columnsOf = (minimum: number | null, maximum: number | null, bins = 4) =>
  binnedColumns(
    {
      kind: 'table',
      columns: [
        { type: 'number', name: 'x', minimum, maximum, missingAllowed: true, mean: 0, standardDeviation: 1 },
        { type: 'category', name: 'c', categories: ['a', 'b'], missingAllowed: true },
      ],
      target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
    },
    bins,
  );
const numberOf = (columns: ReturnType<typeof columnsOf>) => columns.numbers[0]!;
/** Rows [x, missing, a, b]. */
const rowsOf = (values: readonly (number | null)[]) =>
  Float32Array.from(values.flatMap((x) => (x === null ? [0, 1, 0, 0] : [x, 0, 0, 1])));

describe('edges over the range', () => {
  test('lie evenly within the bounds, and within three standard deviations of the mean', () => {
    expect([...rangeEdges(numberOf(columnsOf(-1, 1)), 4)]).toEqual([-0.5, 0, 0.5]);
    expect([...rangeEdges(numberOf(columnsOf(0, 1000)), 4)]).toEqual([0.75, 1.5, 2.25]);
    expect([...rangeEdges(numberOf(columnsOf(null, null)), 4)]).toEqual([-1.5, 0, 1.5]);
    // Bounds that leave the mean far outside: nothing is usual, so all of them is taken.
    expect([...rangeEdges(numberOf(columnsOf(10, 14)), 4)]).toEqual([11, 12, 13]);
  });
});

describe('a row falls into the cell', () => {
  test('whose upper edge is the first not below it; missing is the last cell of a column', () => {
    const columns = columnsOf(-1, 1);
    const edges = rangeEdges(numberOf(columns), 4);
    const features = rowsOf([-7, -0.5, -0.4, 0.5, 0.6, null]);
    features[3] = 0;
    features[2] = 1;
    expect([...binRows(columns, edges, features, 6)]).toEqual(
      [
        [0, 0],
        [0, 1],
        [1, 1],
        [2, 1],
        [3, 1],
        [4, 2],
      ].flat(),
    );
  });
});

describe('edges at quantiles', () => {
  const edgesFor = (values: readonly (number | null)[], bins = 4, ends = [-4, 4] as const) => {
    const columns = columnsOf(ends[0], ends[1], bins);
    const counts = fineCounts(columns, rowsOf(values), values.length);
    return quantileEdges(numberOf(columns), counts, bins);
  };
  const sizes = (values: readonly (number | null)[], edges: Float32Array): number[] => {
    const columns = columnsOf(-4, 4, edges.length + 1);
    const binned = binRows(columns, edges, rowsOf(values), values.length);
    const found = Array.from({ length: edges.length + 2 }, () => 0);
    for (let row = 0; row < values.length; row += 1) found[binned[2 * row]!]! += 1;
    return found;
  };

  test('the fine cells of one column are 1,024, ascending, over the whole range and finer near the mean', () => {
    const edges = fineEdges(numberOf(columnsOf(-4, 1000)));
    expect(edges).toHaveLength(FINE_CELLS - 1);
    expect(edges.every((edge, i) => i === 0 || edge >= edges[i - 1]!)).toBe(true);
    expect(edges.at(-1)).toBeGreaterThan(990);
    // 511 within ±4, and four of the 512 that lie 1004/513 apart.
    expect(edges.filter((edge) => edge <= 4)).toHaveLength(511 + 4);
  });

  test('cut rows into bins of equal size, missing ones apart', () => {
    // 400 values, 0.02 apart: wider than a fine cell (8/513 and half of that), so that no cell holds two.
    const values = Array.from({ length: 400 }, (_, i) => (i % 40 === 7 ? null : -3.99 + 0.02 * i));
    // 390 rows in four bins: ⌈97.5⌉, then a third of 292, …
    expect(sizes(values, edgesFor(values))).toEqual([98, 98, 97, 97, 10]);
  });

  test('a value that most rows share takes one bin and leaves the others to the rest', () => {
    const values = [
      ...Array.from({ length: 900 }, () => 0),
      ...Array.from({ length: 90 }, (_, i) => 0.5 + 0.03 * i),
    ];
    expect(sizes(values, edgesFor(values))).toEqual([900, 30, 30, 30, 0]);
  });

  test('fewer values than bins: the last edge repeats, and bins between stay empty', () => {
    const values = [-1, -1, 1, 1];
    const edges = edgesFor(values, 5);
    expect(new Set(edges.subarray(1)).size).toBe(1);
    expect(sizes(values, edges).filter((size) => size > 0)).toEqual([2, 2]);
  });

  test('no row at all gives edges that are numbers', () => {
    expect(edgesFor([null, null]).every(Number.isFinite)).toBe(true);
  });
});
