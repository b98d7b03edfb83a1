// Picture files against the contract: loose files in class folders, and zip archives of class folders. Each becomes an example
// or a refusal.
import type { ImageContract } from '../../core/data/contract.ts';
import { UNLABELLED } from '../../core/data/examples.ts';
import type { Assembler } from '../assembler.ts';
import { listOf, quoted, type RefusalKind, type RefusalLog } from '../import-report.ts';
import { folderName, isHidden, signatureOf, type SourceFile } from '../source-file.ts';
import { classMatch } from '../class-match.ts';
import { classPath } from '../label-list.ts';
import { MAXIMUM_PIXELS, pictureSize } from './picture-size.ts';
import { pictureExample, type DecodeImage, type PictureFormat } from './picture.ts';
import { zipDirectory, zipReader } from '../zip-directory.ts';

/** The first pictures of each class as the model will see them. */
export interface ImagePreview {
  readonly images: { readonly label: string; readonly pixels: Uint8Array }[];
}
const PREVIEW_IMAGES = 24;

/** Keeps an example for the preview while its class has room there. */
export function keepForPreview(
  preview: ImagePreview,
  contract: ImageContract,
  target: number,
  pixels: Uint8Array,
): void {
  const label = contract.classes[target] ?? 'no label';
  const room = Math.max(1, Math.floor(PREVIEW_IMAGES / contract.classes.length));
  if (
    preview.images.length >= PREVIEW_IMAGES ||
    preview.images.filter((one) => one.label === label).length >= room
  )
    return;
  preview.images.push({ label, pixels: pixels.slice() });
}

export interface PictureOptions {
  readonly decodeImage: DecodeImage;
  readonly signal?: AbortSignal | undefined;
  /** A picture in no class folder is kept without a label; else it is refused. */
  readonly keepsUnlabelled?: boolean | undefined;
  readonly onBytes?: (bytes: number) => void;
  /** Called after each picture is taken or refused, in order. */
  readonly onPicture?: ((path: string) => void) | undefined;
}

/** Pictures decoded at the same time; they are taken in order whatever finishes first. */
const AT_ONCE = 6;

interface Candidate {
  readonly path: string;
  /** Path to find the class in: within the archive, or as dropped; by a list of labels where one names it. */
  readonly inner: string;
  readonly places: SourceFile['places'];
  readonly read: () => Promise<{ readonly bytes: Uint8Array } | Refused>;
  /** Bytes of the source that are done with once this one is. */
  readonly done: number;
}
interface Refused {
  readonly kind: RefusalKind;
  readonly message: string;
}

/** Reads loose picture files, in the given order. */
export async function readPictureFiles(
  files: readonly SourceFile[],
  contract: ImageContract,
  into: Assembler,
  log: RefusalLog,
  preview: ImagePreview,
  options: PictureOptions,
): Promise<void> {
  let done = 0;
  const candidates = files.map((file): Candidate => {
    done += file.size;
    return {
      path: file.path,
      inner: classPath(file, file.path),
      places: file.places,
      read: async () => ({ bytes: await file.read(0, file.size) }),
      done,
    };
  });
  await takeAll(candidates, contract, into, log, preview, options);
}

/** Reads the pictures of one zip archive, in the order in which they lie in it. */
export async function readPictureArchive(
  file: SourceFile,
  contract: ImageContract,
  into: Assembler,
  log: RefusalLog,
  preview: ImagePreview,
  options: PictureOptions,
): Promise<void> {
  const directory = await zipDirectory(file);
  if (!directory.ok) return log.refuse(directory.error.kind, directory.error.message, { file: file.path });
  const entries = directory.value.filter(({ path }) => !isHidden(path) && file.places?.isList(path) !== true);
  if (entries.length === 0)
    return log.refuse('empty-file', 'The archive holds no files.', { file: file.path });
  const reader = zipReader(file);
  const candidates = entries.map((entry): Candidate => {
    const read: Candidate['read'] = async () => {
      const found = await reader.read(entry);
      return found.ok ? { bytes: found.value } : found.error;
    };
    // A single folder around everything may itself be named after the archive: class folders are looked for inside out.
    return {
      path: `${file.path}/${entry.path}`,
      inner: classPath(file, entry.path),
      places: file.places,
      read,
      done: entry.offset + entry.compressedBytes,
    };
  });
  await takeAll(candidates, contract, into, log, preview, options);
}

