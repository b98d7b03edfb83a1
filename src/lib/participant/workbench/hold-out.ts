// Which rows of a table are held out, and what tells a row: by the split that is kept where there is one.
import { togetherBy, type HowToSplit, type RowSplit, type SplitRows } from '../../core/data/row-split.ts';
import type { Recipe } from '../../core/recipe/recipe.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { quoted } from '../../core/spoken-list.ts';
import { rowHashes } from '../../modalities/row-hashes.ts';
import type { TableTask } from '../../modalities/table-task.ts';
import { timesOf } from '../../modalities/table-times.ts';
import { DRAW_ANEW, splitAsKept, type KeptSplit } from './kept-split.ts';
import { countedFields } from './prepare.ts';
import type { RowsHeldOut } from './rows-held-out.ts';

/** At least so many rows on both sides: fewer judge nothing. */
export const FEWEST = 2;

/** `kept`: by the borders of an earlier training; left out: by those of the rows as they are. */
export type HeldOutAs = RowsHeldOut & { readonly kept?: KeptSplit | undefined };

export interface RowsTold {
  /** [rows, 2] */
  readonly hashes: Uint32Array<ArrayBuffer>;
  /** By whose cells rows are told. */
  readonly columns: readonly string[];
}

/** The first word of each row's hash. */
export const firstWords = (hashes: Uint32Array): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: hashes.length / 2 }, (_, row) => hashes[2 * row]!);

/**
 * Rows that differ in their names alone are one row twice: they stand on one side. A kept split tells rows as it did when it was made,
 * whatever columns have come since or name rows now. `before`: the same rows, told by its columns. Refused where a column is gone.
 */
export function rowsTold(
  task: TableTask,
  recipe: Recipe,
  kept: KeptSplit | undefined,
  before?: RowsTold,
): Result<RowsTold, string> {
  const { header, rows } = task;
  const fields = kept?.columns == null ? countedFields(task, recipe) : placesOf(kept.columns, header);
  const gone = kept?.columns?.find((_, at) => (fields[at] ?? -1) < 0);
  if (gone !== undefined)
    return fail(
      `The split that is kept tells rows by the column ${quoted(gone)}, which is not there any more. ${DRAW_ANEW}`,
    );
  const columns = fields.map((field) => header[field] ?? '');
  if (before !== undefined && JSON.stringify(columns) === JSON.stringify(before.columns)) return ok(before);
  return ok({ hashes: rowHashes(rows, fields), columns });
}

/** A column without a name is known by its place among those. */
function placesOf(columns: readonly string[], header: readonly string[]): number[] {
  const places: number[] = [];
  for (const name of columns)
    places.push(header.findIndex((one, at) => one === name && (name !== '' || !places.includes(at))));
  return places;
}

export interface SplitMade extends RowSplit {
  readonly kept: KeptSplit;
}

/** Refused where the kept split cannot be gone by. `told`: of a table. */
export function splitMade(
  rows: SplitRows,
  how: HowToSplit,
  { heldOut: share, stratify, group, time, kept }: HeldOutAs,
  target: string | null,
  told?: RowsTold,
): Result<SplitMade, string> {
  const made = splitAsKept(rows, how, share, kept);
  if (!made.ok) return made;
  const { training, heldOut, borders } = made.value;
  const isByRow = how.type === 'rows' || how.type === 'chance';
  return ok({
    training,
    heldOut,
    kept: kept ?? {
      ...{ target, heldOut: share, group, time, borders },
      ...(stratify === undefined ? {} : { stratify }),
      columns: told === undefined || !isByRow ? null : [...told.columns],
    },
  });
}

/** A way to split, and the phrase for it. */
export interface Split {
  readonly how: HowToSplit;
  readonly phrase: string;
}

/** Why one side has too few rows, in a sentence. */
export function tooFew(
  { training, heldOut }: RowSplit,
  { how, phrase }: Split,
  fewest = FEWEST,
): string | undefined {
  return training.length < FEWEST || heldOut.length < fewest
    ? `Of ${training.length + heldOut.length} rows, ${training.length} would be learnt from and ${heldOut.length} held out (${phrase}): both need ${FEWEST} at least. Bring more rows${togetherBy(how) === undefined ? ' or hold out another share' : ', hold out another share, or split otherwise'}.`
    : undefined;
}

export function howToSplit(
  settings: RowsHeldOut,
  cellsOf: (column: string) => string[] | undefined,
  hasClasses: boolean,
): Result<Split, string> {
  const column = settings.group ?? settings.time;
  const cells = column === null ? [] : cellsOf(column);
  if (cells === undefined) return fail(`There is no column “${column}” to split by. Check the spelling.`);
  if (settings.group !== null) {
    const hashes = rowHashes(cells.map((cell) => [cell]));
    return ok({
      how: { type: 'groups', hashes: firstWords(hashes) },
      phrase: `by whole groups of “${settings.group}”`,
    });
  }
  if (settings.time !== null) {
    const times = timesOf(cells);
    if (typeof times === 'string')
      return fail(
        `“${settings.time}” says “${times}”, which is no number and no date that can be put in order. Write dates as 2024-05-17.`,
      );
    return ok({ how: { type: 'time', times }, phrase: `the latest by “${settings.time}”` });
  }
  return ok(
    settings.stratify === false
      ? { how: { type: 'chance' }, phrase: 'by each row’s own hash alone' }
      : {
          how: { type: 'rows' },
          phrase: `by each row’s own hash${hasClasses ? ', classes in proportion' : ''}`,
        },
  );
}
