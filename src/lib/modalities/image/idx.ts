// IDX files as MNIST is published (http://yann.lecun.com/exdb/mnist): big-endian header, then bytes; gzip or plain.
import { Gunzip } from 'fflate';
import type { ImageContract } from '../../core/data/contract.ts';
import type { Assembler } from '../assembler.ts';
import { listOf, quoted, type RefusalLog } from '../import-report.ts';
import { chunksOf, fileName, signatureOf, type SourceFile } from '../source-file.ts';
import { classMatch } from '../class-match.ts';
import { keepForPreview, type ImagePreview } from './read-pictures.ts';
import { resampled } from './resample.ts';
import { crc32 } from '../../core/crc.ts';

export interface IdxHeader {
  readonly role: 'images' | 'labels';
  readonly count: number;
  /** 1 and 1 for labels. */
  readonly height: number;
  readonly width: number;
  readonly headerBytes: number;
}

/** Reads a header of unsigned bytes in one dimension (labels) or three (images); undefined for anything else. */
export function idxHeader(bytes: Uint8Array): IdxHeader | undefined {
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const count = view.getUint32(4);
  if (magic === 0x0801) return { role: 'labels', count, height: 1, width: 1, headerBytes: 8 };
  if (magic !== 0x0803 || bytes.length < 16) return undefined;
  const height = view.getUint32(8);
  const width = view.getUint32(12);
  if (height < 1 || width < 1 || height > 1024 || width > 1024) return undefined;
  return { role: 'images', count, height, width, headerBytes: 16 };
}

/** The plain bytes of a file in pieces, gunzipped where it is a gzip. Throws `IdxDamaged` where that fails. */
async function* plainChunks(
  file: SourceFile,
  isGzip: boolean,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  // 16 KiB of gzip are at most 16 MiB unpacked, whatever they promise.
  if (!isGzip) return yield* chunksOf(file, { signal });
  let pieces: Uint8Array[] = [];
  let checksum = 0;
  const gunzip = new Gunzip((piece) => pieces.push(piece));
  let furtherMembers = 0;
  gunzip.onmember = () => {
    furtherMembers += 1;
  };
  let pushed = 0;
  for await (const chunk of chunksOf(file, { signal, chunkBytes: 16 * 1024 })) {
    pushed += chunk.length;
    try {
      gunzip.push(chunk, pushed >= file.size);
    } catch (cause) {
      throw new IdxDamaged({ cause });
    }
    const ready = pieces;
    pieces = [];
    for (const piece of ready) {
      checksum = crc32(piece, checksum);
      yield piece;
    }
  }
  // RFC 1952, §2.3.1: checksum and length close a member; 18 bytes are an empty one.
  if (file.size < 18) throw new IdxDamaged();
  const trailer = await file.read(file.size - 8, file.size);
  const expected = new DataView(trailer.buffer, trailer.byteOffset, trailer.byteLength).getUint32(0, true);
  if (furtherMembers === 0 && checksum !== expected) throw new IdxDamaged();
}

class IdxDamaged extends Error {
  override readonly name = 'IdxDamaged';
  constructor(options?: ErrorOptions) {
    super('The file is cut off or damaged.', options);
  }
}

export interface IdxFile {
  readonly file: SourceFile;
  readonly isGzip: boolean;
  readonly header: IdxHeader;
}

/** Whether a file is an IDX file, by its content; undefined where it is none, and 'damaged' where it should be one and cannot be read. */
export async function openIdx(file: SourceFile): Promise<IdxFile | 'damaged' | undefined> {
  const head = await file.read(0, 16);
  const signature = signatureOf(head);
  if (signature !== 'gzip' && signature !== 'idx') return undefined;
  try {
    const start = new Uint8Array(16);
    let filled = 0;
    for await (const piece of plainChunks(file, signature === 'gzip')) {
      start.set(piece.subarray(0, 16 - filled), filled);
      filled += Math.min(16 - filled, piece.length);
      if (filled === 16) break;
    }
    const header = idxHeader(start.subarray(0, filled));
    return header === undefined ? undefined : { file, isGzip: signature === 'gzip', header };
  } catch (error) {
    if (error instanceof IdxDamaged) return 'damaged';
    throw error;
  }
}

/** What two names of a pair have in common: 'train-images-idx3-ubyte.gz' and 'train-labels-idx1-ubyte.gz'. */
const pairKey = (path: string): string =>
  path
    .toLowerCase()
    .replace(/\.gz$/, '')
    .replace(/idx[13]/g, 'idx')
    .replace(/images?|labels?/g, '*');

export interface IdxPair {
  readonly images: IdxFile;
  readonly labels: IdxFile;
}

