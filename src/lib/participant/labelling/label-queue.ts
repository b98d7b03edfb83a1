// What a judge is asked next, and what the model that orders the questions would answer.
import { UNLABELLED, selectRows } from '../../core/data/examples.ts';
import { foldsOf } from '../../core/data/row-split.ts';
import { suspectLabels } from '../../core/error-analysis/suspect-labels.ts';
import {
  judgesOf,
  paceOf,
  standingOf,
  type Judge,
  type JudgeSummary,
  type Judgement,
  type JournalEntry,
} from '../../core/labelling/journal.ts';
import { nextQueue, type QueueModel } from '../../core/labelling/next-queue.ts';
import { inRandomOrder, type QueueOrder } from '../../core/labelling/queue-order.ts';
import { quickFeatures } from '../../core/labelling/quick-features.ts';
import { quickModel, quickShares } from '../../core/labelling/quick-model.ts';
import type { Learning, Predictor } from '../../core/learners/learner.ts';
import {
  classesOf,
  judgedRows,
  knownLabels,
  labelsToKeep,
  standingRows,
  type NamedExamples,
  type StandingRow,
} from './label-book.ts';

/** Which examples are asked about. */
export type LabelScope =
  /** Those without a label in the dataset. */
  | 'unlabelled'
  /** Those that another judge has judged: for agreement. */
  | 'again'
  /** Those of which this judge was not sure. */
  | 'unsure'
  /** Those whose label looks wrong to a model that has not seen it, until this judge has looked again. */
  | 'suspected'
  | 'all';

/** What orders the queue and suggests labels. */
export type QueueGuide =
  /** A quick model of the labels so far. */
  | { readonly type: 'quick' }
  /** What another model says of some rows: [rows, classes]. */
  | { readonly type: 'given'; readonly rows: Uint32Array; readonly shares: Float32Array };

export interface QueueQuestion {
  readonly judge: Judge;
  readonly scope: LabelScope;
  readonly order: QueueOrder;
  readonly guide: QueueGuide;
  readonly seed: number;
}

export interface LabelQueue {
  /** In the order in which to ask, the first `MOST_QUEUED`; those passed over come last. */
  readonly rows: Uint32Array<ArrayBuffer>;
  /** [rows]: what the guide says, UNLABELLED where it says nothing; and its share, 0–1. */
  readonly suggested: Int32Array<ArrayBuffer>;
  readonly sureness: Float32Array<ArrayBuffer>;
  /** Examples in scope; of them those judged. */
  readonly total: number;
  readonly done: number;
  /** What stands of this judge, oldest first, the last hundred. */
  readonly recent: readonly StandingRow[];
  readonly judges: readonly JudgeSummary[];
  /** Milliseconds a judgement. */
  readonly paceMs: number | null;
  /** Labels that the quick model learnt from; null where it was not asked, or cannot tell two classes yet. */
  readonly learntFrom: number | null;
  /** Labels of this judge that the dataset does not bear yet. */
  readonly toKeep: number;
}

export const MOST_QUEUED = 2000;
/** A quick model learns from so many labels at most, and looks at so many examples. */
const MOST_SEEN = 4000;
const RECENT = 100;
const FOLDS = 5;
const FEWEST_TO_SUSPECT = 20;

export async function labelQueue(
  named: NamedExamples,
  journal: readonly JournalEntry[],
  question: QueueQuestion,
  tick: () => Promise<void>,
): Promise<LabelQueue> {
  const { judge, seed } = question;
  const standing = standingOf(journal, judge);
  const known = knownLabels(named, journal, judge);
  const open = await openRows(named, journal, question, known, tick);
  const seen = inRandomOrder(open.rows, seed).slice(0, MOST_SEEN);
  const guide = await guideOf(named, question, seen, known, seed, tick);
  const ordered =
    open.suggested === undefined
      ? [
          ...nextQueue(guide?.rows ?? seen, question.order, seed, guide?.model),
          ...(guide === undefined ? [] : others(seen, guide.rows)),
          ...open.skipped,
        ]
      : [...open.rows];
  const rows = Uint32Array.from(ordered.slice(0, MOST_QUEUED));
  return {
    rows,
    ...suggestions(rows, guide, open.suggested),
    total: open.total,
    done: open.done,
    recent: standingRows(named, standing.slice(-RECENT)),
    judges: judgesOf(journal),
    paceMs: paceOf(standing) ?? null,
    learntFrom: guide?.learntFrom ?? null,
    toKeep: labelsToKeep(named, journal, judge).length,
  };
}

