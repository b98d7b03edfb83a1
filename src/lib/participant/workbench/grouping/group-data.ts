// The rows of a table as a model without a target takes them: all of them, prepared by a recipe, and no column that names a row or that
// the groups are to be held against.
import * as v from 'valibot';
import { numericSpelling } from '../../../core/data/cell-category.ts';
import { TableContract, type TableColumn } from '../../../core/data/contract.ts';
import { isMissing } from '../../../core/data/missing.ts';
import { bytesOf, digestBuilder } from '../../../core/digest.ts';
import { columnBuilder } from '../../../core/exploration/columns.ts';
import { identityOf } from '../../../core/exploration/identity.ts';
import { encodedRows } from '../../../core/recipe/encode.ts';
import type { Digest } from '../../../core/ids.ts';
import { fitRecipe, type RecipeProblem } from '../../../core/recipe/fit.ts';
import { usualRecipe, type Recipe } from '../../../core/recipe/recipe.ts';
import { numberOf } from '../../../core/recipe/steps/cast.ts';
import { tableOf } from '../../../core/recipe/table.ts';
import { fail, ok, type Result } from '../../../core/result.ts';
import { listOf, quoted } from '../../../core/spoken-list.ts';
import type { RawTable } from '../../../modalities/raw-table.ts';
import { rowHashes } from '../../../modalities/row-hashes.ts';
import { headerProblem } from '../../../modalities/table/infer-contract.ts';
import type { Preparation } from '../prepare.ts';

export interface GroupSettings {
  /** A column that is left out, since the groups are to be held against it; null: none. */
  readonly target: string | null;
  /** Further columns that are left out. */
  readonly without: readonly string[];
  /** What is done to the rows; left out: what is usual. */
  readonly recipe?: Recipe | undefined;
}

/** A column of the file, and why no group is made of it. */
export interface LeftOutColumn {
  readonly name: string;
  readonly why: string;
}

/** A column of few values, which groups can be held against. */
export interface HeldAgainst {
  readonly name: string;
  readonly values: readonly string[];
  /** [rows], places in `values`; −1 where missing. */
  readonly codes: Int32Array<ArrayBuffer>;
  /** Whether the groups are made of it, too. */
  readonly isUsed: boolean;
}

export interface GroupData {
  /** undefined: nothing prepares what a network sees. */
  readonly preparation: Preparation | undefined;
  readonly columns: readonly TableColumn[];
  /** Whether the columns mean something to a person. */
  readonly areNamed: boolean;
  readonly count: number;
  /** [count, F] */
  readonly features: Float32Array<ArrayBuffer>;
  /** Over every row as it was read. */
  readonly digest: Digest;
  /** Columns of the file that the features are made of. */
  readonly used: readonly string[];
  readonly leftOut: readonly LeftOutColumn[];
  /** Columns that seem to name rows, and why: used or not. */
  readonly naming: readonly LeftOutColumn[];
  readonly comparable: readonly HeldAgainst[];
  readonly notes: readonly string[];
  readonly header: readonly string[];
  /** The cells of the `index`-th row, and its number in its file, from 1. */
  cellsOf(index: number): readonly string[];
  placeOf(index: number): number;
  /** Its place among all rows of the table, those left out by the recipe too; from 0. */
  originOf(index: number): number;
}

export interface TableGroupData extends GroupData {
  readonly preparation: Preparation;
}

export interface GroupRefusal {
  readonly message: string;
  readonly recipe: RecipeProblem | undefined;
}

/** Of more values the table that groups are held against is no longer read. */
export const MOST_VALUES = 20;

