// An exploration for the eye, in a terminal: one line a column, then what to look at.
import { isoText } from '#lib/core/data/iso-time.ts';
import { listOf } from '#lib/modalities/import-report.ts';
import type { ColumnSummary, Exploration } from '#lib/core/exploration/explore.ts';

export function* spokenExploration({ rows, columns, warnings, associations }: Exploration): Iterable<string> {
  yield `${rows.toLocaleString('en')} rows, ${columns.length} columns:`;
  const width = Math.min(24, Math.max(...columns.map((column) => column.name.length), 0));
  for (const column of columns) yield `  ${column.name.padEnd(width)}  ${describe(column)}`;
  for (const [a, b, value] of strongest(associations))
    yield `goes together: ${a} and ${b} (${value.toFixed(2)})`;
  if (associations.leftOut.length > 0)
    yield `not compared with the others, there being so many: ${listOf(associations.leftOut)}`;
  for (const warning of warnings)
    yield `look at: ${warning.message}${warning.rows.length === 0 ? '' : ` Rows ${listed(warning.rows.map((row) => row + 1))}.`}`;
}

const BARS = '▁▂▃▄▅▆▇█';

function describe(column: ColumnSummary): string {
  if (column.type === 'empty') return 'empty in every row';
  const missing = column.summary.missing === 0 ? '' : `, ${column.summary.missing} missing`;
  if (column.type === 'text') {
    const { words, top, vocabulary } = column.summary;
    const [, , first, middle, third] = (words?.quantiles ?? []).map(short);
    return `text${missing}: ${first ?? 0} · ${middle ?? 0} · ${third ?? 0} words (quartiles), ${vocabulary.toLocaleString('en')} different; often ${top
      .slice(0, 6)
      .map(({ word, texts }) => `${word} ${texts}`)
      .join(', ')}`;
  }
  if (column.type === 'category') {
    const { distinct, top, isText } = column.summary;
    const words = top.slice(0, 4).map((one) => `${one.label.slice(0, 20)} ${one.count}`);
    return `${isText ? 'text' : 'category'}, ${distinct} values${missing}: ${words.join(', ')}${distinct > 4 ? ' …' : ''}`;
  }
  const { summary } = column;
  const most = Math.max(...summary.histogram.counts);
  const bars = summary.histogram.counts
    .map((count) => (count === 0 ? ' ' : BARS[Math.min(7, Math.floor((count / most) * 8))]))
    .join('');
  if (column.type === 'time')
    return `time${missing}: ${day(summary.minimum)} to ${day(summary.maximum)}  ${bars}`;
  const [, , first, middle, third] = summary.quantiles.map(short);
  return `number${missing}: ${short(summary.minimum)} · ${first} · ${middle} · ${third} · ${short(summary.maximum)}, mean ${short(summary.mean)}, deviation ${short(summary.standardDeviation)}  ${bars}`;
}

const day = (time: number): string => isoText(time).slice(0, 10);
const short = (value: number): string => String(Number(value.toPrecision(4)));
const listed = (rows: readonly number[]): string =>
  rows.length <= 10 ? rows.join(', ') : `${rows.slice(0, 10).join(', ')} …`;

/** The five strongest pairs of at least a half. */
function strongest({ names, values }: Exploration['associations']): (readonly [string, string, number])[] {
  const pairs = names.flatMap((a, i) =>
    names.slice(i + 1).map((b, j) => [a, b, values[i]?.[i + 1 + j] ?? NaN] as const),
  );
  return pairs
    .filter(([, , value]) => Math.abs(value) >= 0.5)
    .toSorted((x, y) => Math.abs(y[2]) - Math.abs(x[2]))
    .slice(0, 5);
}
