// Records of Arrow data (Columnar Format 1.5, "Serialization and Interprocess Communication"), batch by batch: a file (.arrow,
// .feather of version 2), whose end says where its batches lie, or a stream, which has one message after the other.
//
// Read by ourselves: apache-arrow 21.2 (40 kB gzipped) and flechette 2.6 (7 kB) believe the lengths in a file's descriptions. With the
// number of columns of a file of 3 kB changed to 50 million, both were still at it after 100 seconds. Holding every table, list and
// buffer against the bytes first is a reader but for the cells, and these are the short part. flechette writes files for the tests
// beside it, pyarrow those of test/golden.
import { listOf, quoted } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { ARROW_NAME, isArrowFile } from './arrow-marks.ts';
import { batchColumns, dictionaryLists, MOST_BODY_BYTES, NotRead } from './arrow-columns.ts';
import {
  arrowFooter,
  arrowMessage,
  type ArrowBatch,
  type ArrowMessage,
  type ArrowSchema,
} from './arrow-metadata.ts';
import { cellRecords } from './cell-records.ts';
import { MAXIMUM_RECORD_BYTES } from './csv-scanner.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';

/** Cells as texts at once, and their letters: bounds memory where a batch holds millions of rows. */
const CELLS_AT_ONCE = 2 ** 18;
const LETTERS_AT_ONCE = 2 ** 26;
/** Of a description: a hundred thousand columns take a few MB. */
const MOST_DESCRIPTION_BYTES = 2 ** 26;
/** Of one batch; places of bits are counted in 32 of them. */
const MOST_BATCH_ROWS = 2 ** 31;
/**
 * Letters of all cells: lists of values let a small file name a long text as often as it likes. Cells without a letter take room too
 * wherever they are held; missing ones stand in the file as a bit each, packed as less.
 */
const MOST_LETTERS = 2 ** 32;
const ROOM_OF_A_CELL = 16;

/** Bytes before the messages of a file, and behind them: the footer's length, and the name again. */
const AHEAD = 8;
const BEHIND = 10;

type Placed = ArrowMessage & { readonly bodyAt: number; readonly next: number };

/** Rows of cells, and the bytes of the file that are done with after them. */
interface Slice {
  readonly rows: readonly (readonly string[])[];
  readonly done: number;
}

interface Header {
  readonly names: readonly string[];
  /** On columns that are left unread. */
  readonly note: string | undefined;
}

export async function readArrow(
  file: SourceFile,
  head: Uint8Array,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  let row = 0;
  const record = cellRecords();
  const slices = slicesOf(file, head, options.signal);
  for (;;) {
    // What the sink throws is none of the file's.
    let next: IteratorResult<Slice | Header, void>;
    try {
      next = await slices.next();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof NotRead) return sink.refuse('unsupported', error.message, row + 1);
      return sink.refuse('corrupt-archive', damaged(error), row + 1);
    }
    if (next.done === true) break;
    if ('names' in next.value) {
      if (!sink.header(next.value.names, 1)) return;
      if (next.value.note !== undefined) sink.note(`${file.path}: ${next.value.note}`);
      continue;
    }
    for (const cells of next.value.rows) {
      row += 1;
      const length = lettersOf(cells);
      if (length <= MAXIMUM_RECORD_BYTES) sink.record(record(cells, row));
      else
        sink.refuse(
          'unsupported',
          `This row holds ${length.toLocaleString('en')} letters; at most ${MAXIMUM_RECORD_BYTES.toLocaleString('en')} are read.`,
          row,
        );
    }
    if (!(await sink.piece(next.value.done))) return;
  }
  await sink.piece(file.size);
}

/** The names of the columns, then their rows. Throws where the file does not hold what it says, and NotRead. */
async function* slicesOf(
  file: SourceFile,
  head: Uint8Array,
  signal: AbortSignal | undefined,
): AsyncGenerator<Slice | Header, void, undefined> {
  const lists = dictionaryLists();
  let letters = 0;
  for await (const { schema, message } of messagesOf(file, head)) {
    signal?.throwIfAborted();
    if (message === undefined) yield headerOf(schema);
    if (message?.type !== 'dictionary' && message?.type !== 'batch') continue;
    checkBatch(message.batch, message.bodyLength);
    const { batch, bodyAt, bodyLength } = message;
    // Before a buffer of them is unpacked.
    if (message.type === 'batch')
      letters = charged(letters + batch.rows * schema.columns.length * ROOM_OF_A_CELL);
    const body = await file.read(bodyAt, bodyAt + bodyLength);
    if (message.type === 'dictionary') {
      const column = schema.columns.find(({ dictionary }) => dictionary?.id === message.id);
      if (column?.type !== undefined && column.type !== null) lists.add(message, column.type, body);
      continue;
    }
    const cells = batchColumns(schema.columns, batch, body, lists.held);
    const rowsAtOnce = Math.max(1, Math.floor(CELLS_AT_ONCE / cells.length));
    for (let row = 0; row < batch.rows;) {
      signal?.throwIfAborted();
      const rows: string[][] = [];
      for (let own = 0; row < batch.rows && rows.length < rowsAtOnce && own < LETTERS_AT_ONCE; row += 1) {
        const texts = cells.map((cell) => cell(row));
        own += lettersOf(texts);
        rows.push(texts);
      }
      letters = charged(letters + rows.reduce((sum, texts) => sum + lettersOf(texts), 0));
      yield { rows, done: Math.floor(bodyAt + (bodyLength * row) / batch.rows) };
    }
  }
}

