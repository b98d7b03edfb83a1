// A recipe fitted to the rows of all devices, of which nobody has seen one: means, counts and histograms come of the sums of a survey
// (core/statistics), ranges and categories of the data contract, so that every device encodes alike, as if the rows had been pooled. It is
// made of what was published: fitting it is no further release, and it is as noisy as the survey.
import type { Canonical } from '../canonical.ts';
import type { TableContract } from '../data/contract.ts';
import { isoTime, DAY_MS } from '../data/iso-time.ts';
import type { Moments } from '../exploration/number-summary.ts';
import { fail, ok, type Result } from '../result.ts';
import { rangeOf, type Range } from '../statistics/columns.ts';
import { quantile, type Histogram } from '../statistics/histogram.ts';
import type { Figures } from '../statistics/index.ts';
import { listOf, quoted } from '../spoken-list.ts';
import type { Settings } from './fields.ts';
import type { ColumnHead, FitOutcome, RecipeProblem, StepReport } from './fit.ts';
import { tooMany } from './growth.ts';
import type { Recipe } from './recipe.ts';
import { innerEdges, labelsOf, ownEdges } from './steps/bin.ts';
import { numberOf } from './steps/cast.ts';
import { CROSSED, LONGEST_NAME } from './steps/cross.ts';
import { withOther } from './steps/one-hot.ts';
import { roundedScale, scaleOfMoments } from './steps/scale.ts';
import type { TableCounts } from './table.ts';

/** What is known of a column where a step finds it. */
interface Known {
  readonly name: string;
  /** The columns of the contract that it was made of. */
  readonly from: readonly string[];
  /** As the step finds it; texts hold numbers, times or categories until they are cast. */
  readonly type: 'number' | 'category' | 'text';
  readonly holds: 'number' | 'time' | 'category';
  /** Rows without a value; undefined: nobody was asked. */
  readonly missing?: number | undefined;
  readonly moments?: Moments | undefined;
  readonly histogram?: Histogram | undefined;
  /** That everybody knows beforehand. */
  readonly range?: Range | undefined;
  /** `rows`: that hold it; undefined: nobody was asked. */
  readonly labels?: readonly { readonly label: string; readonly rows: number | undefined }[] | undefined;
}

/** As a fit to rows has it, by what sums say of them. */
export type FederatedFit = Pick<FitOutcome, 'fitted' | 'reports' | 'found'>;

interface Learnt {
  readonly state: Canonical;
  readonly notes: readonly string[];
  /** What each column that is named here gives way to. */
  readonly become?: ReadonlyMap<string, readonly Known[]>;
  readonly added?: readonly Known[];
}

interface Asked {
  readonly settings: Settings;
  /** Those that the step names, or all that it suits. */
  readonly columns: readonly Known[];
  /** Of all devices, with and without a value; undefined: nothing tells. */
  readonly rows: number | undefined;
}

type StepFromSums = (asked: Asked) => Result<Learnt, string>;

/** `figures`: of a survey's statistics; those about a version are none of the rows, and are passed over. */
export function fittedFromSurvey(
  recipe: Recipe,
  contract: TableContract,
  figures: readonly Figures[],
): Result<FederatedFit, RecipeProblem> {
  let known = contractColumns(contract, figures);
  const rows = rowsOf(contract, figures);
  const states: Canonical[] = [];
  const reports: StepReport[] = [];
  const found = [headsOf(known)];
  const problem = (step: number | null, message: string) => fail({ step, message, reports, found });
  for (const [at, { step, settings }] of recipe.steps.entries()) {
    const learnt = learntBy(step, settings, known, rows);
    if (!learnt.ok) return problem(at, `Step ${at + 1} (${step}): ${learnt.error}`);
    const { state, notes, become, added = [] } = learnt.value;
    const before = countsOf(known, rows);
    known = [...known.flatMap((column) => become?.get(column.name) ?? [column]), ...added];
    const many = tooMany(known.length);
    if (many !== undefined) return problem(at, `Step ${at + 1} (${step}): ${many}`);
    const names = known.map(({ name }) => name);
    const twice = names.find((one, place) => names.indexOf(one) !== place);
    if (twice !== undefined)
      return problem(
        at,
        `Step ${at + 1} (${step}): it makes a second column ${quoted(twice)}. Drop the first before.`,
      );
    states.push(state);
    reports.push({ step, before, after: countsOf(known, rows), notes });
    found.push(headsOf(known));
  }
  const texts = known.filter(({ type }) => type === 'text').map(({ name }) => quoted(name));
  if (texts.length > 0)
    return problem(
      null,
      `After the last step ${listOf(texts)} still stand as they were written. Cast numbers, make categories of the others (one-hot), or drop them.`,
    );
  const inputs = [...new Set(known.flatMap(({ from }) => from))];
  return inputs.length === 0
    ? problem(null, 'The steps leave no column to learn from. Drop fewer.')
    : ok({ fitted: { recipe, states, inputs }, reports, found });
}

