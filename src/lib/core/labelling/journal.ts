// Who said what of which example, and when: judgements one after the other, each kept as it is made, none ever rewritten. What stands is
// worked out from them, so that a reload in the middle loses nothing, and taking one back is one more line.
import type { Outline } from './outline.ts';

export type Judgement =
  /** A class index of the contract. */
  | { readonly type: 'class'; readonly label: number }
  /** Looked at, and not to be told. */
  | { readonly type: 'unsure' }
  /** Passed over: it comes again later. */
  | { readonly type: 'skipped' };

/** One person's eyes, once: a second pass over the same examples is another judge, so that it can be held against the first. */
export interface Judge {
  readonly annotator: string;
  /** 1, 2, … */
  readonly pass: number;
}

export interface JournalEntry extends Judge {
  /** Of the example without its label: example-names.ts. */
  readonly example: string;
  /** `undone` takes back this judge's last judgement of this example that stands; where none does, nothing. */
  readonly says: Judgement | { readonly type: 'undone' } | SpanSays | ShapeSays;
  /** Unix milliseconds. */
  readonly at: number;
  /** The label looked wrong, and the judge was shown so: giving a label is no second look at it. */
  readonly isSecondLook?: true;
}

/** Of passages of texts (spans.ts): they stand beside what is said of the example as a whole, and have a way back of their own. */
export type SpanSays =
  | ({ readonly type: 'span' | 'span-removed' } & Span)
  /** What a passage may be called, in the order of the keys; of all judges alike, the last counts. `example` is ''. */
  | { readonly type: 'span-classes'; readonly classes: readonly string[] };

export interface Span {
  readonly column: string;
  /** [start, end) in UTF-16 code units of the cell's text, as JavaScript counts a string. */
  readonly start: number;
  readonly end: number;
  /** A class of passages. */
  readonly label: string;
}

/** Of shapes in pictures (shapes.ts): beside what is said of the example as a whole, as passages are. */
export type ShapeSays =
  /** Drawn, or in the place of what this `id` was so far. */
  | ({ readonly type: 'shape' } & Shape)
  | { readonly type: 'shape-removed'; readonly id: string }
  /** The judge is done with the example, or not yet after all. */
  | { readonly type: 'shapes-done' | 'shapes-open' }
  /** As `span-classes`. */
  | { readonly type: 'shape-classes'; readonly classes: readonly string[] };

export interface Shape {
  /** Of this shape of this judge, whatever becomes of it. */
  readonly id: string;
  /** A class of shapes. */
  readonly label: string;
  readonly outline: Outline;
}

export type StandingEntry = JournalEntry & { readonly says: Judgement };

const isBy = (entry: Judge, judge: Judge): boolean =>
  entry.annotator === judge.annotator && entry.pass === judge.pass;

/** One judge's lines, in their order. */
export const ofJudge = (journal: readonly JournalEntry[], judge: Judge): readonly JournalEntry[] =>
  journal.filter((entry) => isBy(entry, judge));

const isOfWhole = (says: JournalEntry['says']): says is Judgement | { readonly type: 'undone' } =>
  says.type === 'class' || says.type === 'unsure' || says.type === 'skipped' || says.type === 'undone';

/** A judge's judgements that were not taken back, oldest first; an example may have several, of which the last counts. */
export function standingOf(journal: readonly JournalEntry[], judge: Judge): readonly StandingEntry[] {
  const standing: StandingEntry[] = [];
  for (const entry of ofJudge(journal, judge)) {
    const { says } = entry;
    if (!isOfWhole(says)) continue;
    if (says.type !== 'undone') {
      standing.push({ ...entry, says });
      continue;
    }
    // By the example, not by the place: the last of all may be one that whoever took back did not see (its row is mended, another tab's).
    const taken = standing.findLastIndex(({ example }) => example === entry.example);
    if (taken >= 0) standing.splice(taken, 1);
  }
  return standing;
}

/** What counts of each example. */
export const judgementsOf = (standing: readonly StandingEntry[]): ReadonlyMap<string, Judgement> =>
  new Map(standing.map((entry) => [entry.example, entry.says]));

export interface JudgeSummary extends Judge {
  /** Examples given a class; looked at and not told. */
  readonly labelled: number;
  readonly unsure: number;
  readonly lastAt: number;
}

/** Everybody who judged anything that stands, in the order of their first judgement. */
export function judgesOf(journal: readonly JournalEntry[]): readonly JudgeSummary[] {
  const judges: Judge[] = [];
  for (const entry of journal) if (!judges.some((judge) => isBy(entry, judge))) judges.push(entry);
  return judges.flatMap(({ annotator, pass }) => {
    const standing = standingOf(journal, { annotator, pass });
    const last = standing.at(-1);
    if (last === undefined) return [];
    const says = [...judgementsOf(standing).values()];
    const of = (type: Judgement['type']): number => says.filter((one) => one.type === type).length;
    return [{ annotator, pass, labelled: of('class'), unsure: of('unsure'), lastAt: last.at }];
  });
}

/** A longer gap is a pause, not work. */
const PAUSE_MS = 60_000;
const FEWEST_GAPS = 5;
const LAST_GAPS = 25;

/** Milliseconds that one judgement takes lately: the median, pauses left out; undefined until there are enough to tell. */
export function paceOf(standing: readonly StandingEntry[]): number | undefined {
  const gaps: number[] = [];
  for (let i = standing.length - 1; i > 0 && gaps.length < LAST_GAPS; i -= 1) {
    const gap = standing[i]!.at - standing[i - 1]!.at;
    if (gap >= 0 && gap < PAUSE_MS) gaps.push(gap);
  }
  if (gaps.length < FEWEST_GAPS) return undefined;
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)];
}