function charged(letters: number): number {
  if (letters <= MOST_LETTERS) return letters;
  throw new NotRead(
    `This Arrow file has more cells than are held here: 4 GiB of text, ${ROOM_OF_A_CELL} bytes more for each cell. Split it.`,
  );
}

const lettersOf = (cells: readonly string[]): number => {
  let letters = 0;
  for (const cell of cells) letters += cell.length;
  return letters;
};

/** The messages in the order in which they are to be taken, the schema by itself before them. */
async function* messagesOf(
  file: SourceFile,
  head: Uint8Array,
): AsyncGenerator<{ readonly schema: ArrowSchema; readonly message: Placed | undefined }, void, undefined> {
  if (isArrowFile(head)) {
    const { schema, dictionaries, batches } = await footerOf(file);
    yield { schema, message: undefined };
    // A file's lists hold for all of its batches, wherever they lie.
    const taken = new Set<number>();
    let bytes = 0;
    for (const at of [...dictionaries, ...batches]) {
      const message = await messageOf(file, at);
      // Listed twice, or one within another, they would be as many rows as somebody likes.
      bytes += message.next - at;
      if (taken.has(at) || bytes > file.size) throw new Error('its end lists some of its batches twice');
      taken.add(at);
      yield { schema, message };
    }
    return;
  }
  const first = await messageOf(file, 0);
  if (first.type !== 'schema') throw new Error('its first message describes no columns');
  const { schema } = first;
  yield { schema, message: undefined };
  for (let at = first.next; at < file.size;) {
    const message = await messageOf(file, at);
    // The end is marked, or it is the end of the bytes.
    if (message.next === at) return;
    yield { schema, message };
    at = message.next;
  }
}

/** The columns that a cell can hold. Throws NotRead where there are none. */
function headerOf({ columns, isBigEndian }: ArrowSchema): Header {
  if (isBigEndian)
    throw new NotRead(
      'This Arrow file was written with the highest byte first. Write it on another machine.',
    );
  const read = columns.filter(({ type }) => type !== null);
  const foreign = columns.filter(({ type }) => type === null);
  const note =
    foreign.length === 0
      ? undefined
      : `${listOf(
          foreign.map(({ name, holds }) => `${quoted(name)} holds ${holds}`),
          10,
        )}, and a cell holds one number, text or moment. To have them, write their values as columns of their own.`;
  // Values without a byte: a short file could have as many rows as it likes.
  if (read.every(({ type }) => type?.kind === 'null'))
    throw new NotRead(note ?? 'This Arrow file has no column with values. Choose a table with some.');
  return { names: read.map(({ name }) => name), note: note && `left unread: ${note}` };
}

function checkBatch({ compression, rows }: ArrowBatch, bodyLength: number): void {
  if (compression === 'unknown')
    throw new NotRead(
      'This Arrow file is compressed by a method that is not known here. Write it with LZ4, Zstandard or without compression.',
    );
  if (bodyLength > MOST_BODY_BYTES || rows > MOST_BATCH_ROWS)
    throw new NotRead(
      `A batch of this Arrow file has ${rows.toLocaleString('en')} rows of ${Math.ceil(bodyLength / 2 ** 20).toLocaleString('en')} MiB; at most ${MOST_BODY_BYTES / 2 ** 20} MiB are read at once. Write it in smaller batches.`,
    );
}

async function footerOf(file: SourceFile): Promise<ReturnType<typeof arrowFooter>> {
  const tail = await file.read(Math.max(0, file.size - BEHIND), file.size);
  if (file.size < AHEAD + BEHIND || !isArrowFile(tail.subarray(4)))
    throw new Error(`it does not end with ${ARROW_NAME}`);
  const length = new DataView(tail.buffer, tail.byteOffset, 4).getInt32(0, true);
  if (!(length > 0 && length <= Math.min(MOST_DESCRIPTION_BYTES, file.size - AHEAD - BEHIND)))
    throw new Error(`its end says that it is ${length} bytes long`);
  const end = file.size - BEHIND;
  return arrowFooter(await file.read(end - length, end));
}

/** The message that begins there; `next` is the same place where it marks the end. Throws where it is not whole. */
async function messageOf(file: SourceFile, at: number): Promise<Placed> {
  const cut = new Error('it is cut off');
  if (!(at >= 0 && at + 8 <= file.size)) throw cut;
  const ahead = await file.read(at, at + 8);
  const view = new DataView(ahead.buffer, ahead.byteOffset, 8);
  // Before 0.15 a message began with its length alone.
  const isMarked = view.getInt32(0, true) === -1;
  const length = view.getInt32(isMarked ? 4 : 0, true);
  const start = at + (isMarked ? 8 : 4);
  if (length === 0) return { type: 'other', bodyLength: 0, bodyAt: at, next: at };
  if (!(length > 0 && length <= MOST_DESCRIPTION_BYTES))
    throw new Error(`a message says that its description is ${length} bytes long`);
  const bodyAt = start + length;
  if (bodyAt > file.size) throw cut;
  const message = arrowMessage(await file.read(start, bodyAt));
  if (bodyAt + message.bodyLength > file.size) throw cut;
  return { ...message, bodyAt, next: bodyAt + message.bodyLength };
}

const damaged = (error: unknown): string =>
  `This Arrow file cannot be read from here on: ${error instanceof Error ? error.message : String(error)}. Was it copied whole?`;
