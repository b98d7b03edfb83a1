// Missing cells, and what fills them.
import type { Moments } from '../../exploration/number-summary.ts';
import { fail, ok, type Result } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { quantile } from '../../statistics/histogram.ts';
import { numberOf } from '../steps/cast.ts';
import type { Known } from './known.ts';
import { short, unasked, type Asked, type Learnt } from './learnt.ts';

export function imputing({ settings, columns, rows }: Asked): Result<Learnt, string> {
  const { method, value, indicator } = settings;
  const ofNumbers = method === 'mean' || method === 'median';
  const state: { name: string; fill: number | string }[] = [];
  const notes: string[] = [];
  const become = new Map<string, readonly Known[]>();
  for (const column of columns) {
    // Left out where nobody named them, as where rows are fitted to.
    if (ofNumbers && column.type !== 'number' && settings['columns'] === null) continue;
    const fill = fillOf(column, String(method), String(value));
    if (!fill.ok) return fill;
    const { name, from, missing, labels, moments } = column;
    state.push({ name, fill: fill.value });
    notes.push(
      `${quoted(name)}: ${typeof fill.value === 'number' ? short(fill.value) : quoted(fill.value)}${
        missing === undefined ? '' : `, in ${Math.max(0, Math.round(missing))} rows`
      }`,
    );
    const gaps =
      (missing === undefined ? undefined : Math.max(0, missing)) ??
      (moments === undefined || rows === undefined ? undefined : Math.max(0, rows - moments.count));
    const filled: Known = {
      ...column,
      missing: 0,
      moments:
        moments === undefined || gaps === undefined || typeof fill.value !== 'number'
          ? undefined
          : withGaps(moments, fill.value, gaps),
      histogram: undefined,
      labels:
        labels === undefined || typeof fill.value !== 'string' ? labels : withLabel(labels, fill.value, gaps),
    };
    const marks: Known = {
      name: `${name} (missing)`,
      from,
      type: 'number',
      holds: 'number',
      missing: 0,
      moments: gaps === undefined || rows === undefined ? undefined : shareOf(gaps, rows),
      range: { minimum: 0, maximum: 1 },
    };
    become.set(name, indicator === true ? [filled, marks] : [filled]);
  }
  return ok({ state, notes, become });
}

function fillOf(column: Known, method: string, value: string): Result<number | string, string> {
  const { name, type, moments, histogram, labels } = column;
  switch (method) {
    case 'mean':
      if (type !== 'number')
        return fail(`${quoted(name)} holds categories, which have no mean. Name numbers.`);
      return moments === undefined ? unasked(column, 'the mean') : ok(moments.mean);
    case 'median': {
      if (type !== 'number')
        return fail(`${quoted(name)} holds categories, which have no median. Name numbers.`);
      const middle = histogram === undefined ? null : quantile(histogram, histogram.counts, 0.5);
      return middle === null ? unasked(column, 'how values are distributed') : ok(middle);
    }
    case 'most-frequent': {
      if (type === 'number')
        return fail(
          `which number of ${quoted(name)} is the most frequent no survey says. Use the mean, or name categories.`,
        );
      const counted =
        labels?.flatMap(({ label, rows }) => (rows === undefined ? [] : [{ label, rows }])) ?? [];
      const [best] = counted.toSorted((a, b) => b.rows - a.rows || (a.label < b.label ? -1 : 1));
      return best === undefined || best.rows < 0.5
        ? unasked(column, 'how often each category stands')
        : ok(best.label);
    }
    default: {
      if (type !== 'number') return ok(value);
      const number = numberOf(value);
      return Number.isNaN(number)
        ? fail(`${quoted(name)} holds numbers, and ${quoted(value)} is none. Give a number as “value”.`)
        : ok(number);
    }
  }
}

/** With `gaps` rows of the value `fill` more. */
function withGaps({ count, mean, squares }: Moments, fill: number, gaps: number): Moments {
  const all = count + gaps;
  if (!(all > 0)) return { count, mean, squares };
  const moved = (count * mean + gaps * fill) / all;
  return {
    count: all,
    mean: moved,
    squares: squares + count * (mean - moved) ** 2 + gaps * (fill - moved) ** 2,
  };
}

/** Of zeros and ones. */
const shareOf = (ones: number, rows: number): Moments => {
  const mean = rows > 0 ? Math.min(1, Math.max(0, ones / rows)) : 0;
  return { count: rows, mean, squares: rows * mean * (1 - mean) };
};

const withLabel = (
  labels: NonNullable<Known['labels']>,
  fill: string,
  gaps: number | undefined,
): NonNullable<Known['labels']> => {
  const more = (rows: number | undefined): number | undefined =>
    rows === undefined || gaps === undefined ? undefined : rows + gaps;
  return labels.some(({ label }) => label === fill)
    ? labels.map((one) => (one.label === fill ? { ...one, rows: more(one.rows) } : one))
    : [...labels, { label: fill, rows: gaps }];
};
