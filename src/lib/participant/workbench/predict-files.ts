// What a saved model says of rows that it has not seen, and why: the reading and encoding of training, to the same bits.
import * as v from 'valibot';
import { thingOf } from '../../core/data/example-words.ts';
import { classLabels, exampleShape } from '../../core/data/contract.ts';
import { predictedClass } from '../../core/metrics/class-scores.ts';
import type { FittedRecipe } from '../../core/recipe/fit.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { readRawTable } from '../../modalities/raw-table.ts';
import type { SourceFile } from '../../modalities/source-file.ts';
import { markedText, type MarkedPart } from '../../core/explanation/marked-text.ts';
import { explainRow, type Explanation, type WayToExplain } from './explain.ts';
import type { OpenedModel } from './model-file.ts';
import { servedRows } from './prepare.ts';

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
  /** Of a model of texts that is explained: each text with what its words add. */
  readonly marked?: readonly { readonly column: string; readonly parts: readonly MarkedPart[] }[];
}

export interface Predicted {
  readonly predictions: readonly Prediction[];
  /** Cells that hold what the model never saw, read as missing. */
  readonly unseen: number;
  /** Cells that are missing where no row learnt from lacked one: the usual number stands in, or none of the categories. */
  readonly stoodIn: number;
  /** Rows that nothing is predicted of, and why the first was not. */
  readonly leftOut: number;
  readonly firstReason: string | undefined;
}

/** In the order of the rows. Refused in a sentence; rejects with the signal's reason and what the files reject with. */
export async function predictFiles(
  model: OpenedModel,
  files: readonly SourceFile[],
  explains: WayToExplain | null,
  signal: AbortSignal,
): Promise<Result<Predicted, string>> {
  const { contract, predictor, preparation } = model;
  if (contract.kind !== 'table' || preparation === undefined)
    return fail(
      `This model takes ${contract.kind === 'table' ? 'windows of a series' : `${thingOf(contract)}s`}; rows of tables alone are predicted here.`,
    );
  const table = await readRawTable(files, preparation.inputs[0] ?? '', signal);
  if (!table.ok) return table;
  const served = servedRows(preparation, { contract, mean: model.mean }, table.value);
  if (!served.ok) return served;
  const { features, unseen, stoodIn } = served.value;
  const count = table.value.rows.length;
  const outputs = predictor.predict(features, count);
  const width = exampleShape(contract)[0] ?? 0;
  const labels = classLabels(contract);
  const { target } = contract;
  const isOne = table.value.files.length === 1;
  const predictions: Prediction[] = [];
  for (let at = 0; at < count; at += 1) {
    signal.throwIfAborted();
    const explained =
      explains === null
        ? undefined
        : explainRow(model, features.subarray(at * width, (at + 1) * width), explains);
    // What cannot be explained so of one row can be of none.
    if (explained?.ok === false) return explained;
    const explanation = explained?.value;
    const marked = explanation?.words?.map(({ column, words }) => ({
      column,
      parts: markedText(
        table.value.rows[at]?.[table.value.header.indexOf(column)] ?? '',
        words,
        termSettings(preparation, column),
      ),
    }));
    const why = marked === undefined ? { explanation } : { explanation, marked };
    const row = table.value.numbers[at] ?? 0;
    const file = isOne ? undefined : table.value.files.findLast(({ from }) => from <= at)?.name;
    if (labels === undefined || target.type === 'number') {
      const [scale, shift] = target.type === 'number' ? [target.standardDeviation, target.mean] : [1, 0];
      predictions.push({ row, file, says: outputs[at]! * scale + shift, shares: undefined, ...why });
      continue;
    }
    const best = predictedClass(outputs, at, labels.length);
    const shares = Object.fromEntries(
      labels.map((label, one) => [label, outputs[at * labels.length + one]!]),
    );
    predictions.push({ row, file, says: labels[best] ?? '', shares, ...why });
  }
  return ok({
    predictions,
    unseen,
    stoodIn,
    leftOut: table.value.unreadable,
    firstReason: table.value.firstProblem,
  });
}

const TermState = v.array(v.looseObject({ name: v.string() }));

/** What the step that made terms of the column takes for one. */
function termSettings({ recipe, states }: FittedRecipe, column: string) {
  const at = recipe.steps.findIndex(({ step }, index) => {
    const state = v.safeParse(TermState, states[index]);
    return step === 'terms' && state.success && state.output.some(({ name }) => name === column);
  });
  const settings = recipe.steps[at]?.settings;
  return { of: String(settings?.['of'] ?? 'words'), longest: Number(settings?.['longest'] ?? 1) };
}