const headsOf = (known: readonly Known[]): ColumnHead[] => known.map(({ name, type }) => ({ name, type }));

const countsOf = (known: readonly Known[], rows: number | undefined): TableCounts => ({
  rows: Math.round(rows ?? 0),
  columns: known.length,
  missing: Math.round(known.reduce((sum, { missing = 0 }) => sum + Math.max(0, missing), 0)),
});

function learntBy(
  step: string,
  settings: Settings,
  known: readonly Known[],
  rows: number | undefined,
): Result<Learnt, string> {
  const named = Array.isArray(settings['columns']) ? (settings['columns'] as readonly string[]) : undefined;
  const absent = (named ?? []).filter((name) => !known.some((one) => one.name === name));
  if (absent.length > 0)
    return fail(
      `there is no column ${listOf(absent.map(quoted))} at this step. There are ${listOf(
        known.map(({ name }) => quoted(name)),
        20,
      )}.`,
    );
  const found = stepsFromSums[step];
  if (found === undefined) return fail(UNFIT[step] ?? 'sums are not enough to fit it. Leave the step out.');
  const columns =
    named === undefined
      ? known.filter(found.suits)
      : named.flatMap((name) => known.find((one) => one.name === name) ?? []);
  const unsuited = columns.find((column) => !found.suits(column));
  return unsuited === undefined
    ? found.learn({ settings, columns, rows })
    : fail(
        `${quoted(unsuited.name)} holds ${unsuited.type === 'text' ? `${words[unsuited.holds]}, as they were written` : words[unsuited.type]}, and this step needs ${found.wants}.`,
      );
}

const words = { number: 'numbers', time: 'times', category: 'categories' } as const;

/** Steps that need the rows themselves, and what to do. */
const UNFIT: Readonly<Record<string, string>> = {
  trim: 'cells were matched to the data contract when they were read. Leave the step out.',
  replace: 'cells were matched to the data contract when they were read. Leave the step out.',
  terms: 'it needs the words of the rows, which no device sends. Use hash-text, which learns nothing.',
  words: 'it needs the words of the rows, which no device sends. Use hash-text, which learns nothing.',
  'tf-idf': 'it needs the words of the rows, which no device sends. Use hash-text, which learns nothing.',
  'drop-useless': 'it looks at all values of a column, which no device sends. Name columns in a drop step.',
  'drop-rows': 'each device learns from all its rows. Fill gaps in with impute.',
  dedupe: 'each device leaves out rows that are there twice as it reads them. Leave the step out.',
};

const isNumber = ({ type }: Known): boolean => type === 'number';

const stepsFromSums: Readonly<
  Record<
    string,
    | { readonly suits: (column: Known) => boolean; readonly wants: string; readonly learn: StepFromSums }
    | undefined
  >
> = {
  cast: { suits: (column) => column.type === 'text', wants: 'what was not cast before', learn: casting },
  dates: {
    suits: ({ type, holds }) => type === 'text' && holds === 'time',
    wants: 'times, before a cast step',
    learn: dateParts,
  },
  drop: { suits: () => true, wants: 'a column', learn: dropping },
  impute: {
    suits: ({ type, holds }) => type === 'number' || (type === 'text' && holds === 'category'),
    wants: 'numbers or categories. A cast step before this one makes numbers',
    learn: imputing,
  },
  clip: { suits: isNumber, wants: 'numbers', learn: clipping },
  log: { suits: isNumber, wants: 'numbers', learn: logarithms },
  bin: { suits: isNumber, wants: 'numbers', learn: binning },
  cross: {
    suits: ({ type, labels }) => type !== 'number' && labels !== undefined,
    wants: 'categories. Bin numbers first',
    learn: crossing,
  },
  'one-hot': {
    suits: ({ type, holds }) => type === 'text' && holds === 'category',
    wants: 'categories',
    learn: categories,
  },
  'hash-text': {
    suits: ({ type, holds }) => type === 'text' && holds === 'category',
    wants: 'texts',
    learn: hashing,
  },
  scale: { suits: isNumber, wants: 'numbers. A cast step before this one makes them', learn: scaling },
};

