// Where a model does worst: parts of the rows that one or two columns cut out, in which the loss is higher than elsewhere by more than
// luck, worst first (Chung et al. 2019, "Slice Finder": effect size and a test; a slice within one that was found is passed over
// unless it is worse by itself). Answers that are wrong or right are tested exactly (Fisher), squared errors by Welch's test.
import { exactEdges } from '../learners/exact-edges.ts';
import type { LearnerRows } from '../learners/learner.ts';
import type { TableContract } from '../data/contract.ts';
import { spokenNumber } from '../data/spoken-number.ts';
import { hypergeometricTail } from '../metrics/hypergeometric.ts';
import { welchTest } from '../metrics/welch.ts';
import { binnedColumns, binRows, type BinnedColumn, type BinnedColumns } from '../trees/columns.ts';

export interface Condition {
  readonly column: string;
  /** As a person reads it: "is blue", "from 3 to 4.5", "is missing". */
  readonly says: string;
}

export interface Slice {
  /** One or two. */
  readonly conditions: readonly Condition[];
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly meanLoss: number;
  /** Of all other rows. */
  readonly otherLoss: number;
  /** √2 (mean − other mean) / √(σ² + other σ²): 0.2 is small, 0.8 large (Cohen 1988). */
  readonly effect: number;
  /** Of a difference like this where there is none, times the number of slices looked at (Bonferroni). */
  readonly pValue: number;
}

export interface SliceOptions {
  /** Rows that a slice must have; a hundredth of all, and 10 at least. */
  readonly smallest?: number;
  readonly leastEffect?: number;
  readonly most?: number;
  /** Parts that a column of numbers is cut into. */
  readonly parts?: number;
}

/** What chance does less often than this, over all slices together, is not taken for chance. */
const LUCK = 0.01;
/** Of single conditions, the worst so many are paired: hundreds of words would make a million pairs. */
const MOST_PAIRED = 60;

interface Candidate {
  readonly column: number;
  readonly cell: number;
  readonly rows: Uint32Array<ArrayBuffer>;
}

/** `losses` [count]: of each row, higher is worse. */
export function worstSlices(
  contract: TableContract,
  rows: LearnerRows,
  losses: ArrayLike<number>,
  options: SliceOptions = {},
): Slice[] {
  const smallest = options.smallest ?? Math.max(10, Math.ceil(rows.count / 100));
  const { leastEffect = 0.2, most = 10, parts = 4 } = options;
  const columns = binnedColumns(contract, parts);
  const edges = exactEdges(columns, rows);
  const binned = binRows(columns, edges, rows.features, rows.count);
  const width = columns.columns.length;
  const singles: Candidate[] = [];
  for (const [column, { cells }] of columns.columns.entries()) {
    const byCell = Array.from({ length: cells }, (): number[] => []);
    for (let row = 0; row < rows.count; row += 1) byCell[binned[row * width + column]!]!.push(row);
    for (const [cell, own] of byCell.entries())
      if (own.length >= smallest && own.length <= rows.count - smallest)
        singles.push({ column, cell, rows: Uint32Array.from(own) });
  }
  const total = sumsOf(losses, undefined, rows.count);
  const pairs: (readonly [Candidate, Candidate, Uint32Array<ArrayBuffer>])[] = [];
  const worst = singles
    .map((one) => ({ one, t: measure([one], one.rows, losses, total, 1).t }))
    .toSorted((a, b) => b.t - a.t)
    .slice(0, MOST_PAIRED)
    .map(({ one }) => one);
  for (const [at, first] of worst.entries())
    for (const second of worst.slice(at + 1)) {
      if (first.column === second.column) continue;
      const both = first.rows.filter((row) => binned[row * width + second.column] === second.cell);
      if (both.length >= smallest) pairs.push([first, second, both]);
    }
  // All pairs, though the worst alone are looked at: which those are was seen in the same losses.
  const looked = (singles.length * (singles.length + 1)) / 2;
  const says = (one: Candidate): Condition => conditionOf(columns, edges, one);
  const measured = [
    ...singles.map((one) => measure([one], one.rows, losses, total, looked)),
    ...pairs.map(([first, second, both]) => measure([first, second], both, losses, total, looked)),
  ].filter(({ effect, pValue }) => effect >= leastEffect && pValue < LUCK);
  // By how sure it is; of equal ones the simpler and then the larger.
  const sorted = measured.toSorted(
    (a, b) => b.t - a.t || a.of.length - b.of.length || b.rows.length - a.rows.length,
  );
  const kept: (typeof sorted)[number][] = [];
  for (const slice of sorted) {
    const within = kept.some(
      (other) => other.of.length < slice.of.length && other.of.every((part) => slice.of.includes(part)),
    );
    if (!within) kept.push(slice);
    if (kept.length === most) break;
  }
  return kept.map(({ of, t: _, ...slice }) => ({ conditions: of.map(says), ...slice }));
}

