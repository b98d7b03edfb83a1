// What a saved model says of what it has not seen, and why: rows of a table, the latest rows of a series, pictures and recordings. The
// reading and encoding are those of training, to the same bits.
import * as v from 'valibot';
import { thingOf } from '../../core/data/example-words.ts';
import { classLabels, exampleShape, textColumns, type PlaneContract } from '../../core/data/contract.ts';
import { markedText, type MarkedPart } from '../../core/explanation/marked-text.ts';
import { predictedClass } from '../../core/metrics/class-scores.ts';
import type { FittedRecipe } from '../../core/recipe/fit.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { listOf, quoted } from '../../core/spoken-list.ts';
import type { DecodeImage } from '../../modalities/image/picture.ts';
import { readRawTable, type RawTable } from '../../modalities/raw-table.ts';
import { encodeRow } from '../../modalities/table/row-encoder.ts';
import type { SourceFile } from '../../modalities/source-file.ts';
import type { Engine } from '../engine.ts';
import { askModel } from './ask-model.ts';
import { explainRow, type Explanation, type WayToExplain } from './explain.ts';
import type { OpenedModel, VersionReading } from './model-file.ts';
import { servedWindows } from './predict-windows.ts';
import { servedRows } from './prepare.ts';

export interface Prediction {
  /** Of its file, from 1, the header not counted, rows that could not be read counted; of a window its last; null: the file is the example, or the window's last moment has no row. */
  readonly row: number | null;
  /** Where there are several. */
  readonly file: string | undefined;
  /** Of a window: the moment that is foretold. */
  readonly time?: string;
  /** Of a window, where there are several. */
  readonly series?: string;
  /** The class, or the number. */
  readonly says: string | number;
  /** Share of each class; undefined for a number, and for a group. */
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
  /** Rows or files that nothing is predicted of, and why the first were not, in sentences. */
  readonly leftOut: number;
  readonly reasons: readonly string[];
}

export interface PredictOptions {
  /** Rows alone: of more than `most` none is explained; null: none at all. */
  readonly explains: { readonly way: WayToExplain; readonly most: number } | null;
  /** What networks of windows, pictures and sound are asked on. */
  readonly openEngine: () => Engine;
  readonly decodeImage: DecodeImage;
  readonly signal: AbortSignal;
}

/** In the order of the rows. Refused in a sentence; rejects with the signal's reason and what the files reject with. */
export async function predictFiles(
  model: OpenedModel,
  files: readonly SourceFile[],
  options: PredictOptions,
): Promise<Result<Predicted, string>> {
  const { contract, preparation, windows, reading } = model;
  if (contract.kind !== 'table') return predictPlanes(model, contract, files, options);
  const { signal } = options;
  if (reading !== undefined) {
    const [first] = reading.contract.columns;
    const table = await readRawTable(files, first?.name ?? '', signal);
    return table.ok ? predictByVersion(model, reading, table.value, options) : table;
  }
  if (windows !== undefined) {
    const table = await readRawTable(files, windows.channels[0]?.column ?? '', signal);
    if (!table.ok) return table;
    const served = servedWindows(windows, contract, table.value);
    if (!served.ok) return served;
    const { features, places, unseen, leftOut, reasons } = served.value;
    const outputs = await askModel(model, options.openEngine, features, places.length, signal);
    const predictions = predictRows(model, features, outputs, options, (at) => {
      const row = places[at]?.row ?? null;
      return { ...places[at], ...(row === null ? { row, file: undefined } : placeIn(table.value, row)) };
    });
    return predictions.ok
      ? ok(predicted(table.value, predictions.value, { unseen, stoodIn: 0 }, reasons, leftOut))
      : predictions;
  }
  if (preparation === undefined)
    return fail(
      'This model takes windows of a series, and was saved before they could be made of new rows. Train it again, and save it.',
    );
  const table = await readRawTable(files, preparation.inputs[0] ?? '', signal);
  if (!table.ok) return table;
  const served = servedRows(preparation, { contract, mean: model.mean }, table.value);
  if (!served.ok) return served;
  const { features } = served.value;
  const outputs = model.predictor.predict(features, table.value.rows.length);
  const predictions = predictRows(model, features, outputs, options, (at) => placeIn(table.value, at));
  if (!predictions.ok) return predictions;
  const marked = predictions.value.map((one, at) => {
    const words = one.explanation?.words;
    return words === undefined ? one : { ...one, marked: markedTexts(table.value, at, words, preparation) };
  });
  return ok(predicted(table.value, marked, served.value));
}

