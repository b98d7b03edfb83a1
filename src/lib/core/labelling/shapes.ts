// Shapes in pictures, each a box or a polygon that is called by a class: what stands of them, what may stand, and how far two judges agree.
import { fail, ok, type Result } from '../result.ts';
import { ofJudge, type Judge, type JournalEntry, type Shape } from './journal.ts';
import { areaOf, boxOf, crossing, overlapOf, type Frame, type Outline } from './outline.ts';
import { outlineIn } from './outline-edits.ts';

export const MOST_SHAPE_CLASSES = 9;
/** Of a polygon: whether its edges cross is asked at each change, and takes the square of their number. */
export const MOST_POINTS = 500;

/** What a judge drew and did not take away, by the example's name; of each in the order in which they were first drawn. */
export function shapesOf(
  journal: readonly JournalEntry[],
  judge: Judge,
): ReadonlyMap<string, readonly Shape[]> {
  // What is gone keeps its place, for it may come again.
  const drawn = new Map<string, Map<string, Shape | undefined>>();
  for (const { example, says } of ofJudge(journal, judge)) {
    if (says.type !== 'shape' && says.type !== 'shape-removed') continue;
    const own = drawn.get(example) ?? new Map<string, Shape | undefined>();
    drawn.set(example, own);
    own.set(
      says.id,
      says.type === 'shape' ? { id: says.id, label: says.label, outline: says.outline } : undefined,
    );
  }
  return new Map(
    [...drawn].flatMap(([example, own]) => {
      const shapes = [...own.values()].filter((shape) => shape !== undefined);
      return shapes.length === 0 ? [] : [[example, shapes] as const];
    }),
  );
}

/** Examples that a judge is done with, by name: what is not marked in them is not there. */
export function doneWith(journal: readonly JournalEntry[], judge: Judge): ReadonlySet<string> {
  const done = new Set<string>();
  for (const { example, says } of ofJudge(journal, judge)) {
    if (says.type === 'shapes-done') done.add(example);
    if (says.type === 'shapes-open') done.delete(example);
  }
  return done;
}

/** What shapes may be called, in the order of the keys. */
export function shapeClassesOf(journal: readonly JournalEntry[]): readonly string[] {
  let classes: readonly string[] = [];
  for (const { says } of journal) if (says.type === 'shape-classes') ({ classes } = says);
  return classes;
}

/** Everybody who drew a shape that stands, or is done with a picture. */
export function shapeJudges(journal: readonly JournalEntry[]): readonly Judge[] {
  const judges: Judge[] = [];
  for (const { annotator, pass, says } of journal)
    if (
      (says.type === 'shape' || says.type === 'shapes-done') &&
      !judges.some((one) => one.annotator === annotator && one.pass === pass)
    )
      judges.push({ annotator, pass });
  return judges.filter((judge) => shapesOf(journal, judge).size > 0 || doneWith(journal, judge).size > 0);
}

/** The outline as it is kept, or why it is none. */
export function mayOutline(given: Outline, frame: Frame): Result<Outline, string> {
  if (given.kind === 'polygon' && given.points.length > MOST_POINTS)
    return fail(
      `A polygon has ${MOST_POINTS} points at most; this has ${given.points.length}. Leave out some where it hardly bends.`,
    );
  const outline = outlineIn(given, frame);
  if (outline.kind === 'polygon') {
    if (outline.points.length < 3)
      return fail(`A polygon needs three points; this has ${outline.points.length}.`);
    const crossed = crossing(outline.points);
    if (crossed !== undefined)
      return fail(
        `The edges behind points ${crossed[0] + 1} and ${crossed[1] + 1} cross, so that it is not told what lies inside. Move or take back a point.`,
      );
  }
  if (areaOf(outline) > 0) return ok(outline);
  return fail('It covers nothing of the picture. Draw it wider and higher.');
}

/** So much overlap makes two shapes one: more than a half (Everingham et al. 2010, "The PASCAL Visual Object Classes Challenge", §4.2). */
const SAME_OVERLAP = 0.5;

export interface ShapeAgreement {
  /** Shapes of the first, of the second, and those of both that are one. */
  readonly first: number;
  readonly second: number;
  readonly matched: number;
  /** Those that are one by where they lie, and are called otherwise. */
  readonly otherClass: number;
  /** Of those matched, 0–1; null where none is. */
  readonly meanOverlap: number | null;
  /** 2·matched / (first + second), which does not ask who is right; null where neither drew any. */
  readonly f1: number | null;
}

/**
 * Of two judges, over the examples that both looked at. Pairs are made greedily, the largest overlap first, as for PASCAL VOC, where each
 * shape counts once; of one class first, then of what is left. f1 times meanOverlap is the panoptic quality of Kirillov et al. 2019, §4.2.
 */
export function shapeAgreement(
  first: ReadonlyMap<string, readonly Shape[]>,
  second: ReadonlyMap<string, readonly Shape[]>,
  examples: Iterable<string>,
): ShapeAgreement {
  const sums = { first: 0, second: 0, matched: 0, otherClass: 0, overlap: 0 };
  for (const example of examples) {
    const [a, b] = [first.get(example) ?? [], second.get(example) ?? []];
    sums.first += a.length;
    sums.second += b.length;
    // By the boxes about them most lie apart, without a look at every point of every pair.
    const [aBoxes, bBoxes] = [a.map(({ outline }) => boxOf(outline)), b.map(({ outline }) => boxOf(outline))];
    const pairs = a
      .flatMap((one, i) =>
        b.flatMap((other, j) =>
          overlapOf(aBoxes[i]!, bBoxes[j]!) === 0
            ? []
            : [{ one, other, overlap: overlapOf(one.outline, other.outline) }],
        ),
      )
      .filter(({ overlap }) => overlap > SAME_OVERLAP)
      .toSorted((high, low) => low.overlap - high.overlap);
    const taken = new Set<Shape>();
    const match = (isAlike: boolean): readonly number[] =>
      pairs.flatMap(({ one, other, overlap }) => {
        if ((one.label === other.label) !== isAlike || taken.has(one) || taken.has(other)) return [];
        taken.add(one).add(other);
        return [overlap];
      });
    const alike = match(true);
    sums.matched += alike.length;
    sums.overlap += alike.reduce((sum, overlap) => sum + overlap, 0);
    sums.otherClass += match(false).length;
  }
  const { overlap, ...counts } = sums;
  const all = counts.first + counts.second;
  return {
    ...counts,
    meanOverlap: counts.matched === 0 ? null : overlap / counts.matched,
    f1: all === 0 ? null : (2 * counts.matched) / all,
  };
}
