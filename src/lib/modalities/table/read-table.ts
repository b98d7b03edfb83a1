// One CSV or TSV file against the contract: every row is either an example or a refusal with its row and column.
import { exampleShape, type TableContract } from '../../core/data/contract.ts';
import { hashCounts } from '../../core/data/hash-counts.ts';
import type { Assembler } from '../assembler.ts';
import { listOf, quoted, type RefusalLog } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { csvScanner, MAXIMUM_RECORD_BYTES, recordTexts, type CsvRecord } from './csv-scanner.ts';
import { detectDelimiter, matchHeader } from './header.ts';
import { rowEncoder, type RowEncoder } from './row-encoder.ts';
import { headText, notTextBecause, textChunks } from './text-bytes.ts';

/** The first rows as they stand in the first file that had any. */
export interface TablePreview {
  header: readonly string[];
  readonly rows: (readonly string[])[];
}
export const PREVIEW_ROWS = 8;

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of this file read so far. */
  readonly onBytes?: (bytes: number) => void;
}

const HEAD_BYTES = 256 * 1024;

export async function readTable(
  file: SourceFile,
  contract: TableContract,
  into: Assembler,
  log: RefusalLog,
  preview: TablePreview,
  options: ReadOptions = {},
): Promise<void> {
  const where = { file: file.path };
  if (file.size === 0)
    return log.refuse('empty-file', 'The file is empty. Choose a file with a header line and rows.', where);
  const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
  const reason = notTextBecause(head.subarray(0, 8192));
  if (reason !== undefined) return log.refuse('not-text', `This is not a CSV file. ${reason}`, where);
  const names = [...contract.columns.map((column) => column.name), contract.target.name];
  const text = headText(head);
  const delimiter = separatorLine(text) ?? detectDelimiter(text, head.length === file.size, names);

  const occurrences = hashCounts();
  let header: readonly string[] | undefined;
  let encoder: RowEncoder | undefined;
  let rows = 0;

  const readHeader = (record: CsvRecord): void => {
    const cells = recordTexts(record);
    if (cells.length <= 2 && /^sep=/i.test(cells[0] ?? '') && record.row === 1) return;
    header = cells;
    const matched = matchHeader(cells, contract);
    if ('problems' in matched) {
      for (const problem of matched.problems)
        log.refuse(problem.kind, problem.message, {
          ...where,
          row: record.row,
          ...(problem.column === undefined ? {} : { column: problem.column }),
        });
      return;
    }
    encoder = rowEncoder(contract, matched.match.fields, matched.match.target);
    if (matched.match.unused.length > 0)
      log.note(`${file.path}: not needed and left unread: ${listOf(matched.match.unused.map(quoted), 10)}.`);
    if (preview.rows.length === 0) preview.header = cells;
  };

  const scanner = csvScanner(delimiter.charCodeAt(0), (record) => {
    if (header === undefined) return readHeader(record);
    if (encoder === undefined || isBlank(record)) return;
    rows += 1;
    into.position += 1;
    if (record.isMalformed || record.fields !== header.length)
      return log.refuse('ragged-row', ragged(record, header.length), { ...where, row: record.row });
    if (preview.rows.length < PREVIEW_ROWS && preview.header === header)
      preview.rows.push(recordTexts(record));
    const slot = into.slot();
    const problem = encoder.encode(record, slot.features as Float32Array, slot.at);
    if (problem !== undefined)
      return log.refuse(problem.kind, problem.message, { ...where, row: record.row, column: problem.column });
    into.commit(encoder.target, occurrences);
  });

  let bytes = 0;
  // Short cells can become wide rows: with a wide contract smaller pieces keep the batches in waiting small.
  const chunkBytes = Math.max(
    32 * 1024,
    Math.min(1024 * 1024, Math.floor((64 * 1024 * 1024) / (exampleShape(contract)[0] ?? 1))),
  );
  for await (const chunk of textChunks(file, { chunkBytes, signal: options.signal })) {
    scanner.push(chunk);
    await into.flush();
    bytes = Math.min(file.size, bytes + chunkBytes);
    options.onBytes?.(bytes);
    // Nothing can come of a file without its columns.
    if (header !== undefined && encoder === undefined) return;
  }
  scanner.end();
  await into.flush();
  if (header === undefined)
    log.refuse(
      'empty-file',
      'The file holds no lines of text. Choose a file with a header line and rows.',
      where,
    );
  else if (encoder !== undefined && rows === 0)
    log.refuse('empty-file', 'The file has a header line and no rows.', where);
}

/** Excel's own first line, "sep=;". */
function separatorLine(head: Uint8Array): string | undefined {
  return /^sep=([,;|\t])\r?\n/i.exec(new TextDecoder().decode(head.subarray(0, 8)))?.[1];
}

/** A row whose every cell is empty, as spreadsheets write below the data. */
function isBlank(record: CsvRecord): boolean {
  for (let field = 0; field < record.fields; field += 1)
    if (record.ends[field]! > record.starts[field]!) return false;
  return true;
}

function ragged(record: CsvRecord, expected: number): string {
  const bytes = (record.ends[record.fields - 1] ?? 0) - (record.starts[0] ?? 0);
  if (record.isMalformed && bytes >= MAXIMUM_RECORD_BYTES - 65_536)
    return 'A quotation mark opens in this row and never closes. Close it, or remove it.';
  if (record.isMalformed)
    return 'A quoted cell of this row is not closed properly. Double the quotation marks inside it.';
  const cells = record.fields === 1 ? '1 cell' : `${record.fields} cells`;
  return `This row has ${cells}, but the header names ${expected} columns. Check its separators and quotation marks.`;
}