/** The columns as devices have them, with what a survey said. */
function contractColumns({ columns }: TableContract, figures: readonly Figures[]): readonly Known[] {
  return columns.flatMap((column): Known[] => {
    const { name, type } = column;
    if (type !== 'number' && type !== 'category') return [];
    const from = [name];
    if (type === 'category') {
      const asked = distributionOf(figures, name, 'category');
      const labels = column.categories.map((label) => ({
        label,
        rows: asked?.categories.find((one) => one.label === label)?.count,
      }));
      const missing = column.missingAllowed ? asked?.missing : 0;
      return [{ name, from, type: 'text', holds: 'category', labels, missing }];
    }
    const asked = distributionOf(figures, name, 'number');
    const moments = momentsAsked(figures, name);
    return [
      {
        name,
        from,
        type: 'text',
        holds: column.reads ?? 'number',
        missing: column.missingAllowed ? asked?.missing : 0,
        moments,
        histogram: asked?.histogram,
        range: rangeOf(column),
      },
    ];
  });
}

function distributionOf<Type extends 'number' | 'category'>(
  figures: readonly Figures[],
  name: string,
  type: Type,
) {
  for (const one of figures)
    if (one.statistic === 'distributions')
      for (const column of one.columns)
        if (column.name === name && column.type === type)
          return column as Extract<typeof column, { type: Type }>;
  return undefined;
}

/** undefined: nobody was asked, no row has it, or the noise hides it. */
function momentsAsked(figures: readonly Figures[], name: string): Moments | undefined {
  for (const one of figures)
    if (one.statistic === 'moments')
      for (const { name: of, count, mean, standardDeviation } of one.columns)
        if (of === name && mean !== null && standardDeviation !== null)
          return { count, mean, squares: standardDeviation ** 2 * count };
  return undefined;
}

/** Of all devices; undefined: nothing that was asked tells. */
function rowsOf({ columns }: TableContract, figures: readonly Figures[]): number | undefined {
  const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
  for (const one of figures) {
    if (one.statistic === 'distributions') {
      const [first] = one.columns;
      if (first?.type === 'number') return sum(first.histogram.counts) + first.missing;
      if (first?.type === 'category') return sum(first.categories.map(({ count }) => count)) + first.missing;
    }
    if (one.statistic === 'target')
      return sum(one.classes?.map(({ count }) => count) ?? one.histogram?.counts ?? []);
    if (one.statistic === 'moments')
      for (const { name, count } of one.columns)
        if (
          columns.some((column) => column.name === name && column.type === 'number' && !column.missingAllowed)
        )
          return count;
  }
  return undefined;
}

const short = (value: number): string => String(Number(value.toPrecision(5)));
const unasked = ({ name }: Known, what: string): Result<never, string> =>
  fail(
    `no survey says ${what} of ${quoted(name)}: it was not asked, no row has the value, or the noise hides it. Ask one about the data, or name other columns.`,
  );
const unnamed = (column: Known, known: Partial<Known>): [string, readonly Known[]] => [
  column.name,
  [{ ...column, ...known }],
];

function casting({ settings, columns }: Asked): Result<Learnt, string> {
  const to = settings['to'];
  if (to === 'text') return fail('every column stands as a text here already. Leave the step out.');
  if (settings['decimal'] === 'comma')
    return fail('numbers were read by the data contract, and have a point. Choose the point.');
  const state: Canonical[] = [];
  const become = new Map<string, readonly Known[]>();
  for (const column of columns) {
    const { name, holds, missing } = column;
    if (holds === 'category') {
      // By their values categories may be numbers too, as a pooled fit would have them; nobody meant that.
      const areNumbers = column.labels?.every(({ label }) => !Number.isNaN(numberOf(label))) === true;
      const areTimes = column.labels?.every(({ label }) => !Number.isNaN(isoTime(label))) === true;
      if (to === 'by-values' && !areNumbers && !areTimes) continue;
      return fail(
        `${quoted(name)} holds categories by the data contract. Name the columns of numbers in “columns”.`,
      );
    }
    if (to !== 'by-values' && to !== holds)
      return fail(`${quoted(name)} holds ${words[holds]} by the data contract. Name other columns.`);
    state.push({ name, to: holds, hadMissing: missing === undefined || missing > 0.5 });
    become.set(...unnamed(column, { type: 'number' }));
  }
  return ok({ state, notes: [], become });
}

const PARTS = { year: undefined, month: [1, 12], day: [1, 31], weekday: [1, 7], hour: [0, 23] } as const;
const CYCLIC = ['month', 'weekday', 'hour'] as const;

