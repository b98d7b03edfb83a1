// A zip archive through its central directory (APPNOTE.TXT 6.3.10, §4.3): which entries there are, how large they say they
// are, and the bytes of one at a time. The directory comes before any unpacking, so a bomb is refused unopened, an entry can
// be skipped for nothing, and every entry has a checksum. (A streaming reader has none of the three.)
import { inflateSync } from 'fflate';
import { crc32 } from '../core/crc.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { quoted } from '../core/spoken-list.ts';
import type { SourceFile } from './source-file.ts';

export interface ZipEntry {
  readonly path: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly checksum: number;
  /** Where its local header starts. */
  readonly offset: number;
}

export interface ZipProblem {
  readonly kind: 'corrupt-archive' | 'archive-bomb' | 'unsupported' | 'corrupt-entry';
  readonly message: string;
}

/** What an archive may ask of this device. Deflate reaches 1032 : 1; pictures stay below 10 : 1, and all but silence too. */
export const ZIP_LIMITS = {
  entries: 200_000,
  directoryBytes: 64 * 1024 * 1024,
  entryBytes: 64 * 1024 * 1024,
  totalBytes: 8 * 1024 * 1024 * 1024,
  ratio: 200,
  /** Below this size a high ratio is harmless. */
  ratioFromBytes: 1024 * 1024,
} as const;

const cut = fail<ZipProblem>({
  kind: 'corrupt-archive',
  message: 'The archive is cut off or damaged: its directory cannot be read. Download or pack it again.',
});

const END = 0x06054b50;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
/** Of a local header, before its name. */
const LOCAL_BYTES = 30;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads the directory, folders left out, in the order in which the entries lie in the file. */
export async function zipDirectory(file: SourceFile): Promise<Result<readonly ZipEntry[], ZipProblem>> {
  const tailStart = Math.max(0, file.size - 65_557);
  const tail = await file.read(tailStart, file.size);
  const view = viewOf(tail);
  let end = tail.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end -= 1;
  if (end < 0) return cut;
  let count = view.getUint16(end + 10, true);
  let size = view.getUint32(end + 12, true);
  let start = view.getUint32(end + 16, true);
  if (end >= 20 && view.getUint32(end - 20, true) === END_64_LOCATOR) {
    const at = Number(view.getBigUint64(end - 12, true));
    const record = at < file.size ? await file.read(at, at + 56) : new Uint8Array(0);
    if (record.length < 56 || viewOf(record).getUint32(0, true) !== END_64) return cut;
    count = Number(viewOf(record).getBigUint64(32, true));
    size = Number(viewOf(record).getBigUint64(40, true));
    start = Number(viewOf(record).getBigUint64(48, true));
  }
  if (count > ZIP_LIMITS.entries || size > ZIP_LIMITS.directoryBytes)
    return fail({
      kind: 'archive-bomb',
      message: `The archive lists ${count.toLocaleString('en')} entries; at most ${ZIP_LIMITS.entries.toLocaleString('en')} are read. Split it.`,
    });
  if (start + size > file.size) return cut;
  return entriesOf(await file.read(start, start + size), count);
}

function entriesOf(directory: Uint8Array, count: number): Result<readonly ZipEntry[], ZipProblem> {
  const view = viewOf(directory);
  const entries: ZipEntry[] = [];
  let at = 0;
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > directory.length || view.getUint32(at, true) !== ENTRY) return cut;
    const flags = view.getUint16(at + 8, true);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > directory.length) return cut;
    const name = directory.subarray(at + 46, at + 46 + nameLength);
    const large = zip64Fields(view, at, at + 46 + nameLength, extraLength);
    const path = entryName(name, (flags & 0x800) !== 0);
    total += large.bytes;
    if (!path.endsWith('/'))
      entries.push({
        path,
        method: view.getUint16(at + 10, true),
        isEncrypted: (flags & 1) !== 0,
        checksum: view.getUint32(at + 16, true),
        ...large,
      });
    at = next;
  }
  if (total > ZIP_LIMITS.totalBytes) {
    const message = `The archive would unpack to ${Math.ceil(total / 2 ** 30)} GiB; at most 8 GiB are read. Split it.`;
    return fail({ kind: 'archive-bomb', message });
  }
  entries.sort((a, b) => a.offset - b.offset);
  // Entries that share their bytes are how a small archive lists many times what it holds (Fifield 2019, "A better zip bomb").
  for (const [index, { path, offset, compressedBytes }] of entries.entries()) {
    const next = entries[index + 1];
    if (next !== undefined && next.offset < offset + LOCAL_BYTES + compressedBytes)
      return fail({
        kind: 'archive-bomb',
        message: `Two entries of the archive, ${quoted(path)} and ${quoted(next.path)}, share the same bytes, as no archiver writes them. Pack it again.`,
      });
  }
  return ok(entries);
}

