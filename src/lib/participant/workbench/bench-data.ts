// Rows ready for the workbench: read, split, and encoded by what the training rows alone taught.
import type { DataContract } from '../../core/data/contract.ts';
import { selectExamples, type Examples } from '../../core/data/examples.ts';
import { splitRows, type HowToSplit, type Together } from '../../core/data/row-split.ts';
import { digestBuilder, bytesOf } from '../../core/digest.ts';
import type { Digest } from '../../core/ids.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { encodeTable, fitContract, rowHashes } from '../../modalities/fit-table.ts';
import { readRawTable, type RawTable } from '../../modalities/raw-table.ts';
import type { SourceFile } from '../../modalities/source-file.ts';
import { withWords } from '../../modalities/table-words.ts';
import { tableTask, type TableTask, type TaskSettings } from '../../modalities/table-task.ts';
import { numericSpelling } from '../../modalities/table/cell-category.ts';
import { timesOf } from '../../modalities/table-times.ts';

export interface BenchData {
  readonly contract: DataContract;
  readonly training: Examples;
  readonly heldOut: Examples;
  /** Over every row as it was read: the same rows in the same order have the same digest. */
  readonly digest: Digest;
  /** How the held-out rows were chosen, as a phrase. */
  readonly split: string;
  /** What a person should know of how it was read. */
  readonly notes: readonly string[];
  /** What the rows to learn from stay together by, where some of them judge others; undefined: each for itself. */
  readonly together?: Together | undefined;
  /** The cells of a column for each held-out row; undefined where there is no such column. */
  heldOutCells(column: string): readonly string[] | undefined;
  /** Which row of its file the `index`-th row to learn from is, from 1, the header not counted. */
  trainingPlace(index: number): number;
}

export interface TableSettings extends TaskSettings {
  /** 0–0.9 */
  readonly heldOut: number;
  /** Rows of equal value in this column stay together. */
  readonly group: string | null;
  /** The rows with the latest values of this column are held out. */
  readonly time: string | null;
}

/** At least so many rows on both sides: fewer judge nothing. */
const FEWEST = 2;
/** A held-out share that is off by more is told. */
const UNEVEN = 0.05;

/** Reads files of one table. Refused in a sentence that says what to do; rejects with the signal's reason and what the files reject with. */
export async function tableData(
  files: readonly SourceFile[],
  settings: TableSettings,
  signal?: AbortSignal,
): Promise<Result<BenchData, string>> {
  const table = await readRawTable(files, settings.target, signal);
  return table.ok ? rawTableData(table.value, settings) : table;
}

/** The same of a table that was read before. `groups` [rows]: rows of equal value stay together, whatever the settings say. */
export function rawTableData(
  table: RawTable,
  settings: TableSettings,
  groups?: Uint32Array,
): Result<BenchData, string> {
  const grouping = [settings.group, settings.time].filter((column) => column !== null);
  const missing = grouping.find((column) => !table.header.includes(column));
  if (missing !== undefined) return fail(`There is no column “${missing}” to split by. Check the spelling.`);
  // A column that rows are grouped by names the group and would be learnt by heart.
  const without =
    settings.group === null || settings.without.includes(settings.group)
      ? settings.without
      : [...settings.without, settings.group];
  const task = tableTask(table, { ...settings, without });
  if (!task.ok) return task;
  const { header, rows } = table;
  const cellsOf = (column: string): string[] => {
    const field = header.indexOf(column);
    return Array.from(task.value.origins, (row) => rows[row]?.[field] ?? '');
  };
  const how: Result<Split, string> =
    groups === undefined
      ? howToSplit(settings, cellsOf)
      : ok({
          how: {
            type: 'groups' as const,
            hashes: Uint32Array.from(task.value.origins, (row) => groups[row]!),
          },
          phrase: 'by the whole groups that the data contract names',
        });
  return how.ok ? splitAndEncode(task.value, settings.heldOut, how.value, cellsOf, table) : how;
}

