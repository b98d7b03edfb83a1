// Rows ready for the workbench: read, split, and encoded by what the training rows alone taught.
import { classLabels, type DataContract, type TableContract } from '../../core/data/contract.ts';
import { selectExamples, type Examples } from '../../core/data/examples.ts';
import {
  foldsOf,
  togetherBy,
  type HowToSplit,
  type RowSplit,
  type Together,
} from '../../core/data/row-split.ts';
import { digestBuilder, bytesOf } from '../../core/digest.ts';
import type { Digest } from '../../core/ids.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { RecipeProblem } from '../../core/recipe/fit.ts';
import { usualRecipe, type Recipe } from '../../core/recipe/recipe.ts';
import { rowHashes } from '../../modalities/row-hashes.ts';
import { readRawTable, type RawTable } from '../../modalities/raw-table.ts';
import type { SourceFile } from '../../modalities/source-file.ts';
import { tableTask, type TableTask, type TaskSettings } from '../../modalities/table-task.ts';
import type { WindowPlan } from '../../core/series/window-plan.ts';
import { numericSpelling } from '../../core/data/cell-category.ts';
import { labelIndex, prepareTable, type Preparation } from './prepare.ts';
import {
  FEWEST,
  firstWords,
  howToSplit,
  rowsTold,
  splitMade,
  tooFew,
  type HeldOutAs,
  type Split,
} from './hold-out.ts';
import type { KeptSplit } from './kept-split.ts';
import type { RowsHeldOut } from './rows-held-out.ts';
import { splitWarnings } from './split-warnings.ts';

export interface BenchData {
  readonly contract: DataContract;
  /** undefined: pictures, which are taken as they were read. */
  readonly preparation: Preparation | undefined;
  /** Of windows of a series: how they were made. */
  readonly windows?: WindowPlan;
  readonly training: Examples;
  readonly heldOut: Examples;
  /** Over every row as it was read: the same rows in the same order have the same digest. */
  readonly digest: Digest;
  /** How the held-out rows were chosen, as a phrase. */
  readonly split: string;
  /** The borders that they were chosen by, to be kept; undefined: of windows, and of files that came split. */
  readonly kept?: KeptSplit | undefined;
  /** How the same rows would be split otherwise, before a recipe drops any; undefined: of windows, and of files that came split. */
  parted?(split: HeldOutAs): Result<Parted, string>;
  /** What a person should know of how it was read. */
  readonly notes: readonly string[];
  /** What the rows to learn from stay together by, where some of them judge others; undefined: each for itself. */
  readonly together?: Together | undefined;
  /** The cells of a column for each held-out row; undefined where there is no such column. */
  heldOutCells(column: string): readonly string[] | undefined;
  /** The same rows, of which one of `folds` parts judges the rest, prepared anew; fold from 0. For cross-validation. */
  part(fold: number, folds: number): Result<BenchData, string>;
  /** The same rows by another recipe that tells rows apart alike; undefined: of what no recipe prepares. */
  preparedBy?(recipe: Recipe): Result<BenchData, string>;
  /** Likewise so many rows to learn from at most, the same ones by every recipe, and no others. */
  someBy?(recipe: Recipe, most: number): Result<SomeRows, string>;
  /** Which row of its file the `index`-th row to learn from is, from 1, the header not counted; and the `index`-th held-out one. */
  trainingPlace(index: number): number;
  heldOutPlace(index: number): number;
  /** Of a window that is held out: its series, and what is foretold, as a place among the moments of that and as a time. */
  heldOutMoment?(index: number): { readonly series: string; readonly moment: number; readonly time: string };
  /** Columns as they were read, and the cells of a held-out row; none of pictures. */
  readonly header: readonly string[];
  heldOutRow(index: number): readonly string[];
}

export interface SomeRows {
  readonly contract: TableContract;
  readonly rows: Examples;
  readonly together: Together | undefined;
}

/** Row numbers are those of what `how` and `classes` are of. */
export interface Parted extends RowSplit {
  readonly how: HowToSplit;
  /** Where it is by borders of an earlier training: the share that they were found for. */
  readonly keptShare?: number | undefined;
  /** [rows]; undefined for numbers to predict. */
  readonly classes: Int32Array | undefined;
  /** The cells of a column; undefined of pictures. */
  readonly cellOf?: (row: number, column: string) => string | undefined;
}

/** Rows of equal value in the column `group` stay together; those with the latest values of `time` are held out. */
export interface TableSettings extends TaskSettings, HeldOutAs {
  /** What is done to the rows; left out: what is usual. */
  readonly recipe?: Recipe | undefined;
}

