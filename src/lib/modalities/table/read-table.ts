// One table's file against the contract: every row is either an example or a refusal with its row and column.
import { exampleShape, type TableContract } from '../../core/data/contract.ts';
import { hashCounts } from '../../core/data/hash-counts.ts';
import type { Assembler } from '../assembler.ts';
import { listOf, quoted, type Problem, type RefusalLog } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import type { ColumnRules, FileRules } from './column-rules.ts';
import type { ColumnReading } from './cell-spelling.ts';
import { recordTexts } from './csv-scanner.ts';
import { matchHeader } from './header.ts';
import { HEAD_BYTES, readRecords, tableForm } from './record-source.ts';
import { rowEncoder, type RowEncoder } from './row-encoder.ts';

/** The first rows as they stand in the first file that had any. */
export interface TablePreview {
  header: readonly string[];
  readonly rows: (readonly string[])[];
}
export const PREVIEW_ROWS = 8;

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** A row whose class is missing is kept without a label; else it is refused. */
  readonly keepsUnlabelled?: boolean | undefined;
  /** The contract was made of these files, each of whose columns was looked at for its spelling: they are read so again. */
  readonly isOwn?: boolean | undefined;
  /** Bytes of this file read so far. */
  readonly onBytes?: (bytes: number) => void;
}

export async function readTable(
  file: SourceFile,
  contract: TableContract,
  rules: ColumnRules,
  into: Assembler,
  log: RefusalLog,
  preview: TablePreview,
  options: ReadOptions = {},
): Promise<void> {
  const where = { file: file.path };
  const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
  const form = tableForm(file, head);
  if (typeof form !== 'string') return log.refuse(form.kind, form.message, where);

  const occurrences = hashCounts();
  let header: readonly string[] | undefined;
  let encoder: RowEncoder | undefined;
  let ofFile: FileRules | undefined;
  let rows = 0;
  /** Of the present record. */
  let problems: Problem[] = [];
  const onProblem = (problem: Problem): void => void problems.push(problem);

  await readRecords(
    form,
    file,
    head,
    {
      header(names, row) {
        header = names;
        const matched = matchHeader(names, contract, rules.columns);
        if ('problems' in matched) {
          for (const problem of matched.problems)
            log.refuse(problem.kind, problem.message, {
              ...where,
              row: Math.max(1, row),
              ...(problem.column === undefined ? {} : { column: problem.column }),
            });
          return false;
        }
        encoder = rowEncoder(contract, matched.match.fields, matched.match.target, options.keepsUnlabelled);
        ofFile = rules.of(file.path, names);
        if (matched.match.unused.length > 0)
          log.note(
            `${file.path}: not needed and left unread: ${listOf([...new Set(matched.match.unused.map(named))], 10)}.`,
          );
        if (preview.rows.length === 0) preview.header = names;
        return true;
      },
      record(record) {
        if (encoder === undefined) return;
        rows += 1;
        into.position += 1;
        if (preview.rows.length < PREVIEW_ROWS && preview.header === header)
          preview.rows.push(recordTexts(record));
        const slot = into.slot();
        encoder.encode(record, slot.features as Float32Array, slot.at, onProblem);
        ofFile?.check(record, onProblem);
        const [first] = problems;
        if (first !== undefined) {
          const all = problems;
          problems = [];
          return log.refuse(
            first.kind,
            first.message,
            { ...where, row: record.row, column: first.column },
            all,
          );
        }
        into.commit(encoder.target, occurrences, ofFile?.groupOf(record), encoder.texts);
      },
      refuse(kind, message, row) {
        if (encoder !== undefined) {
          rows += 1;
          into.position += 1;
        }
        log.refuse(kind, message, kind === 'empty-file' ? where : { ...where, row });
      },
      note: (text) => log.note(text),
      async piece(bytes) {
        await into.flush();
        options.onBytes?.(bytes);
        return true;
      },
    },
    {
      wanted: [...contract.columns.map((column) => column.name), contract.target.name],
      readingOf: options.isOwn === true ? undefined : readingsOf(contract),
      signal: options.signal,
      // Short cells can become wide rows: with a wide contract smaller pieces keep the batches in waiting small.
      chunkBytes: Math.max(
        32 * 1024,
        Math.min(1024 * 1024, Math.floor((64 * 1024 * 1024) / (exampleShape(contract)[0] ?? 1))),
      ),
    },
  );
  await into.flush();
  if (encoder !== undefined && rows === 0)
    log.refuse('empty-file', 'The file has a header line and no rows.', where);
}

const named = (column: string): string => (column === '' ? 'a column without a name' : quoted(column));

/** Codes look like numbers and dates: what is not learnt as one stays as it is written. */
function readingsOf({ columns, target }: TableContract): (column: string) => ColumnReading {
  const readings = new Map<string, ColumnReading>();
  for (const column of columns)
    if (column.type === 'number') readings.set(column.name, column.reads ?? 'number');
  if (target.type === 'number') readings.set(target.name, 'number');
  return (column) => readings.get(column) ?? 'as-written';
}
