// A draft of the data contract from example files of any kind: a table, a zip or folder of class folders or of recordings, an IDX pair.
import type { DataContract, ImageContract } from '../core/data/contract.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { areRecordings, inferAudio } from './audio/infer-audio.ts';
import { listOf, quoted } from './import-report.ts';
import { openIdx } from './image/idx.ts';
import { pictureSize } from './image/picture-size.ts';
import { foreignBecause } from './foreign-files.ts';
import { classPath, withLabelLists } from './label-list.ts';
import { pictureFormat } from './image/read-pictures.ts';
import { zipDirectory, zipReader } from './zip-directory.ts';
import { folderName, isHidden, signatureOf, type SourceFile } from './source-file.ts';
import {
  inferTableContract,
  MOST_CLASSES,
  type InferenceProblem,
  type InferredContract,
} from './table/infer-contract.ts';
import { openedTables } from './table/packed-tables.ts';
import { readHead } from './table/read-head.ts';

export interface Inferred {
  readonly contract: DataContract;
  readonly notes: readonly string[];
}

/** The start of a table is enough to see what its columns hold. */
const TABLE_BYTES = 4 * 1024 * 1024;
/** Pictures larger than this are scaled down: nobody trains a first model on 12 megapixels. */
const MAXIMUM_SIDE = 64;

/** Drafts the contract that the given files would fulfil; `keepsTexts`: prose is a column of texts, of which a recipe has to make something; `target` the column to learn where they are tables. Refused with a sentence where nothing can be made of them. */
export async function inferContract(
  files: readonly SourceFile[],
  target?: string,
  keepsTexts = false,
): Promise<Result<Inferred, InferenceProblem>> {
  const listed = await withLabelLists(files, { column: target });
  const visible = (await openedTables(listed.files))
    .filter((file) => !isHidden(file.path) && file.size > 0)
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const [first] = visible;
  if (first === undefined)
    return fail({
      kind: 'empty-file',
      message: 'There is nothing in what was chosen. Choose a CSV, a zip or a folder of pictures.',
    });
  const signature = signatureOf(await first.read(0, 16));
  if (signature === undefined) return inferFromTable(first, target, keepsTexts);
  if (signature === 'gzip' || signature === 'idx') return inferFromIdx(visible);
  const drafted = (await areRecordings(visible))
    ? await inferFromRecordings(visible)
    : await inferFromPictures(visible);
  return drafted.ok ? ok({ ...drafted.value, notes: [...listed.notes, ...drafted.value.notes] }) : drafted;
}

async function inferFromRecordings(
  files: readonly SourceFile[],
): Promise<Result<Inferred, InferenceProblem>> {
  const drafted = await inferAudio(files);
  if (!drafted.ok) return drafted;
  const { shape, classes, notes } = drafted.value;
  if (classes.length < 2)
    return fail({
      kind: 'unknown-class',
      message:
        'Put the recordings into one folder for each class, or name them as class_speaker_number.wav: at least two classes are needed.',
    });
  return ok({ contract: { ...shape, classes: [...classes] }, notes });
}

/** Drafts a table contract from the start of a table's file; a separator is found by itself. */
export async function inferFromTable(
  file: SourceFile,
  target?: string,
  keepsTexts = false,
): Promise<Result<InferredContract, InferenceProblem>> {
  const head = await readHead(file, TABLE_BYTES);
  if (!head.ok) return head;
  const { header, rows, declared, isWhole } = head.value;
  const found = inferTableContract(header, rows, target, keepsTexts, declared);
  if (!found.ok || isWhole) return found;
  const notes = [
    ...found.value.notes,
    `Drafted from the first ${found.value.rows.toLocaleString('en')} rows: later rows may hold further categories.`,
  ];
  return ok({ ...found.value, notes });
}

async function inferFromIdx(files: readonly SourceFile[]): Promise<Result<Inferred, InferenceProblem>> {
  for (const file of files) {
    const opened = await openIdx(file);
    if (opened === undefined || opened === 'damaged' || opened.header.role !== 'images') continue;
    const { height, width } = opened.header;
    const classes = Array.from({ length: 10 }, (_, label) => String(label));
    return ok({
      contract: { kind: 'image', height, width, channels: 1, classes },
      notes: [
        'The classes are taken to be the digits 0 to 9. Name them where the labels mean something else.',
      ],
    });
  }
  return fail({
    kind: 'unsupported',
    message:
      'This gzip archive holds neither a table nor pictures as MNIST has them (IDX), or it is damaged. Unpack it, and choose what is in it.',
  });
}

interface Found {
  readonly folders: ReadonlySet<string>;
  /** The first picture's bytes. */
  readonly picture: Uint8Array | undefined;
  readonly notes: readonly string[];
}

/** How published pictures are divided, with folders of classes in each part. */
const PART_NAME = /^(train(ing)?|test(ing)?|val(id(ation)?)?|dev|eval)$/i;

