// The rows of a table as a model takes them: a recipe fitted to the rows to learn from alone, and done to all of them and, later, to rows
// to predict. What the split goes by is settled before, from the cells as they stand.
import * as v from 'valibot';
import { numericSpelling } from '../../core/data/cell-category.ts';
import { TableContract, type TableTarget } from '../../core/data/contract.ts';
import type { Examples } from '../../core/data/examples.ts';
import { meanRow } from '../../core/explanation/mean-row.ts';
import { isMissing } from '../../core/data/missing.ts';
import { bytesOf, digestBuilder } from '../../core/digest.ts';
import { momentsOf } from '../../core/exploration/number-summary.ts';
import type { Digest } from '../../core/ids.ts';
import { encodedRows, tooLarge, type EncodedRows } from '../../core/recipe/encode.ts';
import {
  applyRecipe,
  fitRecipe,
  fittedDigest,
  type ColumnHead,
  type FittedRecipe,
  type RecipeProblem,
  type StepReport,
} from '../../core/recipe/fit.ts';
import type { Recipe } from '../../core/recipe/recipe.ts';
import { numberOf } from '../../core/recipe/steps/cast.ts';
import { isIdentifier } from '../../core/recipe/worth.ts';
import { roundedScale, scaleOfMoments } from '../../core/recipe/steps/scale.ts';
import { tableOf, type Table } from '../../core/recipe/table.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { listOf, quoted } from '../../core/spoken-list.ts';
import type { RawTable } from '../../modalities/raw-table.ts';
import { headerProblem } from '../../modalities/table/infer-contract.ts';
import type { TableTask } from '../../modalities/table-task.ts';

/** How rows were prepared: what a model's file carries, and what a person reads of it. */
export interface Preparation {
  readonly fitted: FittedRecipe;
  readonly reports: readonly StepReport[];
  /** [steps + 1]: the columns that each step finds, and what the last leaves. */
  readonly found: readonly (readonly ColumnHead[])[];
  /** Over what the recipe learnt and every prepared row: the same recipe and rows are the same digest on every device. */
  readonly digest: Digest;
}

export interface PreparedTable {
  readonly preparation: Preparation;
  readonly contract: TableContract;
  readonly training: Examples;
  readonly heldOut: Examples;
  /** [training.count]: row numbers of the task. */
  readonly trainingRows: Uint32Array;
  /** Cells of held-out rows of kinds that training rows never held, read as missing. */
  readonly unseen: number;
  /** Cells that held-out rows lack and no training row did. */
  readonly stoodIn: number;
}

export interface SplitTask {
  readonly task: TableTask;
  /** [rows, 2] */
  readonly hashes: Uint32Array;
  readonly training: Uint32Array;
  readonly heldOut: Uint32Array;
}

/** Fields of the task that tell rows apart in a split: not those that the recipe leaves out as names of rows. */
export function countedFields({ header, rows, field }: TableTask, { steps }: Recipe): number[] {
  const dropped = new Set(
    steps.flatMap(({ step, settings }) =>
      step === 'drop' && Array.isArray(settings['columns']) ? (settings['columns'] as string[]) : [],
    ),
  );
  const judges = steps.some(({ step }) => step === 'drop-useless');
  const isCounted = (name: string, at: number): boolean => {
    if (at === field) return true;
    if (dropped.has(name)) return false;
    if (!judges || !isIdentifier({ name, distinct: Infinity }, 0)) return true;
    const values = new Set(
      rows
        .map((row) => row[at] ?? '')
        .filter((cell) => !isMissing(cell))
        .map(spelling),
    );
    return !isIdentifier({ name, distinct: values.size }, rows.length);
  };
  return header.flatMap((name, at) => (isCounted(name, at) ? [at] : []));
}

const NOTHING = { reports: [], found: [] };
const spelling = (cell: string): string => numericSpelling(cell) ?? cell;

