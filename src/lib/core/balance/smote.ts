// Rows made up between rows of one class: SMOTE (Chawla, Bowyer, Hall & Kegelmeyer 2002, JAIR 16, §4.2) for columns of numbers, and
// SMOTE-NC (§6.1) where there are categories too. A new row lies on the line from a row to one of its nearest neighbours of the class, at
// one place for all its numbers, as the paper's words have it (its listing draws a place for each number); a category is the one that
// most of the neighbours have. A number that may be missing has two parts: whether it is, which is a category, and what it is. A number
// of which the class has two values or one (a flag that a recipe made) is the nearer end of the line, and nothing between.
import { encodedWidth, type TableContract } from '../data/contract.ts';
import type { Random } from '../random.ts';

/** The paper's k. */
const NEIGHBOURS = 5;
/**
 * Of a class with more rows so many are drawn, and new rows lie between these alone: every one of them is held against all others. As
 * many as the workbench's neighbours keep.
 */
const MOST_ROWS = 4000;
/** Rows between two yields: milliseconds of work. */
const AT_ONCE = 64;

/** Where the values of an encoded row lie. */
export interface RowLayout {
  /** Values of a row. */
  readonly width: number;
  readonly numbers: readonly {
    readonly at: number;
    /** Which of the categories below says that it is missing; undefined: it never is. */
    readonly missing: number | undefined;
  }[];
  /** Flags of which one at most is set; none is a kind of its own. */
  readonly categories: readonly { readonly at: number; readonly width: number }[];
}

/** undefined where a column holds texts, between which nothing lies. */
export function rowLayout({ columns }: Pick<TableContract, 'columns'>): RowLayout | undefined {
  const numbers: RowLayout['numbers'][number][] = [];
  const categories: RowLayout['categories'][number][] = [];
  let at = 0;
  for (const column of columns) {
    switch (column.type) {
      case 'number':
        numbers.push({ at, missing: column.missingAllowed ? categories.length : undefined });
        if (column.missingAllowed) categories.push({ at: at + 1, width: 1 });
        break;
      case 'category':
        categories.push({ at, width: column.categories.length });
        break;
      case 'text':
      case 'terms':
      case 'hashed':
        return undefined;
      default:
        return column satisfies never;
    }
    at += encodedWidth(column);
  }
  return { width: at, numbers, categories };
}

/**
 * `wanted` rows [wanted, width] between rows of one class, `features` [rows, width] with a row at least. Each of these is begun at as
 * often as any other, but for one; of a single row there are copies.
 */
export function* rowsBetween(
  layout: RowLayout,
  features: Float32Array,
  wanted: number,
  draw: Random,
): Generator<void, Float32Array<ArrayBuffer>, undefined> {
  const { width, numbers } = layout;
  const order = draw.shuffle(Uint32Array.from({ length: features.length / width }, (_, row) => row));
  const pool = order.subarray(0, MOST_ROWS).slice().sort();
  const rows = compactRows(layout, features, pool);
  const begins = draw.shuffle(Uint32Array.from(pool, (_, at) => at));
  const k = Math.min(NEIGHBOURS, pool.length - 1);
  const isFlag = numbers.map((_, number) => hasTwoValues(rows, number));
  const known = new Map<number, Int32Array>();
  const made = new Float32Array(wanted * width);
  for (let at = 0; at < wanted; at += 1) {
    const own = begins[at % begins.length]!;
    if (k === 0) {
      made.set(features, at * width);
      continue;
    }
    const nearest = known.get(own) ?? nearestTo(rows, own, k);
    known.set(own, nearest);
    const other = nearest[draw.below(k)]!;
    const share = draw.next();
    const row = made.subarray(at * width, (at + 1) * width);
    const codes = layout.categories.map((_, category) => mostHad(rows, category, own, nearest));
    for (const [number, { at: place, missing }] of numbers.entries()) {
      const lacks = (of: number): boolean => missing !== undefined && rows.codeOf(of, missing) === 0;
      // Where both ends lack it there is nothing to lie between.
      if (missing !== undefined && lacks(own) && lacks(other)) codes[missing] = 0;
      if (missing !== undefined && codes[missing] === 0) continue;
      const from = rows.numberOf(lacks(own) ? other : own, number);
      const to = rows.numberOf(lacks(other) ? own : other, number);
      row[place] = isFlag[number] ? (share < 0.5 ? from : to) : from + share * (to - from);
    }
    for (const [category, { at: place }] of layout.categories.entries())
      if (codes[category]! >= 0) row[place + codes[category]!] = 1;
    if (at % AT_ONCE === AT_ONCE - 1) yield;
  }
  return made;
}

