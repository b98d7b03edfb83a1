// A file as the readers see it: named ranges of bytes, whether it is a File in a browser, a path in Node or an array in a test.
import type { ImportRefusal } from './import-report.ts';
import type { FilePlaces } from './label-list.ts';
import type { TableReading } from './table/table-reading.ts';
import type { TextFolders } from './table/text-folders.ts';

export type FileProblem = Pick<ImportRefusal, 'kind' | 'message'>;

export interface SourceFile {
  /** Path within what was chosen or dropped, with slashes: 'digits/3/0001.png'. */
  readonly path: string;
  readonly size: number;
  /** The bytes [start, end), cut at the end of the file. The caller may keep them. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** What a person said of how its table is read. */
  readonly reading?: TableReading | undefined;
  /** Of a table whose rows lie in files of their own (table/text-folders.ts): it has no bytes. */
  readonly texts?: TextFolders;
  /** Of a table in a workbook: the workbook as it is packed. It has no bytes of its own. */
  readonly workbook?: SourceFile;
  /** What lists of labels say of it, or of the files in it. */
  readonly places?: FilePlaces;
  /** Why nothing can be read of it, where that was found in unpacking it: it has no bytes either. */
  readonly refused?: FileProblem;
}

export const sourceOfBlob = (path: string, blob: Blob): SourceFile => ({
  path,
  size: blob.size,
  read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
});

export const sourceOfBytes = (path: string, bytes: Uint8Array): SourceFile => ({
  path,
  size: bytes.length,
  read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
});

export const sourceOfText = (path: string, text: string): SourceFile =>
  sourceOfBytes(path, new TextEncoder().encode(text));

/** In place of a file that cannot be read: it goes the way of the others, to whoever says so. */
export const refusedFile = (path: string, size: number, refused: FileProblem): SourceFile => ({
  path,
  // What is empty is passed over in silence.
  size: Math.max(1, size),
  read: () => Promise.resolve(new Uint8Array(0)),
  refused,
});

/** The whole file in pieces, the next one being read while the present one is worked on. */
export async function* chunksOf(
  file: SourceFile,
  options: { readonly chunkBytes?: number; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const size = options.chunkBytes ?? 1024 * 1024;
  let next = file.read(0, size);
  for (let start = 0; start < file.size; start += size) {
    options.signal?.throwIfAborted();
    const chunk = await next;
    if (start + size < file.size) {
      next = file.read(start + size, start + 2 * size);
      // Nobody awaits it when the work on this chunk fails first.
      next.catch(() => undefined);
    }
    yield chunk;
  }
}

/** The last part of a path. */
export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The name of the folder that a file lies in; undefined at the top. */
export const folderName = (path: string): string | undefined => {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.at(-2);
};

/** Pictures and recordings that are read, by their names. */
export const PICTURE_NAME = /\.(png|jpe?g|webp)$/i;
export const SOUND_NAME = /\.(wav|mp3|flac|og[ga]|opus)$/i;

/** What systems leave between people's files: not worth a refusal. */
export const isHidden = (path: string): boolean =>
  path
    .split('/')
    .some(
      (part) =>
        part === '__MACOSX' ||
        (part.startsWith('.') && part !== '.' && part !== '..') ||
        /^(thumbs\.db|desktop\.ini)$/i.test(part),
    );

/** MPEG audio’s frame sync (ISO 11172-3, §2.4.1.3) of layer III. */
export const isMpegFrame = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2;

/** What a file's first bytes say it is; undefined where they say nothing (text, most likely). */
export function signatureOf(
  head: Uint8Array,
):
  | 'zip'
  | 'gzip'
  | 'png'
  | 'jpeg'
  | 'webp'
  | 'gif'
  | 'other-picture'
  | 'pdf'
  | 'idx'
  | 'old-excel'
  | 'wave'
  | 'packed-sound'
  | 'other-sound'
  | undefined {
  const starts = (...bytes: number[]): boolean => bytes.every((byte, index) => head[index] === byte);
  if (starts(0x50, 0x4b, 0x03, 0x04) || starts(0x50, 0x4b, 0x05, 0x06)) return 'zip';
  if (starts(0x1f, 0x8b)) return 'gzip';
  if (starts(0x89, 0x50, 0x4e, 0x47)) return 'png';
  if (starts(0xff, 0xd8, 0xff)) return 'jpeg';
  if (starts(0x52, 0x49, 0x46, 0x46) && head[8] === 0x57 && head[9] === 0x45 && head[10] === 0x42)
    return 'webp';
  if (starts(0x52, 0x49, 0x46, 0x46) && head[8] === 0x57 && head[9] === 0x41 && head[10] === 0x56)
    return 'wave';
  // MP3 (with and without tags), FLAC and Ogg.
  if (starts(0x49, 0x44, 0x33) || isMpegFrame(head)) return 'packed-sound';
  if (starts(0x66, 0x4c, 0x61, 0x43) || starts(0x4f, 0x67, 0x67, 0x53)) return 'packed-sound';
  // ISO base media: pictures of phones (HEIC, AVIF) by their brand, else a film or a recording.
  if (head[4] === 0x66 && head[5] === 0x74 && head[6] === 0x79 && head[7] === 0x70)
    return /^(hei[cxms]|mif1|msf1|avi[fs])$/.test(String.fromCharCode(...head.subarray(8, 12)))
      ? 'other-picture'
      : 'other-sound';
  // BMP, whose reserved bytes are 0.
  if (starts(0x42, 0x4d) && head.length >= 10 && head.subarray(6, 10).every((byte) => byte === 0))
    return 'other-picture';
  // TIFF of either byte order.
  if (starts(0x49, 0x49, 0x2a, 0) || starts(0x4d, 0x4d, 0, 0x2a)) return 'other-picture';
  if (starts(0x47, 0x49, 0x46, 0x38)) return 'gif';
  if (starts(0x25, 0x50, 0x44, 0x46)) return 'pdf';
  if (starts(0xd0, 0xcf, 0x11, 0xe0)) return 'old-excel';
  if (starts(0, 0, 8, 1) || starts(0, 0, 8, 3)) return 'idx';
  return undefined;
}