/** Pairs by name; a single file of each kind is a pair whatever the names. What has no partner is refused by name. */
export function idxPairs(files: readonly IdxFile[], log: RefusalLog): IdxPair[] {
  const images = files.filter((one) => one.header.role === 'images');
  const labels = files.filter((one) => one.header.role === 'labels');
  const [onlyImages, onlyLabels] = [images[0], labels[0]];
  if (images.length === 1 && labels.length === 1 && onlyImages !== undefined && onlyLabels !== undefined)
    return [{ images: onlyImages, labels: onlyLabels }];
  const pairs: IdxPair[] = [];
  const paired = new Set<IdxFile>();
  for (const one of images) {
    const partner = labels.find(
      (label) => !paired.has(label) && pairKey(label.file.path) === pairKey(one.file.path),
    );
    if (partner === undefined) {
      const name = fileName(one.file.path)
        .replace(/images/i, 'labels')
        .replace(/idx3/i, 'idx1');
      log.refuse('no-examples', `These pictures have no labels. Add the file ${quoted(name)}.`, {
        file: one.file.path,
      });
    } else {
      paired.add(partner);
      pairs.push({ images: one, labels: partner });
    }
  }
  for (const one of labels)
    if (!paired.has(one)) {
      const name = fileName(one.file.path)
        .replace(/labels/i, 'images')
        .replace(/idx1/i, 'idx3');
      log.refuse('no-examples', `These labels have no pictures. Add the file ${quoted(name)}.`, {
        file: one.file.path,
      });
    }
  return pairs;
}

const DAMAGED = 'The file is cut off or damaged. Download it again.';

/** 1 byte each; more labels than this are no file of pictures that a browser holds. */
const MAXIMUM_LABELS = 50_000_000;

async function readLabels(labels: IdxFile, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  const { count, headerBytes } = labels.header;
  if (count > MAXIMUM_LABELS) return undefined;
  const values: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of plainChunks(labels.file, labels.isGzip, signal)) {
    values.push(piece);
    bytes += piece.length;
    if (bytes > headerBytes + count) return undefined;
  }
  if (bytes !== headerBytes + count) return undefined;
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const piece of values) {
    all.set(piece, at);
    at += piece.length;
  }
  return all.subarray(headerBytes);
}

export interface IdxOptions {
  readonly signal?: AbortSignal | undefined;
  /** Pictures of this pair taken so far, 0–1. */
  readonly onFraction?: (fraction: number) => void;
}

/** Reads one pair; pictures of another size than the contract's are resized, grey ones repeated for three channels. */
export async function readIdxPair(
  pair: IdxPair,
  contract: ImageContract,
  into: Assembler,
  log: RefusalLog,
  preview: ImagePreview,
  options: IdxOptions = {},
): Promise<void> {
  const { images, labels } = pair;
  if (images.header.count !== labels.header.count)
    return log.refuse(
      'wrong-size',
      `There are ${images.header.count} pictures here and ${labels.header.count} labels in ${quoted(fileName(labels.file.path))}. They must be of one set.`,
      { file: images.file.path },
    );
  if (images.header.count === 0)
    return log.refuse('empty-file', 'The file holds no pictures.', { file: images.file.path });
  let classes: Uint8Array | undefined;
  try {
    classes = await readLabels(labels, options.signal);
  } catch (error) {
    if (!(error instanceof IdxDamaged)) throw error;
  }
  if (classes === undefined) return log.refuse('corrupt-archive', DAMAGED, { file: labels.file.path });

  const match = classMatch(contract);
  const { height, width, count } = images.header;
  const size = height * width;
  const pixels = new Uint8Array(size);
  let filled = 0;
  let toSkip = images.header.headerBytes;
  let taken = 0;
  let isExcessive = false;

  const takeOne = (): void => {
    const label = classes[taken] ?? 0;
    taken += 1;
    if (into.passesOver()) return;
    into.position += 1;
    const target = match.ofNumber(label);
    if (target === undefined) {
      const message = `Label ${label} is no class of this federation, which knows ${listOf(contract.classes)}.`;
      return log.refuse('unknown-class', message, { file: labels.file.path, row: taken });
    }
    const example = idxExample(pixels, height, width, contract);
    const slot = into.slot();
    slot.features.set(example, slot.at);
    if (into.commit(target) === 'accepted') keepForPreview(preview, contract, target, example);
  };

  try {
    for await (const piece of plainChunks(images.file, images.isGzip, options.signal)) {
      let at = Math.min(toSkip, piece.length);
      toSkip -= at;
      while (at < piece.length && taken < count) {
        const length = Math.min(size - filled, piece.length - at);
        pixels.set(piece.subarray(at, at + length), filled);
        filled += length;
        at += length;
        if (filled === size) {
          filled = 0;
          takeOne();
        }
      }
      isExcessive = isExcessive || at < piece.length;
      options.onFraction?.(taken / count);
      await into.flush();
    }
  } catch (error) {
    if (!(error instanceof IdxDamaged)) throw error;
    isExcessive = true;
  }
  if (taken < count || isExcessive)
    log.refuse('corrupt-archive', `${DAMAGED} ${taken} of ${count} pictures could be read.`, {
      file: images.file.path,
    });
}

function idxExample(pixels: Uint8Array, height: number, width: number, contract: ImageContract): Uint8Array {
  const isSame = height === contract.height && width === contract.width;
  const grey = isSame ? pixels : resampled(pixels, height, width, 1, contract.height, contract.width);
  if (contract.channels === 1) return grey;
  const colour = new Uint8Array(grey.length * 3);
  for (let pixel = 0; pixel < grey.length; pixel += 1) colour.fill(grey[pixel]!, pixel * 3, pixel * 3 + 3);
  return colour;
}
