// Records of a Parquet file, one row group's slice after the other, through hyparquet: pure JavaScript, loaded when a Parquet file is
// met. Its own decompressor is Snappy's, which pandas, Arrow, DuckDB and Spark write unless told otherwise; gzip is fflate's, and
// Zstandard, which polars writes, fzstd's.
import { gunzipSync } from 'fflate';
import { getSchemaPath } from 'hyparquet/src/schema.js';
import { parquetMetadataAsync, parquetReadObjects, type Compressors, type FileMetaData } from 'hyparquet';
import { listOf, quoted } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { cellRecords, flattened, lateColumns, tooNested } from './cell-records.ts';
import { unpackLz4Block } from './lz4-frame.ts';
import { checkFooter, checkGroup } from './parquet-pages.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';
import { unpackZstd } from './zstd-frame.ts';

/** Rows decoded at once: bounds memory where a row group holds millions. */
const ROWS_AT_ONCE = 16_384;
const READABLE = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'LZ4_RAW']);
/** No more than its page says it has: what a bomb unpacks beyond is cut off, and not held. */
const compressors: Compressors = {
  GZIP: (input, length) => gunzipSync(input, { out: new Uint8Array(length) }),
  ZSTD: unpackZstd,
  LZ4_RAW: unpackLz4Block,
};

export async function readParquet(file: SourceFile, sink: RecordSink, options: RecordOptions): Promise<void> {
  const source = {
    byteLength: file.size,
    async slice(start: number, end = file.size): Promise<ArrayBuffer> {
      const from = start < 0 ? file.size + start : start;
      const bytes = await file.read(from, end);
      return bytes.slice().buffer;
    },
  };
  let metadata: FileMetaData;
  let columns: ReturnType<typeof readableColumns>;
  try {
    await checkFooter(file);
    metadata = await parquetMetadataAsync(source);
    columns = readableColumns(metadata);
  } catch (error) {
    return sink.refuse('corrupt-archive', damaged(error), 1);
  }
  const codecs = new Set(
    metadata.row_groups.flatMap((group) =>
      group.columns.map((one) => one.meta_data?.codec ?? 'UNCOMPRESSED'),
    ),
  );
  const foreign = [...codecs].filter((codec) => !READABLE.has(codec));
  if (foreign.length > 0)
    return sink.refuse(
      'unsupported',
      `This Parquet file is compressed by ${listOf(foreign)}. Write it with Snappy (the usual choice), Zstandard, gzip or none.`,
      1,
    );

  // A footer that promises more rows than its groups have would be read for ever, and to no end.
  const total = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (total !== Number(metadata.num_rows) || metadata.row_groups.some((group) => Number(group.num_rows) < 0))
    return sink.refuse(
      'corrupt-archive',
      damaged(`${metadata.num_rows} rows are promised, and ${total} lie in its groups`),
      1,
    );
  if (columns.ofIntervals.length > 0)
    sink.note(
      `${file.path}: left unread, because a cell holds no span of time: ${listOf(columns.ofIntervals.map(quoted), 10)}.`,
    );
  if (columns.twice !== undefined) {
    sink.header(columns.twice, 1);
    return;
  }
  let { read, ofBytes } = columns;
  /** Row groups whose pages were looked at, and their rows. */
  let [checked, checkedRows] = [0, 0];
  const record = cellRecords();
  let header: readonly string[] | undefined;
  let late = lateColumns([]);
  for (let start = 0; start < total; start += ROWS_AT_ONCE) {
    options.signal?.throwIfAborted();
    const rowEnd = Math.min(total, start + ROWS_AT_ONCE);
    let rows: Record<string, unknown>[];
    try {
      for (; checkedRows < rowEnd && checked < metadata.row_groups.length; checked += 1) {
        const group = metadata.row_groups[checked]!;
        await checkGroup(group, metadata, compressors, (from, to) => source.slice(from, to));
        checkedRows += Number(group.num_rows);
      }
      rows = await parquetReadObjects({
        file: source,
        metadata,
        rowStart: start,
        rowEnd,
        compressors,
        columns: [...read],
      });
    } catch (error) {
      return sink.refuse('corrupt-archive', damaged(error), start + 1);
    }
    if (header === undefined) {
      const noTexts = columns.perhapsTexts.filter((name) => rows.some((row) => isNoText(row[name])));
      for (const row of rows) for (const name of noTexts) delete row[name];
      read = read.filter((name) => !noTexts.includes(name));
      ofBytes = [...ofBytes, ...noTexts];
      if (ofBytes.length > 0)
        sink.note(
          `${file.path}: left unread, because they hold binary values, and a cell holds one number, text or moment: ${listOf(ofBytes.map(quoted), 10)}. To have them, write their values as columns of their own.`,
        );
    }
    const cells = rows.map((row) => flattened(row));
    if (header === undefined) {
      header = [...new Set(cells.flatMap((one) => [...(one?.keys() ?? [])]))];
      late = lateColumns(header);
      if (!sink.header(header, 1)) return;
    }
    for (const [index, one] of cells.entries()) {
      const row = start + index + 1;
      if (one === undefined) {
        sink.refuse('unsupported', tooNested('This row'), row);
        continue;
      }
      late.look(one);
      sink.record(
        record(
          header.map((name) => one.get(name) ?? ''),
          row,
        ),
      );
    }
    if (!(await sink.piece(Math.floor((file.size * rowEnd) / total)))) return;
  }
  const note = late.note(file.path);
  if (note !== undefined) sink.note(note);
  if (header === undefined)
    sink.header(
      metadata.schema.slice(1).map((one) => one.name),
      1,
    );
}

