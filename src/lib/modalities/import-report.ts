// What an import says of itself: what was taken, what was refused and why, and the first examples for the eye.

/** What was refused, and why: by file, row and column, so that a person can mend it. */
export interface ImportRefusal {
  readonly file: string;
  /** 1-based line or record, where there is one. */
  readonly row: number | null;
  readonly column: string | null;
  readonly kind:
    | 'empty-file'
    | 'not-text'
    | 'not-json'
    | 'wrong-header'
    | 'missing-column'
    | 'ragged-row'
    | 'not-a-number'
    | 'out-of-range'
    | 'unknown-category'
    | 'unknown-class'
    | 'missing-value'
    | 'corrupt-image'
    | 'corrupt-archive'
    | 'archive-bomb'
    | 'wrong-size'
    | 'unsupported'
    | 'duplicate'
    | 'no-examples';
  /** A sentence: what was expected, what was found, what to do. */
  readonly message: string;
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
    };

export type RefusalKind = ImportRefusal['kind'];

/** Refusals listed one by one; the rest are only counted. */
export const LISTED_REFUSALS = 1000;

/** Collects refusals while an import runs. */
export interface RefusalLog {
  refuse(kind: RefusalKind, message: string, where: RefusalPlace): void;
  note(text: string): void;
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
  let refused = 0;
  return {
    refuse(kind, message, where) {
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
    },
    note(text) {
      if (!notes.includes(text)) notes.push(text);
    },
    report: (accepted, duplicates, readMs) => ({
      accepted,
      duplicates,
      refused,
      refusals: listed,
      refusedByKind: kinds,
      notes,
      readMs,
    }),
  };
}

/** Cell and file texts as they appear in messages: short, and on one line. */
export const quoted = (text: string): string => {
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return `“${line.length > 40 ? `${line.slice(0, 39)}…` : line}”`;
};

/** "a, b, c and 4 more" */
export const listOf = (items: readonly string[], maximum = 6): string =>
  items.length <= maximum
    ? items.join(', ')
    : `${items.slice(0, maximum).join(', ')} and ${items.length - maximum} more`;
