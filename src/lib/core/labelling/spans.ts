// Passages of texts, each marked from one letter to another and called by a class: what stands of them, which may stand together, how far two
// judges agree on them, and the lines that they are handed on as.
import { fail, ok, type Result } from '../result.ts';
import { ofJudge, type Judge, type JournalEntry, type Span } from './journal.ts';

const isSame = (a: Span, b: Span): boolean =>
  a.column === b.column && a.start === b.start && a.end === b.end && a.label === b.label;
const overlaps = (a: Span, b: Span): boolean => a.column === b.column && a.start < b.end && b.start < a.end;
const inOrder = (a: Span, b: Span): number =>
  a.start - b.start || b.end - a.end || (a.label < b.label ? -1 : 1);

export const MOST_SPAN_CLASSES = 9;

/** What a judge marked and did not take back, by the example's name; of each in the order of the text. */
export function spansOf(
  journal: readonly JournalEntry[],
  judge: Judge,
): ReadonlyMap<string, readonly Span[]> {
  const standing = new Map<string, Span[]>();
  for (const { example, says } of ofJudge(journal, judge)) {
    if (says.type !== 'span' && says.type !== 'span-removed') continue;
    const { type, ...span } = says;
    const others = (standing.get(example) ?? []).filter((other) => !isSame(other, span));
    if (type === 'span') others.push(span);
    standing.set(example, others);
  }
  return new Map(
    [...standing]
      .filter(([, own]) => own.length > 0)
      .map(([example, own]) => [example, own.toSorted(inOrder)]),
  );
}

/** What passages may be called, in the order of the keys. */
export function spanClassesOf(journal: readonly JournalEntry[]): readonly string[] {
  let classes: readonly string[] = [];
  for (const { says } of journal) if (says.type === 'span-classes') ({ classes } = says);
  return classes;
}

/** Everybody who marked a passage that stands. */
export function spanJudges(journal: readonly JournalEntry[]): readonly Judge[] {
  const judges: Judge[] = [];
  for (const { annotator, pass, says } of journal)
    if (says.type === 'span' && !judges.some((one) => one.annotator === annotator && one.pass === pass))
      judges.push({ annotator, pass });
  return judges.filter((judge) => spansOf(journal, judge).size > 0);
}

/** Passages of several classes may overlap and lie within each other; two of one class may not: they would be one. */
export function mayStand(standing: readonly Span[], span: Span, text: string): Result<Span, string> {
  const { start, end, label } = span;
  if (!(start >= 0 && end <= text.length && start < end)) return fail('Mark some letters of the text first.');
  if (text.slice(start, end).trim() === '') return fail('There is nothing but white space in that passage.');
  const other = standing.find((one) => one.label === label && overlaps(one, span));
  if (other === undefined) return ok(span);
  return fail(
    isSame(other, span)
      ? `This passage is “${label}” already.`
      : `It overlaps “${text.slice(other.start, other.end).slice(0, 40)}”, which is “${label}” too: two passages of one class that overlap are one. Remove that one first, and mark both together.`,
  );
}

/** Without the white space at its ends. */
export function trimmed<S extends Pick<Span, 'start' | 'end'>>(span: S, text: string): S {
  const own = text.slice(span.start, span.end);
  return {
    ...span,
    start: span.start + (own.length - own.trimStart().length),
    end: span.end - (own.length - own.trimEnd().length),
  };
}

export interface SpanAgreement {
  /** Passages of the first, of the second, and those that both marked from the same letter to the same and called alike. */
  readonly first: number;
  readonly second: number;
  readonly exact: number;
  /** Those of the first that overlap one of the second of the same class, each counted once. */
  readonly overlapping: number;
  /** 2·exact / (first + second), which does not ask who is right; null where neither marked any. */
  readonly f1: number | null;
  readonly relaxedF1: number | null;
}

/**
 * Of two judges, over the examples that both looked at. Kappa needs the cases that both left out, and of passages these are without number;
 * as they grow kappa becomes this F1 (Hripcsak & Rothschild 2005, "Agreement, the F-measure, and reliability in information retrieval").
 */
export function spanAgreement(
  first: ReadonlyMap<string, readonly Span[]>,
  second: ReadonlyMap<string, readonly Span[]>,
  examples: Iterable<string>,
): SpanAgreement {
  const sums = { first: 0, second: 0, exact: 0, overlapping: 0 };
  for (const example of examples) {
    const [a, b] = [first.get(example) ?? [], second.get(example) ?? []];
    sums.first += a.length;
    sums.second += b.length;
    const left = new Set(b);
    for (const span of a) {
      if (b.some((other) => isSame(span, other))) sums.exact += 1;
      const met = [...left].find((other) => other.label === span.label && overlaps(span, other));
      if (met === undefined) continue;
      left.delete(met);
      sums.overlapping += 1;
    }
  }
  const of = (met: number): number | null =>
    sums.first + sums.second === 0 ? null : (2 * met) / (sums.first + sums.second);
  return { ...sums, f1: of(sums.exact), relaxedF1: of(sums.overlapping) };
}

/** One line of JSON for each text with a passage. Offsets are UTF-16 code units: a letter beyond the basic plane (an emoji) counts two. */
export const spanLine = (
  text: string,
  { row, example, column, judge }: { row: number; example: string; column: string; judge: Judge },
  spans: readonly Span[],
): string =>
  JSON.stringify({
    row: row + 1,
    example,
    column,
    annotator: judge.annotator,
    pass: judge.pass,
    offsets: 'utf-16',
    text,
    spans: spans
      .filter((span) => span.column === column)
      .map(({ start, end, label }) => ({ start, end, label, text: text.slice(start, end) })),
  });
