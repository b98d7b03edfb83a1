// All columns of tables' files as they were written, those of no contract too: for exploring before anything is decided.
import { columnBuilder, type ColumnBuilder, type ColumnTable } from '../../core/exploration/columns.ts';
import type { RefusalLog } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { numberIn } from './cell-number.ts';
import { fieldText } from './csv-scanner.ts';
import { isMissing } from '../../core/data/missing.ts';
import { openedTables } from './packed-tables.ts';
import { HEAD_BYTES, readRecords, tableForm } from './record-source.ts';

/**
 * Reads the columns into memory, 8 bytes a number. Files after the first must name the same columns, in any order. What cannot be
 * read goes to the log. Rejects with the signal's reason.
 */
export async function readColumns(
  files: readonly SourceFile[],
  log: RefusalLog,
  signal?: AbortSignal,
): Promise<ColumnTable> {
  const columns = new Map<string, ColumnBuilder>();
  let rows = 0;
  for (const file of await openedTables(files, signal)) {
    const where = { file: file.path };
    const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
    const form = tableForm(file, head);
    if (typeof form !== 'string') {
      log.refuse(form.kind, form.message, where);
      continue;
    }
    let builders: readonly ColumnBuilder[] = [];
    await readRecords(
      form,
      file,
      head,
      {
        header(names, row) {
          if (columns.size === 0) for (const name of names) columns.set(name, columnBuilder(name));
          const found = names.map((name) => columns.get(name)).filter((one) => one !== undefined);
          builders = found;
          if (found.length === columns.size && new Set(names).size === names.length) return true;
          log.refuse(
            'wrong-header',
            rows === 0
              ? 'The header names a column twice. Rename one of the two.'
              : 'The header names other columns than the file before. Explore files of one kind together.',
            { ...where, row },
          );
          return false;
        },
        record(record) {
          rows += 1;
          for (let field = 0; field < record.fields; field += 1) {
            const value = numberIn(record.bytes, record.starts[field]!, record.ends[field]!);
            if (!Number.isNaN(value)) builders[field]!.addNumber(value);
            else {
              const text = fieldText(record, field);
              if (isMissing(text)) builders[field]!.addNumber(NaN);
              else builders[field]!.addText(text);
            }
          }
        },
        refuse: (kind, message, row) => log.refuse(kind, message, { ...where, row }),
        note: (text) => log.note(text),
        piece: () => Promise.resolve(true),
      },
      { wanted: [...columns.keys()], signal },
    );
  }
  return { rows, columns: [...columns.values()].map((one) => one.finish()) };
}
