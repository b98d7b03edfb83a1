// Files as one zip, stored as they are (PKWARE APPNOTE 4.3): a page can hand one file to a person, and a run may be a folder.
import { crc32 } from '../crc.ts';
import type { ExportedFile } from './exported-run.ts';
import { joined } from './protobuf.ts';

/** Names are UTF-8. */
const UTF8 = 0x800;
/** 1 January 1980, the first day that a zip knows. */
const DAY = 0x21;
/** Without zip64. */
const MOST = 0xffff_ffff;

/** Throws a RangeError where it would be larger than 4 GiB, or hold more than 65,535 files. */
export function zipOf(files: readonly ExportedFile[]): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let at = 0;
  for (const { path, bytes } of files) {
    const name = new TextEncoder().encode(path);
    const common = shorts(20, UTF8, 0, 0, DAY);
    const sizes = [...words(crc32(bytes), bytes.length, bytes.length), ...shorts(name.length, 0)];
    const local = joined([Uint8Array.of(...words(0x04034b50), ...common, ...sizes), name, bytes]);
    centrals.push(
      joined([
        Uint8Array.of(
          ...words(0x02014b50),
          ...shorts(20),
          ...common,
          ...sizes,
          ...shorts(0, 0, 0),
          ...words(0, at),
        ),
        name,
      ]),
    );
    locals.push(local);
    at += local.length;
  }
  const directory = joined(centrals);
  if (at + directory.length > MOST || files.length > 0xffff) throw new RangeError('Too much for a zip.');
  const end = Uint8Array.of(
    ...words(0x06054b50),
    ...shorts(0, 0, files.length, files.length),
    ...words(directory.length, at),
    ...shorts(0),
  );
  return joined([...locals, directory, end]);
}

const shorts = (...values: number[]): number[] => values.flatMap((value) => [value & 255, value >>> 8]);
const words = (...values: number[]): number[] =>
  values.flatMap((value) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]);
