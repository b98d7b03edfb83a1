// Pictures and recordings whose classes stand in a table beside them, as most are published: a row a file, with its name and its class
// (ESC-50’s meta/esc50.csv, Piczak 2015; HAM10000_metadata.csv, Tschandl et al. 2018; labels.csv of many competitions), or with a
// column of 0 and 1 for each class (ISIC 2018). The table lies beside the files or in their archive. Each file is then found where its
// class’s folder would be: whatever reads class folders reads this, and nothing else knows of lists.
import { columnsOf, type FileFinder, type ListColumns, type ListOptions } from './label-columns.ts';
import { quoted } from './import-report.ts';
import {
  fileName,
  isHidden,
  PICTURE_NAME,
  signatureOf,
  SOUND_NAME,
  sourceOfBytes,
  type SourceFile,
} from './source-file.ts';
import { readHead, type TableHead } from './table/read-head.ts';
import { zipDirectory, zipReader } from './zip-directory.ts';

/** What the lists say of the files of a source. */
export interface FilePlaces {
  /** As a folder of its class would hold it; undefined where no list names the file. */
  ofPath(path: string): string | undefined;
  /** It is a list itself, and no example. */
  isList(path: string): boolean;
  /** Names of the lists, for who says that a file is on none of them. */
  readonly lists: string;
}

export interface Listed {
  /** Without lists that lay loose. */
  readonly files: readonly SourceFile[];
  /** What a person should know of each list. */
  readonly notes: readonly string[];
}

const LIST = /\.(csv|tsv|tab|jsonl|ndjson|json|parquet|xlsx)$/i;
const isMedia = (path: string): boolean => PICTURE_NAME.test(path) || SOUND_NAME.test(path);
/** What competitions give as a pattern for answers: its labels are made up. */
const PATTERN = /submission/i;
/** Of one list. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Where classes of files are looked for: in the place that a list gives it, else in its path. */
export const classPath = ({ places }: Pick<SourceFile, 'places'>, path: string): string =>
  places?.ofPath(path) ?? path;

