// What a saved model says of rows that it has not seen, and why: the reading and encoding of `train`, to the same bits.
import { readFile } from 'node:fs/promises';
import { sourceFiles } from '#lib/adapters/node/data-path.ts';
import { classLabels, exampleShape } from '#lib/core/data/contract.ts';
import { predictedClass } from '#lib/core/metrics/class-scores.ts';
import { readRawTable } from '#lib/modalities/raw-table.ts';
import { explainRow, type Explanation, type WayToExplain } from '#lib/participant/workbench/explain.ts';
import { servedRows } from '#lib/participant/workbench/prepare.ts';
import { readModelFile, type OpenedModel } from '#lib/participant/workbench/model-file.ts';
import { UnusableTraining } from './setup.ts';

export interface Prediction {
  /** Of its file, from 1, the header not counted, rows that could not be read counted. */
  readonly row: number;
  /** Where there are several. */
  readonly file: string | undefined;
  /** The class, or the number. */
  readonly says: string | number;
  /** Share of each class; undefined for a number. */
  readonly shares: Readonly<Record<string, number>> | undefined;
  readonly explanation: Explanation | undefined;
}

/** Rejects with UnusableTraining. */
export async function openModel(path: string): Promise<OpenedModel> {
  const opened = readModelFile(await failing(path, () => readFile(path, 'utf8')));
  if (!opened.ok) throw new UnusableTraining(`${path}: ${opened.error}`);
  return opened.value;
}

export interface Predicted {
  readonly predictions: readonly Prediction[];
  /** Cells that hold what the model never saw, read as missing. */
  readonly unseen: number;
  /** Rows that nothing is predicted of, and why the first was not. */
  readonly leftOut: number;
  readonly firstReason: string | undefined;
}

/** In the order of the rows. Rejects with UnusableTraining, and with the signal's reason. */
export async function predictRows(
  model: OpenedModel,
  paths: readonly string[],
  explains: WayToExplain | null,
  signal: AbortSignal,
): Promise<Predicted> {
  const { contract, predictor, preparation } = model;
  if (contract.kind !== 'table' || preparation === undefined)
    throw new UnusableTraining('This model takes pictures; rows of tables alone are predicted here.');
  const files = await failing(paths.join(', '), () => sourceFiles(paths));
  const table = await readRawTable(files, preparation.inputs[0] ?? '', signal);
  if (!table.ok) throw new UnusableTraining(table.error);
  const served = servedRows(preparation, contract, table.value);
  if (!served.ok) throw new UnusableTraining(served.error);
  const { features, unseen } = served.value;
  const count = table.value.rows.length;
  const outputs = predictor.predict(features, count);
  const width = exampleShape(contract)[0] ?? 0;
  const labels = classLabels(contract);
  const { target } = contract;
  const isOne = table.value.files.length === 1;
  const predictions: Prediction[] = [];
  for (let at = 0; at < count; at += 1) {
    signal.throwIfAborted();
    const explanation =
      explains === null
        ? undefined
        : explainRow(model, features.subarray(at * width, (at + 1) * width), explains);
    const row = table.value.numbers[at] ?? 0;
    const file = isOne ? undefined : table.value.files.findLast(({ from }) => from <= at)?.name;
    if (labels === undefined || target.type === 'number') {
      const [scale, shift] = target.type === 'number' ? [target.standardDeviation, target.mean] : [1, 0];
      predictions.push({ row, file, says: outputs[at]! * scale + shift, shares: undefined, explanation });
      continue;
    }
    const best = predictedClass(outputs, at, labels.length);
    const shares = Object.fromEntries(
      labels.map((label, one) => [label, outputs[at * labels.length + one]!]),
    );
    predictions.push({ row, file, says: labels[best] ?? '', shares, explanation });
  }
  return {
    predictions,
    unseen,
    leftOut: table.value.unreadable,
    firstReason: table.value.firstProblem,
  };
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