interface Moments {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
  /** Every loss is 0 or 1. */
  readonly areFlags: boolean;
}

function sumsOf(losses: ArrayLike<number>, rows: Uint32Array | undefined, count: number): Moments {
  let sum = 0;
  let squares = 0;
  let areFlags = true;
  for (let at = 0; at < count; at += 1) {
    const loss = losses[rows === undefined ? at : rows[at]!]!;
    sum += loss;
    squares += loss * loss;
    areFlags &&= loss === 0 || loss === 1;
  }
  return { count, sum, squares, areFlags };
}

function measure(
  of: readonly Candidate[],
  rows: Uint32Array<ArrayBuffer>,
  losses: ArrayLike<number>,
  total: Moments,
  looked: number,
) {
  const own = sumsOf(losses, rows, rows.length);
  const other = {
    count: total.count - own.count,
    sum: total.sum - own.sum,
    squares: total.squares - own.squares,
    areFlags: total.areFlags,
  };
  const [meanLoss, otherLoss] = [own.sum / own.count, other.sum / other.count];
  const variance = ({ count, sum, squares }: Moments): number =>
    Math.max(0, (squares - (sum * sum) / count) / Math.max(1, count - 1));
  const [ownVariance, otherVariance] = [variance(own), variance(other)];
  const difference = meanLoss - otherLoss;
  const spread = Math.sqrt(ownVariance + otherVariance);
  const { t, chance } =
    difference <= 0
      ? { t: 0, chance: 1 }
      : total.areFlags
        ? flagTest(own, total)
        : welchTest(difference, [ownVariance, own.count], [otherVariance, other.count]);
  return {
    of,
    rows,
    meanLoss,
    otherLoss,
    t,
    effect: difference <= 0 ? 0 : spread === 0 ? Infinity : (Math.SQRT2 * difference) / spread,
    pValue: Math.min(1, looked * chance),
  };
}

/** Wrong answers in a slice, as marbles from an urn: exact, however few rows and however alike they are. */
function flagTest(own: Moments, total: Moments): { readonly t: number; readonly chance: number } {
  const share = total.sum / total.count;
  const variance =
    (own.count * share * (1 - share) * (total.count - own.count)) / Math.max(1, total.count - 1);
  return {
    t: variance > 0 ? (own.sum - own.count * share) / Math.sqrt(variance) : 0,
    chance: hypergeometricTail(own.sum, { drawn: own.count, marked: total.sum, all: total.count }),
  };
}

function conditionOf(
  columns: BinnedColumns,
  edges: Float32Array,
  { column: index, cell }: Candidate,
): Condition {
  const column = columns.columns[index]!;
  return { column: column.name, says: phraseOf(column, columns.bins, edges, cell) };
}

function phraseOf(column: BinnedColumn, bins: number, edges: Float32Array, cell: number): string {
  if (cell === column.cells - 1) return 'is missing';
  if (column.type === 'category') return `is ${column.categories[cell] ?? cell}`;
  const edge = (at: number): string =>
    spokenNumber(column.source, edges[column.numberIndex * (bins - 1) + at]!);
  if (cell === 0) return `is at most ${edge(0)}`;
  if (cell === bins - 1) return `is above ${edge(bins - 2)}`;
  return `is above ${edge(cell - 1)} and at most ${edge(cell)}`;
}