/** Sizes and offset, from the zip64 extra field where the 32-bit ones are full (§4.5.3). */
function zip64Fields(
  view: DataView,
  entry: number,
  extra: number,
  extraLength: number,
): Pick<ZipEntry, 'bytes' | 'compressedBytes' | 'offset'> {
  let bytes = view.getUint32(entry + 24, true);
  let compressedBytes = view.getUint32(entry + 20, true);
  let offset = view.getUint32(entry + 42, true);
  const full = 0xffffffff;
  for (let at = extra; at + 4 <= extra + extraLength; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    const stop = Math.min(extra + extraLength, field + view.getUint16(at + 2, true));
    const take = (value: number): number => {
      if (value !== full || field + 8 > stop) return value;
      field += 8;
      return Number(view.getBigUint64(field - 8, true));
    };
    bytes = take(bytes);
    compressedBytes = take(compressedBytes);
    offset = take(offset);
  }
  return { bytes, compressedBytes, offset };
}

/** UTF-8 where the entry says so or where it can be; else one character a byte (old archivers). */
function entryName(name: Uint8Array, isUtf8: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: !isUtf8 }).decode(name).replaceAll('\\', '/');
  } catch {
    return new TextDecoder('windows-1252').decode(name).replaceAll('\\', '/');
  }
}

/** Of one entry. */
export interface EntryLimits {
  readonly entryBytes: number;
  readonly ratio: number;
}

/** Why an entry is not unpacked, from what the directory says of it alone. */
function entryProblem(entry: ZipEntry, limits: EntryLimits): ZipProblem | undefined {
  if (entry.isEncrypted)
    return {
      kind: 'unsupported',
      message: 'This entry is protected by a password. Pack the archive again without one.',
    };
  if (entry.method !== 0 && entry.method !== 8)
    return {
      kind: 'unsupported',
      message: 'This entry is compressed by a method other than Deflate. Pack the archive as a plain zip.',
    };
  if (entry.bytes > limits.entryBytes)
    return {
      kind: 'archive-bomb',
      message: `This entry would unpack to ${Math.ceil(entry.bytes / 2 ** 20)} MiB; at most ${Math.floor(limits.entryBytes / 2 ** 20)} MiB are read.`,
    };
  // A stated length is what is read of the file, and Deflate makes nothing more than a few bytes longer.
  if (entry.compressedBytes > limits.entryBytes + 65_536)
    return {
      kind: 'corrupt-entry',
      message: 'This entry says that it is packed into more bytes than its content can take. Pack it again.',
    };
  if (entry.bytes > ZIP_LIMITS.ratioFromBytes && entry.bytes > entry.compressedBytes * limits.ratio)
    return {
      kind: 'archive-bomb',
      message: `This entry would grow ${Math.floor(entry.bytes / Math.max(1, entry.compressedBytes))}-fold when unpacked, which no picture, recording or text does.`,
    };
  return undefined;
}

/** Reads entries one after the other through a window, so that thousands of small ones do not mean thousands of reads. */
export interface ZipReader {
  read(entry: ZipEntry, limits?: EntryLimits): Promise<Result<Uint8Array<ArrayBuffer>, ZipProblem>>;
}

const WINDOW_BYTES = 2 * 1024 * 1024;
const damaged = fail<ZipProblem>({
  kind: 'corrupt-entry',
  message: 'This entry is damaged: its checksum does not hold. Download or pack the archive again.',
});

/** What is larger than the window is not held after it. */
export function zipReader(file: SourceFile, windowBytes = WINDOW_BYTES): ZipReader {
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = 0;
  const range = async (start: number, length: number): Promise<Uint8Array> => {
    if (length > windowBytes) return file.read(start, Math.min(file.size, start + length));
    if (start < windowStart || start + length > windowStart + window.length) {
      window = await file.read(start, Math.min(file.size, start + windowBytes));
      windowStart = start;
    }
    return window.subarray(start - windowStart, start - windowStart + length);
  };
  const readNow = async (entry: ZipEntry): Promise<Result<Uint8Array<ArrayBuffer>, ZipProblem>> => {
    const header = await range(entry.offset, LOCAL_BYTES);
    if (header.length < LOCAL_BYTES || viewOf(header).getUint32(0, true) !== LOCAL) return damaged;
    const from =
      entry.offset + LOCAL_BYTES + viewOf(header).getUint16(26, true) + viewOf(header).getUint16(28, true);
    const packed = await range(from, entry.compressedBytes);
    if (packed.length < entry.compressedBytes) return damaged;
    const bytes = entry.method === 0 ? packed.slice() : inflated(packed, entry.bytes);
    if (bytes === undefined || bytes.length !== entry.bytes || crc32(bytes) !== entry.checksum)
      return damaged;
    return ok(bytes);
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    read(entry, limits = ZIP_LIMITS) {
      const problem = entryProblem(entry, limits);
      if (problem !== undefined) return Promise.resolve(fail(problem));
      // One after the other, or readers at a window's edge would each fetch the next one.
      const result = last.then(() => readNow(entry));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

/** fflate throws on what is no Deflate stream, and stops at the end of the given buffer. */
function inflated(packed: Uint8Array, length: number): Uint8Array<ArrayBuffer> | undefined {
  const out = new Uint8Array(length);
  try {
    return out.subarray(0, inflateSync(packed, { out }).length);
  } catch {
    return undefined;
  }
}
