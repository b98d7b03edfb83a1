// Which form a table's file has, and its records one after the other: delimited text, workbooks, ARFF, JSON, Parquet, Arrow and
// texts in files of their own become the same records, so that there is one way of checking and encoding them.
import type { RefusalKind } from '../import-report.ts';
import { fileName, type FileProblem, type SourceFile } from '../source-file.ts';
import { isArrowFile, isArrowStream, isFirstFeather } from './arrow-marks.ts';
import type { ColumnReading } from './cell-spelling.ts';
import type { CsvRecord } from './csv-scanner.ts';
import { readDelimited } from './delimited-records.ts';
import { readJson, readJsonLines } from './json-records.ts';
import type { TableLayout } from './table-reading.ts';
import { headText, isArff, notTextBecause, toldEncoding, otherTextFormat } from './text-bytes.ts';

/** What whoever reads a table is told. */
export interface RecordSink {
  /** The names of the columns, before any record, and the row that holds them (that before the first where none does); false: nothing can come of this file, and reading ends. */
  header(names: readonly string[], row: number): boolean;
  /** Valid only until this returns; `row` as a person counts it, `fields` may differ from the header's. */
  record(record: CsvRecord): void;
  /** A record that could not be read as one. */
  refuse(kind: RefusalKind, message: string, row: number): void;
  note(text: string): void;
  /** Of columns that the file itself says are one of these values, by their names, before the header. */
  classes?(values: ReadonlyMap<string, readonly string[]>): void;
  /** How the file is read where it could be read otherwise, before the header. */
  layout?(layout: TableLayout): void;
  /** Between pieces of the source, with the bytes done with; false: enough was read. */
  piece(bytes: number): Promise<boolean>;
}

export interface RecordOptions {
  /** Names of columns that are looked for: they decide between separators. */
  readonly wanted: readonly string[];
  /** What a contract reads in a column: its numbers and dates alone may be spelled otherwise. Without it, every column's. */
  readonly readingOf?: ((column: string) => ColumnReading) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly chunkBytes?: number;
}

export type TableForm =
  'delimited' | 'workbook' | 'arff' | 'json' | 'json-lines' | 'parquet' | 'arrow' | 'texts';

export const HEAD_BYTES = 256 * 1024;

/** Parquet files begin and end with these four bytes (parquet-format, "File Format"). */
const isParquet = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x41 && head[2] === 0x52 && head[3] === 0x31;

/** The form of a table from its first bytes, its name only where they leave it open. */
export function tableForm(
  { path, texts, workbook, refused, reading }: SourceFile,
  head: Uint8Array,
): TableForm | FileProblem {
  if (refused !== undefined) return refused;
  if (texts?.refused !== undefined) return { kind: 'unknown-class', message: texts.refused };
  if (texts !== undefined) return 'texts';
  if (workbook !== undefined) return 'workbook';
  if (head.length === 0)
    return { kind: 'empty-file', message: 'The file is empty. Choose a file with a header line and rows.' };
  if (isParquet(head)) return 'parquet';
  if (isArrowFile(head) || isArrowStream(head)) return 'arrow';
  if (isFirstFeather(head))
    return {
      kind: 'unsupported',
      message:
        'This is a Feather file of version 1, which has no readers but its own. Write it again with version 2, the usual one since 2020.',
    };
  const reason = notTextBecause(head.subarray(0, 8192), reading?.encoding);
  if (reason !== undefined)
    return {
      kind: 'not-text',
      message: `This is not a CSV file, nor a workbook (.xlsx), JSON, Parquet or Arrow. ${reason}`,
    };
  const encoding = reading?.encoding ?? toldEncoding(head);
  if (encoding === undefined)
    return {
      kind: 'unknown-encoding',
      message:
        'The letters of this text are not UTF-8, and could be of several alphabets. Say which encoding it has, or save it as UTF-8.',
    };
  const text = new TextDecoder().decode(headText(head.subarray(0, 8192), encoding)).trimStart();
  if (isArff(text) || /\.arff(\.gz)?$/i.test(path)) return 'arff';
  const foreign = otherTextFormat(text);
  if (foreign !== undefined)
    return {
      kind: 'unsupported',
      message: `This is not a CSV file, nor a workbook (.xlsx), JSON, Parquet or Arrow. ${foreign}`,
    };
  const named = /\.(jsonl|ndjson|json)(\.gz)?$/i.exec(fileName(path))?.[1]?.toLowerCase();
  if (text.startsWith('[')) return named === 'jsonl' || named === 'ndjson' ? 'json-lines' : 'json';
  if (text.startsWith('{')) {
    // A record to a line; or one object that a person meant as a table, which the reader then refuses with what it wants.
    const [line = ''] = text.split(/\r?\n/, 1);
    return named === 'json' && !isJson(line) ? 'json' : 'json-lines';
  }
  if (named === undefined) return 'delimited';
  return named === 'json' ? 'json' : 'json-lines';
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Reads the records of a file into the sink. Rejects with the signal's reason; never for what is in the file. */
export async function readRecords(
  form: TableForm,
  file: SourceFile,
  head: Uint8Array,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  switch (form) {
    case 'delimited':
      return readDelimited(file, head, sink, options);
    case 'workbook': {
      const { readWorkbook } = await import('./workbook-records.ts');
      return file.workbook === undefined ? undefined : readWorkbook(file.workbook, file, sink, options);
    }
    case 'arff': {
      const { readArff } = await import('./arff-records.ts');
      return readArff(file, head, sink, options);
    }
    case 'json-lines':
      return readJsonLines(file, head, sink, options);
    case 'json':
      return readJson(file, head, sink, options);
    case 'parquet': {
      // 20 kB that few need.
      const { readParquet } = await import('./parquet-records.ts');
      return readParquet(file, sink, options);
    }
    case 'arrow': {
      const { readArrow } = await import('./arrow-records.ts');
      return readArrow(file, head, sink, options);
    }
    case 'texts': {
      const { readTexts } = await import('./text-records.ts');
      return file.texts === undefined ? undefined : readTexts(file.texts, file.size, sink, options);
    }
    default:
      return form satisfies never;
  }
}
