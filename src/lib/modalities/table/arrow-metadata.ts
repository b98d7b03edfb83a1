// What Arrow's messages say of themselves (apache/arrow, format/Message.fbs, Schema.fbs and File.fbs, version 5 of the metadata):
// the columns of a table, and where the buffers of a batch lie. Nothing is believed further than the bytes reach.
import { flatBuffer, type FlatBuffer, type FlatTable } from './flatbuffer.ts';

/** What one column's values are, as far as a table's cells can hold them. Times of day and durations are numbers of their unit. */
export type ArrowType =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly bits: number; readonly isSigned: boolean }
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'decimal'; readonly bits: number; readonly scale: number }
  /** `perMillisecond` units of it are a millisecond: 1000 for microseconds, 0.001 for seconds. */
  | { readonly kind: 'moment'; readonly bits: 32 | 64; readonly perMillisecond: number }
  /** `bits` of the offsets of its texts. */
  | { readonly kind: 'text'; readonly bits: 32 | 64 }
  /** Of texts that lie in any of several buffers (Utf8View). */
  | { readonly kind: 'text-view' };

export interface ArrowColumn {
  readonly name: string;
  /** null: of a kind that no cell holds. */
  readonly type: ArrowType | null;
  /** "lists", where `type` is null. */
  readonly holds: string;
  /** What it has of a batch, its children included: passed over where `type` is null. */
  readonly takes: ArrowLayout;
  /** Of a column whose cells name places in a list of values. */
  readonly dictionary: { readonly id: number; readonly index: ArrowType } | undefined;
}

export interface ArrowLayout {
  readonly nodes: number;
  readonly buffers: number;
  /** Columns of views among them, each with buffers of its own. */
  readonly views: number;
}

export interface ArrowSchema {
  readonly columns: readonly ArrowColumn[];
  readonly isBigEndian: boolean;
}

export type ArrowCompression = 'none' | 'lz4' | 'zstd' | 'unknown';

export interface ArrowBatch {
  readonly rows: number;
  readonly nodes: readonly { readonly length: number; readonly nulls: number }[];
  /** In the body of the message. */
  readonly regions: readonly { readonly offset: number; readonly length: number }[];
  readonly compression: ArrowCompression;
  /** Buffers of texts, one number a column of views. */
  readonly variadic: readonly number[];
}

export type ArrowMessage = { readonly bodyLength: number } & (
  | { readonly type: 'schema'; readonly schema: ArrowSchema }
  | { readonly type: 'batch'; readonly batch: ArrowBatch }
  | {
      readonly type: 'dictionary';
      readonly id: number;
      readonly batch: ArrowBatch;
      /** Goes behind what the list has; else it is a new one. */
      readonly isDelta: boolean;
    }
  | { readonly type: 'other' }
);

/** Of a file's end: where its messages begin. */
export interface ArrowFooter {
  readonly schema: ArrowSchema;
  readonly dictionaries: readonly number[];
  readonly batches: readonly number[];
}

const OLDEST_VERSION = 3;

/** Throws for what cannot be read. */
export function arrowMessage(bytes: Uint8Array): ArrowMessage {
  const buffer = flatBuffer(bytes);
  const { root } = buffer;
  checkVersion(buffer, root);
  const kind = number(buffer.byte, root.place(1));
  const at = root.place(2);
  const bodyLength = number(buffer.long, root.place(3));
  if (bodyLength < 0) throw new Error('a message has a body of less than nothing');
  if (at === undefined) return { type: 'other', bodyLength };
  const header = buffer.table(at);
  switch (kind) {
    case 1:
      return { type: 'schema', bodyLength, schema: schemaOf(buffer, header) };
    case 2: {
      const data = header.place(1);
      if (data === undefined) throw new Error('a dictionary has no values');
      const id = number(buffer.long, header.place(0));
      const isDelta = number(buffer.byte, header.place(2)) !== 0;
      return { type: 'dictionary', bodyLength, id, isDelta, batch: batchOf(buffer, buffer.table(data)) };
    }
    case 3:
      return { type: 'batch', bodyLength, batch: batchOf(buffer, header) };
    default:
      return { type: 'other', bodyLength };
  }
}

