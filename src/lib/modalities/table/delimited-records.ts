// Records of delimited text: CSV, TSV, and what spreadsheets separate by semicolons or bars; numbers and dates in one spelling.
import { quoted } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { cellRecords } from './cell-records.ts';
import { cellSpellings, SPELLING_ROWS, type CellSpellings, type Misfit } from './cell-spelling.ts';
import { csvScanner, MAXIMUM_RECORD_BYTES, recordTexts, type CsvRecord } from './csv-scanner.ts';
import { detectDelimiter, firstRecords, linesBeforeHeader } from './header.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';
import { encodingOf, headText, textChunks } from './text-bytes.ts';

export async function readDelimited(
  file: SourceFile,
  head: Uint8Array,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  const encoding = encodingOf(head);
  if (encoding === 'windows-1252')
    sink.note(`${file.path}: not UTF-8, and read as Windows-1252 (Western European).`);
  const text = headText(head);
  const isWhole = head.length === file.size;
  const given = separatorLine(text);
  const delimiter = given ?? detectDelimiter(text, isWhole, options.wanted);
  const first = firstRecords(text, delimiter, isWhole, SPELLING_ROWS);
  let before = given === undefined ? linesBeforeHeader(first) : 1;
  if (given === undefined && before > 0)
    sink.note(
      `${file.path}: left unread before the line of column names: ${quoted(first.slice(0, before).flat().join(' '))}.`,
    );
  const spaced = areSpaced(first);
  const spellings = cellSpellings(first[before] ?? [], first.slice(before + 1), delimiter, options.readingOf);
  const respelled = respelledBy(spellings);
  let header: readonly string[] | undefined;
  let isUsable = true;

  const scanner = csvScanner(delimiter.charCodeAt(0), (record) => {
    if (before > 0) {
      before -= 1;
      return;
    }
    if (header === undefined) {
      header = recordTexts(record);
      if (spaced !== undefined) {
        isUsable = false;
        return sink.refuse('wrong-header', spaced, record.row);
      }
      isUsable = sink.header(header, record.row);
      if (isUsable) for (const note of spellings.notes) sink.note(`${file.path}: ${note}`);
      return;
    }
    if (!isUsable || isBlank(record)) return;
    if (record.isMalformed || record.fields !== header.length)
      return sink.refuse('ragged-row', ragged(record, header.length), record.row);
    const read = respelled(record);
    if ('message' in read) sink.refuse('not-a-number', read.message, record.row);
    else sink.record(read);
  });

  let bytes = 0;
  const chunkBytes = options.chunkBytes ?? 1024 * 1024;
  for await (const chunk of textChunks(file, encoding, { chunkBytes, signal: options.signal })) {
    scanner.push(chunk);
    bytes = Math.min(file.size, bytes + chunkBytes);
    const goesOn = await sink.piece(bytes);
    if (!isUsable || (!goesOn && bytes < file.size)) return;
  }
  scanner.end();
  await sink.piece(file.size);
  if (header === undefined)
    sink.refuse(
      'empty-file',
      'The file holds no lines of text. Choose a file with a header line and rows.',
      1,
    );
}

/** The record as its columns' spellings have it, valid until the next; or why it cannot be read. */
function respelledBy({ fields }: CellSpellings): (record: CsvRecord) => CsvRecord | Misfit {
  if (fields.every((respell) => respell === undefined)) return (record) => record;
  const made = cellRecords();
  return (record) => {
    const cells = recordTexts(record);
    for (const [field, cell] of cells.entries()) {
      const read = fields[field]?.(cell) ?? cell;
      if (typeof read !== 'string') return read;
      cells[field] = read;
    }
    return made(cells, record.row);
  };
}

/** Of a file whose columns lie under one another by spaces: what is wrong with it. */
function areSpaced(first: readonly (readonly string[])[]): string | undefined {
  const lines = first.slice(0, 20);
  if (lines.length < 2 || lines.some((cells) => cells.length !== 1)) return undefined;
  const [count, ...others] = lines.map(([line = '']) => line.split(/\s+/).length);
  return count !== undefined && count > 1 && others.every((other) => other === count)
    ? `The ${count} columns of this file are separated by spaces. Save it with commas, semicolons or tabs between them.`
    : undefined;
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
