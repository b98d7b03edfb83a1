// Tables that come packed: a .csv.gz, or a zip of CSVs as Kaggle and statistical offices give them. Each is unpacked into memory and
// goes the way of a loose file from there on.
import { Gunzip } from 'fflate';
import { crc32 } from '../../core/crc.ts';
import { chunksOf, isHidden, signatureOf, sourceOfBlob, type SourceFile } from '../source-file.ts';
import { zipDirectory, zipReader } from '../zip-directory.ts';
import { gatherTexts } from './text-folders.ts';

const TABLE = /\.(csv|tsv|tab|jsonl?|ndjson|parquet|arrow|feather)$/i;
const OF_ANOTHER_KIND = /\.(png|jpe?g|webp|wav|xml)$/i;
/** Unpacked; what is more is left packed, and refused as such. */
const MOST_BYTES = 2 ** 30;
/** Of so many files each is looked at, whatever its name. */
const LOOKED_AT = 100;

/** The files as tables are read: unpacked, and texts in class folders as one table. */
export const openedTables = async (files: readonly SourceFile[]): Promise<readonly SourceFile[]> =>
  gatherTexts(await unpackedTables(files));

/** The files, those that are packed tables unpacked. What is packed otherwise, damaged or too large stays as it is. */
async function unpackedTables(files: readonly SourceFile[]): Promise<readonly SourceFile[]> {
  const all: SourceFile[] = [];
  for (const file of files) {
    const mayBe =
      file.texts === undefined &&
      !isHidden(file.path) &&
      (files.length <= LOOKED_AT || /\.(gz|zip)$/i.test(file.path));
    const signature = mayBe ? signatureOf(await file.read(0, 4)) : undefined;
    if (signature === 'gzip') all.push((await gunzipped(file)) ?? file);
    else if (signature === 'zip') all.push(...((await tablesOfZip(file)) ?? [file]));
    else all.push(file);
  }
  return all;
}

async function tablesOfZip(file: SourceFile): Promise<readonly SourceFile[] | undefined> {
  const directory = await zipDirectory(file);
  if (!directory.ok) return undefined;
  const entries = directory.value.filter(({ path }) => !isHidden(path));
  const tables = entries.filter(({ path }) => TABLE.test(path));
  if (tables.length === 0 || entries.some(({ path }) => OF_ANOTHER_KIND.test(path))) return undefined;
  const reader = zipReader(file);
  const unpacked: SourceFile[] = [];
  for (const entry of tables) {
    const bytes = await reader.read(entry);
    if (!bytes.ok) return undefined;
    unpacked.push(sourceOfBlob(`${file.path}/${entry.path}`, new Blob([bytes.value.slice()])));
  }
  return unpacked;
}

async function gunzipped(file: SourceFile): Promise<SourceFile | undefined> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  // RFC 1952: 18 bytes are an empty member.
  if (file.size < 18) return undefined;
  let [bytes, checksum, furtherMembers, pushed] = [0, 0, 0, 0];
  const gunzip = new Gunzip((piece) => {
    bytes += piece.length;
    checksum = crc32(piece, checksum);
    pieces.push(piece.slice());
  });
  gunzip.onmember = () => {
    furtherMembers += 1;
  };
  // 16 KiB of gzip are at most 16 MiB unpacked, whatever they promise.
  for await (const chunk of chunksOf(file, { chunkBytes: 16 * 1024 })) {
    pushed += chunk.length;
    try {
      gunzip.push(chunk, pushed >= file.size);
    } catch {
      return undefined;
    }
    if (bytes > MOST_BYTES || (pieces[0] !== undefined && isNoTable(pieces[0]))) return undefined;
  }
  const tail = await file.read(file.size - 8, file.size);
  const stated = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  return furtherMembers === 0 && stated !== checksum ? undefined : sourceOfBlob(file.path, new Blob(pieces));
}

/** Pictures as MNIST has them, and what is packed once more. */
function isNoTable(first: Uint8Array): boolean {
  const isTar = new TextDecoder().decode(first.subarray(257, 262)) === 'ustar';
  return isTar || signatureOf(first) !== undefined;
}
