// Where the rows of a column lie, by its histogram: bounds that leave next to none of them out, or two clumps that look like two units.
import { roundedTo } from '../recipe/rounded-to.ts';
import {
  bounds,
  count,
  hidden,
  LEAST,
  percent,
  rowsIn,
  written,
  type NumberColumn,
  type Proposal,
} from './proposal.ts';

/** The share of the rows that may lie beyond a bound, on each side. */
const TAIL = 0.005;
/** Of the rows, in each of two clumps; and bins between them that hold next to none. */
const CLUMP = 0.1;
const GAP_BINS = 2;

interface Histogram {
  readonly minimum: number;
  readonly maximum: number;
  readonly counts: readonly number[];
}

export function rangeProposal(
  column: NumberColumn,
  histogram: Histogram,
  deviation: number,
): Proposal | string | undefined {
  const { counts, minimum: low, maximum: high } = histogram;
  const { name } = column;
  const bins = counts.length;
  const rows = rowsIn(counts);
  // A bin below it may hold nobody; its chance sum over all bins is what the rows must rise above.
  const least = Math.max(LEAST, 2 * deviation);
  if (rows < least * (deviation > 0 ? Math.sqrt(bins) : 1))
    return deviation > 0 ? hidden(name, 'how its values are distributed', deviation) : undefined;
  if (isOfTwo(counts, least)) return undefined;
  const held = leastHeld(rows, least);
  const first = reached(counts, held);
  const last = bins - 1 - reached([...counts].reverse(), held);
  if (first > last) return undefined;
  const width = (high - low) / bins;
  const edge = (bin: number): number => tidy(low + width * bin, width);
  // A round number further out, and within what is allowed now; where that end is reached, as it is written.
  const lowest = (bin: number): number =>
    bin <= 1 && column.minimum !== null
      ? column.minimum
      : Math.max(
          column.minimum ?? -Infinity,
          roundedTo(low + width * Math.max(0, bin - 1), width, Math.floor),
        );
  const highest = (bin: number): number =>
    bin >= bins - 2 && column.maximum !== null
      ? column.maximum
      : Math.min(
          column.maximum ?? Infinity,
          roundedTo(low + width * Math.min(bins, bin + 2), width, Math.ceil),
        );
  // Open where rows are piled up: what lies beyond was not seen.
  const piled = piledEnds(column, histogram, deviation);
  const goesBelow = (bin: number): boolean => bin === 0 && piled.low;
  const goesAbove = (bin: number): boolean => bin === bins - 1 && piled.high;
  const boundsOf = (from: number, to: number) => ({
    minimum: goesBelow(from) ? null : lowest(from),
    maximum: goesAbove(to) ? null : highest(to),
  });
  const span = (from: number, to: number): string => {
    const [start, end] = [written(column, edge(from)), written(column, edge(to + 1))];
    return goesBelow(from) ? `${end} or less` : goesAbove(to) ? `${start} or more` : `${start} – ${end}`;
  };
  const clumps = clumpsOf(counts, rows, least);
  if (clumps !== undefined) {
    const [one, other] = clumps;
    const main = one.rows >= other.rows ? one : other;
    const after = boundsOf(main.from, main.to);
    const told = (clump: Clump): string => `${span(clump.from, clump.to)} (${percent(clump.rows / rows)})`;
    // Of a clump that goes on beyond, no middle is known.
    const middles = clumps.some(({ from, to }) => goesBelow(from) || goesAbove(to))
      ? []
      : clumps.map(({ middle }) => low + ((high - low) * (middle + 0.5)) / bins);
    return {
      kind: 'units',
      column: name,
      before: bounds(column, column),
      after: bounds(column, after),
      reason: `Rows lie in two clumps, ${told(one)} and ${told(other)}, with next to none between, as where some devices write another unit${unitWords(
        column,
        middles,
      )}. Ask whoever holds the data before you take this: rows of the smaller clump would be refused until they are converted.`,
      set: after,
    };
  }
  const after = boundsOf(first, last);
  const allowed = (after.maximum ?? high) - (after.minimum ?? low);
  const isOpen =
    (column.minimum === null && after.minimum !== null) ||
    (column.maximum === null && after.maximum !== null);
  if (!isOpen && allowed > 0.75 * (high - low)) return undefined;
  return {
    kind: 'range',
    column: name,
    before: bounds(column, column),
    after: bounds(column, after),
    reason: `Of ${count(rows)} rows all but ${percent(Math.max(TAIL, least / rows))} on each side hold ${span(first, last)}; as much as ${column.reads === 'time' ? `${count(width)} days` : tidy(width, width / 10)} is left free beside each bound. Rows beyond would be refused, which finds a misplaced point or another unit.`,
    set: after,
  };
}

