// Tables that come packed: one as .gz, or a zip of them as Kaggle and statistical offices give them. A
// workbook is a zip too, whose sheets are read from it (workbook-records.ts). Each other is unpacked into memory,
// held against its checksums, and goes the way of a loose file from there on. All files of a call share one bound of unpacked bytes.
import { Gunzip } from 'fflate';
import { crc32 } from '../../core/crc.ts';
import {
  chunksOf,
  isHidden,
  refusedFile,
  signatureOf,
  sourceOfBlob,
  type FileProblem,
  type SourceFile,
} from '../source-file.ts';
import { zipDirectory, zipReader, type ZipEntry } from '../zip-directory.ts';
import { gatherTexts } from './text-folders.ts';

const TABLE = /\.(csv|tsv|tab|data|dat|arff|jsonl?|ndjson|parquet|arrow|feather|xls[xm])$/i;
const OF_ANOTHER_KIND = /\.(png|jpe?g|webp|wav|mp3|flac|og[ga]|opus|xml)$/i;
/** Unpacked, of all files together. */
const MOST_BYTES = 2 ** 30;
/** Deflate makes no more of a byte; a table of few values may come near it. */
const MOST_RATIO = 1032;
/** Of so many files each is looked at, whatever its name. */
const LOOKED_AT = 100;

/** Bytes that may still be unpacked. */
interface Budget {
  left: number;
}

/** The files as tables are read: unpacked, and texts in class folders as one table. Rejects with the signal's reason. */
export const openedTables = async (
  files: readonly SourceFile[],
  signal?: AbortSignal,
  mostBytes = MOST_BYTES,
): Promise<readonly SourceFile[]> => gatherTexts(await unpackedTables(files, { left: mostBytes }, signal));

/**
 * The files, those that are packed tables unpacked. What cannot be unpacked says why in its place; what is packed and no table
 * (pictures, a tar) stays as it is.
 */