/** Folders that pictures lie in, told one path after the other. */
function foldersSeen() {
  const folders = new Set<string>();
  const parts = new Set<string>();
  /** Classes, whatever they are called: pictures of trains lie in “train/train”. */
  const inParts = new Set<string>();
  return {
    add(path: string): void {
      const [part = '', folder] = path.split('/').slice(0, -1).slice(-2);
      const nearest = folderName(path);
      if (nearest !== undefined) folders.add(nearest);
      if (folder === undefined || !PART_NAME.test(part)) return;
      parts.add(part);
      inParts.add(folder);
    },
    /** A part is no class, though pictures may lie in it that have none (a competition's test). */
    finish(): Pick<Found, 'folders' | 'notes'> {
      const unclassed =
        parts.size === 0 ? [] : [...folders].filter((name) => PART_NAME.test(name) && !inParts.has(name));
      return {
        folders: new Set([...folders].filter((name) => !unclassed.includes(name))),
        notes: [
          ...(parts.size < 2
            ? []
            : [
                `${listOf([...parts].map(quoted))} hold folders of classes each, and are read together: what judges is drawn from all of them. Choose one of them alone to keep to how they were divided.`,
              ]),
          ...unclassed.map(
            (name) =>
              `${quoted(name)} is no class beside these: pictures in it that no class folder holds are refused.`,
          ),
        ],
      };
    },
  };
}

async function inferFromPictures(files: readonly SourceFile[]): Promise<Result<Inferred, InferenceProblem>> {
  const drafted = await inferPictures(files);
  if (!drafted.ok) return drafted;
  const { size, folders, notes } = drafted.value;
  if (folders.length < 2)
    return fail({
      kind: 'unknown-class',
      message: 'Put the pictures into one folder for each class: at least two folders are needed.',
    });
  return ok({ contract: { kind: 'image', ...size, classes: [...folders] }, notes });
}

export interface InferredPictures {
  readonly size: Pick<ImageContract, 'height' | 'width' | 'channels'>;
  /** Names of the folders that pictures lie in, in order; fewer than two name no classes. */
  readonly folders: readonly string[];
  readonly notes: readonly string[];
}

/** The size of a draft's pictures from the first of them, and the folders of all. Rejects with the signal's reason. */
export async function inferPictures(
  files: readonly SourceFile[],
  signal?: AbortSignal,
): Promise<Result<InferredPictures, InferenceProblem>> {
  const found = await picturesOf(files, signal);
  if (!found.ok) return found;
  const { folders, picture, notes: ofFolders } = found.value;
  const format = picture === undefined ? undefined : pictureFormat(picture);
  const size = picture === undefined || format === undefined ? undefined : pictureSize(picture, format);
  if (size === undefined)
    return fail({
      kind: 'unsupported',
      message:
        (await foreignBecause(files)) ??
        'No PNG, JPEG or WebP picture was found. Texts (.txt) lie in a folder for each class, two at least.',
    });
  if (folders.size > MOST_CLASSES)
    return fail({
      kind: 'unknown-class',
      message: `There are ${folders.size} folders; a model here tells at most ${MOST_CLASSES} classes apart.`,
    });
  const scale = Math.min(1, MAXIMUM_SIDE / Math.max(size.width, size.height));
  const proposed: InferredPictures['size'] = {
    height: Math.max(1, Math.round(size.height * scale)),
    width: Math.max(1, Math.round(size.width * scale)),
    channels: format === 'png' && (picture?.[25] ?? 2) % 4 === 0 ? 1 : 3,
  };
  const notes =
    scale < 1
      ? [
          `The first picture has ${size.width} × ${size.height} pixels; ${proposed.width} × ${proposed.height} is proposed.`,
        ]
      : [];
  return ok({ size: proposed, folders: [...folders].toSorted(), notes: [...notes, ...ofFolders] });
}

async function picturesOf(
  files: readonly SourceFile[],
  signal?: AbortSignal,
): Promise<Result<Found, InferenceProblem>> {
  const seen = foldersSeen();
  let picture: Uint8Array | undefined;
  for (const file of files) {
    signal?.throwIfAborted();
    if (signatureOf(await file.read(0, 16)) !== 'zip') {
      seen.add(classPath(file, file.path));
      picture ??= /\.(png|jpe?g|webp)$/i.test(file.path) ? await file.read(0, file.size) : undefined;
      continue;
    }
    const directory = await zipDirectory(file);
    if (!directory.ok) return directory;
    const reader = zipReader(file);
    for (const entry of directory.value) {
      if (isHidden(entry.path) || !/\.(png|jpe?g|webp)$/i.test(entry.path)) continue;
      seen.add(classPath(file, entry.path));
      if (picture === undefined) {
        const read = await reader.read(entry);
        if (read.ok) picture = read.value;
      }
    }
  }
  return ok({ ...seen.finish(), picture });
}
