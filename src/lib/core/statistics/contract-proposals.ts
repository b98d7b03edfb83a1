// What a survey suggests about the data contract: proposals that a coordinator takes one by one, each with what stands now, what would
// stand, and why. Bounds are edges of the survey's own bins, clipped where few rows lie, and never a smallest or largest value: those
// are somebody's row. Where noise is larger than a figure, or too few rows are behind it, nothing is proposed, and that is said.
// (Schemas drafted of statistics: Breck et al. 2019, "Data Validation for Machine Learning", §3.2.)
import type { ColumnRule, TableColumn, TableContract } from '../data/contract.ts';
import { DAY_MS, isoText } from '../data/iso-time.ts';
import { roundedTo } from '../recipe/rounded-to.ts';
import { LEAST_COHORT } from '../secure-sum/rules.ts';
import { listOf, quoted } from '../spoken-list.ts';
import { kinds } from './contract-rules.ts';
import type { Figures } from './index.ts';

type NumberColumn = Extract<TableColumn, { type: 'number' }>;
type CategoryColumn = Extract<TableColumn, { type: 'category' }>;

export interface Proposal {
  readonly kind: 'range' | 'units' | 'scale' | 'gaps' | 'categories';
  readonly column: string;
  readonly before: string;
  readonly after: string;
  /** Sentences. */
  readonly reason: string;
  /** Of the column. */
  readonly set: Partial<
    Pick<NumberColumn, 'minimum' | 'maximum' | 'mean' | 'standardDeviation' | 'missingAllowed'>
  > &
    Partial<Pick<CategoryColumn, 'categories'>>;
  /** In the place of one of its type and column, or beside the others. */
  readonly rule?: ColumnRule;
}

export interface Proposals {
  readonly proposals: readonly Proposal[];
  /** Of what nothing is proposed though it was asked, and why: sentences. */
  readonly silent: readonly string[];
}

export interface Told {
  readonly figures: readonly Figures[];
  /** Of the noise on each count, by statistic. */
  readonly deviations: readonly number[];
  /** In the sum. */
  readonly devices: number | null;
}

/** Rows, or devices, below which nothing is said of them. */
const LEAST = 5;
/** The share of the rows that may lie beyond a bound, on each side. */
const TAIL = 0.005;
/** Of the rows, in each of two clumps; and bins between them that hold next to none. */
const CLUMP = 0.1;
const GAP_BINS = 2;

export function contractProposals(
  contract: TableContract,
  { figures, deviations, devices }: Told,
): Proposals {
  const proposals: Proposal[] = [];
  const silent: string[] = [];
  if (devices === null || devices < LEAST_COHORT)
    return {
      proposals,
      silent: [`Fewer than ${LEAST_COHORT} devices are in the sum: it says too much of each for a contract.`],
    };
  const into = (made: Proposal | string | undefined): void => {
    if (typeof made === 'string') silent.push(made);
    else if (made !== undefined) proposals.push(made);
  };
  for (const [at, one] of figures.entries()) {
    const deviation = deviations[at] ?? 0;
    if (one.statistic === 'distributions')
      for (const told of one.columns) {
        const column = contract.columns.find(({ name }) => name === told.name);
        if (column?.type === 'number' && told.type === 'number') {
          into(rangeProposal(column, told.histogram, deviation));
          into(gapsProposal(contract, column, told.missing, rowsIn(told.histogram.counts), deviation));
        }
        if (column?.type === 'category' && told.type === 'category') {
          into(categoriesProposal(column, told.categories, deviation));
          const rows = rowsIn(told.categories.map(({ count }) => count));
          into(gapsProposal(contract, column, told.missing, rows, deviation));
        }
      }
    if (one.statistic === 'moments')
      for (const told of one.columns) {
        const column = contract.columns.find(({ name }) => name === told.name);
        // Of two units no mean is the column’s.
        const isMixed = proposals.some(({ kind, column: of }) => kind === 'units' && of === told.name);
        if (column?.type === 'number' && !isMixed) into(scaleProposal(column, told, deviation));
      }
    if (one.statistic === 'contract-rules')
      for (const { name, broken } of one.columns) {
        const column = contract.columns.find((other) => other.name === name);
        if (column !== undefined)
          for (const made of brokenProposals(column, broken, one.checked, deviation)) into(made);
      }
  }
  return { proposals, silent };
}

/** The contract with what was taken, in order; of two that set the same the later one stands. */
export function withProposals(contract: TableContract, taken: readonly Proposal[]): TableContract {
  const rules = [...(contract.rules ?? [])];
  for (const { rule } of taken) {
    if (rule === undefined) continue;
    const at = rules.findIndex((one) => one.type === rule.type && one.column === rule.column);
    if (at < 0) rules.push(rule);
    else rules[at] = rule;
  }
  return {
    ...contract,
    columns: contract.columns.map((column) =>
      taken.reduce((all, { column: name, set }) => (name === column.name ? changed(all, set) : all), column),
    ),
    ...(rules.length === 0 ? {} : { rules }),
  };
}