export function groupData(
  table: RawTable,
  { target, without, recipe = usualRecipe }: GroupSettings,
): Result<TableGroupData, GroupRefusal> {
  const refused = (message: string, problem?: RecipeProblem) => fail({ message, recipe: problem });
  const { header, rows, numbers } = table;
  const problem = headerProblem(header, rows.length);
  if (problem !== undefined) return refused(problem.message);
  const twice = header.find((column, at) => column !== '' && header.indexOf(column) !== at);
  if (twice !== undefined)
    return refused(`The header names ${quoted(twice)} twice. Rename one of the two columns.`);
  const unknown = [...without, ...(target === null ? [] : [target])].filter((name) => !header.includes(name));
  if (unknown.length > 0)
    return refused(
      `There is no column ${listOf(unknown.map(quoted))} to leave out. The header has ${listOf(header.map(quoted), 30)}.`,
    );
  const taken = header.map((name) => (name === target || without.includes(name) ? '' : name));
  const fitted = fitRecipe(recipe, tableOf(taken, rows, [...rows.keys()]));
  const used = new Set(fitted.ok ? fitted.value.fitted.inputs : []);
  const naming = namingColumns(table);
  const chosenOut = header.flatMap((name): LeftOutColumn[] =>
    name === target
      ? [{ name, why: whyTarget(table, name) }]
      : without.includes(name)
        ? [{ name, why: whyChosenOut(naming.find((one) => one.name === name)) }]
        : [],
  );
  if (!fitted.ok) {
    const nothing = fitted.error.step === null && fitted.error.found.at(-1)?.length === 0;
    if (!nothing) return refused(fitted.error.message, fitted.error);
    const why = [
      ...chosenOut.map((one) => `${quoted(one.name)}: ${one.why}`),
      ...fitted.error.reports.flatMap((report) => report.notes),
    ];
    return refused(
      `No column is left to find groups by. ${why.slice(0, 8).join(' ')} Leave fewer out, or change the recipe.`,
    );
  }
  const { fitted: learnt, columns, table: prepared, reports, found } = fitted.value;
  const encoded = encodedRows(prepared, columns);
  if (!encoded.ok) return refused(encoded.error);
  // What a model's file could not hold is said now.
  const checked = v.safeParse(TableContract, groupContract(columns, 2));
  if (!checked.success) {
    const [issue] = checked.issues;
    return refused(
      `No model here takes this table: ${v.getDotPath(issue) ?? 'the columns'}: ${issue.message}. Leave columns out (--without).`,
    );
  }
  const { origins } = prepared;
  const digest = digestBuilder()
    .update(bytesOf(rowHashes(rows)))
    .finish();
  const told = reports.flatMap((report) => report.notes);
  const notes = told.filter((note) => !header.some((name) => note.startsWith(droppedNote(name))));
  if (table.unreadable > 0)
    notes.unshift(`${table.unreadable} rows could not be read. The first: ${table.firstProblem ?? ''}`);
  const lost = rows.length - origins.length;
  if (lost > 0) notes.push(`The recipe leaves ${lost} rows out.`);
  for (const { name, why } of naming)
    if (used.has(name))
      notes.push(`${quoted(name)} may name rows, not describe them: ${why} Leave it out (--without).`);
  return ok({
    preparation: {
      fitted: learnt,
      reports,
      found,
      digest: digestBuilder().update(bytesOf(encoded.value.features)).finish(),
    },
    columns,
    areNamed: true,
    count: prepared.rows,
    features: encoded.value.features,
    digest,
    used: header.filter((name) => used.has(name)),
    leftOut: [
      ...chosenOut,
      ...header
        .filter((name) => name !== '' && !used.has(name) && !chosenOut.some((one) => one.name === name))
        .map((name) => ({
          name,
          why:
            told.find((note) => note.startsWith(droppedNote(name)))?.slice(droppedNote(name).length) ??
            'the recipe leaves it out.',
        })),
    ],
    naming,
    comparable: header.flatMap((name, field): HeldAgainst[] => {
      const codes = codesOf(Array.from(origins, (row) => rows[row]?.[field] ?? ''));
      return codes === undefined || name === '' ? [] : [{ name, ...codes, isUsed: used.has(name) }];
    }),
    notes: [...new Set(notes)],
    header,
    cellsOf: (index) => rows[origins[index] ?? 0] ?? [],
    placeOf: (index) => numbers[origins[index] ?? 0] ?? 0,
    originOf: (index) => origins[index] ?? 0,
  });
}

/** Columns that seem to say which row it is, and why. */
const namingColumns = ({ header, rows }: Pick<RawTable, 'header' | 'rows'>): readonly LeftOutColumn[] =>
  header.flatMap((name, field) => {
    const builder = columnBuilder(name);
    const distinct = new Set<string>();
    for (const row of rows) {
      const cell = row[field] ?? '';
      if (isMissing(cell)) builder.addNumber(NaN);
      else {
        distinct.add(cell);
        const number = numberOf(cell);
        if (Number.isNaN(number)) builder.addText(cell);
        else builder.addNumber(number);
      }
    }
    const why = name === '' ? undefined : identityOf(builder.finish(), distinct.size, rows.length);
    return why === undefined ? [] : [{ name, why }];
  });

const whyTarget = ({ header, rows }: RawTable, name: string): string =>
  codesOf(rows.map((row) => row[header.indexOf(name)] ?? '')) === undefined
    ? `it was named as the target, and cannot be held against the groups: it has one value alone, or more than ${MOST_VALUES}.`
    : 'the groups are held against it.';

const whyChosenOut = (naming: LeftOutColumn | undefined): string =>
  naming === undefined ? 'by choice.' : `it seems to name rows: ${naming.why}`;

/** A model of groups says of each row which it is in, as another says a class. */
export const groupContract = (columns: readonly TableColumn[], groups: number): TableContract => ({
  kind: 'table',
  columns: [...columns],
  target: {
    type: 'classes',
    name: 'group',
    classes: Array.from({ length: groups }, (_, at) => ({ label: groupName(at), values: [groupName(at)] })),
  },
});

/** `group` from 0. */
export const groupName = (group: number): string => `group ${group + 1}`;

/** A step that drops a column says so, and why. */
const droppedNote = (name: string): string => `${quoted(name)} is left out: `;

/** undefined: there are too many values, or one only. */
function codesOf(
  cells: readonly string[],
): { readonly values: readonly string[]; readonly codes: Int32Array<ArrayBuffer> } | undefined {
  const known = new Map<string, number>();
  const codes = new Int32Array(cells.length);
  for (const [row, cell] of cells.entries()) {
    if (isMissing(cell)) {
      codes[row] = -1;
      continue;
    }
    const spelt = numericSpelling(cell) ?? cell;
    const code = known.get(spelt) ?? known.size;
    if (code === MOST_VALUES) return undefined;
    known.set(spelt, code);
    codes[row] = code;
  }
  return known.size < 2 ? undefined : { values: [...known.keys()], codes };
}
