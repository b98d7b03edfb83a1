// The files that a person would drop, read from paths in Node: CSVs, a zip, IDX pairs, a folder of any of them.
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DataContract } from '../../core/data/contract.ts';
import { joinExamples, type Examples } from '../../core/data/examples.ts';
import { importFiles, type ImportOptions } from '../../modalities/import.ts';
import type { ImportPreview, ImportReport } from '../../modalities/import-report.ts';
import { fileName, type SourceFile } from '../../modalities/source-file.ts';
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

/** All files of the given files and folders, as they would come from a file picker. Rejects with Node's error for a path that is not there. */
export async function sourceFiles(paths: string | readonly string[]): Promise<SourceFile[]> {
  const found: SourceFile[] = [];
  const visit = async (path: string, shownAs: string): Promise<void> => {
    const about = await stat(path);
    if (about.isFile()) found.push(sourceOfPath(path, about.size, shownAs));
    if (!about.isDirectory()) return;
    for (const name of (await readdir(path)).toSorted()) await visit(join(path, name), `${shownAs}/${name}`);
  };
  for (const path of typeof paths === 'string' ? [paths] : paths) await visit(path, basename(path));
  return found;
}

/**
 * Which of published training and test files to take: 'training' leaves out files named t10k… or test…, 'test' takes only those.
 */
export type DataPart = 'all' | 'training' | 'test';

const isTestFile = (file: SourceFile): boolean => /^(t10k|test)\b/i.test(fileName(file.path).replace(/[._-]/g, ' '));

export interface ReadDataOptions extends Pick<ImportOptions, 'signal' | 'onProgress'> {
  readonly part?: DataPart;
}

export interface ReadData {
  /** undefined where nothing could be used: the report says why. */
  readonly examples: Examples | undefined;
  /** The file that each example came from would be lost in `examples`: rows a file, in the order read. */
  readonly report: ImportReport;
  readonly preview: ImportPreview;
}

/** Reads everything under `paths` into memory, checked and encoded against the contract. */
export async function readDataPath(
  paths: string | readonly string[],
  contract: DataContract,
  options: ReadDataOptions = {},
): Promise<ReadData> {
  const part = options.part ?? 'all';
  const files = (await sourceFiles(paths)).filter((file) => part === 'all' || isTestFile(file) === (part === 'test'));
  const parts: Examples[] = [];
  const sink = {
    append(examples: Examples): Promise<void> {
      parts.push(examples);
      return Promise.resolve();
    },
  };
  const { report, preview } = await importFiles(files, contract, sink, { ...options, decodeImage: decodeImageInNode });
  return { examples: joinExamples(parts), report, preview };
}