function changed(
  column: TableColumn,
  { categories, missingAllowed, ...numbers }: Proposal['set'],
): TableColumn {
  const gaps = missingAllowed === undefined ? {} : { missingAllowed };
  if (column.type === 'number') return { ...column, ...numbers, ...gaps };
  if (column.type === 'category')
    return { ...column, ...(categories === undefined ? {} : { categories: [...categories] }), ...gaps };
  return column;
}

const rowsIn = (counts: readonly number[]): number =>
  counts.reduce((sum, count) => sum + Math.max(0, count), 0);
const hidden = (name: string, what: string, deviation: number): string =>
  `${quoted(name)}: the noise of ±${count(1.96 * deviation)} rows hides ${what}, so nothing is proposed.`;
const count = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
const written = (column: NumberColumn, value: number): string =>
  column.reads === 'time' ? isoText(Math.round(value) * DAY_MS).slice(0, 10) : String(value);
const bounds = (
  column: NumberColumn,
  { minimum, maximum }: Pick<NumberColumn, 'minimum' | 'maximum'>,
): string =>
  `${minimum === null ? 'no lower bound' : written(column, minimum)} to ${maximum === null ? 'no upper bound' : written(column, maximum)}`;

interface Histogram {
  readonly minimum: number;
  readonly maximum: number;
  readonly counts: readonly number[];
}

function rangeProposal(
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
  const first = reached(counts, Math.max(least, TAIL * rows));
  const last = bins - 1 - reached([...counts].reverse(), Math.max(least, TAIL * rows));
  if (first > last) return undefined;
  const width = (high - low) / bins;
  const edge = (bin: number): number => tidy(low + width * bin, width);
  // To a round number further out, and not beyond what is allowed now.
  const lowest = (bin: number): number =>
    Math.max(tidy(low, width), roundedTo(low + width * Math.max(0, bin - 1), width, Math.floor));
  const highest = (bin: number): number =>
    Math.min(tidy(high, width), roundedTo(low + width * Math.min(bins, bin + 2), width, Math.ceil));
  const clumps = clumpsOf(counts, rows, least);
  if (clumps !== undefined) {
    const [one, other] = clumps;
    const main = one.rows >= other.rows ? one : other;
    const after = { minimum: lowest(main.from), maximum: highest(main.to) };
    const span = ({ from, to, rows: held }: Clump): string =>
      `${written(column, edge(from))} – ${written(column, edge(to + 1))} (${percent(held / rows)})`;
    return {
      kind: 'units',
      column: name,
      before: bounds(column, column),
      after: bounds(column, after),
      reason: `Rows lie in two clumps, ${span(one)} and ${span(other)}, with next to none between, as where some devices write another unit${unitWords(
        column,
        [one, other].map(({ middle }) => low + ((high - low) * (middle + 0.5)) / bins),
      )}. Ask whoever holds the data before you take this: rows of the smaller clump would be refused until they are converted.`,
      set: after,
    };
  }
  // Piled up at an end that the contract leaves open: what lies beyond was not seen.
  const isPiled = (bin: number): boolean => (counts[bin] ?? 0) > TAIL * rows;
  const after = {
    minimum: column.minimum === null && isPiled(0) ? null : lowest(first),
    maximum: column.maximum === null && isPiled(bins - 1) ? null : highest(last),
  };
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
    reason: `Of ${count(rows)} rows all but ${percent(Math.max(TAIL, least / rows))} on each side lie within ${written(column, edge(first))} – ${written(column, edge(last + 1))}; as much as ${column.reads === 'time' ? `${count(width)} days` : tidy(width, width / 10)} is left free on each. Rows beyond would be refused, which finds a misplaced point or another unit.`,
    set: after,
  };
}