function dateParts({ settings, columns }: Asked): Result<Learnt, string> {
  const become = new Map<string, readonly Known[]>();
  for (const { name, from, missing, range } of columns) {
    const year = (days: number): number => new Date(days * DAY_MS).getUTCFullYear();
    const part = (what: string, minimum: number, maximum: number): Known => ({
      name: `${name} (${what})`,
      from,
      type: 'number',
      holds: 'number',
      missing,
      range: { minimum, maximum },
    });
    const [first, last] = [range?.minimum ?? 0, range?.maximum ?? 0].map(year) as [number, number];
    become.set(name, [
      ...Object.entries(PARTS).map(([what, [low, high] = [first, last]]) =>
        part(what, low, Math.max(high, low + (what === 'year' ? 1 : 0))),
      ),
      ...(settings['cyclic'] === true
        ? CYCLIC.flatMap((what) => [part(`${what}, sine`, -1, 1), part(`${what}, cosine`, -1, 1)])
        : []),
    ]);
  }
  return ok({ state: columns.map(({ name }) => ({ name })), notes: [], become });
}

function dropping({ columns }: Asked): Result<Learnt, string> {
  return ok({
    state: columns.map(({ name }) => ({ name })),
    notes: [],
    become: new Map(columns.map(({ name }) => [name, []])),
  });
}

