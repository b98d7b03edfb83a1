// Records of JSON: an object to a line (NDJSON, JSON Lines), or one array of objects. Either is read piece by piece; what is no
// object is refused by its line or its number, and reading goes on behind it.
import { quoted } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { cellRecords, flattened, lateColumns, tooNested } from './cell-records.ts';
import { MAXIMUM_RECORD_BYTES } from './csv-scanner.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';
import { parseJson, wholeTable } from './json-tables.ts';
import { encodingOf, headText, textChunks } from './text-bytes.ts';

const decoder = new TextDecoder();

/** Takes objects and hands them on as records under the columns that the first piece names. */
function objectRecords(sink: RecordSink, path: string) {
  const record = cellRecords();
  let waiting: { readonly cells: Map<string, string>; readonly row: number }[] | undefined = [];
  let header: readonly string[] = [];
  let late = lateColumns(header);
  let isUsable = true;

  const emit = (cells: Map<string, string>, row: number): void => {
    late.look(cells);
    sink.record(
      record(
        header.map((name) => cells.get(name) ?? ''),
        row,
      ),
    );
  };
  const settle = (): void => {
    if (waiting === undefined || waiting.length === 0) return;
    const names = new Set<string>();
    for (const { cells } of waiting) for (const name of cells.keys()) names.add(name);
    header = [...names];
    late = lateColumns(header);
    isUsable = sink.header(header, waiting[0]?.row ?? 1);
    const first = waiting;
    waiting = undefined;
    if (isUsable) for (const { cells, row } of first) emit(cells, row);
  };
  return {
    take(text: string, row: number, what: string): void {
      let value: unknown;
      try {
        value = parseJson(text);
      } catch {
        return sink.refuse('not-json', `${what} is not valid JSON: ${quoted(text)}. Mend or delete it.`, row);
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return sink.refuse(
          'not-json',
          `${what} must be an object with a value for each column, as {"age": 61}, but holds ${quoted(text)}.`,
          row,
        );
      this.takeObject(value, row, what);
    },
    takeObject(value: object, row: number, what: string): void {
      const cells = flattened(value);
      if (cells === undefined) return sink.refuse('not-json', tooNested(what), row);
      if (waiting !== undefined) waiting.push({ cells, row });
      else if (isUsable) emit(cells, row);
    },
    /** After a piece: sparse records name their columns between them, so the header waits for the first piece's end. */
    async piece(bytes: number): Promise<boolean> {
      settle();
      return (await sink.piece(bytes)) && isUsable;
    },
    end(): void {
      settle();
      const note = late.note(path);
      if (note !== undefined) sink.note(note);
      if (waiting !== undefined)
        sink.refuse('empty-file', 'The file holds no objects. Choose one with an object for each row.', 1);
    },
  };
}

type Pieces = (chunk: Uint8Array, isLast: boolean) => void;

async function inPieces(
  file: SourceFile,
  head: Uint8Array,
  options: RecordOptions,
  push: Pieces,
  records: ReturnType<typeof objectRecords>,
): Promise<void> {
  let bytes = 0;
  const chunkBytes = options.chunkBytes ?? 1024 * 1024;
  for await (const chunk of textChunks(file, encodingOf(head, file.reading?.encoding), {
    chunkBytes,
    signal: options.signal,
  })) {
    push(chunk, false);
    bytes = Math.min(file.size, bytes + chunkBytes);
    if (!(await records.piece(bytes)) && bytes < file.size) return;
  }
  push(new Uint8Array(0), true);
  records.end();
  await records.piece(file.size);
}

const joinBytes = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

/** Rows are taken so many at a time. */
const ROWS_AT_ONCE = 4096;

/** Where the file is a table in one value, which is no list of objects: reads it, and says so. */
async function readWhole(
  file: SourceFile,
  head: Uint8Array,
  sink: RecordSink,
  options: RecordOptions,
): Promise<boolean> {
  const table = await wholeTable(
    file,
    head,
    new TextDecoder().decode(headText(head, encodingOf(head, file.reading?.encoding))),
    options.signal,
  );
  if (table === undefined) return false;
  if (table === 'unnamed') {
    sink.refuse(
      'wrong-header',
      'This file is a list of lists, and its columns have no names. Put a list of their names before the others, or write an object for each row.',
      1,
    );
    return true;
  }
  const { rows, notes } = table;
  for (const note of notes) sink.note(`${file.path}: ${note}`);
  const records = objectRecords(sink, file.path);
  for (const [index, row] of rows.entries()) {
    options.signal?.throwIfAborted();
    records.takeObject(row, index + 1, 'This record');
    if ((index + 1) % ROWS_AT_ONCE !== 0) continue;
    if (!(await records.piece(Math.floor((file.size * (index + 1)) / (rows.length + 1))))) return true;
  }
  records.end();
  await records.piece(file.size);
  return true;
}

/** One object to a line; empty lines count and are passed over. */
export async function readJsonLines(
  file: SourceFile,
  head: Uint8Array,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  if (await readWhole(file, head, sink, options)) return;
  const records = objectRecords(sink, file.path);
  let rest: Uint8Array = new Uint8Array(0);
  let row = 0;
  /** A line that is too long was refused, and its end is still to come. */
  let isSkipping = false;
  const line = (bytes: Uint8Array): void => {
    row += 1;
    if (isSkipping) {
      isSkipping = false;
      return;
    }
    const text = decoder.decode(bytes).trim();
    if (text !== '') records.take(text, row, 'This line');
  };
  const push: Pieces = (chunk, isLast) => {
    const bytes = joinBytes(rest, chunk);
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
      line(bytes.subarray(from, end));
      from = end + 1;
    }
    rest = bytes.slice(from);
    if (isLast && rest.length > 0) line(rest);
    if (rest.length <= MAXIMUM_RECORD_BYTES) return;
    if (!isSkipping) sink.refuse('not-json', tooLong('This line'), row + 1);
    isSkipping = true;
    rest = new Uint8Array(0);
  };
  await inPieces(file, head, options, push, records);
}

