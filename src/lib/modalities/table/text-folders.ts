// Texts in files of their own, a folder for each class: how reviews and news are published (Pang & Lee 2004: txt_sentoken/pos/cv000.txt;
// Maas et al. 2011: train/neg/0_1.txt). A folder or a zip of them is one table, a text and its label in each row, which goes the way
// of every other table from there on.
import { ok, type Result } from '../../core/result.ts';
import type { RefusalKind } from '../import-report.ts';
import { folderName, isHidden, signatureOf, type SourceFile } from '../source-file.ts';
import { MOST_CLASSES } from './infer-contract.ts';
import { zipDirectory, zipReader, type ZipEntry } from '../zip-directory.ts';

export interface TextFile {
  /** Within the archive, or as it was chosen. */
  readonly path: string;
  /** The folder that it lies in. */
  readonly label: string;
  /** Of the source, which are done with when this is. */
  readonly bytes: number;
  /** At least `most` of its bytes, where it has so many. */
  read(most: number): Promise<Result<Uint8Array, { readonly kind: RefusalKind; readonly message: string }>>;
}

/** What a table is read from whose rows lie in files. */
export interface TextFolders {
  /** In the order of their rows: one of each class in turn, so that the first rows have all of them. */
  readonly texts: readonly TextFile[];
  /** What is no text of a class, by its path. */
  readonly others: readonly string[];
  /** Why they are not read, as a sentence; `texts` then has a few of them alone. */
  readonly refused?: string;
}

/** What says that files beside texts are what was meant: pictures with their captions, tables, recordings. */
const OF_ANOTHER_KIND =
  /\.(csv|tsv|jsonl?|ndjson|parquet|arrow|feather|png|jpe?g|webp|gif|wav|mp3|flac|og[ga]|opus|pdf)$/i;

/**
 * The files, with those that are texts in class folders, loose or in a zip, in the form of one table each. All are left as they are
 * where there are not two classes, where something of another kind lies between them, or where the texts are tables by their first lines.
 */
export async function gatherTexts(files: readonly SourceFile[]): Promise<readonly SourceFile[]> {
  const loose = files
    .filter(({ path, texts }) => texts === undefined && !isHidden(path) && !isZip(path))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const placed = textsOf(
    loose,
    (file) => file.size,
    (file) => async (most) => ok(await file.read(0, Math.min(most, file.size))),
  );
  const table = placed === undefined ? undefined : await tableOf(commonFolder(placed.texts), placed);
  const gathered: SourceFile[] = [];
  for (const file of files) {
    if (isZip(file.path)) gathered.push((await tableOfZip(file)) ?? file);
    else if (table === undefined || file.texts !== undefined || isHidden(file.path)) gathered.push(file);
  }
  return table === undefined ? gathered : [...gathered, table];
}

const isZip = (path: string): boolean => /\.zip$/i.test(path);

async function tableOfZip(file: SourceFile): Promise<SourceFile | undefined> {
  if (file.texts !== undefined || signatureOf(await file.read(0, 4)) !== 'zip') return undefined;
  const directory = await zipDirectory(file);
  if (!directory.ok) return undefined;
  // A window for each class: they are read in turn, and each lies together as a rule.
  const readers = new Map<string, ReturnType<typeof zipReader>>();
  const readerOf = ({ path }: ZipEntry): ReturnType<typeof zipReader> => {
    const label = folderName(path) ?? '';
    const reader = readers.get(label) ?? zipReader(file, WINDOW_BYTES);
    readers.set(label, reader);
    return reader;
  };
  const placed = textsOf(
    directory.value.filter(({ path }) => !isHidden(path)),
    (entry) => entry.compressedBytes,
    (entry) => () => readerOf(entry).read(entry),
  );
  return placed === undefined ? undefined : tableOf(file.path, placed, file.size);
}

/** Of each class. There are MOST_CLASSES at most, and a text takes a few kB. */
const WINDOW_BYTES = 128 * 1024;

/** undefined where the first lines say that these are tables of one header. */
async function tableOf(path: string, folders: TextFolders, size?: number): Promise<SourceFile | undefined> {
  if (await areTables(folders.texts)) return undefined;
  return {
    path,
    size: size ?? folders.texts.reduce((total, { bytes }) => total + bytes, 0),
    // Its rows lie in `texts`.
    read: () => Promise.resolve(new Uint8Array(0)),
    texts: folders,
  };
}

function textsOf<Item extends { readonly path: string }>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
  readerOf: (item: Item) => TextFile['read'],
): TextFolders | undefined {
  if (items.some(({ path }) => OF_ANOTHER_KIND.test(path))) return undefined;
  const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
  const folders = new Set(items.filter(({ path }) => /\.txt$/i.test(path)).map(({ path }) => folderOf(path)));
  // A folder that has others of them in it is none of a class: its texts say what the data are (a README, a list of addresses).
  const around = new Set<string>();
  for (const folder of folders)
    for (let at = folder.indexOf('/'); at >= 0; at = folder.indexOf('/', at + 1))
      if (at + 1 < folder.length) around.add(folder.slice(0, at + 1));
  const byLabel = new Map<string, TextFile[]>();
  const others: string[] = [];
  for (const item of items) {
    const { path } = item;
    const label = folderName(path);
    if (label === undefined || !/\.txt$/i.test(path) || around.has(folderOf(path))) {
      others.push(path);
      continue;
    }
    const own = byLabel.get(label) ?? [];
    byLabel.set(label, own);
    own.push({ path, label, bytes: bytesOf(item), read: readerOf(item) });
  }
  if (byLabel.size < 2) return undefined;
  const classes = [...byLabel.keys()].toSorted().map((label) => byLabel.get(label) ?? []);
  if (classes.length <= MOST_CLASSES) return { texts: inTurn(classes), others };
  return {
    texts: classes.slice(0, HEADS).flatMap(([first]) => first ?? []),
    others,
    refused: `The texts lie in ${classes.length.toLocaleString('en')} folders; a folder is a class, and a model here tells at most ${MOST_CLASSES} apart. Put them into a folder for each class, or bring a table of texts and their labels.`,
  };
}

/** The first of each, the second of each, and so on. */
function inTurn(classes: readonly (readonly TextFile[])[]): readonly TextFile[] {
  const texts: TextFile[] = [];
  let left = classes;
  for (let turn = 0; left.length > 0; turn += 1) {
    for (const { [turn]: text } of left) if (text !== undefined) texts.push(text);
    left = left.filter((own) => own.length > turn + 1);
  }
  return texts;
}

/** Enough for a header, and so many files of which it is that one. */
const HEAD_BYTES = 4096;
const HEADS = 4;

/** Files of one header lie in folders too, of years say: a few of them begin with the same line, with separators in it. */
async function areTables(texts: readonly TextFile[]): Promise<boolean> {
  const lines = new Set<string>();
  for (const text of texts.slice(0, HEADS)) {
    const bytes = await text.read(HEAD_BYTES);
    if (bytes.ok)
      lines.add(new TextDecoder().decode(bytes.value.subarray(0, HEAD_BYTES)).split(/\r?\n/, 1)[0] ?? '');
  }
  const [line = ''] = lines;
  return lines.size === 1 && /[,;\t|]/.test(line);
}

/** "txt_sentoken" where all lie in it; of classes dropped side by side, what they are. */
function commonFolder(texts: readonly TextFile[]): string {
  const [first = ''] = texts[0]?.path.split('/') ?? [];
  return texts.every(({ path }) => path.startsWith(`${first}/`)) ? first : 'texts';
}
