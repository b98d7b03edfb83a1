// What an import says of itself: what was taken, what was refused and why, and the first examples for the eye.
import { brokenRules } from './broken-rules.ts';

export { listOf, quoted } from '../core/spoken-list.ts';

/** What was refused, and why: by file, row and column, so that a person can mend it. */
export interface ImportRefusal {
  readonly file: string;
  /** 1-based line or record, where there is one. */
  readonly row: number | null;
  readonly column: string | null;
  readonly kind:
    | 'empty-file'
    | 'not-text'
    | 'unknown-encoding'
    | 'not-json'
    | 'wrong-header'
    | 'missing-column'
    | 'ragged-row'
    | 'not-a-number'
    | 'not-a-time'
    | 'out-of-range'
    | 'unknown-category'
    | 'unknown-class'
    | 'missing-value'
    | 'not-unique'
    | 'wrong-pattern'
    | 'too-many-missing'
    | 'corrupt-image'
    | 'corrupt-audio'
    | 'corrupt-entry'
    | 'corrupt-archive'
    | 'archive-bomb'
    | 'wrong-size'
    | 'unsupported'
    | 'duplicate'
    | 'no-examples';
  /** A sentence: what was expected, what was found, what to do. */
  readonly message: string;
}

/** One rule of the contract that was broken: where, by what, and what would mend it. */
export interface BrokenRule {
  readonly kind: ImportRefusal['kind'];
  readonly column: string | null;
  /** "a number between 0 and 120"; null where the kind says it. */
  readonly expected: string | null;
  /** Cells, or rows, that break it; `places` lists the first 1,000. */
  readonly count: number;
  readonly places: readonly BrokenPlace[];
  /** A sentence. */
  readonly fix: string;
}
export interface BrokenPlace {
  readonly file: string;
  readonly row: number | null;
  /** What stands in the cell, shortened; null where there is none. */
  readonly found: string | null;
}

export interface ImportReport {
  readonly accepted: number;
  readonly duplicates: number;
  /** All refusals counted; the first 1,000 listed. */
  readonly refused: number;
  readonly refusals: readonly ImportRefusal[];
  /** Refusals a kind. */
  readonly refusedByKind: Readonly<Record<string, number>>;
  /** What a person should know though nothing was refused: columns left unused, hidden files passed over, a resumed import. */
  readonly notes: readonly string[];
  /** Every rule that was broken, with all cells of a row that break one, the most often broken first. */
  readonly broken: readonly BrokenRule[];
  /** Why none of the examples may be kept, though each could be: the files as a whole break the contract. */
  readonly unfit: string | null;
  readonly readMs: number;
}

/** The first examples, for the eye. */
export type ImportPreview =
  | {
      readonly kind: 'table';
      readonly header: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | {
      readonly kind: 'image';
      readonly height: number;
      readonly width: number;
      readonly channels: 1 | 3;
      /** Each [H, W, C] bytes, as the model will see it. */
      readonly images: readonly { readonly label: string; readonly pixels: Uint8Array }[];
    }
  | {
      readonly kind: 'audio';
      /** Each [frames, mels] bytes, as the model will see it; and what it was made of, 16 bits at the contract's rate. */
      readonly recordings: readonly {
        readonly label: string;
        readonly pixels: Uint8Array;
        readonly samples: Int16Array;
      }[];
    };

export type RefusalKind = ImportRefusal['kind'];

/** Refusals listed one by one; the rest are only counted. */
export const LISTED_REFUSALS = 1000;

/** What is wrong with one cell or row, told apart into what a report needs. */
export interface Problem {
  readonly kind: RefusalKind;
  readonly column: string;
  readonly message: string;
  readonly found: string;
  readonly expected: string;
  /** What the cell might have been: for the suggested fix. */
  readonly options?: readonly string[];
  readonly fits?: (value: number) => boolean;
}

/** Collects refusals while an import runs. */
export interface RefusalLog {
  /** `problems`: everything wrong with the row, where more is known than the message says. */
  refuse(kind: RefusalKind, message: string, where: RefusalPlace, problems?: readonly Problem[]): void;
  note(text: string): void;
  /** The files as a whole may not be used. */
  unfit(problem: Problem, places: readonly BrokenPlace[], count: number): void;
  report(accepted: number, duplicates: number, readMs: number): ImportReport;
}

export interface RefusalPlace {
  readonly file: string;
  readonly row?: number;
  readonly column?: string;
}

export function refusalLog(): RefusalLog {
  const listed: ImportRefusal[] = [];
  const kinds: Record<string, number> = {};
  const notes: string[] = [];
  const broken = brokenRules();
  let unfit: string | null = null;
  let refused = 0;
  return {
    refuse(kind, message, where, problems = []) {
      refused += 1;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      if (listed.length < LISTED_REFUSALS)
        listed.push({
          file: where.file,
          row: where.row ?? null,
          column: where.column ?? null,
          kind,
          message,
        });
      if (problems.length === 0) broken.addRow(kind, message, where);
      for (const problem of problems) broken.addCell(problem, where);
    },
    note(text) {
      if (!notes.includes(text)) notes.push(text);
    },
    unfit(problem, places, count) {
      unfit ??= problem.message;
      refused += 1;
      kinds[problem.kind] = (kinds[problem.kind] ?? 0) + 1;
      // In front: it is why nothing was kept.
      listed.unshift({
        file: '',
        row: null,
        column: problem.column,
        kind: problem.kind,
        message: problem.message,
      });
      broken.addWhole(problem, places, count);
    },
    report: (accepted, duplicates, readMs) => ({
      accepted,
      duplicates,
      refused,
      refusals: listed,
      refusedByKind: kinds,
      notes,
      broken: broken.list(),
      unfit,
      readMs,
    }),
  };
}