function hasTwoValues({ count, numberOf }: CompactRows, number: number): boolean {
  const values = new Set<number>();
  for (let row = 0; row < count && values.size <= 2; row += 1) values.add(numberOf(row, number));
  return values.size <= 2;
}

interface CompactRows {
  readonly count: number;
  /** ‖·‖² of §6.1, or something not below `limit` as soon as it is not. */
  distance(row: number, other: number, limit: number): number;
  numberOf(row: number, number: number): number;
  /** Which flag of the category is set; −1: none. */
  codeOf(row: number, category: number): number;
}

/** A category as one code: of hundreds of flags one is set. */
function compactRows(
  { width, numbers, categories }: RowLayout,
  features: Float32Array,
  pool: Uint32Array,
): CompactRows {
  const count = pool.length;
  const [n, c] = [numbers.length, categories.length];
  const values = new Float64Array(count * n);
  const codes = new Int32Array(count * c);
  for (const [row, from] of pool.entries()) {
    for (const [number, { at }] of numbers.entries()) values[row * n + number] = features[from * width + at]!;
    for (const [category, { at, width: flags }] of categories.entries())
      codes[row * c + category] = features.subarray(from * width + at, from * width + at + flags).indexOf(1);
  }
  const otherwise = medianDeviation(values, count, n) ** 2;
  return {
    count,
    distance(row, other, limit) {
      let sum = 0;
      for (let number = 0; number < n && sum < limit; number += 1)
        sum += (values[row * n + number]! - values[other * n + number]!) ** 2;
      for (let category = 0; category < c && sum < limit; category += 1)
        if (codes[row * c + category] !== codes[other * c + category]) sum += otherwise;
      return sum;
    },
    numberOf: (row, number) => values[row * n + number]!,
    codeOf: (row, category) => codes[row * c + category]!,
  };
}

/**
 * The median of the numbers' standard deviations in the class (§6.1: what a category that differs counts for). Where there are no numbers
 * any measure orders the rows alike, by how many categories differ.
 */
function medianDeviation(values: Float64Array, count: number, numbers: number): number {
  if (numbers === 0) return 1;
  const deviations = Float64Array.from({ length: numbers }, (_, number) => {
    let mean = 0;
    for (let row = 0; row < count; row += 1) mean += values[row * numbers + number]! / count;
    let squares = 0;
    for (let row = 0; row < count; row += 1) squares += (values[row * numbers + number]! - mean) ** 2;
    return Math.sqrt(squares / count);
  }).sort();
  return (deviations[(numbers - 1) >> 1]! + deviations[numbers >> 1]!) / 2;
}

/** [k], the nearest first; of equal distance the one that was first. */
function nearestTo(rows: CompactRows, own: number, k: number): Int32Array {
  const nearest = new Int32Array(k);
  const distances = new Float64Array(k).fill(Infinity);
  for (let other = 0; other < rows.count; other += 1) {
    if (other === own) continue;
    const distance = rows.distance(own, other, distances[k - 1]!);
    if (distance >= distances[k - 1]!) continue;
    let at = k - 1;
    for (; at > 0 && distances[at - 1]! > distance; at -= 1) {
      distances[at] = distances[at - 1]!;
      nearest[at] = nearest[at - 1]!;
    }
    distances[at] = distance;
    nearest[at] = other;
  }
  return nearest;
}

/** The code that most of the neighbours have; of equally many that of the row itself, or of the nearest. */
function mostHad(rows: CompactRows, category: number, own: number, nearest: Int32Array): number {
  const votes = new Map<number, number>();
  for (const row of nearest) {
    const code = rows.codeOf(row, category);
    votes.set(code, (votes.get(code) ?? 0) + 1);
  }
  const most = Math.max(...votes.values());
  const mine = rows.codeOf(own, category);
  if (votes.get(mine) === most) return mine;
  return [...votes].find(([, count]) => count === most)?.[0] ?? mine;
}