const others = (rows: Uint32Array, without: Uint32Array): readonly number[] => {
  const taken = new Set(without);
  return [...rows].filter((row) => !taken.has(row));
};

interface OpenRows {
  /** Not judged yet, and not passed over. */
  readonly rows: Uint32Array;
  readonly skipped: readonly number[];
  readonly total: number;
  readonly done: number;
  /** Where the scope itself says what each row rather is: [rows]. */
  readonly suggested?: Int32Array;
}

async function openRows(
  named: NamedExamples,
  journal: readonly JournalEntry[],
  { judge, scope }: QueueQuestion,
  known: Int32Array,
  tick: () => Promise<void>,
): Promise<OpenRows> {
  const { targets } = named.examples;
  const judged = judgedRows(named, journal, judge);
  switch (scope) {
    case 'unlabelled':
      return without(
        judged,
        Array.from(targets.keys()).filter((row) => targets[row] === UNLABELLED),
      );
    case 'all':
      return without(judged, Array.from(targets.keys()));
    case 'again': {
      const others = judgesOf(journal).filter(
        (other) => other.annotator !== judge.annotator || other.pass !== judge.pass,
      );
      const rows = new Set(others.flatMap((other) => [...judgedRows(named, journal, other).keys()]));
      return without(
        judged,
        [...rows].toSorted((a, b) => a - b),
      );
    }
    case 'unsure': {
      // What was told since stays in the count, as done.
      const ever = new Set(
        standingRows(named, standingOf(journal, judge)).flatMap(({ row, says }) =>
          says.type === 'unsure' ? [row] : [],
        ),
      );
      const now = (type: Judgement['type']): number[] =>
        [...ever].filter((row) => judged.get(row)?.type === type);
      const [rows, skipped] = [now('unsure'), now('skipped')];
      const done = ever.size - rows.length - skipped.length;
      return { rows: Uint32Array.from(rows), skipped, total: ever.size, done };
    }
    case 'suspected': {
      // Whoever gave the label has looked once, and that look is what is doubted, whether the dataset bears the label yet or not.
      const looks = new Map<string, number>();
      const second = new Set<number>();
      for (const { example, isSecondLook } of standingOf(journal, judge)) {
        const row = named.rowOf(example);
        if (isSecondLook === true && row !== undefined) second.add(row);
        looks.set(example, (looks.get(example) ?? 0) + (isSecondLook === true ? 2 : 1));
      }
      const isLookedAt = (row: number): boolean => (looks.get(named.nameOf(row)) ?? 0) > 1;
      const suspects = await suspectRows(named, known, tick);
      const left = suspects.filter(({ row }) => !isLookedAt(row));
      return {
        rows: Uint32Array.from(left, (one) => one.row),
        suggested: Int32Array.from(left, (one) => one.likelier),
        skipped: [],
        // A label that was mended is suspected no more: what was looked at stays in the count all the same.
        ...doneOf(left.length, [...second, ...suspects.flatMap(({ row }) => (isLookedAt(row) ? [row] : []))]),
      };
    }
    default:
      return scope satisfies never;
  }
}

const doneOf = (left: number, rows: readonly number[]): Pick<OpenRows, 'total' | 'done'> => {
  const done = new Set(rows).size;
  return { total: left + done, done };
};

function without(judged: ReadonlyMap<number, { readonly type: string }>, scope: readonly number[]): OpenRows {
  const skipped = scope.filter((row) => judged.get(row)?.type === 'skipped');
  const open = scope.filter((row) => !judged.has(row));
  const done = scope.length - open.length - skipped.length;
  return { rows: Uint32Array.from(open), skipped, total: scope.length, done };
}

interface Guide {
  readonly rows: Uint32Array;
  readonly model: QueueModel;
  readonly learntFrom: number | null;
}

async function guideOf(
  named: NamedExamples,
  { guide }: QueueQuestion,
  seen: Uint32Array,
  known: Int32Array,
  seed: number,
  tick: () => Promise<void>,
): Promise<Guide | undefined> {
  const classes = classesOf(named.contract);
  if (guide.type === 'given') {
    const open = new Set(seen);
    const places = [...guide.rows.keys()].filter((place) => open.has(guide.rows[place]!));
    const rows = Uint32Array.from(places, (place) => guide.rows[place]!);
    const shares = new Float64Array(places.length * classes);
    for (const [at, place] of places.entries())
      shares.set(guide.shares.subarray(place * classes, (place + 1) * classes), at * classes);
    return { rows, model: { shares, classes, features: featuresAt(named, rows) }, learntFrom: null };
  }
  const learnt = await learntFrom(named, known, seed, tick);
  if (learnt === undefined) return undefined;
  const features = quickFeaturesOf(named, seen);
  const all = Uint32Array.from(seen.keys());
  const shares = quickShares(learnt.model, features, seen.length, all);
  const size = seen.length === 0 ? 0 : features.length / seen.length;
  const places = new Map([...seen].map((row, place) => [row, place]));
  return {
    rows: seen,
    model: {
      shares,
      classes,
      features: (row) => features.subarray(places.get(row)! * size, (places.get(row)! + 1) * size),
    },
    learntFrom: learnt.labels,
  };
}