/** Of a split by the borders of an earlier run. */
const KEPT = ', as it is kept';
/** A held-out share that is off by more is told. */
const UNEVEN = 0.05;

/** Reads files of one table. Refused in a sentence that says what to do; rejects with the signal's reason and what the files reject with. */
export async function tableData(
  files: readonly SourceFile[],
  settings: TableSettings,
  signal?: AbortSignal,
): Promise<Result<BenchData, string>> {
  const table = await readRawTable(files, settings.target, signal);
  if (!table.ok) return table;
  const data = rawTableData(table.value, settings);
  return data.ok ? data : fail(data.error.message);
}

/** Why rows cannot be learnt from; `recipe`: what came of the steps that they were to be prepared by, where it is their doing. */
export interface TableRefusal {
  readonly message: string;
  readonly recipe: RecipeProblem | undefined;
}

const refusal = (message: string, recipe?: RecipeProblem) => fail<TableRefusal>({ message, recipe });

/** The same of a table that was read before. `groups` [rows]: rows of equal value stay together, whatever the settings say. */
export function rawTableData(
  table: RawTable,
  settings: TableSettings,
  groups?: Uint32Array,
): Result<BenchData, TableRefusal> {
  // A column that rows are grouped by names the group and would be learnt by heart.
  const without =
    settings.group === null || settings.without.includes(settings.group)
      ? settings.without
      : [...settings.without, settings.group];
  const task = tableTask(table, { ...settings, without });
  if (!task.ok) return refusal(task.error);
  const { header, rows } = table;
  const cellsOf = (column: string): string[] | undefined => {
    const field = header.indexOf(column);
    if (field < 0) return undefined;
    return Array.from(task.value.origins, (row) => rows[row]?.[field] ?? '');
  };
  const ways: Ways = (split) =>
    groups === undefined
      ? howToSplit(split, cellsOf, task.value.target.type === 'classes')
      : ok({
          how: {
            type: 'groups' as const,
            hashes: Uint32Array.from(task.value.origins, (row) => groups[row]!),
          },
          phrase: 'by the whole groups that the data contract names',
        });
  const how = ways(settings);
  if (!how.ok) return refusal(how.error);
  const recipe = settings.recipe ?? usualRecipe;
  return splitAndEncode(task.value, settings, how.value, ways, cellsOf, table, recipe);
}

/** How a split is made; refused in a sentence. */
type Ways = (split: RowsHeldOut) => Result<Split, string>;

/** `fold` of `folds` judges. */
interface Part {
  readonly fold: number;
  readonly folds: number;
}

function splitInParts(
  rows: Parameters<typeof foldsOf>[0],
  how: HowToSplit,
  { fold, folds }: Part,
): { readonly training: Uint32Array<ArrayBuffer>; readonly heldOut: Uint32Array<ArrayBuffer> } {
  const foldOf = foldsOf(how.type === 'chance' ? { hashes: rows.hashes } : rows, folds, togetherBy(how));
  const all = Uint32Array.from(foldOf, (_, row) => row);
  return {
    training: all.filter((row) => foldOf[row] !== fold),
    heldOut: all.filter((row) => foldOf[row] === fold),
  };
}

