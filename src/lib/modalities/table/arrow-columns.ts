// The cells of an Arrow batch from its buffers (Arrow Columnar Format 1.5, "Physical Memory Layout" and "Buffer Listing for Each
// Layout"): each buffer is held against the rows that it is said to hold before a cell of it is read.
import type { ArrowBatch, ArrowColumn, ArrowLayout, ArrowMessage, ArrowType } from './arrow-metadata.ts';
import { cellText } from './cell-records.ts';
import { MAXIMUM_RECORD_BYTES } from './csv-scanner.ts';
import { MOST_LZ4_RATIO, unpackLz4Frame } from './lz4-frame.ts';
import { unpackZstd } from './zstd-frame.ts';

/** The cell of a row as text, empty where it is missing. Throws where the file does not hold what it says. */
export type CellReader = (row: number) => string;

/** A sentence for the person, where the data are whole but not read here. */
export class NotRead extends Error {
  override readonly name = 'NotRead';
}

/** A block of four bytes repeats one for 128 KiB; columns of few values reach some thousands. */
const MOST_ZSTD_RATIO = 32_768;

/** Of a batch, unpacked. */
export const MOST_BODY_BYTES = 2 ** 30;

/** Of each column that a cell can hold; throws where the batch does not hold the columns. `dictionaries`: the values of each list by its id. */
export function batchColumns(
  columns: readonly ArrowColumn[],
  batch: ArrowBatch,
  body: Uint8Array,
  dictionaries: ReadonlyMap<number, readonly string[]>,
): readonly CellReader[] {
  const source = buffersOf(batch, body);
  let node = 0;
  return columns.flatMap(({ type, dictionary, takes }): CellReader[] => {
    const place = node;
    node += takes.nodes;
    if (type === null) {
      source.skip(takes);
      return [];
    }
    if (dictionary === undefined) return [columnReader(type, batch, place, source)];
    const values = dictionaries.get(dictionary.id) ?? [];
    const index = columnReader(dictionary.index, batch, place, source);
    const named: CellReader = (row) => {
      const text = index(row);
      if (text === '') return '';
      const value = values[Number(text)];
      if (value === undefined)
        throw new Error(
          `a cell names value ${text} of a list that has ${values.length.toLocaleString('en')}`,
        );
      return value;
    };
    return [named];
  });
}

/** Lists of values that cells name, by their ids: held whole, and bounded together. */
export function dictionaryLists() {
  const held = new Map<number, string[]>();
  let letters = 0;
  return {
    held: held as ReadonlyMap<number, readonly string[]>,
    /** Throws where the batch does not hold its values, and NotRead where all would take too much room. */
    add(
      { id, isDelta, batch }: Extract<ArrowMessage, { type: 'dictionary' }>,
      type: ArrowType,
      body: Uint8Array,
    ): void {
      const before = held.get(id) ?? [];
      const values = isDelta ? before : [];
      if (!isDelta) letters -= roomOf(before);
      held.set(id, values);
      const read = columnReader(type, batch, 0, buffersOf(batch, body));
      for (let row = 0; row < batch.rows; row += 1) {
        const value = read(row);
        values.push(value);
        letters += value.length + ROOM_OF_A_VALUE;
        if (letters > MOST_DICTIONARY_LETTERS)
          throw new NotRead(
            'The lists of values of this Arrow file take too much room. Write its columns as plain text.',
          );
      }
    },
  };
}

/** A string of its own takes some room even where it is empty. */
const ROOM_OF_A_VALUE = 32;
const MOST_DICTIONARY_LETTERS = 2 ** 29;
const roomOf = (values: readonly string[]): number =>
  values.reduce((sum, value) => sum + value.length + ROOM_OF_A_VALUE, 0);

interface Buffers {
  /** The next one, which is at least `needed` bytes long. */
  next(needed?: number): DataView;
  /** How many buffers of texts the next column of views has. */
  variadic(): number;
  /** Passes over what a column that is not read has. */
  skip(layout: ArrowLayout): void;
}

