// The first rows of a table's file as texts, whatever its form: enough to see what its columns hold.
import { fail, ok, type Result } from '../../core/result.ts';
import type { FileProblem, SourceFile } from '../source-file.ts';
import { recordTexts } from './csv-scanner.ts';
import { HEAD_BYTES, readRecords, tableForm } from './record-source.ts';

export interface TableHead {
  readonly header: readonly string[];
  /** Each as long as the header. */
  readonly rows: readonly (readonly string[])[];
  /** The values that the file itself says a column has. */
  readonly declared: ReadonlyMap<string, readonly string[]>;
  /** Nothing of the file was left out. */
  readonly isWhole: boolean;
}

/** Reads about `bytes` of the file and `most` rows of it. Refused where nothing can be read as a row; single rows that cannot are passed over. */
export async function readHead(
  file: SourceFile,
  bytes: number,
  most = Infinity,
): Promise<Result<TableHead, FileProblem>> {
  const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
  const form = tableForm(file, head);
  if (typeof form !== 'string') return fail(form);
  let header: readonly string[] = [];
  let declared: TableHead['declared'] = new Map();
  let isWhole = false;
  let problem: FileProblem | undefined;
  const rows: string[][] = [];
  await readRecords(
    form,
    file,
    head,
    {
      classes: (values) => void (declared = values),
      header(names) {
        header = names;
        return true;
      },
      record(record) {
        if (rows.length < most) rows.push(recordTexts(record));
      },
      refuse(kind, message) {
        problem ??= { kind, message };
      },
      note: () => undefined,
      piece(done) {
        isWhole = done >= file.size;
        return Promise.resolve(done < bytes && rows.length < most);
      },
    },
    { wanted: [] },
  );
  if (rows.length === 0 && problem !== undefined) return fail(problem);
  return ok({ header, rows, declared, isWhole: isWhole && rows.length < most });
}
