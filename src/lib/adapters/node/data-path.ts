// The files that a person would drop, read from paths in Node: CSVs, a zip, IDX pairs, a folder of any of them.
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DataContract } from '../../core/data/contract.ts';
import { joinExamples, type Examples } from '../../core/data/examples.ts';
import { importFiles, type ImportOptions } from '../../modalities/import.ts';
import type { ImportPreview, ImportReport } from '../../modalities/import-report.ts';
import { inferContract } from '../../modalities/infer.ts';
import { fileName, type SourceFile } from '../../modalities/source-file.ts';
import type { TableReading } from '../../modalities/table/table-reading.ts';
import { decodeImageInNode } from './decode-image.ts';

/** A file on disk; opened for each read, so that a folder of thousands needs no thousands of handles. */
export function sourceOfPath(path: string, size: number, shownAs: string): SourceFile {
  return {
    path: shownAs,
    size,
    async read(start, end) {
      const length = Math.max(0, Math.min(end, size) - start);
      const bytes = new Uint8Array(length);
      const handle = await open(path, 'r');
      try {
        let done = 0;
        while (done < length) {
          const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return done === length ? bytes : bytes.subarray(0, done);
      } finally {
        await handle.close();
      }
    },
  };
}

/** All files of the given files and folders, as they would come from a file picker; `reading` is said of their tables. Rejects with Node's error for a path that is not there. */
export async function sourceFiles(
  paths: string | readonly string[],
  reading?: TableReading,
): Promise<SourceFile[]> {
  const found: SourceFile[] = [];
  const visit = async (path: string, shownAs: string): Promise<void> => {
    const about = await stat(path);
    if (about.isFile())
      found.push({
        ...sourceOfPath(path, about.size, shownAs),
        ...(reading === undefined ? {} : { reading }),
      });
    if (!about.isDirectory()) return;
    for (const name of (await readdir(path)).toSorted()) await visit(join(path, name), `${shownAs}/${name}`);
  };
  for (const path of typeof paths === 'string' ? [paths] : paths) await visit(path, basename(path));
  return found;
}

/**
 * Which of published training and test files to take where both lie together: 'training' leaves out files named t10k…, test… or
 * …-test, 'test' takes only those. Where all files are of one kind, all of them are meant.
 */
export type DataPart = 'all' | 'training' | 'test';

const isTestFile = (file: SourceFile): boolean => {
  const words = fileName(file.path)
    .toLowerCase()
    .split(/[._\- ]+/);
  return words[0] === 't10k' || words.includes('test');
};

function partOf(files: readonly SourceFile[], part: DataPart): readonly SourceFile[] {
  if (part === 'all' || files.every(isTestFile) || !files.some(isTestFile)) return files;
  return files.filter((file) => isTestFile(file) === (part === 'test'));
}

/** Whether published training and test files lie together. */
export const haveTestFiles = (files: readonly SourceFile[]): boolean =>
  files.some(isTestFile) && !files.every(isTestFile);

export interface ReadFilesOptions extends Pick<ImportOptions, 'signal' | 'onProgress'> {
  readonly part?: DataPart;
}

export interface ReadDataOptions extends ReadFilesOptions {
  /** Said of the tables, and of the lists beside pictures and recordings. */
  readonly reading?: TableReading | undefined;
}

export interface ReadData {
  /** The given contract, or the one inferred from the files. */
  readonly contract: DataContract;
  /** undefined where nothing could be used: the report says why. */
  readonly examples: Examples | undefined;
  /** Rows [start, end) of `examples` that came from each file, in the order read. */
  readonly files: readonly { readonly path: string; readonly start: number; readonly end: number }[];
  readonly report: ImportReport;
  readonly preview: ImportPreview;
}

/** No contract was given and none could be drafted from the files; the message says why. */
export class NoContract extends Error {
  override readonly name = 'NoContract';
}

/**
 * Reads files into memory, checked and encoded against the contract; without one (null), against a draft made from the files
 * themselves. Rejects with NoContract, and with the signal's reason.
 */
export async function readDataFiles(
  all: readonly SourceFile[],
  contract: DataContract | null,
  { part = 'all', ...options }: ReadFilesOptions = {},
): Promise<ReadData> {
  const sources = partOf(all, part);
  const inferred = contract === null ? await inferContract(sources) : undefined;
  if (inferred?.ok === false) throw new NoContract(inferred.error.message);
  const used = contract ?? inferred?.value.contract;
  if (used === undefined) throw new NoContract('There is no data contract.');

  const parts: Examples[] = [];
  const files: { path: string; start: number; end: number }[] = [];
  const sink = {
    append(examples: Examples): Promise<void> {
      parts.push(examples);
      return Promise.resolve();
    },
  };
  const { report, preview } = await importFiles(sources, used, sink, {
    ...options,
    decodeImage: decodeImageInNode,
    onFile: (path, examples) => files.push({ path, start: files.at(-1)?.end ?? 0, end: examples }),
  });
  const examples = report.unfit === null ? joinExamples(parts) : undefined;
  return { contract: used, examples, files, report, preview };
}

/** Likewise of everything under `paths`. Rejects with Node's error, too, for a path that is not there. */
export const readDataPath = async (
  paths: string | readonly string[],
  contract: DataContract | null,
  { reading, ...options }: ReadDataOptions = {},
): Promise<ReadData> => readDataFiles(await sourceFiles(paths, reading), contract, options);
