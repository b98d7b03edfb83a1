// Archives and pictures for tests, built byte by byte so that each can be broken in one place.
import { gzipSync } from 'fflate';
import { crc32 } from '../../src/lib/core/crc.ts';

export interface ZipItem {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** What the directory claims, where it lies. */
  readonly claimedBytes?: number;
  readonly checksum?: number;
  readonly method?: number;
  readonly flags?: number;
}

const little = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
const joined = (parts: readonly (Uint8Array | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** A zip of stored (uncompressed) entries. */
export function storedZip(items: readonly ZipItem[]): Uint8Array {
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const item of items) {
    const name = new TextEncoder().encode(item.path);
    const sizes = [
      ...little(item.checksum ?? crc32(item.bytes), 4),
      ...little(item.bytes.length, 4),
      ...little(item.claimedBytes ?? item.bytes.length, 4),
      ...little(name.length, 2),
    ];
    const head = [
      ...little(20, 2),
      ...little(item.flags ?? 0x800, 2),
      ...little(item.method ?? 0, 2),
      0,
      0,
      0,
      0,
    ];
    const local = joined([[0x50, 0x4b, 3, 4], head, sizes, [0, 0], name, item.bytes]);
    directory.push(
      joined([
        [0x50, 0x4b, 1, 2, 20, 0],
        head,
        sizes,
        new Array<number>(12).fill(0),
        little(offset, 4),
        name,
      ]),
    );
    locals.push(local);
    offset += local.length;
  }
  const listing = joined(directory);
  const end = [
    0x50,
    0x4b,
    5,
    6,
    0,
    0,
    0,
    0,
    ...little(items.length, 2),
    ...little(items.length, 2),
    ...little(listing.length, 4),
    ...little(offset, 4),
    0,
    0,
  ];
  return joined([...locals, listing, end]);
}

const big = (value: number): number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

/** An IDX file of pictures; `pixels` is [count, height, width]. */
export const idxImages = (count: number, height: number, width: number, pixels: Uint8Array): Uint8Array =>
  joined([[0, 0, 8, 3, ...big(count), ...big(height), ...big(width)], pixels]);

export const idxLabels = (labels: readonly number[]): Uint8Array =>
  joined([[0, 0, 8, 1, ...big(labels.length)], [...labels]]);

export const gzipped = (bytes: Uint8Array): Uint8Array => gzipSync(bytes);
