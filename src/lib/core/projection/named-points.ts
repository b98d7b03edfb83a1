// Rows as points with the names of their dimensions. A column of numbers is one, standardised, so that no unit weighs more than another; a
// category of few values has one for each. What is missing lies at the mean.
import type { Plane } from '../data/contract.ts';
import type { ColumnTable, ColumnValues } from '../exploration/columns.ts';
import { terms } from '../recipe/steps/terms.ts';
import { tableOf } from '../recipe/table.ts';
import { COMMON } from '../recipe/words-of.ts';
import { fail, ok, type Result } from '../result.ts';
import { densePoints, sparsePoints, type Points } from './points.ts';

export interface NamedPoints {
  readonly points: Points;
  /** [width]; none where a dimension is a pixel. */
  readonly names: readonly string[];
  /** Columns that say nothing of where a row lies: of too many values, or of one. */
  readonly leftOut: readonly string[];
}

/** A category of more values is a name, not a kind. */
const MOST_VALUES = 20;
const MOST_TERMS = 2000;
/** Larger pictures are shrunk: a plane that ten numbers tell apart needs no more. */
const MOST_PIXELS = 1024;

/** Of the `rows` of a table; `target` and `texts` are no part of where they lie. */
export function tablePoints(
  { columns }: ColumnTable,
  rows: Uint32Array,
  { target, texts }: { readonly target: string; readonly texts: readonly string[] },
): NamedPoints {
  const leftOut: string[] = [];
  const made = columns
    .filter(({ name }) => name !== target && !texts.includes(name))
    .flatMap((column) => {
      const dimensions = column.type === 'category' ? oneHot(column, rows) : standardised(column, rows);
      if (dimensions.length === 0) leftOut.push(column.name);
      return dimensions;
    });
  const values = new Float64Array(rows.length * made.length);
  for (const [i, one] of made.entries())
    for (let row = 0; row < rows.length; row += 1) values[row * made.length + i] = one.values[row]!;
  return { points: densePoints(values, rows.length), names: made.map(({ name }) => name), leftOut };
}

interface Dimension {
  readonly name: string;
  /** [rows] */
  readonly values: Float64Array;
}

function standardised(column: Extract<ColumnValues, { values: unknown }>, rows: Uint32Array): Dimension[] {
  const own = Float64Array.from(rows, (row) => column.values[row]!);
  const known = own.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length);
  return deviation > 0
    ? [
        {
          name: column.name,
          values: own.map((value) => (Number.isNaN(value) ? 0 : (value - mean) / deviation)),
        },
      ]
    : [];
}

function oneHot(
  { name, codes, labels }: Extract<ColumnValues, { codes: unknown }>,
  rows: Uint32Array,
): Dimension[] {
  const counts = new Map<number, number>();
  let known = 0;
  for (const row of rows) {
    const code = codes[row]!;
    if (code < 0) continue;
    known += 1;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  if (counts.size < 2 || counts.size > MOST_VALUES) return [];
  return [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([own, count]) => ({
      name: `${name} = ${labels[own] ?? ''}`,
      values: Float64Array.from(rows, (row) =>
        codes[row]! < 0 ? count / known : Number(codes[row] === own),
      ),
    }));
}

/** Pictures and spectrograms by their pixels, 0–1, in squares of which each is one mean where they are large. `features`: bytes of all rows. */
export function planePoints(
  { height, width, channels }: Plane,
  features: ArrayLike<number>,
  rows: Uint32Array,
): NamedPoints {
  const by = shrinking(height, width, channels);
  const [high, wide] = [Math.ceil(height / by), Math.ceil(width / by)];
  const [size, own] = [height * width * channels, high * wide * channels];
  const values = new Float32Array(rows.length * own);
  const pixels = new Float32Array(own);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      for (let c = 0; c < channels; c += 1) pixels[placeOf(x, y, c, by, wide, channels)]! += 1;
  for (const [place, row] of rows.entries())
    for (let y = 0, at = row * size; y < height; y += 1)
      for (let x = 0; x < width; x += 1)
        for (let c = 0; c < channels; c += 1, at += 1) {
          const pixel = placeOf(x, y, c, by, wide, channels);
          values[place * own + pixel]! += features[at]! / (255 * pixels[pixel]!);
        }
  return { points: densePoints(values, rows.length), names: [], leftOut: [] };
}

const placeOf = (x: number, y: number, c: number, by: number, wide: number, channels: number): number =>
  (Math.floor(y / by) * wide + Math.floor(x / by)) * channels + c;

/** The side of a square that becomes one pixel. */
function shrinking(height: number, width: number, channels: number): number {
  let by = 1;
  while (Math.ceil(height / by) * Math.ceil(width / by) * channels > MOST_PIXELS) by += 1;
  return by;
}

/** Texts by their words (TF-IDF, each text of length 1), those left out that most texts hold. */
export function textPoints(name: string, cells: readonly string[]): Result<NamedPoints, string> {
  const settings = terms.readSettings({
    columns: [name],
    longest: 1,
    most: MOST_TERMS,
    rarest: Math.min(2, cells.length),
    commonest: COMMON,
    length: 1,
  });
  if (!settings.ok) throw new Error(`The settings of terms: ${settings.error.message ?? ''}`);
  const table = tableOf(
    [name],
    cells.map((cell) => [cell]),
    cells.map((_, row) => row),
  );
  const learnt = terms.fit(settings.value, table);
  if (!learnt.ok) return fail(`Of the texts in “${name}”, ${learnt.error}`);
  const column = terms.apply(settings.value, learnt.value.state, table)?.columns[0];
  if (column?.type !== 'terms') throw new Error('Texts became no terms.');
  const { slots, pairs, terms: words } = column;
  const starts = new Uint32Array(cells.length + 1);
  const [places, values] = [new Uint32Array(pairs.length / 2), new Float32Array(pairs.length / 2)];
  let filled = 0;
  for (let row = 0; row < cells.length; row += 1) {
    for (let slot = 0; slot < slots; slot += 1) {
      const at = 2 * (row * slots + slot);
      if (pairs[at + 1] === 0) continue;
      places[filled] = pairs[at]!;
      values[filled] = pairs[at + 1]!;
      filled += 1;
    }
    starts[row + 1] = filled;
  }
  return ok({ points: sparsePoints(words.length, starts, places, values), names: words, leftOut: [] });
}