async function unpackedTables(
  files: readonly SourceFile[],
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<readonly SourceFile[]> {
  const all: SourceFile[] = [];
  for (const file of files) {
    signal?.throwIfAborted();
    const mayBe =
      file.texts === undefined &&
      !isHidden(file.path) &&
      (files.length <= LOOKED_AT || /\.(gz|zip)$/i.test(file.path));
    const signature = mayBe ? signatureOf(await file.read(0, 4)) : undefined;
    if (signature === 'gzip') all.push({ ...(await gunzipped(file, budget, signal)), reading: file.reading });
    else if (signature === 'zip')
      all.push(
        ...(await tablesOfZip(file, budget, signal)).map((one) => ({ ...one, reading: file.reading })),
      );
    else all.push(file);
  }
  return all;
}

const tooMuch: FileProblem = {
  kind: 'archive-bomb',
  message:
    'With the files before it, it would unpack to more than 1 GiB, which is held in memory here. Unpack it, and choose the table itself, which is read piece by piece.',
};

async function tablesOfZip(
  file: SourceFile,
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<readonly SourceFile[]> {
  const directory = await zipDirectory(file);
  if (!directory.ok) return [refusedFile(file.path, file.size, directory.error)];
  const entries = directory.value.filter(({ path }) => !isHidden(path));
  if (isWorkbook(entries)) return [workbookIn(file, entries, budget)];
  const tables = entries.filter(({ path }) => TABLE.test(path));
  if (tables.length === 0 || entries.some(({ path }) => OF_ANOTHER_KIND.test(path))) return [file];
  const reader = zipReader(file);
  const unpacked: SourceFile[] = [];
  for (const entry of tables) {
    signal?.throwIfAborted();
    const path = `${file.path}/${entry.path}`;
    if (entry.bytes > budget.left) {
      unpacked.push(refusedFile(path, entry.compressedBytes, tooMuch));
      continue;
    }
    const bytes = await reader.read(entry, { entryBytes: budget.left, ratio: MOST_RATIO });
    if (!bytes.ok) {
      unpacked.push(refusedFile(path, entry.compressedBytes, bytes.error));
      continue;
    }
    budget.left -= bytes.value.length;
    unpacked.push(await asWorkbook(sourceOfBlob(path, new Blob([bytes.value])), budget));
  }
  return unpacked;
}

const isWorkbook = (entries: readonly ZipEntry[]): boolean =>
  entries.some(({ path }) => /^xl\/workbook\.xml$/i.test(path));

/** What lies in a zip, as the workbook that it is; else as it is. */
async function asWorkbook(file: SourceFile, budget: Budget): Promise<SourceFile> {
  if (signatureOf(await file.read(0, 4)) !== 'zip') return file;
  const directory = await zipDirectory(file);
  if (!directory.ok) return refusedFile(file.path, file.size, directory.error);
  return isWorkbook(directory.value) ? workbookIn(file, directory.value, budget) : file;
}

/** Its parts are unpacked where it is read. */
function workbookIn(file: SourceFile, entries: readonly ZipEntry[], budget: Budget): SourceFile {
  const { path, size } = file;
  const bytes = entries
    .filter((entry) => /\.(xml|rels)$/i.test(entry.path))
    .reduce((total, entry) => total + entry.bytes, 0);
  if (bytes > budget.left) return refusedFile(path, size, tooMuch);
  budget.left -= bytes;
  return { path, size, read: () => Promise.resolve(new Uint8Array(0)), workbook: file };
}

/** Where one member of a gzip file ends, and what came of it. */
interface Member {
  readonly end: number;
  readonly bytes: number;
  readonly checksum: number;
}

/** Without a byte of content: a header's name and comment have no bound, and fflate looks through all of them with each piece. */
const MOST_QUIET_BYTES = 64 * 1024;

async function gunzipped(
  file: SourceFile,
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<SourceFile> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const members: Member[] = [];
  let [bytes, checksum, total, pushed, quiet] = [0, 0, 0, 0, 0];
  const gunzip = new Gunzip((piece) => {
    if (piece.length === 0) return;
    quiet = 0;
    bytes += piece.length;
    total += piece.length;
    checksum = crc32(piece, checksum);
    pieces.push(piece.slice());
  });
  const memberEnds = (end: number): void => {
    members.push({ end, bytes, checksum });
    [bytes, checksum] = [0, 0];
  };
  gunzip.onmember = memberEnds;
  // 16 KiB of gzip are at most 16 MiB unpacked, whatever they promise.
  for await (const chunk of chunksOf(file, { chunkBytes: 16 * 1024, signal })) {
    pushed += chunk.length;
    quiet += chunk.length;
    let isDamaged = false;
    try {
      gunzip.push(chunk, pushed >= file.size);
    } catch {
      isDamaged = true;
    }
    const [first] = pieces;
    // What is no table has readers of its own, who say what is wrong with it.
    if (first !== undefined && isNoTable(first)) return file;
    if (isDamaged || quiet > MOST_QUIET_BYTES) return refusedFile(file.path, file.size, damagedGzip);
    if (total > budget.left) return refusedFile(file.path, file.size, tooMuch);
  }
  memberEnds(file.size);
  if (!(await areWhole(file, members))) return refusedFile(file.path, file.size, damagedGzip);
  budget.left -= total;
  return sourceOfBlob(file.path, new Blob(pieces));
}

const damagedGzip: FileProblem = {
  kind: 'corrupt-archive',
  message:
    'This gzip archive is cut off or damaged: what is in it does not fit its checksum. Download or pack it again.',
};

/** fflate holds nothing against what stands behind each member: its checksum, and its length modulo 2³² (RFC 1952, 2.3.1). */
async function areWhole(file: SourceFile, members: readonly Member[]): Promise<boolean> {
  for (const { end, bytes, checksum } of members) {
    const trailer = await file.read(Math.max(0, end - 8), end);
    if (trailer.length < 8) return false;
    const view = new DataView(trailer.buffer, trailer.byteOffset, 8);
    if (view.getUint32(0, true) !== checksum || view.getUint32(4, true) !== bytes >>> 0) return false;
  }
  return true;
}

/** Pictures as MNIST has them, and what is packed once more. */
function isNoTable(first: Uint8Array): boolean {
  const isTar = new TextDecoder().decode(first.subarray(257, 262)) === 'ustar';
  return isTar || signatureOf(first) !== undefined;
}
