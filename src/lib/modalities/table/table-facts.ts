// What all rows of tables' files hold, column by column, in bounded memory: for a contract that fits every one of them.
import { fail, ok, type Result } from '../../core/result.ts';
import { listOf, quoted } from '../import-report.ts';
import { fileName, type SourceFile } from '../source-file.ts';
import { columnFacts, type ColumnFacts, type ColumnFactsBuilder } from './column-facts.ts';
import { recordTexts } from './csv-scanner.ts';
import { headerProblem, type InferenceProblem } from './infer-contract.ts';
import { HEAD_BYTES, readRecords, tableForm } from './record-source.ts';
import type { TableLayout } from './table-reading.ts';

export interface TableFacts {
  /** In the order of the first file. */
  readonly columns: readonly ColumnFacts[];
  readonly rows: number;
  /** Rows that could not be read as such: an import will say which. */
  readonly unreadable: number;
  readonly notes: readonly string[];
  /** Of the first file. */
  readonly layout: TableLayout | undefined;
}

export interface FactsOptions {
  readonly signal?: AbortSignal | undefined;
  /** `fraction` 0–1 of the bytes. */
  readonly onProgress?: ((fraction: number, rows: number) => void) | undefined;
}

/** Files of one header, in any order of columns. Rejects with the signal's reason. */
export async function tableFacts(
  files: readonly SourceFile[],
  { signal, onProgress }: FactsOptions = {},
): Promise<Result<TableFacts, InferenceProblem>> {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const notes: string[] = [];
  let header: readonly string[] | undefined;
  let builders: readonly ColumnFactsBuilder[] = [];
  let rows = 0;
  let unreadable = 0;
  let before = 0;
  let problem: InferenceProblem | undefined;
  let declared: ReadonlyMap<string, readonly string[]> = new Map();
  let layout: TableLayout | undefined;
  let firstRefusal: InferenceProblem | undefined;
  for (const file of files) {
    const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
    const form = tableForm(file, head);
    if (typeof form !== 'string') return fail({ ...form, message: inFile(file, form.message) });
    let order: readonly number[] = [];
    await readRecords(
      form,
      file,
      head,
      {
        classes: (values) => void (declared = values),
        layout: (found) => void (layout ??= found),
        header(names) {
          const wrong = headerProblem(names, 1);
          if (wrong !== undefined) problem = { ...wrong, message: inFile(file, wrong.message) };
          else if (header === undefined) {
            header = names;
            builders = names.map((name) => columnFacts(name, declared.get(name)));
          }
          order = (header ?? []).map((name) => names.indexOf(name));
          if (problem === undefined && (names.length !== order.length || order.includes(-1)))
            problem = {
              kind: 'wrong-header',
              message: `${quoted(fileName(file.path))} has other columns (${listOf(names.map(quoted))}) than the file before it (${listOf((header ?? []).map(quoted))}). Choose files of one table.`,
            };
          return problem === undefined;
        },
        record(record) {
          const cells = recordTexts(record);
          if (cells.every((cell) => cell === '')) return;
          rows += 1;
          for (const [index, place] of order.entries()) builders[index]?.add(cells[place] ?? '');
        },
        refuse(kind, message) {
          unreadable += 1;
          firstRefusal ??= { kind, message: inFile(file, message) };
        },
        note: (text) => void (notes.includes(text) || notes.push(text)),
        piece(bytes) {
          onProgress?.((before + bytes) / total, rows);
          return Promise.resolve(true);
        },
      },
      { wanted: header ?? [], signal },
    );
    if (problem !== undefined) return fail(problem);
    before += file.size;
  }
  const columns = builders.map((one) => one.finish());
  const wrong = headerProblem(header ?? [], rows);
  // A damaged file has no rows for a reason of its own.
  if (wrong !== undefined) return fail(firstRefusal ?? wrong);
  return ok({ columns, rows, unreadable, notes, layout });
}

const inFile = (file: SourceFile, message: string): string => `${quoted(fileName(file.path))}: ${message}`;