/** Throws for what cannot be read. */
export function arrowFooter(bytes: Uint8Array): ArrowFooter {
  const buffer = flatBuffer(bytes);
  const { root } = buffer;
  checkVersion(buffer, root);
  const schema = root.place(1);
  if (schema === undefined) throw new Error('its end describes no columns');
  // A block: where its message begins (8 bytes), how long its description is (4 and 4 unused), and its body (8).
  const blocks = (at: number | undefined): readonly number[] =>
    at === undefined ? [] : buffer.vector(at, 24).map((place) => buffer.long(place));
  return {
    schema: schemaOf(buffer, buffer.table(schema)),
    dictionaries: blocks(root.place(2)),
    batches: blocks(root.place(3)),
  };
}

const number = (read: (at: number) => number, at: number | undefined, otherwise = 0): number =>
  at === undefined ? otherwise : read(at);

/** Versions 1 to 3 are of Arrow before 0.8 (2017), whose batches are laid out otherwise. */
function checkVersion(buffer: FlatBuffer, root: FlatTable): void {
  const version = number(buffer.short, root.place(0));
  if (version < OLDEST_VERSION)
    throw new Error(
      `it is of version ${version + 1} of Arrow’s format, and ${OLDEST_VERSION + 1} and later are read`,
    );
}

function schemaOf(buffer: FlatBuffer, table: FlatTable): ArrowSchema {
  const fields = table.place(1);
  return {
    isBigEndian: number(buffer.short, table.place(0)) !== 0,
    columns:
      fields === undefined ? [] : buffer.vector(fields, 4).map((at) => columnOf(buffer, buffer.table(at))),
  };
}

function columnOf(buffer: FlatBuffer, field: FlatTable): ArrowColumn {
  const name = field.place(0);
  const kind = number(buffer.byte, field.place(2));
  const at = field.place(3);
  const about = at === undefined ? undefined : buffer.table(at);
  const dictionary = field.place(4);
  return {
    name: name === undefined ? '' : buffer.text(name),
    type: typeOf(buffer, kind, about),
    holds: HOLDS[kind] ?? 'values of an unknown type',
    takes: layoutOf(buffer, field, MOST_NESTED),
    dictionary: dictionary === undefined ? undefined : dictionaryOf(buffer, buffer.table(dictionary)),
  };
}

/** Buffers by the number of the type ("Buffer Listing for Each Layout"); two where nothing else is said. */
const BUFFERS: Readonly<Record<number, number>> = {
  1: 0,
  4: 3,
  5: 3,
  13: 1,
  16: 1,
  19: 3,
  20: 3,
  22: 0,
  25: 3,
  26: 3,
};
const MOST_NESTED = 32;
const MOST_PARTS = 10_000;

function layoutOf(buffer: FlatBuffer, field: FlatTable, left: number): ArrowLayout {
  const isNamed = field.place(4) !== undefined;
  const kind = number(buffer.byte, field.place(2));
  const at = field.place(3);
  const about = at === undefined ? undefined : buffer.table(at);
  // A union that is dense (mode 1) has offsets beside its types.
  const own = kind === 14 ? 1 + number(buffer.short, about?.place(0)) : (BUFFERS[kind] ?? 2);
  let [nodes, buffers, views] = [1, isNamed ? 2 : own, !isNamed && (kind === 23 || kind === 24) ? 1 : 0];
  const children = isNamed ? undefined : field.place(5);
  if (children !== undefined && left === 0) throw new Error('a column nests too deep');
  for (const child of children === undefined ? [] : buffer.vector(children, 4)) {
    const inner = layoutOf(buffer, buffer.table(child), left - 1);
    nodes += inner.nodes;
    buffers += inner.buffers;
    views += inner.views;
    if (nodes > MOST_PARTS) throw new Error('a column has too many parts');
  }
  return { nodes, buffers, views };
}

function dictionaryOf(buffer: FlatBuffer, table: FlatTable): ArrowColumn['dictionary'] {
  const index = table.place(1);
  return {
    id: number(buffer.long, table.place(0)),
    index:
      index === undefined
        ? { kind: 'integer', bits: 32, isSigned: true }
        : integerOf(buffer, buffer.table(index)),
  };
}

