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
import { batchColumns, dictionaryValues, MOST_BODY_BYTES } from './arrow-columns.ts';
import {
  arrowFooter,
  arrowMessage,
  type ArrowBatch,
  type ArrowColumn,
  type ArrowMessage,
  type ArrowSchema,
} from './arrow-metadata.ts';
import { cellRecords } from './cell-records.ts';
import { MAXIMUM_RECORD_BYTES } from './csv-scanner.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';

/** Rows as texts at once: bounds memory where a batch holds millions. */
const ROWS_AT_ONCE = 16_384;
/** Of a description: a hundred thousand columns take a few MB. */
const MOST_DESCRIPTION_BYTES = 2 ** 26;
const MOST_DICTIONARY_BYTES = 2 ** 29;
/** Letters of all cells: lists of values let a small file name a long text as often as it likes. */
const MOST_LETTERS = 2 ** 32;

/** Bytes before the messages of a file, and behind them: the footer's length, and the name again. */
const AHEAD = 8;
const BEHIND = 10;

/** A sentence for the person, where the data are whole but not read here. */
class NotRead extends Error {
  override readonly name = 'NotRead';
}

type Placed = ArrowMessage & { readonly bodyAt: number; readonly next: number };

export async function readArrow(
  file: SourceFile,
  head: Uint8Array,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  let rows = 0;
  let letters = 0;
  const record = cellRecords();
  const dictionaries = new Map<number, readonly string[]>();
  let dictionaryBytes = 0;

  const takeDictionary = async (
    message: Extract<Placed, { type: 'dictionary' }>,
    schema: ArrowSchema,
  ): Promise<void> => {
    const column = schema.columns.find(({ dictionary }) => dictionary?.id === message.id);
    if (column?.type === undefined || column.type === null) return;
    checkBatch(message.batch, message.bodyLength);
    dictionaryBytes += message.bodyLength;
    const values = dictionaryValues(column.type, message.batch, await bodyOf(file, message));
    const before = message.isDelta ? (dictionaries.get(message.id) ?? []) : [];
    dictionaries.set(message.id, [...before, ...values]);
    if (dictionaryBytes > MOST_DICTIONARY_BYTES)
      throw new NotRead(
        `The lists of values of this Arrow file take more than ${MOST_DICTIONARY_BYTES / 2 ** 20} MiB. Write its columns as plain text.`,
      );
  };

  /** false: enough was read. */
  const takeBatch = async (
    message: Extract<Placed, { type: 'batch' }>,
    columns: readonly ArrowColumn[],
  ): Promise<boolean> => {
    const { batch, bodyAt, bodyLength } = message;
    checkBatch(batch, bodyLength);
    const cells = batchColumns(columns, batch, await bodyOf(file, message), dictionaries);
    for (let start = 0; start < batch.rows; start += ROWS_AT_ONCE) {
      options.signal?.throwIfAborted();
      const end = Math.min(batch.rows, start + ROWS_AT_ONCE);
      const texts = Array.from({ length: end - start }, (_, row) => cells.map((cell) => cell(start + row)));
      for (const own of texts) {
        rows += 1;
        const length = own.reduce((sum, cell) => sum + cell.length, 0);
        letters += length;
        if (length > MAXIMUM_RECORD_BYTES)
          sink.refuse(
            'unsupported',
            `This row holds ${length.toLocaleString('en')} letters; at most ${MAXIMUM_RECORD_BYTES.toLocaleString('en')} are read.`,
            rows,
          );
        else sink.record(record(own, rows));
      }
      if (letters > MOST_LETTERS)
        throw new NotRead('The cells of this Arrow file hold more than 4 GiB of text. Split it.');
      if (!(await sink.piece(Math.floor(bodyAt + (bodyLength * end) / batch.rows)))) return false;
    }
    return true;
  };

  const take = async (message: Placed, schema: ArrowSchema): Promise<boolean> => {
    options.signal?.throwIfAborted();
    if (message.type === 'dictionary') await takeDictionary(message, schema);
    return message.type === 'batch' ? takeBatch(message, schema.columns) : true;
  };

  try {
    if (isArrowFile(head)) {
      const { schema, dictionaries: lists, batches } = await footerOf(file);
      if (!sink.header(headerOf(schema), 1)) return;
      // A file's lists hold for all of its batches, wherever they lie; later ones of the same id only add.
      for (const at of [...lists, ...batches]) if (!(await take(await messageOf(file, at), schema))) return;
    } else {
      const first = await messageOf(file, 0);
      if (first.type !== 'schema') throw new Error('its first message describes no columns');
      if (!sink.header(headerOf(first.schema), 1)) return;
      for (let at = first.next; at < file.size;) {
        const message = await messageOf(file, at);
        // The end is marked, or it is the end of the bytes.
        if (message.next === at) break;
        if (!(await take(message, first.schema))) return;
        at = message.next;
      }
    }
    await sink.piece(file.size);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof NotRead) return sink.refuse('unsupported', error.message, rows + 1);
    sink.refuse('corrupt-archive', damaged(error), rows + 1);
  }
}

/** The names of the columns. Throws NotRead where a cell could not hold their values. */
function headerOf({ columns, isBigEndian }: ArrowSchema): readonly string[] {
  if (isBigEndian)
    throw new NotRead(
      'This Arrow file was written with the highest byte first. Write it on another machine.',
    );
  const foreign = columns.filter(({ type }) => type === null);
  if (foreign.length > 0)
    throw new NotRead(
      `A cell holds one number, text or moment, and ${listOf(foreign.map(({ name, holds }) => `${quoted(name)} holds ${holds}`))}. Leave ${foreign.length === 1 ? 'that column' : 'these columns'} out, or write ${foreign.length === 1 ? 'its' : 'their'} values as columns of their own.`,
    );
  // Values without a byte: a short file could have as many rows as it likes.
  if (columns.every(({ type }) => type?.kind === 'null'))
    throw new NotRead('This Arrow file has no column with values. Choose a table with some.');
  return columns.map(({ name }) => name);
}

function checkBatch({ compression }: ArrowBatch, bodyLength: number): void {
  if (compression === 'zstd' || compression === 'unknown')
    throw new NotRead(
      `This Arrow file is compressed by ${compression === 'zstd' ? 'Zstandard' : 'a method that is not known here'}. Write it with LZ4 (what pandas takes for Feather) or without compression.`,
    );
  if (bodyLength > MOST_BODY_BYTES)
    throw new NotRead(
      `A batch of this Arrow file takes ${Math.ceil(bodyLength / 2 ** 20).toLocaleString('en')} MiB; at most ${MOST_BODY_BYTES / 2 ** 20} are read at once. Write it in smaller batches.`,
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

const bodyOf = (file: SourceFile, { bodyAt, bodyLength }: Placed): Promise<Uint8Array> =>
  file.read(bodyAt, bodyAt + bodyLength);

const damaged = (error: unknown): string =>
  `This Arrow file cannot be read from here on: ${error instanceof Error ? error.message : String(error)}. Was it copied whole?`;
