// How strongly two columns go together: Pearson's correlation for numbers, Cramér's V for categories, the correlation ratio η for one of each.
import type { ColumnValues } from './columns.ts';

export interface Associations {
  /** Columns that take part: those with too many categories do not. */
  readonly names: readonly string[];
  /** [names, names], symmetric: −1 to 1 for two numbers, else 0 to 1; NaN where one of the two does not vary. */
  readonly values: readonly (readonly number[])[];
  /** Columns that could take part, were there not so many. */
  readonly leftOut: readonly string[];
}

/** Further columns are left out: their pairs grow with the square. The target never is. */
const MOST_COLUMNS = 60;
const MOST_LABELS = 100;

/** `target`: the column to learn, where there is one. */
export function associations(columns: readonly ColumnValues[], target: string | null = null): Associations {
  const fit = columns.filter(
    (column) =>
      column.type !== 'category' || (column.labels.length > 1 && column.labels.length <= MOST_LABELS),
  );
  const places = fit.some((column) => column.name === target) ? MOST_COLUMNS - 1 : MOST_COLUMNS;
  const first = new Set(fit.filter((column) => column.name !== target).slice(0, places));
  const used = fit.filter((column) => column.name === target || first.has(column));
  const centred = used.map((column) => (column.type === 'category' ? undefined : centre(column.values)));
  const values = used.map(() => new Array<number>(used.length).fill(1));
  for (let i = 0; i < used.length; i += 1)
    for (let j = i + 1; j < used.length; j += 1) {
      const value = association(used[i]!, used[j]!, centred[i], centred[j]);
      values[i]![j] = value;
      values[j]![i] = value;
    }
  return {
    names: used.map((column) => column.name),
    values,
    leftOut: fit.filter((column) => !used.includes(column)).map((column) => column.name),
  };
}

/** Deviations from the mean and the sum of their squares; undefined where a value is missing, and each pair has a mean of its own. */
function centre(values: Float64Array): Centred | undefined {
  let total = 0;
  for (let row = 0; row < values.length; row += 1) total += values[row]!;
  if (Number.isNaN(total)) return undefined;
  // The mean of a constant is rounded: what is left of it would pass for spread.
  const mean = isConstant(values) ? values[0]! : total / values.length;
  const deviations = new Float64Array(values.length);
  let squares = 0;
  for (let row = 0; row < values.length; row += 1) {
    const deviation = values[row]! - mean;
    deviations[row] = deviation;
    squares += deviation * deviation;
  }
  return { deviations, squares };
}
function isConstant(values: Float64Array): boolean {
  for (let row = 1; row < values.length; row += 1) if (values[row] !== values[0]) return false;
  return true;
}
interface Centred {
  readonly deviations: Float64Array;
  readonly squares: number;
}

function association(
  a: ColumnValues,
  b: ColumnValues,
  centredA: Centred | undefined,
  centredB: Centred | undefined,
): number {
  if (a.type === 'category' && b.type === 'category')
    return cramersV(a.codes, a.labels.length, b.codes, b.labels.length);
  if (a.type === 'category')
    return b.type === 'category' ? NaN : correlationRatio(a.codes, a.labels.length, b.values);
  if (b.type === 'category') return correlationRatio(b.codes, b.labels.length, a.values);
  if (centredA === undefined || centredB === undefined) return pearson(a.values, b.values);
  let products = 0;
  for (let row = 0; row < centredA.deviations.length; row += 1)
    products += centredA.deviations[row]! * centredB.deviations[row]!;
  return bounded(products / Math.sqrt(centredA.squares * centredB.squares));
}

const bounded = (value: number): number => Math.max(-1, Math.min(1, value));

/** Over rows where both are there, as pandas does. Two passes, so that a large mean costs no digits. NaN below two rows. */
export function pearson(a: Float64Array, b: Float64Array): number {
  let count = 0;
  let sumA = 0;
  let sumB = 0;
  let first = -1;
  let variesA = false;
  let variesB = false;
  for (let row = 0; row < a.length; row += 1) {
    if (Number.isNaN(a[row]! + b[row]!)) continue;
    if (first < 0) first = row;
    variesA ||= a[row] !== a[first];
    variesB ||= b[row] !== b[first];
    count += 1;
    sumA += a[row]!;
    sumB += b[row]!;
  }
  if (!variesA || !variesB) return NaN;
  const meanA = sumA / count;
  const meanB = sumB / count;
  let products = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let row = 0; row < a.length; row += 1) {
    if (Number.isNaN(a[row]! + b[row]!)) continue;
    const x = a[row]! - meanA;
    const y = b[row]! - meanB;
    products += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return bounded(products / Math.sqrt(squaresA * squaresB));
}

/** √(χ² / (n · (min(rows, columns) − 1))) of the table of both, empty rows and columns left out (Cramér 1946); no bias correction. */
export function cramersV(a: Int32Array, labelsA: number, b: Int32Array, labelsB: number): number {
  const cells = new Float64Array(labelsA * labelsB);
  const rowSums = new Float64Array(labelsA);
  const columnSums = new Float64Array(labelsB);
  let count = 0;
  for (let row = 0; row < a.length; row += 1) {
    const x = a[row]!;
    const y = b[row]!;
    if (x < 0 || y < 0) continue;
    cells[x * labelsB + y] = cells[x * labelsB + y]! + 1;
    rowSums[x] = rowSums[x]! + 1;
    columnSums[y] = columnSums[y]! + 1;
    count += 1;
  }
  const smaller = Math.min(
    rowSums.filter((sum) => sum > 0).length,
    columnSums.filter((sum) => sum > 0).length,
  );
  if (smaller < 2) return NaN;
  let squares = 0;
  for (let x = 0; x < labelsA; x += 1)
    for (let y = 0; y < labelsB; y += 1) {
      const expected = (rowSums[x]! * columnSums[y]!) / count;
      if (expected > 0) squares += (cells[x * labelsB + y]! - expected) ** 2 / expected;
    }
  return Math.sqrt(squares / (count * (smaller - 1)));
}

/** √(spread between the groups / spread over all), 0 to 1 (Pearson 1905). */
export function correlationRatio(codes: Int32Array, labels: number, values: Float64Array): number {
  const counts = new Float64Array(labels);
  const sums = new Float64Array(labels);
  let count = 0;
  let total = 0;
  let lowest = Infinity;
  let highest = -Infinity;
  for (let row = 0; row < codes.length; row += 1) {
    const code = codes[row]!;
    const value = values[row]!;
    if (code < 0 || Number.isNaN(value)) continue;
    counts[code] = counts[code]! + 1;
    sums[code] = sums[code]! + value;
    count += 1;
    total += value;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  if (count < 2 || lowest === highest) return NaN;
  const mean = total / count;
  let between = 0;
  for (let code = 0; code < labels; code += 1)
    if (counts[code]! > 0) between += counts[code]! * (sums[code]! / counts[code]! - mean) ** 2;
  let all = 0;
  for (let row = 0; row < codes.length; row += 1)
    if (codes[row]! >= 0 && !Number.isNaN(values[row]!)) all += (values[row]! - mean) ** 2;
  return Math.min(1, Math.sqrt(between / all));
}