/** By the number of the type in Schema.fbs. */
const HOLDS: Readonly<Record<number, string>> = {
  4: 'binary values',
  11: 'intervals',
  12: 'lists',
  13: 'records',
  14: 'values of several types',
  15: 'binary values',
  16: 'lists',
  17: 'maps',
  19: 'binary values',
  21: 'lists',
  22: 'runs of values',
  23: 'binary values',
  25: 'lists',
  26: 'lists',
};

/** Units of Time, Timestamp and Duration: seconds to nanoseconds. */
const PER_MILLISECOND = [0.001, 1, 1000, 1_000_000];

function typeOf(buffer: FlatBuffer, kind: number, about: FlatTable | undefined): ArrowType | null {
  const int = (slot: number, otherwise = 0): number => number(buffer.int, about?.place(slot), otherwise);
  const short = (slot: number, otherwise = 0): number => number(buffer.short, about?.place(slot), otherwise);
  switch (kind) {
    case 1:
      return { kind: 'null' };
    case 2:
      return integerOf(buffer, about);
    case 3: {
      const bits = ([16, 32, 64] as const)[short(0)];
      return bits === undefined ? null : { kind: 'float', bits };
    }
    case 5:
      return { kind: 'text', bits: 32 };
    case 6:
      return { kind: 'boolean' };
    case 7: {
      const [scale, bits] = [int(1), int(2, 128)];
      // 256 bits hold 76 digits; a power of ten as large as somebody likes would take as long as somebody likes.
      return [32, 64, 128, 256].includes(bits) && Math.abs(scale) <= 76
        ? { kind: 'decimal', bits, scale }
        : null;
    }
    case 8:
      return short(0, 1) === 0
        ? { kind: 'moment', bits: 32, perMillisecond: 1 / 86_400_000 }
        : { kind: 'moment', bits: 64, perMillisecond: 1 };
    case 9: {
      const bits = int(1, 32);
      return bits === 32 || bits === 64 ? { kind: 'integer', bits, isSigned: true } : null;
    }
    case 10: {
      const perMillisecond = PER_MILLISECOND[short(0)];
      return perMillisecond === undefined ? null : { kind: 'moment', bits: 64, perMillisecond };
    }
    case 18:
      return { kind: 'integer', bits: 64, isSigned: true };
    case 20:
      return { kind: 'text', bits: 64 };
    case 24:
      return { kind: 'text-view' };
    default:
      return null;
  }
}

function integerOf(buffer: FlatBuffer, about: FlatTable | undefined): ArrowType {
  const bits = number(buffer.int, about?.place(0));
  const isSigned = number(buffer.byte, about?.place(1)) !== 0;
  // Schema.fbs ends at 64; polars writes its 128 so.
  if (![8, 16, 32, 64].includes(bits) && !(bits === 128 && isSigned))
    throw new Error(`it has whole numbers of ${bits} bits`);
  return { kind: 'integer', bits, isSigned };
}

function batchOf(buffer: FlatBuffer, table: FlatTable): ArrowBatch {
  const rows = number(buffer.long, table.place(0));
  if (rows < 0) throw new Error(`a batch has ${rows} rows`);
  const pairs = (at: number | undefined): readonly (readonly [number, number])[] =>
    at === undefined
      ? []
      : buffer.vector(at, 16).map((place) => [buffer.long(place), buffer.long(place + 8)]);
  const compression = table.place(3);
  const variadic = table.place(4);
  return {
    rows,
    nodes: pairs(table.place(1)).map(([length, nulls]) => ({ length, nulls })),
    regions: pairs(table.place(2)).map(([offset, length]) => ({ offset, length })),
    compression: compression === undefined ? 'none' : compressionOf(buffer, buffer.table(compression)),
    variadic: variadic === undefined ? [] : buffer.vector(variadic, 8).map((place) => buffer.long(place)),
  };
}

function compressionOf(buffer: FlatBuffer, table: FlatTable): ArrowCompression {
  // The only way there is: each buffer by itself, behind its length.
  if (number(buffer.byte, table.place(1)) !== 0) return 'unknown';
  return (['lz4', 'zstd'] as const)[number(buffer.byte, table.place(0))] ?? 'unknown';
}