/** Refused where a step, or what the steps leave, cannot be learnt from. */
export function prepareTable(
  { task, hashes, training, heldOut }: SplitTask,
  recipe: Recipe,
): Result<PreparedTable, RecipeProblem> {
  const refused = (message: string, { reports, found }: Pick<Preparation, 'reports' | 'found'> = NOTHING) =>
    fail({ step: null, message, reports, found });
  const problem = headerProblem(task.header, task.rows.length);
  if (problem !== undefined) return refused(problem.message);
  // What is to be foretold is no input.
  const header = task.header.map((name, at) => (at === task.field ? '' : name));
  const targets = task.rows.map((row) => row[task.field] ?? '');
  const learnt = fitRecipe(recipe, tableOf(header, task.rows, training, targets));
  if (!learnt.ok) return learnt;
  const { fitted, columns, table, reports, found } = learnt.value;
  const kept = applyRecipe(fitted, tableOf(header, task.rows, heldOut, targets));
  if (kept === undefined) throw new Error('A recipe does not read what it has just learnt.');
  const target = scaledTarget(task.target, targets, table.origins);
  if (!target.ok) return refused(target.error, learnt.value);
  const contract: TableContract = { kind: 'table', columns: [...columns], target: target.value };
  // What a model's file could not hold (a thousand columns, labels of 80 letters) is said now.
  const checked = v.safeParse(TableContract, contract);
  if (!checked.success) {
    const [issue] = checked.issues;
    return refused(
      `No model here takes this table: ${v.getDotPath(issue) ?? 'the columns'}: ${issue.message}. Leave columns out (--without).`,
      learnt.value,
    );
  }
  const examplesOf = (
    prepared: Table,
    usual?: Float32Array,
  ): Result<Examples & Pick<EncodedRows, 'stoodIn'>, string> => {
    const encoded = encodedRows(prepared, columns, usual);
    return encoded.ok
      ? ok({
          count: prepared.rows,
          ...encoded.value,
          targets: targetValues(target.value, targets, prepared.origins),
          hashes: Uint32Array.from({ length: 2 * prepared.rows }, (_, at) => {
            const row = prepared.origins[at >> 1]!;
            return hashes[2 * row + (at & 1)]!;
          }),
        })
      : encoded;
  };
  const own = examplesOf(table);
  if (!own.ok) return refused(own.error, learnt.value);
  const judging = examplesOf(kept, meanRow(contract, own.value));
  if (!judging.ok) return refused(judging.error, learnt.value);
  const { stoodIn, ...heldOutRows } = judging.value;
  const { stoodIn: _, ...trainingExamples } = own.value;
  const digest = digestBuilder()
    .update(new TextEncoder().encode(fittedDigest(fitted)))
    .update(bytesOf(own.value.features))
    .update(bytesOf(judging.value.features))
    .finish();
  return ok({
    preparation: { fitted, reports, found, digest },
    contract,
    training: trainingExamples,
    heldOut: heldOutRows,
    trainingRows: table.origins,
    unseen: kept.unseen,
    stoodIn,
  });
}

/** A number's scale is that of the rows to learn from. */
function scaledTarget(
  target: TableTarget,
  targets: readonly string[],
  rows: Uint32Array,
): Result<TableTarget, string> {
  if (target.type === 'classes') return ok(target);
  const values = Float64Array.from(rows, (row) => numberOf(targets[row] ?? ''));
  const moments = momentsOf(values);
  if (moments.squares === 0)
    return fail(
      `The target ${quoted(target.name)} has the same value in every row to learn from. Choose another column, or bring more rows.`,
    );
  const { shift, factor } = roundedScale(scaleOfMoments(moments));
  return ok({ type: 'number', name: target.name, mean: shift, standardDeviation: factor });
}

function targetValues(
  target: TableTarget,
  targets: readonly string[],
  rows: Uint32Array,
): Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  if (target.type === 'classes')
    return Int32Array.from(rows, (row) => labelIndex(target.classes, targets[row] ?? ''));
  return Float32Array.from(
    rows,
    (row) => (numberOf(targets[row] ?? '') - target.mean) / target.standardDeviation,
  );
}

export function labelIndex(classes: readonly { readonly label: string }[], text: string): number {
  const exact = classes.findIndex((one) => one.label === text);
  return exact >= 0 ? exact : classes.findIndex((one) => Number(one.label) === Number(text));
}

export interface ServedRows {
  /** [rows, F], each row of the table answered */
  readonly features: Float32Array<ArrayBuffer>;
  /** Cells that hold what no row learnt from did, read as missing. */
  readonly unseen: number;
  /** Cells that are missing where no row learnt from lacked one: the usual stands in. */
  readonly stoodIn: number;
}

/** Rows to predict, by what a model's recipe has learnt: the same bits as in training. `mean`: of the rows learnt from. Refused in a sentence where columns are missing. */
export function servedRows(
  fitted: FittedRecipe,
  { contract, mean }: { readonly contract: TableContract; readonly mean: Float32Array },
  { header, rows }: Pick<RawTable, 'header' | 'rows'>,
): Result<ServedRows, string> {
  const missing = fitted.inputs.filter((name) => !header.includes(name));
  if (missing.length > 0)
    return fail(
      `The model needs the columns ${listOf(missing.map(quoted), 10)}, which the table does not have. It has ${listOf(
        header.map(quoted),
        20,
      )}.`,
    );
  const wanted = header.map((name, at) =>
    fitted.inputs.includes(name) && header.indexOf(name) === at ? name : '',
  );
  // Asked before the steps make their columns: words of a million rows are gigabytes.
  const large = tooLarge(rows.length, contract.columns);
  if (large !== undefined) return fail(large);
  const prepared = applyRecipe(fitted, tableOf(wanted, rows, Array.from(rows.keys())));
  if (prepared === undefined)
    return fail('What the model’s recipe has learnt cannot be read. Save it again.');
  const encoded = encodedRows(prepared, contract.columns, mean);
  return encoded.ok ? ok({ ...encoded.value, unseen: prepared.unseen }) : encoded;
}
