// `tributary predict`: a model's file and files of rows, by their paths.
import { readFile } from 'node:fs/promises';
import { sourceFiles } from '#lib/adapters/node/data-path.ts';
import type { WayToExplain } from '#lib/participant/workbench/explain.ts';
import { readModelFile, type OpenedModel } from '#lib/participant/workbench/model-file.ts';
import { predictFiles, type Predicted } from '#lib/participant/workbench/predict-files.ts';
import { UnusableTraining } from './unusable.ts';

/** Rejects with UnusableTraining. */
export async function openModel(path: string): Promise<OpenedModel> {
  const opened = readModelFile(await failing(path, () => readFile(path, 'utf8')));
  if (!opened.ok) throw new UnusableTraining(`${path}: ${opened.error}`);
  return opened.value;
}

/** In the order of the rows. Rejects with UnusableTraining, and with the signal's reason. */
export async function predictRows(
  model: OpenedModel,
  paths: readonly string[],
  explains: WayToExplain | null,
  signal: AbortSignal,
): Promise<Predicted> {
  const files = await failing(paths.join(', '), () => sourceFiles(paths));
  const predicted = await predictFiles(model, files, explains, signal);
  if (!predicted.ok) throw new UnusableTraining(predicted.error);
  return predicted.value;
}

async function failing<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    throw new UnusableTraining(
      cause.code === 'ENOENT' ? `There is nothing at ${path}.` : `${path} cannot be read: ${cause.message}`,
      { cause },
    );
  }
}
