// The validation report: refusals gathered by the rule that was broken, with the rows and a suggested fix. All of it stays where
// the files are: it quotes cells.
import type { BrokenPlace, BrokenRule, Problem, RefusalKind, RefusalPlace } from './import-report.ts';
import { suggestedFix, type Evidence } from './suggested-fix.ts';

const LISTED_PLACES = 1000;
/** Values are counted apart up to this many, for the suggestion. */
const COUNTED_VALUES = 50;

/** Kinds of what is not read that are told apart. */
const MOST_UNSUPPORTED = 12;

/** Of a cell that is quoted. */
const MOST_LETTERS = 80;

interface Gathered {
  readonly kind: RefusalKind;
  readonly column: string | null;
  readonly expected: string | null;
  readonly evidence: Evidence;
  readonly places: BrokenPlace[];
  count: number;
}

export interface BrokenRules {
  addCell(problem: Problem, where: RefusalPlace): void;
  /** A row, or a file, that could not be read as such. */
  addRow(kind: RefusalKind, message: string, where: RefusalPlace): void;
  addWhole(problem: Problem, places: readonly BrokenPlace[], count: number): void;
  list(): readonly BrokenRule[];
}

export function brokenRules(): BrokenRules {
  const rules = new Map<string, Gathered>();
  const rule = (
    kind: RefusalKind,
    column: string | null,
    message: string,
    make: () => Pick<Gathered, 'expected' | 'evidence'>,
  ) => {
    // What is not read can be of several kinds, each with a way of its own.
    const ofKind = `${kind}\n${column ?? ''}\n`;
    const own = kind === 'unsupported' ? ofKind + message : ofKind;
    const key = rules.has(own) || rules.size < MOST_UNSUPPORTED ? own : ofKind;
    let one = rules.get(key);
    if (one === undefined) {
      one = { kind, column, places: [], count: 0, ...make() };
      rules.set(key, one);
    }
    return one;
  };
  const ofProblem = (problem: Problem): Gathered =>
    rule(problem.kind, problem.column, problem.message, () => ({
      expected: problem.expected,
      evidence: { message: problem.message, values: new Map(), options: problem.options, fits: problem.fits },
    }));
  return {
    addCell(problem, where) {
      const one = ofProblem(problem);
      one.count += 1;
      const { values } = one.evidence;
      const found = problem.found.slice(0, MOST_LETTERS);
      const before = values.get(found);
      if (before !== undefined || values.size < COUNTED_VALUES) values.set(found, (before ?? 0) + 1);
      else one.evidence.hasMore = true;
      if (one.places.length < LISTED_PLACES)
        one.places.push({ file: where.file, row: where.row ?? null, found });
    },
    addRow(kind, message, where) {
      const one = rule(kind, where.column ?? null, message, () => ({
        expected: null,
        evidence: { message, values: new Map() },
      }));
      one.count += 1;
      if (one.places.length < LISTED_PLACES)
        one.places.push({ file: where.file, row: where.row ?? null, found: null });
    },
    addWhole(problem, places, count) {
      const one = ofProblem(problem);
      one.count += count;
      one.places.push(...places.slice(0, LISTED_PLACES - one.places.length));
    },
    list: () =>
      [...rules.values()]
        .toSorted((a, b) => b.count - a.count)
        .map(({ kind, column, expected, evidence, places, count }) => ({
          kind,
          column,
          expected,
          count,
          places,
          fix: suggestedFix(kind, evidence),
        })),
  };
}