function splitAndEncode(
  raw: TableTask,
  share: number,
  how: Split,
  cellsOf: (column: string) => string[],
  { header, numbers }: RawTable,
): Result<BenchData, string> {
  const hashes = rowHashes(raw.rows);
  const digest = digestBuilder().update(bytesOf(hashes)).finish();
  const first = Uint32Array.from({ length: raw.rows.length }, (_, row) => hashes[2 * row]!);
  const { target } = raw;
  const classes =
    target.type === 'classes'
      ? Int32Array.from(raw.rows, (row) => labelIndex(target.classes, row[raw.field] ?? ''))
      : undefined;
  const { training, heldOut } = splitRows({ hashes: first, classes }, how.how, share);
  if (training.length < FEWEST || heldOut.length < FEWEST)
    return fail(
      `Of ${raw.rows.length} rows, ${training.length} would be learnt from and ${heldOut.length} held out (${how.phrase}): both need ${FEWEST} at least. Bring more rows${how.how.type === 'rows' ? '' : ', or split otherwise'}.`,
    );
  const worded = withWords(raw, training);
  if (!worded.ok) return worded;
  const { table: task, notes: wordNotes } = worded.value;
  const fitted = fitContract(task, training);
  if (!fitted.ok) return fitted;
  const { contract } = fitted.value;
  const learnt = encodeTable(task, contract, training);
  if (!learnt.ok) return learnt;
  const kept = encodeTable(task, contract, heldOut);
  if (!kept.ok) return kept;
  if (learnt.value.examples.count < FEWEST || kept.value.examples.count < FEWEST)
    return fail(
      `Too few rows can be used. The first reason: ${learnt.value.firstRefusal ?? kept.value.firstRefusal ?? 'none was given'}`,
    );
  if (classes !== undefined && new Set(learnt.value.examples.targets).size < 2)
    return fail(
      `Every row to learn from has the same ${task.target.name}. Bring rows of at least two classes, or split otherwise.`,
    );
  const refused = learnt.value.refused + kept.value.refused;
  const isOfWords = (note: string): boolean => wordNotes.length > 0 && /^“[^”]*: /.test(note);
  const notes = [...task.notes, ...wordNotes, ...fitted.value.notes.filter((note) => !isOfWords(note))];
  if (refused > 0)
    notes.push(
      `${refused} rows are left out. The first: ${learnt.value.firstRefusal ?? kept.value.firstRefusal ?? ''}`,
    );
  if (kept.value.unseen > 0)
    notes.push(
      `${kept.value.unseen} cells of held-out rows hold what no training row does, and read as missing.`,
    );
  const reached = heldOut.length / (training.length + heldOut.length);
  if (Math.abs(reached - share) > UNEVEN)
    notes.push(
      `${Math.round(reached * 100)} % of the rows are held out, not ${Math.round(share * 100)} %: they stay together ${how.phrase}.`,
    );
  return ok({
    contract,
    training: learnt.value.examples,
    heldOut: kept.value.examples,
    digest,
    split: how.phrase,
    together: togetherOf(how.how, learnt.value.rows),
    notes,
    heldOutCells(column) {
      if (!header.includes(column)) return undefined;
      const cells = cellsOf(column);
      // A hospital's 1.0 is another's 1.
      return Array.from(kept.value.rows, (row) => numericSpelling(cells[row] ?? '') ?? cells[row] ?? '');
    },
    trainingPlace: (index) => numbers[task.origins[learnt.value.rows[index] ?? 0] ?? 0] ?? 0,
  });
}

const labelIndex = (classes: readonly { readonly label: string }[], text: string): number => {
  const exact = classes.findIndex((one) => one.label === text);
  return exact >= 0 ? exact : classes.findIndex((one) => Number(one.label) === Number(text));
};

interface Split {
  readonly how: HowToSplit;
  readonly phrase: string;
}

function howToSplit(settings: TableSettings, cellsOf: (column: string) => string[]): Result<Split, string> {
  if (settings.group !== null) {
    const hashes = rowHashes(cellsOf(settings.group).map((cell) => [cell]));
    return ok({
      how: {
        type: 'groups',
        hashes: Uint32Array.from({ length: hashes.length / 2 }, (_, row) => hashes[2 * row]!),
      },
      phrase: `by whole groups of “${settings.group}”`,
    });
  }
  if (settings.time !== null) {
    const times = timesOf(cellsOf(settings.time));
    if (typeof times === 'string')
      return fail(
        `“${settings.time}” says “${times}”, which is no number and no date that can be put in order. Write dates as 2024-05-17.`,
      );
    return ok({ how: { type: 'time', times }, phrase: `the latest by “${settings.time}”` });
  }
  return ok({ how: { type: 'rows' }, phrase: 'by each row’s own hash, classes in proportion' });
}

/** Of the rows at these places. */
function togetherOf(how: HowToSplit, rows: Uint32Array): Together | undefined {
  switch (how.type) {
    case 'rows':
      return undefined;
    case 'groups':
      return { type: 'groups', hashes: rows.map((row) => how.hashes[row]!) };
    case 'time':
      return { type: 'time', times: Float64Array.from(rows, (row) => how.times[row]!) };
    default:
      return how satisfies never;
  }
}

/** Rows that were read and encoded elsewhere (pictures, a dataset of this device), split by their hashes or as they came. */
export function examplesData(
  contract: DataContract,
  examples: Examples,
  test: Examples | undefined,
  heldOutShare: number,
  notes: readonly string[],
): Result<BenchData, string> {
  const builder = digestBuilder().update(bytesOf(examples.hashes));
  if (test !== undefined) builder.update(bytesOf(test.hashes));
  const hashes = Uint32Array.from({ length: examples.count }, (_, row) => examples.hashes[2 * row]!);
  const classes = examples.targets instanceof Int32Array ? examples.targets : undefined;
  const how: HowToSplit = areGroups(hashes, classes) ? { type: 'groups', hashes } : { type: 'rows' };
  const all = Uint32Array.from({ length: examples.count }, (_, row) => row);
  const split = test === undefined ? splitRows({ hashes, classes }, how, heldOutShare) : undefined;
  const training = split === undefined ? examples : selectExamples(examples, split.training);
  const heldOut = test ?? selectExamples(examples, split?.heldOut ?? []);
  if (training.count < FEWEST || heldOut.count < FEWEST)
    return fail(
      `There are ${training.count} examples to learn from and ${heldOut.count} held out: both need ${FEWEST} at least. Bring more.`,
    );
  return ok({
    contract,
    training,
    heldOut,
    digest: builder.finish(),
    split:
      split === undefined
        ? 'the published test files'
        : how.type === 'groups'
          ? 'by whole groups of equal hash'
          : 'by each example’s own hash, classes in proportion',
    together: how.type === 'groups' ? togetherOf(how, split?.training ?? all) : undefined,
    notes,
    heldOutCells: () => undefined,
    trainingPlace: (index) => (split?.training[index] ?? index) + 1,
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