function splitAndEncode(
  task: TableTask,
  settings: HeldOutAs & { readonly target: string },
  how: Split,
  ways: Ways,
  cellsOf: (column: string) => string[] | undefined,
  table: RawTable,
  recipe: Recipe,
  part?: Part,
): Result<BenchData, TableRefusal> {
  const digest = digestBuilder()
    .update(bytesOf(rowHashes(task.rows)))
    .finish();
  const { target } = task;
  const share = settings.heldOut;
  const classes =
    target.type === 'classes'
      ? Int32Array.from(task.rows, (row) => labelIndex(target.classes, row[task.field] ?? ''))
      : undefined;
  // However a file spells the codes of classes.
  const labels =
    target.type === 'classes'
      ? target.classes.map(({ label }) => numericSpelling(label) ?? label)
      : undefined;
  const told = rowsTold(task, recipe, settings.kept);
  if (!told.ok) return refusal(told.error);
  const { hashes } = told.value;
  const rowsToSplit = { hashes: firstWords(hashes), classes, labels };
  const made =
    part === undefined
      ? splitMade(rowsToSplit, how.how, settings, settings.target, told.value)
      : ok({ ...splitInParts(rowsToSplit, how.how, part), kept: settings.kept });
  if (!made.ok) return refusal(made.error);
  const { kept, ...sides } = made.value;
  const again = { ...settings, kept };
  const few = tooFew(sides, how, part === undefined ? FEWEST : 1);
  if (few !== undefined) return refusal(few);
  const { training, heldOut } = sides;
  const done = prepareTable({ task, hashes, training, heldOut }, recipe);
  if (!done.ok) return refusal(done.error.message, done.error);
  const prepared = done.value;
  if (prepared.training.count < FEWEST)
    return refusal(
      `The recipe leaves ${prepared.training.count} rows to learn from, and ${FEWEST} are needed. Let it drop fewer.`,
    );
  if (classes !== undefined && new Set(prepared.training.targets).size < 2)
    return refusal(
      `Every row to learn from has the same ${task.target.name}. Bring rows of at least two classes, or split otherwise.`,
    );
  const notes = [...task.notes, ...prepared.preparation.reports.flatMap((report) => report.notes)];
  if (prepared.unseen > 0)
    notes.push(
      `${prepared.unseen} cells of held-out rows hold what no training row does, and read as missing.`,
    );
  if (prepared.stoodIn > 0)
    notes.push(
      `${prepared.stoodIn} cells are missing in held-out rows where no training row lacks one: the mean of those stands in, and of categories none.`,
    );
  const reached = heldOut.length / (training.length + heldOut.length);
  if (part === undefined && Math.abs(reached - share) > UNEVEN)
    notes.push(
      `${Math.round(reached * 100)} % of the rows are held out, not ${Math.round(share * 100)} %, ${how.phrase}.`,
    );
  const keptShare = settings.kept?.heldOut;
  if (part === undefined)
    notes.push(
      ...splitWarnings({ ...sides, how: how.how, classes, keptShare }, classLabels(prepared.contract) ?? []),
    );
  const { trainingRows } = prepared;
  const { header, numbers, rows } = table;
  /** Told by the columns of the recipe, worked out once: the share follows a hand. */
  let own = settings.kept?.columns == null ? told.value : undefined;
  return ok({
    contract: prepared.contract,
    preparation: prepared.preparation,
    training: prepared.training,
    heldOut: prepared.heldOut,
    digest,
    split: `${how.phrase}${settings.kept === undefined ? '' : KEPT}`,
    kept,
    parted(split) {
      const other = ways(split);
      if (!other.ok) return other;
      const isOwn = split.kept?.columns == null;
      const now = isOwn && own !== undefined ? ok(own) : rowsTold(task, recipe, split.kept, told.value);
      if (!now.ok) return now;
      if (isOwn) own = now.value;
      const of =
        now.value === told.value ? rowsToSplit : { hashes: firstWords(now.value.hashes), classes, labels };
      const made = splitMade(of, other.value.how, split, settings.target, now.value);
      if (!made.ok) return made;
      const { kept: _, ...parts } = made.value;
      const problem = tooFew(parts, other.value);
      const cellOf = (row: number, column: string): string | undefined =>
        rows[task.origins[row] ?? 0]?.[header.indexOf(column)];
      const keptShare = split.kept?.heldOut;
      const { how } = other.value;
      return problem === undefined ? ok({ ...parts, how, keptShare, classes, cellOf }) : fail(problem);
    },
    together: togetherOf(how.how, trainingRows),
    // Two steps that find nothing say the same.
    notes: [...new Set(notes)],
    heldOutCells(column) {
      const cells = cellsOf(column);
      if (cells === undefined) return undefined;
      // A hospital's 1.0 is another's 1.
      return Array.from(heldOut, (row) => numericSpelling(cells[row] ?? '') ?? cells[row] ?? '');
    },
    part(fold, folds) {
      const done = splitAndEncode(task, again, how, ways, cellsOf, table, recipe, { fold, folds });
      return done.ok ? done : fail(done.error.message);
    },
    someBy(other, most) {
      const hashOf = (row: number): number => hashes[2 * row + 1]!;
      const some =
        training.length <= most
          ? training
          : Uint32Array.from(training)
              .sort((a, b) => hashOf(a) - hashOf(b) || a - b)
              .slice(0, most)
              .sort();
      const done = prepareTable({ task, hashes, training: some, heldOut: new Uint32Array() }, other);
      if (!done.ok) return fail(done.error.message);
      const { contract, training: rows, trainingRows: of } = done.value;
      return ok({ contract, rows, together: togetherOf(how.how, of) });
    },
    preparedBy(other) {
      const done = splitAndEncode(task, again, how, ways, cellsOf, table, other, part);
      return done.ok ? done : fail(done.error.message);
    },
    trainingPlace: (index) => numbers[task.origins[trainingRows[index] ?? 0] ?? 0] ?? 0,
    heldOutPlace: (index) => numbers[task.origins[heldOut[index] ?? 0] ?? 0] ?? 0,
    header,
    heldOutRow: (index) => rows[task.origins[heldOut[index] ?? 0] ?? 0] ?? [],
  });
}

