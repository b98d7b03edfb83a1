// Numbers as bins: a model that draws straight lines can then bend (scikit-learn's KBinsDiscretizer).
import * as v from 'valibot';
import { quantile } from '../../metrics/quantile.ts';
import { fail, ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { defineStep, pickColumns } from '../step.ts';
import { changeColumns, isNumber, type Column, type NumberColumn } from '../table.ts';
import { numberOf } from './cast.ts';

const State = v.array(v.strictObject({ name: v.string(), edges: v.array(v.number()) }));

export const bin = defineStep({
  name: 'bin',
  title: 'Numbers as bins',
  description:
    'By quantiles of the rows to learn from, of equal width between their lowest and highest, or at edges of your own; what lies beyond falls into the last on its side. As scikit-learn’s KBinsDiscretizer.',
  fields: {
    columns: { type: 'columns', title: 'Columns of numbers', of: 'number', least: 1 },
    bins: { type: 'number', title: 'Bins', minimum: 2, maximum: 100, isWhole: true, default: 5 },
    by: { type: 'choice', title: 'Edges by', choices: ['quantiles', 'width', 'edges'], default: 'quantiles' },
    edges: { type: 'text', title: 'Edges of your own, as 18, 40, 65', default: '' },
    as: { type: 'choice', title: 'As', choices: ['categories', 'number'], default: 'categories' },
    keep: { type: 'flag', title: 'Keep the numbers too', default: false },
  },
  state: State,
  check: ({ by, edges }) =>
    by === 'edges' && ownEdges(edges) === undefined
      ? 'edges of your own are 1 to 99 numbers, each above the one before, with commas. Write 18, 40, 65.'
      : undefined,
  fit({ columns: names, bins, by, edges: own }, table) {
    const columns = pickColumns(table, names, isNumber, 'numbers');
    if (!columns.ok) return columns;
    if (by === 'edges')
      return ok({
        state: columns.value.map(({ name }) => ({ name, edges: ownEdges(own) ?? [] })),
        notes: [],
      });
    const state: v.InferOutput<typeof State> = [];
    for (const { name, values } of columns.value) {
      const sorted = values.filter((value) => !Number.isNaN(value)).sort();
      if (sorted.length === 0) return fail(`${quoted(name)} is empty in every row to learn from. Drop it.`);
      const [low, high] = [sorted[0]!, sorted.at(-1)!];
      const all = Array.from({ length: bins + 1 }, (_, at) =>
        by === 'quantiles' ? quantile(sorted, at / bins) : low + ((high - low) * at) / bins,
      );
      const edges = innerEdges(all);
      if (edges.length === 0)
        return fail(
          `${quoted(name)} has too few different values for bins. Drop it, or take it as categories.`,
        );
      state.push({ name, edges });
    }
    return ok({ state, notes: [] });
  },
  apply: ({ as, keep }, state, table) =>
    changeColumns(table, state, (column, { edges }) => {
      if (column.type !== 'number') return [column];
      const binned = binnedColumn(column, edges, as, keep);
      return keep ? [column, binned] : [binned];
    }),
});

/** Of all that were worked out: bins narrower than 1e-8 are none, as there; the outer edges bound nothing. */
export const innerEdges = (all: readonly number[]): number[] =>
  all.filter((edge, at) => at === 0 || edge - all[at - 1]! > 1e-8).slice(1, -1);

/** undefined: they are none. */
export function ownEdges(text: string): number[] | undefined {
  const edges = text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map((part) => numberOf(part));
  const ascend = edges.every((edge, at) => !Number.isNaN(edge) && (at === 0 || edge > edges[at - 1]!));
  return ascend && edges.length >= 1 && edges.length <= 99 ? edges : undefined;
}

function binnedColumn(
  { name: own, from, values }: NumberColumn,
  edges: readonly number[],
  as: 'categories' | 'number',
  keep: boolean,
): Column {
  const name = keep ? `${own} (bin)` : own;
  const codes = Int32Array.from(values, (value) =>
    Number.isNaN(value) ? -1 : edges.filter((edge) => value >= edge).length,
  );
  return as === 'categories'
    ? { type: 'category', name, from, codes, labels: labelsOf(edges) }
    : {
        type: 'number',
        name,
        from,
        values: Float64Array.from(codes, (code) => (code < 0 ? NaN : code)),
        scale: null,
      };
}

/** "below 3", "3 to 7", "7 or more"; edges in as few digits as tell them apart. */
export function labelsOf(edges: readonly number[]): string[] {
  const short = edges.map((edge) => String(Number(edge.toPrecision(6))));
  const said = new Set(short).size === short.length ? short : edges.map(String);
  return [
    `below ${said[0] ?? ''}`,
    ...said.slice(1).map((edge, at) => `${said[at] ?? ''} to ${edge}`),
    `${said.at(-1) ?? ''} or more`,
  ];
}
