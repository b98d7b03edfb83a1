// What a line chart is made of: its series, fewer points where there are more than pixels, the sentence that says what
// the picture shows, and the same as CSV.
import { number } from '../../state/format.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface LineSeries {
  readonly name: string;
  /** train: teal, solid · held-out: amber, dashed · test: indigo, dotted · other: the next colours, solid. */
  readonly role: 'train' | 'held-out' | 'test' | 'other';
  readonly points: readonly Point[];
}

/** A stretch between two values at each x, behind the lines: how far apart a figure lies. */
export interface LineBand {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly low: number; readonly high: number }[];
}

/** As a table has them: two columns each. */
export const bandColumns = (bands: readonly LineBand[]): readonly LineSeries[] =>
  bands.flatMap(({ name, points }) =>
    (['low', 'high'] as const).map((end) => ({
      name: `${name}, ${end === 'low' ? 'from' : 'to'}`,
      role: 'other' as const,
      points: points.map((point) => ({ x: point.x, y: point[end] })),
    })),
  );

/** "Middle half of devices: 0.8 to 0.9 at version 4." */
export const describeBands = (
  bands: readonly LineBand[],
  xName: string,
  format: (value: number) => string = number,
): string =>
  bands
    .flatMap(({ name, points }) => {
      const last = points.at(-1);
      return last === undefined
        ? []
        : [`${name}: ${format(last.low)} to ${format(last.high)} at ${xName} ${last.x}.`];
    })
    .join(' ');

/**
 * At most about `limit` points: per bucket of neighbours the lowest and the highest, in order, so that no peak is lost.
 * Points that are not finite are left out.
 */
export function thin(points: readonly Point[], limit: number): readonly Point[] {
  const finite = points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  if (finite.length <= limit) return finite;
  const size = (finite.length * 2) / limit;
  const kept: Point[] = [];
  for (let start = 0; start < finite.length; start += size) {
    const bucket = finite.slice(Math.floor(start), Math.max(Math.floor(start) + 1, Math.floor(start + size)));
    let low = 0;
    let high = 0;
    bucket.forEach((point, index) => {
      if (point.y < (bucket[low]?.y ?? Infinity)) low = index;
      if (point.y > (bucket[high]?.y ?? -Infinity)) high = index;
    });
    for (const index of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
      const point = bucket[index];
      if (point !== undefined) kept.push(point);
    }
  }
  const last = finite.at(-1);
  if (last !== undefined && kept.at(-1) !== last) kept.push(last);
  return kept;
}

/** Exponential moving average with weight `keep` of what came before (0: none). */
export function smooth(points: readonly Point[], keep: number): readonly Point[] {
  let mean: number | undefined;
  return points.map((point) => {
    mean = mean === undefined ? point.y : keep * mean + (1 - keep) * point.y;
    return { x: point.x, y: mean };
  });
}

/** "Held-out loss fell from 0.92 to 0.44 over 13 rounds; last change −0.01." */
export function describe(
  series: readonly LineSeries[],
  quantity: string,
  xName: string,
  format: (value: number) => string = number,
): string {
  const sentences = series.flatMap((one) => {
    const points = one.points.filter((point) => Number.isFinite(point.y));
    const [first] = points;
    const last = points.at(-1);
    const before = points.at(-2);
    if (first === undefined || last === undefined) return [];
    const what = `${one.name} ${quantity}`;
    if (before === undefined) return [`${what} is ${format(last.y)} at ${xName} ${last.x}.`];
    const verb = last.y < first.y ? 'fell' : last.y > first.y ? 'rose' : 'stayed';
    const from = verb === 'stayed' ? `at ${format(first.y)}` : `from ${format(first.y)} to ${format(last.y)}`;
    const change = last.y - before.y;
    const sign = change > 0 ? '+' : change < 0 ? '−' : '±';
    return [
      `${what} ${verb} ${from} between ${xName} ${first.x} and ${last.x}; last change ${sign}${format(Math.abs(change))}.`,
    ];
  });
  return sentences.length === 0 ? `No ${quantity} measured yet.` : sentences.join(' ');
}

/** One row per x that occurs in any series, ascending; undefined where a series has no point there. */
export function rowsOf(
  series: readonly LineSeries[],
): readonly { readonly x: number; readonly values: readonly (number | undefined)[] }[] {
  const rows = new Map<number, (number | undefined)[]>();
  series.forEach((one, index) => {
    for (const point of one.points) {
      const row = rows.get(point.x) ?? new Array<number | undefined>(series.length).fill(undefined);
      row[index] = point.y;
      rows.set(point.x, row);
    }
  });
  return [...rows].sort(([a], [b]) => a - b).map(([x, values]) => ({ x, values }));
}

const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** A spreadsheet takes a text that begins so for a formula, and names may come from somebody else's file (OWASP: CSV injection). */
const isFormula = (cell: string): boolean => /^[=+\-@\t\r]/.test(cell) && Number.isNaN(Number(cell));
const plainText = (cell: string): string => (isFormula(cell) ? `'${cell}` : cell);

/** RFC 4180, with a header. For a person's spreadsheet: a text that looks like a formula has an apostrophe before it. */
export const csvOf = (
  header: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string =>
  [header, ...rows]
    .map((row) =>
      row.map((cell) => quoted(typeof cell === 'string' ? plainText(cell) : String(cell ?? ''))).join(','),
    )
    .join('\r\n') + '\r\n';
