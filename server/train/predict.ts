// `tributary predict`: a model's file and files of rows, pictures or recordings, by their paths.
import { readFile } from 'node:fs/promises';
import { createTrainer } from '#lib/adapters/engines/node.ts';
import { sourceFiles } from '#lib/adapters/node/data-path.ts';
import { decodeImageInNode } from '#lib/adapters/node/decode-image.ts';
import { thingOf } from '#lib/core/data/example-words.ts';
import { createEngine } from '#lib/participant/engine.ts';
import type { WayToExplain } from '#lib/participant/workbench/explain.ts';
import { readModelFile, type OpenedModel } from '#lib/participant/workbench/model-file.ts';
import { predictFiles, type Predicted } from '#lib/participant/workbench/predict-files.ts';
import { UnusableTraining } from './unusable.ts';

/** As in a tab. */
const BACKEND = 'simd';
export const usualEngine = () =>
  createEngine(
    { backend: BACKEND, description: BACKEND, reason: 'It is everywhere.', reports: [] },
    createTrainer,
  );

/** Rejects with UnusableTraining. */
export async function openModel(path: string): Promise<OpenedModel> {
  const opened = readModelFile(await failing(path, () => readFile(path, 'utf8')));
  if (!opened.ok) throw new UnusableTraining(`${path}: ${opened.error}`);
  return opened.value;
}

/** In the order of the rows. Rejects with UnusableTraining, and with the signal's reason. */
export async function predictPaths(
  model: OpenedModel,
  paths: readonly string[],
  explains: WayToExplain | null,
  signal: AbortSignal,
): Promise<Predicted> {
  const { contract } = model;
  if (explains !== null && contract.kind !== 'table')
    throw new UnusableTraining(
      `--explain says what each column of a table adds, and this model takes ${thingOf(contract)}s. Leave it out.`,
    );
  const files = await failing(paths.join(', '), () => sourceFiles(paths));
  const predicted = await predictFiles(model, files, {
    explains: explains === null ? null : { way: explains, most: Infinity },
    openEngine: usualEngine,
    decodeImage: decodeImageInNode,
    signal,
  });
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
