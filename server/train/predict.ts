// What a saved model says of rows that it has not seen, and why: the reading and encoding of `train`, to the same bits.
import { readFile } from 'node:fs/promises';
import { sourceFiles } from '#lib/adapters/node/data-path.ts';
import { classLabels, exampleShape } from '#lib/core/data/contract.ts';
import { predictedClass } from '#lib/core/metrics/class-scores.ts';
import { encodeTable } from '#lib/modalities/fit-table.ts';
import { readRawTable } from '#lib/modalities/raw-table.ts';
import { tableInputs } from '#lib/modalities/table-inputs.ts';
import { explainRow, type Explanation, type WayToExplain } from '#lib/participant/workbench/explain.ts';
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
  const { contract, predictor } = model;
  if (contract.kind !== 'table')
    throw new UnusableTraining('This model takes pictures; rows of tables alone are predicted here.');
  const files = await failing(paths.join(', '), () => sourceFiles(paths));
  const table = await readRawTable(files, contract.columns[0]?.name ?? '', signal);
  if (!table.ok) throw new UnusableTraining(table.error);
  const inputs = tableInputs(table.value, contract);
  if (!inputs.ok) throw new UnusableTraining(inputs.error);
  const all = Uint32Array.from(inputs.value.rows, (_, row) => row);
  const encoded = encodeTable({ ...inputs.value, field: undefined }, contract, all);
  if (!encoded.ok) throw new UnusableTraining(encoded.error);
  const { examples, rows, unseen } = encoded.value;
  const features = Float32Array.from(examples.features);
  const outputs = predictor.predict(features, examples.count);
  const width = exampleShape(contract)[0] ?? 0;
  const labels = classLabels(contract);
  const { target } = contract;
  const isOne = table.value.files.length === 1;
  const predictions: Prediction[] = [];
  for (let at = 0; at < examples.count; at += 1) {
    signal.throwIfAborted();
    const explanation =
      explains === null
        ? undefined
        : explainRow(model, features.subarray(at * width, (at + 1) * width), explains);
    const place = rows[at] ?? 0;
    const row = table.value.numbers[place] ?? 0;
    const file = isOne ? undefined : table.value.files.findLast(({ from }) => from <= place)?.name;
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
    leftOut: table.value.unreadable + encoded.value.refused,
    firstReason: table.value.firstProblem ?? encoded.value.firstRefusal,
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
