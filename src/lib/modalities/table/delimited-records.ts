// Records of delimited text: CSV, TSV, and what spreadsheets separate by semicolons or bars.
import type { SourceFile } from '../source-file.ts';
import { csvScanner, MAXIMUM_RECORD_BYTES, recordTexts, type CsvRecord } from './csv-scanner.ts';
import { detectDelimiter } from './header.ts';
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
  const delimiter = separatorLine(text) ?? detectDelimiter(text, head.length === file.size, options.wanted);
  let header: readonly string[] | undefined;
  let isUsable = true;

  const scanner = csvScanner(delimiter.charCodeAt(0), (record) => {
    if (header === undefined) {
      const cells = recordTexts(record);
      if (cells.length <= 2 && /^sep=/i.test(cells[0] ?? '') && record.row === 1) return;
      header = cells;
      isUsable = sink.header(cells, record.row);
      return;
    }
    if (!isUsable || isBlank(record)) return;
    if (record.isMalformed || record.fields !== header.length)
      return sink.refuse('ragged-row', ragged(record, header.length), record.row);
    sink.record(record);
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
