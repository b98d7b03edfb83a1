// Numbers: clipped, binned, scaled, their logarithms.
import { fail, ok, type Result } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { quantile } from '../../statistics/histogram.ts';
import type { Settings } from '../fields.ts';
import { innerEdges, labelsOf, ownEdges } from '../steps/bin.ts';
import { roundedScale, scaleOfMoments } from '../steps/scale.ts';
import type { Known } from './known.ts';
import { CHANGED, short, unasked, unnamed, type Asked, type Learnt } from './learnt.ts';

export function clipping({ settings, columns }: Asked): Result<Learnt, string> {
  if (settings['by'] !== 'values')
    return fail('quantiles of the outer rows are not among sums. Give bounds of your own (values).');
  const [low, high] = [Number(settings['low']), Number(settings['high'])];
  return ok({
    state: columns.map(({ name }) => ({ name, low, high })),
    notes: [],
    become: new Map(
      columns.map((column) => unnamed(column, { ...CHANGED, range: { minimum: low, maximum: high } })),
    ),
  });
}

export function logarithms({ columns }: Asked): Result<Learnt, string> {
  const log = (value: number): number => Math.sign(value) * Math.log1p(Math.abs(value));
  return ok({
    state: columns.map(({ name }) => ({ name })),
    notes: [],
    become: new Map(
      columns.map((column) =>
        unnamed(column, {
          ...CHANGED,
          range: column.range && { minimum: log(column.range.minimum), maximum: log(column.range.maximum) },
        }),
      ),
    ),
  });
}

export function binning({ settings, columns }: Asked): Result<Learnt, string> {
  const state: { name: string; edges: number[] }[] = [];
  const notes: string[] = [];
  const become = new Map<string, readonly Known[]>();
  for (const column of columns) {
    const { name } = column;
    const found = edgesOf(column, settings);
    if (!found.ok) return found;
    const edges = found.value;
    if (edges.length === 0)
      return fail(`${quoted(name)} has too few different values for bins. Drop it, or take fewer.`);
    state.push({ name, edges });
    notes.push(`${quoted(name)}: ${edges.map(short).join(', ')}`);
    const isKept = settings['keep'] === true;
    const binned: Known = {
      ...column,
      ...CHANGED,
      name: isKept ? `${name} (bin)` : name,
      ...(settings['as'] === 'number'
        ? { range: { minimum: 0, maximum: edges.length } }
        : {
            type: 'category' as const,
            holds: 'category' as const,
            labels: labelsOf(edges).map((label) => ({ label, rows: undefined })),
          }),
    };
    become.set(name, isKept ? [column, binned] : [binned]);
  }
  return ok({ state, notes, become });
}

function edgesOf(column: Known, settings: Settings): Result<number[], string> {
  const bins = Number(settings['bins']);
  const { histogram, range } = column;
  switch (settings['by']) {
    case 'edges':
      return ok(ownEdges(String(settings['edges'])) ?? []);
    case 'width': {
      if (range === undefined)
        return fail(`${quoted(column.name)} has no range that everybody knows here. Give edges of your own.`);
      const width = (range.maximum - range.minimum) / bins;
      return ok(innerEdges(Array.from({ length: bins + 1 }, (_, at) => range.minimum + at * width)));
    }
    default: {
      if (histogram === undefined) return unasked(column, 'how values are distributed');
      const all = Array.from({ length: bins + 1 }, (_, at) =>
        quantile(histogram, histogram.counts, at / bins),
      );
      return all.some((edge) => edge === null)
        ? unasked(column, 'how values are distributed')
        : ok(innerEdges(all.map(Number)));
    }
  }
}

export function scaling({ settings, columns }: Asked): Result<Learnt, string> {
  const state: { name: string; shift: number; factor: number }[] = [];
  for (const column of columns) {
    const { name, moments, range } = column;
    let exact;
    switch (settings['method']) {
      case 'standard':
        if (moments === undefined) return unasked(column, 'mean and deviation');
        exact = scaleOfMoments(moments);
        break;
      case 'min-max':
        if (range === undefined)
          return fail(`${quoted(name)} has no range that everybody knows here. Scale it by standard.`);
        exact = {
          shift: range.minimum,
          factor: range.maximum > range.minimum ? range.maximum - range.minimum : 1,
        };
        break;
      default:
        return fail('quartiles are read of a histogram too coarsely to scale by. Use standard or min-max.');
    }
    state.push({ name, ...(settings['rounded'] === true ? roundedScale(exact) : exact) });
  }
  return ok({
    state,
    notes: state.map(
      ({ name, shift, factor }) => `${quoted(name)}: less ${short(shift)}, by ${short(factor)}`,
    ),
  });
}
