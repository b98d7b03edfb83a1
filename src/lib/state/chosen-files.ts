// What a person chose or dropped, as files with their paths; folders are walked. Nothing is read here.

export interface ChosenFile {
  /** With the folders inside what was chosen: "digits/3/0001.png". */
  readonly path: string;
  readonly file: File;
  /** Where the browser gives one: by it the file can be read again another day. */
  readonly handle?: FileSystemFileHandle;
  /** Where it was fetched from: likewise. */
  readonly address?: string;
}

/** What of WICG File System Access (§2.2, §3, §4) TypeScript's library has not yet; Chromium has it. */
declare global {
  interface FileSystemHandle {
    queryPermission?(descriptor: { readonly mode: 'read' }): Promise<PermissionState>;
    requestPermission?(descriptor: { readonly mode: 'read' }): Promise<PermissionState>;
  }
  interface DataTransferItem {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
  }
  var showOpenFilePicker:
    ((options: { readonly multiple: boolean }) => Promise<readonly FileSystemFileHandle[]>) | undefined;
}

/** undefined where this browser has no picker that gives handles. Resolves to nothing where the person chose nothing. */
export const filesOfPicker =
  globalThis.showOpenFilePicker === undefined
    ? undefined
    : async (): Promise<readonly ChosenFile[]> => {
        try {
          const handles = (await globalThis.showOpenFilePicker?.({ multiple: true })) ?? [];
          return await Promise.all(
            handles.map(async (handle) => ({ path: handle.name, file: await handle.getFile(), handle })),
          );
        } catch (error) {
          if (error instanceof DOMException && error.name === 'AbortError') return [];
          throw error;
        }
      };

export const filesOfInput = (list: FileList | null): readonly ChosenFile[] =>
  [...(list ?? [])].map((file) => ({
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
    file,
  }));

/** Files and folders of a drop. Call it within the drop event: the entries are gone after it. */
export async function filesOfDrop(transfer: DataTransfer): Promise<readonly ChosenFile[]> {
  const entries = [...transfer.items].map((item) => ({
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
    handle: item.getAsFileSystemHandle?.().catch(() => null),
  }));
  const found = await Promise.all(
    entries.map(async ({ entry, file, handle }) => {
      if (entry !== null && !isFile(entry)) return walk(entry, '');
      const kept = await handle;
      const own = isFileHandle(kept) ? { handle: kept } : {};
      const files = entry !== null ? await walk(entry, '') : file === null ? [] : [{ path: file.name, file }];
      return files.map((one) => ({ ...one, ...own }));
    }),
  );
  return found.flat();
}

async function walk(entry: FileSystemEntry, folder: string): Promise<readonly ChosenFile[]> {
  const path = `${folder}${entry.name}`;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path, file }];
  }
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const inside: FileSystemEntry[] = [];
  // A reader gives at most a hundred entries a call, and an empty list at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map((one) => walk(one, `${path}/`)))).flat();
}

const isFileHandle = (handle: FileSystemHandle | null | undefined): handle is FileSystemFileHandle =>
  handle?.kind === 'file';
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

// What a picker offers, by endings and media types: the one list of what the readers take.
export const TABLE_FILES =
  '.csv,.tsv,.tab,.txt,.data,.dat,.xlsx,.arff,.json,.jsonl,.ndjson,.parquet,.arrow,.feather,.gz,.zip,text/csv,text/tab-separated-values';
/** A table beside pictures or recordings, of their names and classes. */
export const LIST_FILES = '.csv,.tsv,text/csv';
export const PICTURE_FILES = '.png,.jpg,.jpeg,.webp,.zip,.gz,image/png,image/jpeg,image/webp';
export const SOUND_NAMES = '.wav,.mp3,.flac,.ogg,.oga,.opus,audio/wav,audio/mpeg,audio/flac,audio/ogg';
export const SOUND_FILES = `${SOUND_NAMES},.zip`;

/** What a model is asked of, by what it takes. */
export const ASKED_FILES = {
  rows: TABLE_FILES,
  windows: TABLE_FILES,
  'pictures or recordings': `${PICTURE_FILES},${SOUND_FILES}`,
} as const;