/** Of the rows at these places. */
function togetherOf(how: HowToSplit, rows: Uint32Array): Together | undefined {
  switch (how.type) {
    case 'rows':
    case 'chance':
      return undefined;
    case 'groups':
      return { type: 'groups', hashes: rows.map((row) => how.hashes[row]!) };
    case 'time':
      return { type: 'time', times: Float64Array.from(rows, (row) => how.times[row]!) };
    default:
      return how satisfies never;
  }
}

/**
 * Rows that were read and encoded elsewhere (pictures, a dataset of this device), split by their hashes or as they came. `placeOf`: an
 * example's among all that were read, from 1.
 */
export function examplesData(
  contract: DataContract,
  examples: Examples,
  test: Examples | undefined,
  split: HeldOutAs,
  notes: readonly string[],
  placeOf: (example: number) => number = (example) => example + 1,
): Result<BenchData, string> {
  const builder = digestBuilder().update(bytesOf(examples.hashes));
  if (test !== undefined) builder.update(bytesOf(test.hashes));
  const hashes = firstWords(examples.hashes);
  const classes = examples.targets instanceof Int32Array ? examples.targets : undefined;
  const isGrouped = areGroups(hashes, classes);
  const wayOf = ({ stratify }: Pick<RowsHeldOut, 'stratify'>): HowToSplit =>
    isGrouped ? { type: 'groups', hashes } : { type: stratify === false ? 'chance' : 'rows' };
  const how = wayOf(split);
  const all = Uint32Array.from({ length: examples.count }, (_, row) => row);
  const labels = classLabels(contract) ?? [];
  const rowsToSplit = { hashes, classes, labels };
  const made = test === undefined ? splitMade(rowsToSplit, how, split, null) : undefined;
  if (made?.ok === false) return made;
  const sides = made?.value;
  const training = sides === undefined ? examples : selectExamples(examples, sides.training);
  const heldOut = test ?? selectExamples(examples, sides?.heldOut ?? []);
  if (training.count < FEWEST || heldOut.count < FEWEST)
    return fail(
      `There are ${training.count} examples to learn from and ${heldOut.count} held out: both need ${FEWEST} at least. Bring more.`,
    );
  return ok({
    contract,
    preparation: undefined,
    training,
    heldOut,
    digest: builder.finish(),
    split:
      sides === undefined
        ? 'the published test files'
        : `${
            how.type === 'groups'
              ? 'by whole groups of equal hash'
              : `by each example’s own hash${how.type === 'chance' ? ' alone' : classes === undefined ? '' : ', classes in proportion'}`
          }${split.kept === undefined ? '' : KEPT}`,
    ...(sides === undefined
      ? {}
      : {
          kept: sides.kept,
          parted(other: HeldOutAs) {
            const how = wayOf(other);
            const made = splitMade(rowsToSplit, how, other, null);
            const keptShare = other.kept?.heldOut;
            return made.ok ? ok({ ...made.value, how, keptShare, classes }) : made;
          },
        }),
    together: how.type === 'groups' ? togetherOf(how, sides?.training ?? all) : undefined,
    notes: [
      ...notes,
      ...(sides === undefined
        ? []
        : splitWarnings({ ...sides, how, keptShare: split.kept?.heldOut, classes }, labels)),
    ],
    heldOutCells: () => undefined,
    part(fold, folds) {
      const part = splitInParts({ hashes, classes }, how, { fold, folds });
      return examplesData(
        contract,
        selectExamples(examples, part.training),
        selectExamples(examples, part.heldOut),
        split,
        notes,
      );
    },
    trainingPlace: (index) => placeOf(sides?.training[index] ?? index),
    heldOutPlace: (index) => (sides === undefined ? index + 1 : placeOf(sides.heldOut[index] ?? index)),
    header: [],
    heldOutRow: () => [],
  });
}

/** A hash that bears two classes is a group's (a person's pictures): classes in proportion would part it. */
function areGroups(hashes: Uint32Array, classes: Int32Array | undefined): boolean {
  const seen = new Map<number, number>();
  return hashes.some((hash, row) => {
    const own = classes?.[row] ?? 0;
    const before = seen.get(hash);
    seen.set(hash, own);
    return before !== undefined && before !== own;
  });
}