/** Rows in a bin, or beyond a bound, that are more than its tail. */
const leastHeld = (rows: number, least: number): number => Math.max(least, TAIL * rows);

/** Where the contract sets no bound, and many rows lie in the last bin or beyond it: what they hold is not seen there. */
export function piledEnds(
  column: NumberColumn,
  { counts }: Histogram,
  deviation: number,
): { readonly low: boolean; readonly high: boolean } {
  const held = leastHeld(rowsIn(counts), Math.max(LEAST, 2 * deviation));
  return {
    low: column.minimum === null && (counts[0] ?? 0) >= held,
    high: column.maximum === null && (counts.at(-1) ?? 0) >= held,
  };
}

/** The first bin at which so many rows are reached, from below. */
function reached(counts: readonly number[], least: number): number {
  let rows = 0;
  const at = counts.findIndex((one) => (rows += Math.max(0, one)) >= least);
  return at < 0 ? counts.length : at;
}

/** Values are two, such as 0 and 1, as far as bins tell: neither is a clump nor a tail, however rare it is. */
function isOfTwo(counts: readonly number[], least: number): boolean {
  const [one, other, ...more] = [...counts.keys()].filter((bin) => (counts[bin] ?? 0) >= least);
  return one !== undefined && other !== undefined && more.length === 0 && other - one > 1;
}

interface Clump {
  /** Bins, both ends within. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly middle: number;
}

/** Two runs of bins, and nothing beside them; undefined: rows lie otherwise. */
function clumpsOf(
  counts: readonly number[],
  rows: number,
  least: number,
): readonly [Clump, Clump] | undefined {
  const isHeld = (value: number): boolean => value >= leastHeld(rows, least);
  const clumps: Clump[] = [];
  let from = -1;
  let empty = GAP_BINS;
  for (const [bin, value] of [...counts, ...Array.from({ length: GAP_BINS }, () => 0)].entries()) {
    if (isHeld(value)) {
      if (from < 0) from = bin;
      empty = 0;
    } else if ((empty += 1) === GAP_BINS && from >= 0) {
      const to = bin - GAP_BINS;
      const own = counts.slice(from, to + 1).map((one) => Math.max(0, one));
      const held = own.reduce((sum, one) => sum + one, 0);
      const middle = own.reduce((sum, one, at) => sum + one * (from + at), 0) / held;
      clumps.push({ from, to, rows: held, middle });
      from = -1;
    }
  }
  const [one, other, ...more] = clumps;
  return one !== undefined &&
    other !== undefined &&
    more.length === 0 &&
    Math.min(one.rows, other.rows) >= CLUMP * rows
    ? [one, other]
    : undefined;
}

const UNITS: readonly (readonly [factor: number, words: string])[] = [
  [2.2046, 'pounds for kilograms'],
  [2.54, 'centimetres for inches'],
  [10, 'a misplaced point, or millimetres for centimetres'],
  [18.016, 'mg/dl for mmol/l of glucose'],
  [38.67, 'mg/dl for mmol/l of cholesterol'],
  [100, 'per cent for shares, or centimetres for metres'],
  [1000, 'grams for kilograms'],
];

/** Of a middle of bins no more is known than that. */
const UNIT_TOLERANCE = 0.15;

function unitWords({ reads }: NumberColumn, [low = 0, high = 0]: readonly number[]): string {
  if (reads === 'time' || !(low > 0)) return '';
  const ratio = high / low;
  const found = UNITS.find(([factor]) => Math.abs(ratio / factor - 1) < UNIT_TOLERANCE);
  return ` (about ${Number(ratio.toPrecision(2))} : 1${found === undefined ? '' : `, perhaps ${found[1]}`})`;
}

/** To three digits of the step between two values. */
function tidy(value: number, step: number): number {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(step)));
  return Number(value.toFixed(Math.min(12, digits)));
}