const quickFeaturesOf = ({ contract, examples }: NamedExamples, rows: Uint32Array) =>
  quickFeatures(contract, selectRows(examples, rows).features, rows.length);

function featuresAt(named: NamedExamples, rows: Uint32Array): QueueModel['features'] {
  const features = quickFeaturesOf(named, rows);
  const size = rows.length === 0 ? 0 : features.length / rows.length;
  const places = new Map([...rows].map((row, place) => [row, place]));
  return (row) => features.subarray(places.get(row)! * size, (places.get(row)! + 1) * size);
}

const labelledRows = (known: Int32Array, seed: number): Uint32Array<ArrayBuffer> =>
  inRandomOrder(
    Array.from(known.keys()).filter((row) => known[row]! >= 0),
    seed,
  ).slice(0, MOST_SEEN);

async function learntFrom(
  named: NamedExamples,
  known: Int32Array,
  seed: number,
  tick: () => Promise<void>,
): Promise<{ readonly model: Predictor; readonly labels: number } | undefined> {
  const rows = labelledRows(known, seed);
  const learning = quickModel({
    contract: named.contract,
    features: quickFeaturesOf(named, rows),
    rows: rows.length,
    labels: rows.map((row) => known[row]!),
  });
  return learning && { model: await finished(learning, tick), labels: rows.length };
}

/** Messages are heard between the steps: whoever labels goes on meanwhile. */
async function finished(learning: Learning, tick: () => Promise<void>): Promise<Predictor> {
  for (;;) {
    const step = learning.next();
    if (step.done === true) return step.value;
    await tick();
  }
}

/** Labels that look wrong to quick models of the other rows, the most suspect first. */
async function suspectRows(
  named: NamedExamples,
  known: Int32Array,
  tick: () => Promise<void>,
): Promise<readonly { readonly row: number; readonly likelier: number }[]> {
  const { contract, examples } = named;
  const classes = classesOf(contract);
  const rows = labelledRows(known, 0).sort();
  if (rows.length < FEWEST_TO_SUSPECT) return [];
  const labels = Int32Array.from(rows, (row) => known[row]!);
  const features = quickFeaturesOf(named, rows);
  const hashes = Uint32Array.from(rows, (row) => examples.hashes[row * 2]!);
  const folds = foldsOf({ hashes, classes: labels }, FOLDS);
  const shares = new Float64Array(rows.length * classes);
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const inside = [...folds.keys()].filter((place) => folds[place] === fold);
    const outside = labels.map((label, place) => (folds[place] === fold ? UNLABELLED : label));
    const learning = quickModel({ contract, features, rows: rows.length, labels: outside });
    if (learning === undefined) return [];
    const own = quickShares(await finished(learning, tick), features, rows.length, inside);
    for (const [at, place] of inside.entries())
      shares.set(own.subarray(at * classes, (at + 1) * classes), place * classes);
  }
  return suspectLabels(shares, labels, classes).map(({ row, likelier }) => ({ row: rows[row]!, likelier }));
}

function suggestions(
  rows: Uint32Array,
  guide: Guide | undefined,
  given: Int32Array | undefined,
): Pick<LabelQueue, 'suggested' | 'sureness'> {
  const suggested = new Int32Array(rows.length).fill(UNLABELLED);
  const sureness = new Float32Array(rows.length);
  if (given !== undefined) {
    suggested.set(given.subarray(0, rows.length));
    return { suggested, sureness };
  }
  if (guide === undefined) return { suggested, sureness };
  const { shares, classes } = guide.model;
  const places = new Map([...guide.rows].map((row, place) => [row, place]));
  for (const [at, row] of rows.entries()) {
    const place = places.get(row);
    if (place === undefined) continue;
    for (let one = 0; one < classes; one += 1) {
      const share = shares[place * classes + one]!;
      if (share <= sureness[at]!) continue;
      sureness[at] = share;
      suggested[at] = one;
    }
  }
  return { suggested, sureness };
}