/** The files as they were where there is no list, or none of their names is on one. Rejects with the signal's reason. */
export async function withLabelLists(
  files: readonly SourceFile[],
  options: ListOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<Listed> {
  const found = await mediaAndLists(files, options.signal);
  if (found === undefined) return { files, notes: [] };
  const places = new Map<string, string>();
  const listPaths = new Set<string>();
  const names: string[] = [];
  const notes: string[] = [];
  const lookUp = fileFinder(found.media);
  const areSounds = found.media.some((path) => SOUND_NAME.test(path));
  for (const list of found.lists) {
    options.signal?.throwIfAborted();
    const table = await list.table();
    const columns = table === undefined ? undefined : columnsOf(table, lookUp, { ...options, areSounds });
    if (table === undefined || columns === undefined) continue;
    const taken = takeList(table, columns, lookUp, places);
    listPaths.add(list.path);
    names.push(quoted(fileName(list.path)));
    notes.push(spokenList(fileName(list.path), columns, taken));
  }
  if (listPaths.size === 0) return { files, notes: [] };
  const all: FilePlaces = {
    ofPath: (path) => places.get(path),
    isList: (path) => listPaths.has(path),
    lists: names.join(', '),
  };
  const rest = files.filter(({ path }) => !listPaths.has(path));
  return { files: rest.map((file) => ({ ...file, places: all })), notes };
}

interface FoundList {
  readonly path: string;
  /** undefined where it cannot be read as a table. */
  table(): Promise<TableHead | undefined>;
}

/** undefined where nothing can be a list of anything. Paths are those of the files, and of an archive’s entries within it. */
async function mediaAndLists(
  files: readonly SourceFile[],
  signal: AbortSignal | undefined,
): Promise<{ readonly media: readonly string[]; readonly lists: readonly FoundList[] } | undefined> {
  const media: string[] = [];
  const lists: FoundList[] = [];
  const visible = files.filter(({ path, texts }) => texts === undefined && !isHidden(path));
  const mayList = (path: string): boolean => LIST.test(path) && !PATTERN.test(path);
  for (const file of visible) {
    signal?.throwIfAborted();
    if (isMedia(file.path)) media.push(file.path);
    else if (mayList(file.path) && file.size <= MOST_BYTES)
      lists.push({ path: file.path, table: () => onceOf(file, file.path, () => tableOf(file)) });
    else if (/\.zip$/i.test(file.path) && signatureOf(await file.read(0, 4)) === 'zip') {
      const directory = await zipDirectory(file);
      if (!directory.ok) continue;
      for (const entry of directory.value.filter(({ path }) => !isHidden(path))) {
        if (isMedia(entry.path)) media.push(entry.path);
        else if (mayList(entry.path) && entry.bytes <= MOST_BYTES)
          lists.push({
            path: entry.path,
            table: () =>
              onceOf(file, entry.path, async () => {
                const read = await zipReader(file).read(entry);
                return read.ok ? tableOf(sourceOfBytes(entry.path, read.value)) : undefined;
              }),
          });
      }
    }
  }
  return media.length === 0 || lists.length === 0 ? undefined : { media, lists };
}

/** What looks into files, drafts their contract and reads them asks the same lists: each is read once, for as long as its file is held. */
const tables = new WeakMap<SourceFile, Map<string, Promise<TableHead | undefined>>>();

function onceOf(
  file: SourceFile,
  path: string,
  read: () => Promise<TableHead | undefined>,
): Promise<TableHead | undefined> {
  const known = tables.get(file) ?? new Map<string, Promise<TableHead | undefined>>();
  tables.set(file, known);
  const table = known.get(path) ?? read();
  known.set(path, table);
  // Asked again, it is tried again.
  table.catch(() => known.delete(path));
  return table;
}

async function tableOf(file: SourceFile): Promise<TableHead | undefined> {
  const table = await readHead(file, Infinity);
  return table.ok ? table.value : undefined;
}

function fileFinder(paths: readonly string[]): FileFinder {
  const byName = new Map<string, string[]>();
  const note = (name: string, path: string): void => {
    const own = byName.get(name);
    if (own === undefined) byName.set(name, [path]);
    else own.push(path);
  };
  for (const path of paths) {
    const name = fileName(path);
    note(name, path);
    note(name.replace(/\.[^.]*$/, ''), path);
  }
  return (cell) => {
    const asked = cell
      .trim()
      .replaceAll('\\', '/')
      .replace(/^(\.?\/)+/, '');
    const named = byName.get(fileName(asked)) ?? [];
    if (named.length <= 1 && !asked.includes('/')) return named[0];
    const ofPath = named.filter((path) => {
      const bare = path.replace(/\.[^./]*$/, '');
      return [path, bare].some(
        (one) => one === asked || one.endsWith(`/${asked}`) || asked.endsWith(`/${one}`),
      );
    });
    // A path that holds for none may be that of another computer: its name alone decides where it is one file’s.
    if (ofPath.length === 0) return named.length === 1 ? named[0] : undefined;
    return ofPath.length === 1 ? ofPath[0] : undefined;
  };
}

interface Taken {
  readonly placed: number;
  /** Files whose rows say different classes. */
  readonly unclear: number;
  /** Rows whose file is not here. */
  readonly missing: number;
}

function takeList(
  { rows }: TableHead,
  columns: ListColumns,
  lookUp: FileFinder,
  places: Map<string, string>,
): Taken {
  let missing = 0;
  const found = new Map<string, { readonly label: string; readonly place: string }>();
  const unclear = new Set<string>();
  for (const row of rows) {
    const path = lookUp(row[columns.name] ?? '');
    if (path === undefined) {
      missing += 1;
      continue;
    }
    const label = columns.labelOf(row);
    if (label === undefined) continue;
    const group = columns.group === undefined ? '' : (row[columns.group] ?? '').replace(/[_/\s]+/g, '-');
    if ((found.get(path)?.label ?? label) !== label) unclear.add(path);
    const place = `${label.replaceAll('/', ' ')}/${group === '' ? '' : `${group}_`}${fileName(path)}`;
    found.set(path, { label, place });
  }
  for (const path of unclear) found.delete(path);
  for (const [path, { place }] of found) places.set(path, place);
  return { placed: found.size, unclear: unclear.size, missing };
}

function spokenList(
  name: string,
  { spokenClass, spokenGroup }: ListColumns,
  { placed, unclear, missing }: Taken,
): string {
  const files = `${placed.toLocaleString('en')} ${placed === 1 ? 'file' : 'files'}`;
  const lacking =
    missing === 0
      ? ''
      : ` ${missing.toLocaleString('en')} ${missing === 1 ? 'row names a file that is' : 'rows name files that are'} not here.`;
  const without =
    unclear === 0
      ? ''
      : ` ${unclear.toLocaleString('en')} ${unclear === 1 ? 'file has' : 'files have'} rows of different classes, and none.`;
  return `${quoted(name)} names ${files}: ${spokenClass}${spokenGroup}.${without}${lacking}`;
}