function buffersOf({ regions, compression, variadic }: ArrowBatch, body: Uint8Array): Buffers {
  let [region, view, unpacked] = [0, 0, 0];
  // They lie end to end ("Encapsulated message format"); of one that is many, a short file could have as many cells as it likes.
  if (regions.reduce((sum, { length }) => sum + Math.max(0, length), 0) > body.length)
    throw new Error('the buffers of a batch lie on one another');
  const next = (): Uint8Array => {
    const found = regions[region++];
    if (found === undefined) throw new Error('a batch has fewer buffers than its columns need');
    const { offset, length } = found;
    if (!(offset >= 0 && length >= 0 && offset + length <= body.length))
      throw new Error('a buffer lies outside of its batch');
    const bytes = body.subarray(offset, offset + length);
    if (compression === 'none' || length === 0) return bytes;
    if (length < 8) throw new Error('a packed buffer does not say its length');
    // −1: it would have grown, and is as it is.
    const stated = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
    const packed = bytes.subarray(8);
    if (stated === -1) return packed;
    unpacked += stated;
    const most = packed.length * (compression === 'zstd' ? MOST_ZSTD_RATIO : MOST_LZ4_RATIO);
    if (!(stated >= 0 && stated <= most && unpacked <= MOST_BODY_BYTES))
      throw new Error(`a packed buffer of ${packed.length} bytes says that it unpacks to ${stated}`);
    return compression === 'zstd' ? unpackZstd(packed, stated) : unpackLz4Frame(packed, stated);
  };
  return {
    next(needed = 0) {
      const bytes = next();
      if (bytes.length < needed)
        throw new Error(`a buffer has ${bytes.length} bytes, and its column needs ${needed}`);
      return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    variadic: () => variadic[view++] ?? 0,
    skip({ buffers, views }) {
      region += buffers;
      for (let left = views; left > 0; left -= 1) region += variadic[view++] ?? 0;
    },
  };
}

function columnReader(type: ArrowType, batch: ArrowBatch, place: number, source: Buffers): CellReader {
  const { rows } = batch;
  const node = batch.nodes[place];
  if (node?.length !== rows || !(node.nulls >= 0 && node.nulls <= rows))
    throw new Error(`a column has ${node?.length ?? 0} rows, and its batch ${rows}`);
  if (type.kind === 'null') return () => '';
  const known = source.next(node.nulls === 0 ? 0 : Math.ceil(rows / 8));
  const read = valueReader(type, rows, source);
  if (node.nulls === 0) return read;
  return (row) => (isSet(known, row) ? read(row) : '');
}

const isSet = (bits: DataView, row: number): boolean => ((bits.getUint8(row >>> 3) >> (row & 7)) & 1) === 1;

function valueReader(type: Exclude<ArrowType, { kind: 'null' }>, rows: number, source: Buffers): CellReader {
  switch (type.kind) {
    case 'boolean': {
      const bits = source.next(Math.ceil(rows / 8));
      return (row) => String(isSet(bits, row));
    }
    case 'integer': {
      const integer = integerReader(source.next((rows * type.bits) / 8), type.bits, type.isSigned);
      return (row) => String(integer(row));
    }
    case 'float': {
      const values = source.next((rows * type.bits) / 8);
      const float =
        type.bits === 64
          ? (row: number) => values.getFloat64(8 * row, true)
          : type.bits === 32
            ? (row: number) => values.getFloat32(4 * row, true)
            : (row: number) => halfFloat(values.getUint16(2 * row, true));
      return (row) => cellText(float(row));
    }
    case 'decimal': {
      const integer = integerReader(source.next((rows * type.bits) / 8), type.bits, true);
      // By its digits: 12.3 has none of the error that 123 / 10 might have.
      return (row) => String(Number(`${integer(row)}e${-type.scale}`));
    }
    case 'moment': {
      const integer = integerReader(source.next((rows * type.bits) / 8), type.bits, true);
      return (row) => cellText(new Date(milliseconds(integer(row), type.perMillisecond)));
    }
    case 'text':
      return textReader(type.bits, rows, source);
    case 'text-view':
      return viewReader(rows, source);
    default:
      return type satisfies never;
  }
}

function integerReader(values: DataView, bits: number, isSigned: boolean): (row: number) => number | bigint {
  switch (bits) {
    case 8:
      return isSigned ? (row) => values.getInt8(row) : (row) => values.getUint8(row);
    case 16:
      return isSigned ? (row) => values.getInt16(2 * row, true) : (row) => values.getUint16(2 * row, true);
    case 32:
      return isSigned ? (row) => values.getInt32(4 * row, true) : (row) => values.getUint32(4 * row, true);
    case 64:
      return isSigned
        ? (row) => values.getBigInt64(8 * row, true)
        : (row) => values.getBigUint64(8 * row, true);
    default:
      // Words of 64 bits, the last of which has the sign.
      return (row) => {
        const start = (bits / 8) * row;
        let value = values.getBigInt64(start + bits / 8 - 8, true);
        for (let at = bits / 8 - 16; at >= 0; at -= 8)
          value = (value << 64n) | values.getBigUint64(start + at, true);
        return value;
      };
  }
}

function milliseconds(value: number | bigint, perMillisecond: number): number {
  if (perMillisecond <= 1) return Math.round(Number(value) / perMillisecond);
  // Nanoseconds of our days are no exact doubles.
  const unit = BigInt(perMillisecond);
  const whole = BigInt(value) / unit;
  return Number(BigInt(value) % unit < 0n ? whole - 1n : whole);
}

/** IEEE 754 binary16. */
function halfFloat(bits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

const decoder = new TextDecoder();
function textOf(values: DataView, start: number, length: number): string {
  if (length > MAXIMUM_RECORD_BYTES)
    throw new NotRead(
      `A cell of this Arrow file holds a text of ${Math.ceil(length / 2 ** 20)} MiB; at most ${MAXIMUM_RECORD_BYTES / 2 ** 20} are read. Divide it.`,
    );
  return decoder.decode(new Uint8Array(values.buffer, values.byteOffset + start, length));
}

/** Between the offsets lie the texts, one behind the other: where offsets went back, a short buffer could be read for ever. */
function textReader(bits: 32 | 64, rows: number, source: Buffers): CellReader {
  const offsets = source.next(rows === 0 ? 0 : ((rows + 1) * bits) / 8);
  const values = source.next();
  const offset =
    bits === 32
      ? (row: number) => offsets.getInt32(4 * row, true)
      : (row: number) => Number(offsets.getBigInt64(8 * row, true));
  let last = 0;
  for (let row = 0; rows > 0 && row <= rows; row += 1) {
    const next = offset(row);
    if (!(next >= last && next <= values.byteLength))
      throw new Error(`text ${row} of a column ends at byte ${next} of ${values.byteLength}`);
    last = next;
  }
  return (row) => textOf(values, offset(row), offset(row + 1) - offset(row));
}

/** Of up to 12 bytes a text stands in its view; else this names a buffer and a place in it. */
function viewReader(rows: number, source: Buffers): CellReader {
  const views = source.next(16 * rows);
  const buffers: DataView[] = [];
  for (let left = source.variadic(); left > 0; left -= 1) buffers.push(source.next());
  return (row) => {
    const at = 16 * row;
    const length = views.getInt32(at, true);
    if (length >= 0 && length <= 12) return textOf(views, at + 4, length);
    const values = buffers[views.getInt32(at + 8, true)];
    const start = views.getInt32(at + 12, true);
    if (values === undefined || !(length >= 0 && start >= 0 && start + length <= values.byteLength))
      throw new Error('a text lies outside of its batch');
    return textOf(values, start, length);
  };
}
