// Whether a row group can be decoded within bounds. hyparquet believes the lengths that stand in a page: a run that says it repeats a
// value two thousand million times is written out, a negative one for ever. So pages are walked first, by hyparquet's own readers of
// headers and levels, and each length is held against what the file has room for (parquet-format, README and Encodings.md).
import type { Compressors, FileMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import {
  getMaxDefinitionLevel,
  getMaxRepetitionLevel,
  getSchemaPath,
  isFlatColumn,
} from 'hyparquet/src/schema.js';
import type { SourceFile } from '../source-file.ts';

/** Of one page, unpacked. Writers make pages of about 1 MiB, DuckDB of up to 100 MB. */
const MOST_PAGE_BYTES = 2 ** 28;
const MOST_PAGE_VALUES = 2 ** 24;
const MOST_HEADER_BYTES = 2 ** 16;
/** Bit-packed runs are padded to groups of eight; some writers round further up. */
const MOST_PADDING = 512;

type RowGroup = FileMetaData['row_groups'][number];
type Metadata = NonNullable<RowGroup['columns'][number]['meta_data']>;
interface Reader {
  readonly view: DataView;
  offset: number;
}

/** Throws where one number of the footer goes on and on: read as a big integer, its time grows with the square of its bytes. */
export async function checkFooter(file: SourceFile): Promise<void> {
  const tail = await file.read(Math.max(0, file.size - 8), file.size);
  if (tail.length < 8) return;
  const length = new DataView(tail.buffer, tail.byteOffset, 8).getUint32(0, true);
  let run = 0;
  for (const byte of await file.read(Math.max(0, file.size - 8 - length), file.size)) {
    run = byte >= 0x80 ? run + 1 : 0;
    if (run > MOST_HEADER_BYTES) throw new Error('a number in its footer does not end');
  }
}

/** Throws where a page of the group would not be decoded within bounds. `read` gives the bytes [from, to) of the file. */
export async function checkGroup(
  { columns, num_rows }: RowGroup,
  { schema }: Pick<FileMetaData, 'schema'>,
  compressors: Compressors,
  read: (from: number, to: number) => Promise<ArrayBuffer>,
): Promise<void> {
  if (columns.length === 0 && num_rows > 0) throw new Error('a row group has rows and no columns');
  for (const { meta_data: column } of columns) {
    if (column === undefined) throw new Error('a column is not described');
    const from = Number(column.dictionary_page_offset || column.data_page_offset);
    const bytes = await read(from, from + Number(column.total_compressed_size));
    checkColumn(column, schema, new DataView(bytes), Number(num_rows), compressors);
  }
}

function checkColumn(
  column: Metadata,
  schema: FileMetaData['schema'],
  view: DataView,
  groupRows: number,
  compressors: Compressors,
): void {
  const path = getSchemaPath(schema, column.path_in_schema);
  const isFlat = isFlatColumn(path);
  const levels = { repetition: getMaxRepetitionLevel(path), definition: getMaxDefinitionLevel(path) };
  let rows = 0;
  for (let offset = 0; offset < view.byteLength - 1 && (!isFlat || rows < groupRows);) {
    const start = view.byteOffset + offset;
    const reader: Reader = {
      view: new DataView(view.buffer, start, Math.min(MOST_HEADER_BYTES, view.byteLength - offset)),
      offset: 0,
    };
    const header = parquetHeader(reader);
    const { compressed_page_size: size, uncompressed_page_size: unpacked } = header;
    offset += reader.offset + size;
    if (!(size >= 0) || offset > view.byteLength) throw new Error('a page is longer than its column');
    if (!(unpacked >= 0 && unpacked <= MOST_PAGE_BYTES))
      throw new Error(`a page would unpack to ${unpacked} bytes, and at most ${MOST_PAGE_BYTES} are`);
    const one = header.data_page_header;
    const two = header.data_page_header_v2;
    const count =
      header.type === 'DATA_PAGE'
        ? one?.num_values
        : header.type === 'DATA_PAGE_V2'
          ? two?.num_values
          : header.dictionary_page_header?.num_values;
    if (count === undefined || !(count >= 0 && count <= MOST_PAGE_VALUES))
      throw new Error(
        `a page has ${count} values, and at most ${MOST_PAGE_VALUES} are read. Write it in smaller row groups`,
      );
    if (header.type === 'DICTIONARY_PAGE') continue;
    const packed = new Uint8Array(view.buffer, start + reader.offset, size);
    const unpack = (from: Uint8Array, length: number): Reader => {
      const page = decompressPage(from, length, column.codec, compressors);
      return { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
    };
    if (header.type === 'DATA_PAGE' && one !== undefined) {
      const page = unpack(packed, unpacked);
      const nested = levels.repetition > 0 ? readLevels(page, levels.repetition, count) : undefined;
      // A row begins where nothing is repeated.
      rows += nested === undefined ? count : nested.filter((level) => level === 0).length;
      const known = levels.definition > 0 ? readLevels(page, levels.definition, count) : undefined;
      const values = known?.reduce((sum, level) => sum + (level === levels.definition ? 1 : 0), 0) ?? count;
      checkValues(page, column, one.encoding, values);
    } else if (two !== undefined) {
      const { num_rows, num_nulls, repetition_levels_byte_length, definition_levels_byte_length } = two;
      for (const length of [
        num_rows,
        num_nulls,
        repetition_levels_byte_length,
        definition_levels_byte_length,
      ])
        if (!(length >= 0 && length <= Math.max(size, count))) throw new Error('a page has no such lengths');
      const page: Reader = { view: new DataView(packed.buffer, packed.byteOffset, size), offset: 0 };
      rows += two.num_rows;
      const ofLevels = two.repetition_levels_byte_length + two.definition_levels_byte_length;
      if (levels.repetition > 0)
        readLevels(page, levels.repetition, count, two.repetition_levels_byte_length);
      page.offset = two.repetition_levels_byte_length;
      if (levels.definition > 0)
        readLevels(page, levels.definition, count, two.definition_levels_byte_length);
      const rest = packed.subarray(page.offset);
      const inner =
        two.is_compressed === false
          ? { view: new DataView(rest.buffer, rest.byteOffset, rest.byteLength), offset: 0 }
          : unpack(rest, unpacked - ofLevels);
      checkValues(inner, column, two.encoding, count - two.num_nulls);
    }
  }
  if (rows < groupRows) throw new Error(`a column has ${rows} rows, and its group ${groupRows}`);
}

/** [count]; the reader goes on behind them. `length`: of their bytes, where these do not say it themselves. */
function readLevels(reader: Reader, most: number, count: number, length?: number): number[] {
  const width = 32 - Math.clz32(most);
  checkRuns(reader.view, reader.offset + (length === undefined ? 4 : 0), width, count);
  const values = new Array<number>(count).fill(0);
  readRleBitPackedHybrid(reader, width, values, length);
  return values;
}

/** Only runs say how many values they stand for: of what else there is, each value takes bytes of its own. */
function checkValues({ view, offset }: Reader, { type }: Metadata, encoding: string, count: number): void {
  if (!['PLAIN_DICTIONARY', 'RLE_DICTIONARY', 'RLE'].includes(encoding)) return;
  if (type === 'BOOLEAN') return checkRuns(view, offset + 4, 1, count);
  const width = view.getUint8(offset);
  if (width > 32) throw new Error(`places in a dictionary have ${width} bits`);
  if (width > 0) checkRuns(view, offset + 1, width, count);
}

/** Throws where the runs that make `count` values stand for more than there are. */
function checkRuns(view: DataView, from: number, width: number, count: number): void {
  let offset = from;
  for (let seen = 0; seen < count;) {
    let [header, shift] = [0, 1];
    for (let byte = 0x80; byte >= 0x80; shift *= 128) {
      byte = view.getUint8(offset);
      offset += 1;
      header += (byte & 0x7f) * shift;
    }
    const isPacked = header % 2 === 1;
    const values = isPacked ? 8 * Math.floor(header / 2) : header / 2;
    if (values > count - seen + (isPacked ? MOST_PADDING : 0))
      throw new Error(`a run stands for ${values} values, and ${count - seen} are left`);
    offset += isPacked ? (values / 8) * width : Math.ceil(width / 8);
    seen += values;
  }
}