/** What hyparquet puts where bytes are no UTF-8: of such, different values would be alike. */
const isNoText = (value: unknown): boolean => typeof value === 'string' && value.includes('\uFFFD');

/** Columns at the top, by what hyparquet has for them: of intervals (DuckDB's) nothing, and it refuses the file. */
function readableColumns({ row_groups, schema }: FileMetaData): {
  readonly read: readonly string[];
  readonly ofIntervals: readonly string[];
  /** Of so many bytes each, which stand for nothing that is known: 128-bit numbers of polars, hashes. */
  readonly ofBytes: readonly string[];
  /** Of bytes that are not said to be texts, as some writers leave theirs. */
  readonly perhapsTexts: readonly string[];
  /** All names, where two columns would have the same: one of them would be lost in a row. */
  readonly twice: readonly string[] | undefined;
} {
  const paths = (row_groups[0]?.columns ?? []).flatMap(({ meta_data }) =>
    meta_data === undefined ? [] : [meta_data.path_in_schema],
  );
  const named = (isSo: (element: FileMetaData['schema'][number]) => boolean): Set<string> =>
    new Set(
      paths.flatMap((path) => {
        const [name] = path;
        const last = getSchemaPath(schema, path).at(-1)?.element;
        return name !== undefined && last !== undefined && isSo(last) ? [name] : [];
      }),
    );
  const isBare = ({ converted_type, logical_type }: FileMetaData['schema'][number]): boolean =>
    converted_type === undefined && logical_type === undefined;
  const ofIntervals = named((one) => one.converted_type === 'INTERVAL');
  const ofBytes = named((one) => one.type === 'FIXED_LEN_BYTE_ARRAY' && isBare(one));
  const leaves = paths.map((path) => path.join('.'));
  const names = [...new Set(paths.flatMap(([name]) => name ?? []))];
  return {
    read: names.filter((name) => !ofIntervals.has(name) && !ofBytes.has(name)),
    ofIntervals: [...ofIntervals],
    ofBytes: [...ofBytes],
    perhapsTexts: [...named((one) => one.type === 'BYTE_ARRAY' && isBare(one))],
    twice: new Set(leaves).size === leaves.length ? undefined : leaves,
  };
}

const damaged = (error: unknown): string =>
  `This Parquet file cannot be read from here on: ${quoted(error instanceof Error ? error.message : String(error))}. Was it copied whole?`;