/** The first bin at which so many rows are reached, from below. */
function reached(counts: readonly number[], least: number): number {
  let rows = 0;
  const at = counts.findIndex((one) => (rows += Math.max(0, one)) >= least);
  return at < 0 ? counts.length : at;
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
  const isHeld = (value: number): boolean => value >= Math.max(least, TAIL * rows);
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

function gapsProposal(
  { rules = [] }: TableContract,
  column: NumberColumn | CategoryColumn,
  missing: number,
  held: number,
  deviation: number,
): Proposal | string | undefined {
  const { name } = column;
  if (!column.missingAllowed) return undefined;
  const rows = held + Math.max(0, missing);
  if (rows < LEAST) return undefined;
  if (deviation > 0 && missing < 2 * deviation) return hidden(name, 'how many rows lack it', deviation);
  if (missing < 0.5)
    return {
      kind: 'gaps',
      column: name,
      before: 'may be missing',
      after: 'is never missing',
      reason: `None of ${count(rows)} rows lacks it: a gap would be a fault of the file, and its row refused.`,
      set: { missingAllowed: false },
    };
  if (missing < LEAST)
    return `${quoted(name)}: fewer than ${LEAST} rows lack it, too few to say how many may.`;
  const share = missing / rows;
  // Devices differ: twice the share of all, to the next twentieth.
  const maximum = Math.min(1, Math.ceil((2 * share + (1.96 * deviation) / rows) * 20 - 1e-9) / 20);
  const before = rules.find((rule) => rule.type === 'missing-share' && rule.column === name);
  const stands = before?.type === 'missing-share' ? before.maximum : 1;
  return maximum >= stands
    ? undefined
    : {
        kind: 'gaps',
        column: name,
        before: stands === 1 ? 'any share may be missing' : `${percent(stands)} may be missing`,
        after: `${percent(maximum)} may be missing`,
        reason: `${percent(share)} of ${count(rows)} rows lack it. A file that lacks it twice as often is more likely read wrongly than different, and would be refused.`,
        set: {},
        rule: { type: 'missing-share', column: name, maximum },
      };
}

function categoriesProposal(
  column: CategoryColumn,
  told: readonly { readonly label: string; readonly count: number }[],
  deviation: number,
): Proposal | string | undefined {
  const least = Math.max(LEAST, 2 * deviation);
  const kept = column.categories.filter(
    (label) => (told.find((one) => one.label === label)?.count ?? 0) >= least,
  );
  const rare = column.categories.filter((label) => !kept.includes(label));
  if (rare.length === 0) return undefined;
  if (deviation > 0)
    return hidden(column.name, `whether anybody has ${listOf(rare.map(quoted), 5)}`, deviation);
  if (kept.length === 0) return undefined;
  return {
    kind: 'categories',
    column: column.name,
    before: listOf(column.categories, 8),
    after: listOf(kept, 8),
    reason: `Fewer than ${LEAST} rows of all devices hold ${listOf(rare.map(quoted), 5)}: nothing is learnt of so few, and where it is a slip of the pen it is found. Rows that do hold ${rare.length === 1 ? 'it' : 'one'} would be refused.`,
    set: { categories: kept },
  };
}

function scaleProposal(
  column: NumberColumn,
  told: { readonly count: number; readonly mean: number | null; readonly standardDeviation: number | null },
  deviation: number,
): Proposal | string | undefined {
  const { name, mean, standardDeviation } = column;
  if (
    told.count < LEAST ||
    told.mean === null ||
    told.standardDeviation === null ||
    told.standardDeviation === 0
  )
    return told.mean === null && deviation > 0 ? hidden(name, 'its mean', deviation) : undefined;
  const moved = Math.abs(told.mean - mean) / standardDeviation;
  const wider = told.standardDeviation / standardDeviation;
  if (moved <= 0.5 && wider >= 0.5 && wider <= 2) return undefined;
  // A noisy sum over so many rows, of values within the range.
  const range =
    (column.maximum ?? mean + 4 * standardDeviation) - (column.minimum ?? mean - 4 * standardDeviation);
  const band = ((1.96 * deviation) / told.count) * (range / 2);
  if (band > told.standardDeviation / 2) return hidden(name, 'its mean and deviation', deviation);
  const [to, by] = [Number(told.mean.toPrecision(4)), Number(told.standardDeviation.toPrecision(4))];
  return {
    kind: 'scale',
    column: name,
    before: `scaled by mean ${written(column, mean)} and deviation ${standardDeviation}`,
    after: `scaled by mean ${written(column, to)} and deviation ${by}`,
    reason: `Over ${count(told.count)} rows the mean is ${written(column, to)}${band > 0 ? ` ± ${Number(band.toPrecision(2))}` : ''} and the deviation ${by}. Scaled otherwise, the column counts for more or less than the others in training.`,
    set: { mean: to, standardDeviation: by },
  };
}

function brokenProposals(
  column: TableColumn,
  broken: readonly number[],
  checked: number,
  deviation: number,
): (Proposal | string)[] {
  const least = Math.max(LEAST, 2 * deviation);
  const of = (kind: (typeof kinds)[number]): number => broken[kinds.indexOf(kind)] ?? 0;
  const { name } = column;
  const made: (Proposal | string)[] = [];
  if (of('missing') >= least && 'missingAllowed' in column && !column.missingAllowed)
    made.push({
      kind: 'gaps',
      column: name,
      before: 'is never missing',
      after: 'may be missing',
      reason: `Of ${count(checked)} devices ${count(of('missing'))} had rows refused because they lack it. Taken with a gap they would be learnt from.`,
      set: { missingAllowed: true },
    });
  if (of('out of range') >= least)
    made.push(
      `${quoted(name)}: on ${count(of('out of range'))} of ${count(checked)} devices values lie beyond its bounds. What they are no device tells: ask whoever holds them before you widen them.`,
    );
  if (of('unreadable') >= least && column.type === 'category')
    made.push(
      `${quoted(name)}: on ${count(of('unreadable'))} of ${count(checked)} devices it holds what is none of its categories. What that is no device tells: ask whoever holds them.`,
    );
  return made;
}

/** To three digits of the step between two values. */
function tidy(value: number, step: number): number {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(step)));
  return Number(value.toFixed(Math.min(12, digits)));
}