/** Rows that the federation's contract does not take are left out, with the reason, as devices leave them out. */
function predictByVersion(
  model: OpenedModel,
  { contract, preparing }: VersionReading,
  table: RawTable,
  options: PredictOptions,
): Result<Predicted, string> {
  const missing = contract.columns.map(({ name }) => name).filter((name) => !table.header.includes(name));
  if (missing.length > 0)
    return fail(
      `The version needs the columns ${listOf(missing.map(quoted), 10)}, which the table does not have.`,
    );
  const taken: { readonly row: number; readonly encoded: Float32Array }[] = [];
  const reasons: string[] = [];
  let leftOut = 0;
  for (const [row, cells] of table.rows.entries()) {
    const named = Object.fromEntries(table.header.map((name, at) => [name, cells[at] ?? '']));
    const encoded = encodeRow(contract, named);
    if (encoded.ok) taken.push({ row, encoded: encoded.value });
    else {
      leftOut += 1;
      reasons.push(`Row ${table.numbers[row] ?? 0}: ${encoded.error.message}`);
    }
  }
  const width = taken[0]?.encoded.length ?? 0;
  const all = new Float32Array(width * taken.length);
  for (const [at, { encoded }] of taken.entries()) all.set(encoded, at * width);
  const texts = textColumns(contract).map((name) => {
    const field = table.header.indexOf(name);
    return taken.map(({ row }) => table.rows[row]?.[field] ?? '');
  });
  const features = preparing === null ? all : preparing.features(all, taken.length, texts);
  const outputs = model.predictor.predict(features, taken.length);
  const predictions = predictRows(model, features, outputs, options, (at) =>
    placeIn(table, taken[at]?.row ?? 0),
  );
  return predictions.ok
    ? ok(predicted(table, predictions.value, { unseen: 0, stoodIn: 0 }, reasons, leftOut))
    : predictions;
}

type Place = Pick<Prediction, 'row' | 'file' | 'time' | 'series'>;

function placeIn({ numbers, files }: RawTable, at: number): Place {
  const file = files.length === 1 ? undefined : files.findLast(({ from }) => from <= at)?.name;
  return { row: numbers[at] ?? 0, file };
}

const predicted = (
  { unreadable, firstProblem }: RawTable,
  predictions: readonly Prediction[],
  { unseen, stoodIn }: Pick<Predicted, 'unseen' | 'stoodIn'>,
  reasons: readonly string[] = [],
  leftOut = 0,
): Predicted => ({
  predictions,
  unseen,
  stoodIn,
  leftOut: unreadable + leftOut,
  reasons: [...(firstProblem === undefined ? [] : [firstProblem]), ...reasons],
});

/** `features` [count, F]. Refused where a row cannot be explained so. */
function predictRows(
  model: OpenedModel,
  features: Float32Array,
  outputs: Float64Array,
  { explains, signal }: PredictOptions,
  placeOf: (at: number) => Place,
): Result<readonly Prediction[], string> {
  const width = exampleShape(model.contract).reduce((size, side) => size * side, 1);
  const count = features.length / width;
  const says = answers(model);
  const way = explains === null || count > explains.most ? null : explains.way;
  const predictions: Prediction[] = [];
  for (let at = 0; at < count; at += 1) {
    signal.throwIfAborted();
    const explained =
      way === null ? undefined : explainRow(model, features.subarray(at * width, (at + 1) * width), way);
    // What cannot be explained so of one row can be of none.
    if (explained?.ok === false) return explained;
    predictions.push({ ...placeOf(at), ...says(outputs, at), explanation: explained?.value });
  }
  return ok(predictions);
}

async function predictPlanes(
  model: OpenedModel,
  contract: PlaneContract,
  files: readonly SourceFile[],
  { openEngine, decodeImage, signal }: PredictOptions,
): Promise<Result<Predicted, string>> {
  const things = `${thingOf(contract)}s`;
  // Readers of pictures and of sound: nobody with a table pays for them.
  const { servedPlanes } = await import('./predict-planes.ts');
  const says = answers(model);
  const said: Pick<Prediction, 'says' | 'shares'>[] = [];
  const ask = async (features: Uint8Array<ArrayBuffer>, count: number): Promise<void> => {
    const outputs = await askModel(model, openEngine, features, count, signal);
    for (let at = 0; at < count; at += 1) said.push(says(outputs, at));
  };
  const { places, refused, reasons } = await servedPlanes(contract, files, decodeImage, ask, signal);
  if (places.length === 0 && refused === 0)
    return fail(`There are no ${things} in what was named: this model takes nothing else.`);
  const predictions = places.map((place, at) => ({ ...place, ...said[at]!, explanation: undefined }));
  return ok({ predictions, unseen: 0, stoodIn: 0, leftOut: refused, reasons });
}

/** What of all outputs is said of one example. */
function answers({ contract, chosen }: OpenedModel) {
  const labels = classLabels(contract);
  return (outputs: Float64Array, at: number): Pick<Prediction, 'says' | 'shares'> => {
    if (labels === undefined) {
      const target =
        contract.kind === 'table' && contract.target.type === 'number' ? contract.target : undefined;
      const { standardDeviation: scale, mean: shift } = target ?? { standardDeviation: 1, mean: 0 };
      return { says: outputs[at]! * scale + shift, shares: undefined };
    }
    const says = labels[predictedClass(outputs, at, labels.length)] ?? '';
    // A row is in a group or not: a share of 1 would read as being sure.
    if (chosen.model.type === 'grouper') return { says, shares: undefined };
    const shares = labels.map((label, one) => [label, outputs[at * labels.length + one]!] as const);
    return { says, shares: Object.fromEntries(shares) };
  };
}

const markedTexts = (
  { header, rows }: RawTable,
  at: number,
  texts: NonNullable<Explanation['words']>,
  preparation: FittedRecipe,
) =>
  texts.map(({ column, words }) => ({
    column,
    parts: markedText(rows[at]?.[header.indexOf(column)] ?? '', words, termSettings(preparation, column)),
  }));

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
