// Records of delimited text: CSV, TSV, what spreadsheets separate by semicolons or bars, and what lies under one another by blanks;
// numbers and dates in one spelling.
import type { SourceFile } from '../source-file.ts';
import type { BadLetters } from './bad-letters.ts';
import { BLANKS, blanksAsTabs } from './blank-separated.ts';
import { cellRecords } from './cell-records.ts';
import { respelledCells } from './cell-respelling.ts';
import { cellSpellings, SPELLING_ROWS, type CellSpellings, type Misfit } from './cell-spelling.ts';
import { csvScanner, MAXIMUM_RECORD_BYTES, recordTexts, type CsvRecord } from './csv-scanner.ts';
import { firstLines } from './first-lines.ts';
import { areQuoted, detectDelimiter, firstRecords } from './header.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';
import type { TableLayout } from './table-reading.ts';
import { headText, notedEncoding, textChunks } from './text-bytes.ts';

export async function readDelimited(
  file: SourceFile,
  head: Uint8Array,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  const encoding = await notedEncoding(file, head, (note) => sink.note(note));
  const text = headText(head, encoding);
  const isWhole = head.length === file.size;
  const given = separatorLine(text);
  const separator = given ?? detectDelimiter(text, isWhole, options.wanted);
  const isBlanks = separator === BLANKS;
  const delimiter = isBlanks ? '\t' : separator;
  const scanned = isBlanks ? blanksAsTabs()(text) : text;
  const quotes = isBlanks || areQuoted(scanned, delimiter, isWhole);
  if (!quotes) sink.note(`${file.path}: quotation marks are read as letters, because some do not close.`);
  const first = firstRecords(scanned, delimiter, isWhole, SPELLING_ROWS, quotes).slice(
    given === undefined ? 0 : 1,
  );
  const { names, header, notes, ...lines } = firstLines(first, options.wanted, file.reading?.header, {
    hasTitles: given === undefined,
    hasRowNames: delimiter === '\t',
  });
  let before = lines.before + (given === undefined ? 0 : 1);
  const rows = first.slice(lines.before + (header === 'names' ? 1 : 0));
  const spellings = cellSpellings(names, rows, delimiter, options.readingOf);
  const respelled = respelledBy(spellings);
  /** Of the first piece that holds bytes which are no letters, and of all behind it. */
  let bad: BadLetters | undefined;
  let strict = encoding === 'utf-8' ? new TextDecoder('utf-8', { fatal: true }) : undefined;
  let isBegun = false;
  let isUsable = true;

  const take = (record: CsvRecord): void => {
    if (before > 0) {
      before -= 1;
      return;
    }
    bad?.record(record, names);
    if (!isBegun) {
      isBegun = true;
      sink.layout?.({ header, encoding });
      isUsable = sink.header(names, header === 'names' ? record.row : record.row - 1);
      if (isUsable) for (const note of [...notes, ...spellings.notes]) sink.note(`${file.path}: ${note}`);
      if (header === 'names') return;
    }
    if (!isUsable || isBlank(record)) return;
    const cells = withoutLastEmpty(record, names.length);
    if (record.isMalformed || cells.fields !== names.length)
      return sink.refuse('ragged-row', ragged(record, names.length, header), record.row);
    const read = respelled(cells);
    if ('message' in read) sink.refuse('not-a-number', read.message, record.row);
    else sink.record(read);
  };
  const scanner = csvScanner(delimiter.charCodeAt(0), take, quotes);
  const asScanned = isBlanks ? blanksAsTabs() : (chunk: Uint8Array) => chunk;

  let bytes = 0;
  const chunkBytes = options.chunkBytes ?? 1024 * 1024;
  for await (const chunk of textChunks(file, encoding, { chunkBytes, signal: options.signal })) {
    if (strict !== undefined && !isText(chunk, strict)) {
      strict = undefined;
      bad = (await import('./bad-letters.ts')).badLetters();
    }
    scanner.push(asScanned(chunk));
    bytes = Math.min(file.size, bytes + chunkBytes);
    const goesOn = await sink.piece(bytes);
    if (!isUsable || (!goesOn && bytes < file.size)) return;
  }
  scanner.end();
  const slips = bad?.note();
  if (slips !== undefined) sink.note(`${file.path}: ${slips}`);
  await sink.piece(file.size);
  if (!isBegun)
    sink.refuse(
      'empty-file',
      'The file holds no lines of text. Choose a file with a header line and rows.',
      1,
    );
}

/** By the engine's own decoder, which is faster than a look at each record. */
function isText(piece: Uint8Array, strict: TextDecoder): boolean {
  try {
    strict.decode(piece, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The record as its columns' spellings have it, valid until the next; or why it cannot be read. */
function respelledBy({ fields }: CellSpellings): (record: CsvRecord) => CsvRecord | Misfit {
  if (fields.every((respell) => respell === undefined)) return (record) => record;
  const made = cellRecords();
  const respelled = respelledCells(fields);
  return (record) => {
    const cells = respelled(recordTexts(record));
    return 'message' in cells ? cells : made(cells, record.row);
  };
}

/** A separator at the end of a row begins no cell. */
const withoutLastEmpty = (record: CsvRecord, expected: number): CsvRecord =>
  record.fields === expected + 1 && record.ends[expected] === record.starts[expected]
    ? { ...record, fields: expected }
    : record;

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

function ragged(record: CsvRecord, expected: number, header: TableLayout['header']): string {
  const bytes = (record.ends[record.fields - 1] ?? 0) - (record.starts[0] ?? 0);
  if (record.isMalformed && bytes >= MAXIMUM_RECORD_BYTES - 65_536)
    return 'A quotation mark opens in this row and never closes. Close it, or remove it.';
  if (record.isMalformed)
    return 'A quoted cell of this row is not closed properly. Double the quotation marks inside it.';
  const cells = record.fields === 1 ? '1 cell' : `${record.fields} cells`;
  return `This row has ${cells}, but ${header === 'names' ? `the header names ${expected} columns` : `the first has ${expected}`}. Check its separators and quotation marks.`;
}