const tooLong = (what: string): string =>
  `${what} is longer than ${MAXIMUM_RECORD_BYTES / 1024 / 1024} MiB. An object may hold one row only.`;

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [0x22, 0x5c, 0x7b, 0x7d];
/** Of the array itself. */
const [OPENS, CLOSES] = [0x5b, 0x5d];
/** White space, a comma and the brackets of the array itself: what may stand between its objects. */
const isBetween = (byte: number): boolean =>
  byte === 0x20 ||
  byte === 0x0a ||
  byte === 0x0d ||
  byte === 0x09 ||
  byte === 0x2c ||
  byte === OPENS ||
  byte === CLOSES;

/** One array of objects, whatever its line breaks; records count from 1. */
export async function readJson(
  file: SourceFile,
  head: Uint8Array,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  if (await readWhole(file, head, sink, options)) return;
  const records = objectRecords(sink, file.path);
  let rest: Uint8Array = new Uint8Array(0);
  let at = 0;
  let depth = 0;
  let isInText = false;
  let row = 0;
  /** The array, which has not ended yet. */
  let isOpen = false;
  /** Where the object, or what stands in its place, begins; -1 between them. */
  let start = -1;
  const ends = (end: number, bytes: Uint8Array): void => {
    row += 1;
    records.take(decoder.decode(bytes.subarray(start, end)), row, 'This record');
    start = -1;
  };
  const push: Pieces = (chunk, isLast) => {
    const bytes = joinBytes(rest, chunk);
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (isInText) {
        if (byte === BACKSLASH) at += 1;
        else if (byte === QUOTE) isInText = false;
      } else if (start < 0) {
        if (byte === OPENS) isOpen = true;
        if (byte === CLOSES) isOpen = false;
        if (isBetween(byte)) continue;
        start = at;
        depth = byte === OPEN ? 1 : 0;
        isInText = byte === QUOTE;
      } else if (byte === QUOTE) isInText = true;
      else if (byte === OPEN) depth += 1;
      else if (byte === CLOSE) {
        depth -= 1;
        if (depth <= 0) ends(at + 1, bytes);
      } else if (depth === 0 && (byte === 0x2c || byte === CLOSES)) {
        if (byte === CLOSES) isOpen = false;
        ends(at, bytes);
      }
    }
    if (isLast && (start >= 0 || isOpen))
      sink.refuse(
        'corrupt-archive',
        `${start >= 0 ? 'The last record is cut off: its object' : 'The file is cut off: its list'} never closes. Was the file copied whole?`,
        row + 1,
      );
    const from = start < 0 ? Math.min(at, bytes.length) : start;
    rest = bytes.slice(from);
    // A backslash as a piece's last byte leaves `at` one beyond it.
    at -= from;
    if (start >= 0) start = 0;
    if (rest.length <= MAXIMUM_RECORD_BYTES) return;
    row += 1;
    sink.refuse('not-json', tooLong('This record'), row);
    rest = new Uint8Array(0);
    at = 0;
    depth = 0;
    isInText = false;
    start = -1;
  };
  await inPieces(file, head, options, push, records);
}
