// What a survey suggests about the data contract: proposals that a coordinator takes one by one, each with what stands now, what would
// stand, and why. Bounds are edges of the survey's own bins, clipped where few rows lie, and never a smallest or largest value: those
// are somebody's row. Where noise is larger than a figure, or too few rows are behind it, nothing is proposed, and that is said.
// (Schemas drafted of statistics: Breck et al. 2019, "Data Validation for Machine Learning", §3.2.)
import type { TableColumn, TableContract } from '../data/contract.ts';
import { roundedTo } from '../recipe/rounded-to.ts';
import { LEAST_COHORT } from '../secure-sum/rules.ts';
import { listOf, quoted } from '../spoken-list.ts';
import { rangeOf } from './columns.ts';
import { kinds } from './contract-rules.ts';
import type { Histogram } from './histogram.ts';
import type { Figures } from './index.ts';
import {
  count,
  hidden,
  LEAST,
  percent,
  rowsIn,
  written,
  type CategoryColumn,
  type NumberColumn,
  type Proposal,
} from './proposal.ts';
import { piledEnds, rangeProposal } from './range-proposal.ts';

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
  const distributed = new Map(
    figures.flatMap((one, at) =>
      one.statistic === 'distributions'
        ? one.columns.flatMap((told) =>
            told.type === 'number'
              ? [[told.name, { histogram: told.histogram, deviation: deviations[at] ?? 0 }] as const]
              : [],
          )
        : [],
    ),
  );
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
        if (column?.type === 'number')
          into(scaleProposal(column, told, deviation, distributed.get(told.name)));
      }
    if (one.statistic === 'contract-rules')
      for (const { name, broken } of one.columns) {
        const column = contract.columns.find((other) => other.name === name);
        if (column !== undefined)
          for (const made of brokenProposals(column, broken, one.checked, deviation)) into(made);
      }
  }
  // Of two units no mean is the column’s.
  const mixed = proposals.filter(({ kind }) => kind === 'units').map(({ column }) => column);
  return {
    proposals: proposals.filter(
      ({ kind, column, before, after }) =>
        // In a draft the contract may have changed since it was asked, by what was proposed too.
        after !== before && (kind !== 'scale' || !mixed.includes(column)),
    ),
    silent,
  };
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
  if (column.type === 'text') return { ...column, ...gaps };
  return column;
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

/** Of the range: a deviation below is what rounding leaves of sums of squares. */
const HARDLY = 1e-4;

function scaleProposal(
  column: NumberColumn,
  told: { readonly count: number; readonly mean: number | null; readonly standardDeviation: number | null },
  deviation: number,
  distributed: { readonly histogram: Histogram; readonly deviation: number } | undefined,
): Proposal | string | undefined {
  const { name, mean, standardDeviation } = column;
  if (told.count < LEAST || told.mean === null || told.standardDeviation === null)
    return told.mean === null && deviation > 0 ? hidden(name, 'its mean', deviation) : undefined;
  const moved = Math.abs(told.mean - mean) / standardDeviation;
  const wider = told.standardDeviation / standardDeviation;
  if (moved <= 0.5 && wider >= 0.5 && wider <= 2) return undefined;
  // Values are taken into that range before they are summed: of what lies far beyond, no mean is told.
  if (distributed !== undefined) {
    const { low, high } = piledEnds(column, distributed.histogram, distributed.deviation);
    if (low || high)
      return `${quoted(name)}: many rows lie ${low && high ? 'below and above' : low ? 'below' : 'above'} where this contract looks, so no scale is told of them. Set bounds and ask again.`;
  } else if (column.minimum === null || column.maximum === null)
    return `${quoted(name)}: the contract leaves it open, and whether rows lie beyond where it looks was not asked, so no scale is told of them. Ask for its distribution too, or set bounds.`;
  // A noisy sum over so many rows, of values within the range.
  const { minimum, maximum } = rangeOf(column);
  const band = ((1.96 * deviation) / told.count) * ((maximum - minimum) / 2);
  if (band > told.standardDeviation / 2) return hidden(name, 'its mean and deviation', deviation);
  if (told.standardDeviation < HARDLY * (maximum - minimum))
    return `${quoted(name)}: its values hardly differ over ${count(told.count)} rows, so no scale is told of them. Nothing is learnt of such a column.`;
  // Rounded by the deviation, and not by the mean: of 101,327 ± 5 the last digits are what tells values apart.
  const to = roundedTo(told.mean, told.standardDeviation / 100, Math.round);
  const by = Number(told.standardDeviation.toPrecision(4));
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
      // Of these three a device tells no more than that it was one of them.
      reason: `On ${count(of('missing'))} of ${count(checked)} devices it is missing: a file has no such column, cells hold no value, or more of them than a rule allows. Where it may be missing, rows without a value are kept; the other two stay refused.`,
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