async function takeAll(
  candidates: readonly Candidate[],
  contract: ImageContract,
  into: Assembler,
  log: RefusalLog,
  preview: ImagePreview,
  options: PictureOptions,
): Promise<void> {
  const match = classMatch(contract);
  const example = async (
    candidate: Candidate,
  ): Promise<{ readonly pixels: Uint8Array; readonly target: number } | Refused> => {
    const target =
      match.ofPath(candidate.inner) ?? (options.keepsUnlabelled === true ? UNLABELLED : undefined);
    if (target === undefined) return unknownClass(candidate, contract);
    const found = await candidate.read();
    if (!('bytes' in found)) return found;
    const picture = await decodedExample(found.bytes, contract, options.decodeImage);
    return 'pixels' in picture ? { pixels: picture.pixels, target } : picture;
  };

  // Archive entries are read one after the other (one window), and decoded while the next ones are read.
  const running: { readonly candidate: Candidate; readonly result: ReturnType<typeof example> }[] = [];
  const takeFirst = async (): Promise<void> => {
    const first = running.shift();
    if (first === undefined) return;
    const result = await first.result;
    into.position += 1;
    if ('pixels' in result) {
      const slot = into.slot();
      slot.features.set(result.pixels, slot.at);
      if (into.commit(result.target) === 'accepted')
        keepForPreview(preview, contract, result.target, result.pixels);
    } else log.refuse(result.kind, result.message, { file: first.candidate.path });
    options.onPicture?.(first.candidate.path);
    options.onBytes?.(first.candidate.done);
    await into.flush();
  };
  try {
    for (const candidate of candidates) {
      options.signal?.throwIfAborted();
      if (into.passesOver()) continue;
      running.push({ candidate, result: example(candidate) });
      if (running.length >= AT_ONCE) await takeFirst();
    }
    while (running.length > 0) await takeFirst();
  } finally {
    // What still runs after a failure has nobody to fail to.
    await Promise.allSettled(running.map((one) => one.result));
  }
}

function unknownClass({ inner, places }: Candidate, contract: ImageContract): Refused {
  const folder = folderName(inner);
  const message =
    places !== undefined
      ? `Neither ${places.lists} nor a folder gives this picture one of these classes: ${listOf(contract.classes)}. Add it to the list, or leave it out.`
      : folder === undefined
        ? `Put this picture into a folder named after its class: ${listOf(contract.classes)}.`
        : `The folder ${quoted(folder)} is no class of this federation. Rename it to one of ${listOf(contract.classes)}, or leave it out.`;
  return { kind: 'unknown-class', message };
}

/** One picture file's bytes as an example [H, W, C], or why not. Never throws for what is in the file. */
export async function decodedExample(
  bytes: Uint8Array,
  contract: ImageContract,
  decodeImage: DecodeImage,
): Promise<{ readonly pixels: Uint8Array<ArrayBuffer> } | Refused> {
  if (bytes.length === 0) return { kind: 'empty-file', message: 'The file is empty.' };
  const format = pictureFormat(bytes);
  if (format === undefined)
    return {
      kind: 'unsupported',
      message: 'This is no PNG, JPEG or WebP picture. Convert it, or leave it out.',
    };
  const corrupt: Refused = {
    kind: 'corrupt-image',
    message: 'This picture is damaged and cannot be opened. Save it again, or leave it out.',
  };
  const size = pictureSize(bytes, format);
  if (size === undefined || size.width === 0 || size.height === 0) return corrupt;
  if (size.width * size.height > MAXIMUM_PIXELS)
    return {
      kind: 'wrong-size',
      message: `This picture has ${size.width} × ${size.height} pixels; at most 64 million are read. Make it smaller.`,
    };
  try {
    const picture = await decodeImage(bytes, format);
    if (picture.width < 1 || picture.height < 1 || picture.rgba.length !== picture.width * picture.height * 4)
      return corrupt;
    return { pixels: pictureExample(picture, contract) };
  } catch {
    // A decoder throws whatever it likes; all of it means that these bytes are no whole picture.
    return corrupt;
  }
}

export function pictureFormat(bytes: Uint8Array): PictureFormat | undefined {
  const signature = signatureOf(bytes);
  return signature === 'png' || signature === 'jpeg' || signature === 'webp' ? signature : undefined;
}