function imputing({ settings, columns, rows }: Asked): Result<Learnt, string> {
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

function clipping({ settings, columns }: Asked): Result<Learnt, string> {
  if (settings['by'] !== 'values')
    return fail('quantiles of the outer rows are not among sums. Give bounds of your own (values).');
  const [low, high] = [Number(settings['low']), Number(settings['high'])];
  return ok({
    state: columns.map(({ name }) => ({ name, low, high })),
    notes: [],
    become: new Map(
      columns.map((column) => unnamed(column, { ...CHANGED, range: { minimum: low, maximum: high } })),
    ),
  });
}

/** What was said of values before they were changed one by one. */
const CHANGED = { moments: undefined, histogram: undefined, range: undefined };

function logarithms({ columns }: Asked): Result<Learnt, string> {
  const log = (value: number): number => Math.sign(value) * Math.log1p(Math.abs(value));
  return ok({
    state: columns.map(({ name }) => ({ name })),
    notes: [],
    become: new Map(
      columns.map((column) =>
        unnamed(column, {
          ...CHANGED,
          range: column.range && { minimum: log(column.range.minimum), maximum: log(column.range.maximum) },
        }),
      ),
    ),
  });
}

function binning({ settings, columns }: Asked): Result<Learnt, string> {
  const state: { name: string; edges: number[] }[] = [];
  const notes: string[] = [];
  const become = new Map<string, readonly Known[]>();
  for (const column of columns) {
    const { name } = column;
    const found = edgesOf(column, settings);
    if (!found.ok) return found;
    const edges = found.value;
    if (edges.length === 0)
      return fail(`${quoted(name)} has too few different values for bins. Drop it, or take fewer.`);
    state.push({ name, edges });
    notes.push(`${quoted(name)}: ${edges.map(short).join(', ')}`);
    const isKept = settings['keep'] === true;
    const binned: Known = {
      ...column,
      ...CHANGED,
      name: isKept ? `${name} (bin)` : name,
      ...(settings['as'] === 'number'
        ? { range: { minimum: 0, maximum: edges.length } }
        : {
            type: 'category' as const,
            holds: 'category' as const,
            labels: labelsOf(edges).map((label) => ({ label, rows: undefined })),
          }),
    };
    become.set(name, isKept ? [column, binned] : [binned]);
  }
  return ok({ state, notes, become });
}

function edgesOf(column: Known, settings: Settings): Result<number[], string> {
  const bins = Number(settings['bins']);
  const { histogram, range } = column;
  switch (settings['by']) {
    case 'edges':
      return ok(ownEdges(String(settings['edges'])) ?? []);
    case 'width': {
      if (range === undefined)
        return fail(`${quoted(column.name)} has no range that everybody knows here. Give edges of your own.`);
      const width = (range.maximum - range.minimum) / bins;
      return ok(innerEdges(Array.from({ length: bins + 1 }, (_, at) => range.minimum + at * width)));
    }
    default: {
      if (histogram === undefined) return unasked(column, 'how values are distributed');
      const all = Array.from({ length: bins + 1 }, (_, at) =>
        quantile(histogram, histogram.counts, at / bins),
      );
      return all.some((edge) => edge === null)
        ? unasked(column, 'how values are distributed')
        : ok(innerEdges(all.map(Number)));
    }
  }
}

/** Beyond what one-hot tells apart: they may be hashed. */
const MOST_PAIRS = 10_000;

function crossing({ columns }: Asked): Result<Learnt, string> {
  const name = columns.map((column) => column.name).join(CROSSED);
  if (name.length > LONGEST_NAME)
    return fail(
      `${quoted(name)} is longer than the ${LONGEST_NAME} letters that a column’s name may have. Cross fewer.`,
    );
  const pairs = columns.reduce((product, column) => product * (column.labels?.length ?? 0), 1);
  if (pairs > MOST_PAIRS)
    return fail(
      `${quoted(name)} would be ${pairs} pairs of categories, and at most ${MOST_PAIRS} are made. Cross fewer columns.`,
    );
  const labels = columns.reduce<readonly string[]>(
    (all, column, at) =>
      (column.labels ?? []).flatMap(({ label }) =>
        at === 0 ? [label] : all.map((one) => `${one}${CROSSED}${label}`),
      ),
    [],
  );
  const crossed: Known = {
    name,
    from: [...new Set(columns.flatMap(({ from }) => from))],
    type: 'text',
    holds: 'category',
    labels: labels.map((label) => ({ label, rows: undefined })),
  };
  return ok({ state: { name }, notes: [`${labels.length} pairs of categories`], added: [crossed] });
}

function categories({ settings, columns }: Asked): Result<Learnt, string> {
  const rarest = Number(settings['rarest']);
  const state: Canonical[] = [];
  const notes: string[] = [];
  for (const column of columns) {
    const { name, labels = [] } = column;
    if (rarest > 1 && labels.some(({ rows }) => rows === undefined))
      return unasked(column, 'how often each category stands');
    // Without a threshold every category of the contract is one, though no row has it yet.
    // In the order that the step itself gives them.
    const kept = labels
      .filter(({ rows }) => rarest <= 1 || (rows ?? 0) >= rarest)
      .map(({ label }) => label)
      .toSorted();
    if (kept.length === 0)
      return fail(`no category of ${quoted(name)} stands in ${rarest} rows. Ask for fewer, or drop it.`);
    if (kept.length >= 1000 || kept.some((label) => label.length > 80))
      return fail(
        `${quoted(name)} would be ${kept.length} categories, some in many letters: at most 999 of 80 letters are told apart. Cross fewer columns.`,
      );
    const made = withOther(name, kept, kept.length < labels.length);
    state.push(made);
    notes.push(`${quoted(name)}: ${listOf(made.labels, 8)}`);
  }
  return ok({
    state,
    notes,
    become: new Map(columns.map((column) => unnamed(column, { type: 'category' }))),
  });
}

function hashing({ settings, columns }: Asked): Result<Learnt, string> {
  if (settings['columns'] === null) return fail('name the columns whose texts are to be hashed.');
  const buckets = Number(settings['buckets']);
  const many = tooMany(columns.length * buckets);
  if (many !== undefined) return fail(many);
  return ok({
    state: columns.map(({ name }) => ({ name })),
    notes: [],
    become: new Map(
      columns.map(({ name, from }) => [
        name,
        Array.from({ length: buckets }, (_, at): Known => ({
          name: `${name}: hash ${at}`,
          from,
          type: 'number',
          holds: 'number',
          missing: 0,
          range: { minimum: -1, maximum: 1 },
        })),
      ]),
    ),
  });
}

function scaling({ settings, columns }: Asked): Result<Learnt, string> {
  const state: { name: string; shift: number; factor: number }[] = [];
  for (const column of columns) {
    const { name, moments, range } = column;
    let exact;
    switch (settings['method']) {
      case 'standard':
        if (moments === undefined) return unasked(column, 'mean and deviation');
        exact = scaleOfMoments(moments);
        break;
      case 'min-max':
        if (range === undefined)
          return fail(`${quoted(name)} has no range that everybody knows here. Scale it by standard.`);
        exact = {
          shift: range.minimum,
          factor: range.maximum > range.minimum ? range.maximum - range.minimum : 1,
        };
        break;
      default:
        return fail('quartiles are read of a histogram too coarsely to scale by. Use standard or min-max.');
    }
    state.push({ name, ...(settings['rounded'] === true ? roundedScale(exact) : exact) });
  }
  return ok({
    state,
    notes: state.map(
      ({ name, shift, factor }) => `${quoted(name)}: less ${short(shift)}, by ${short(factor)}`,
    ),
  });
}
