// Which column of a list names files, and which their class: told by what stands in them, and by their names where several may be meant.
import { folded } from './class-match.ts';
import { quoted } from './import-report.ts';
import { MOST_CLASSES } from './table/infer-contract.ts';
import type { TableHead } from './table/read-head.ts';

/** The one file that a cell names: by its path, the end of it, its name, or its name without the ending. */
export type FileFinder = (cell: string) => string | undefined;

export interface ListOptions {
  /** Names of classes that are wanted: the column that holds most of them is that of the class. */
  readonly classes?: readonly string[] | undefined;
  /** The column of the class, where a person said it. */
  readonly column?: string | undefined;
  /** Files are recordings: a column may say whose each is. Pictures have no groups. */
  readonly areSounds?: boolean | undefined;
}

export interface ListColumns {
  /** The places of the columns in the header. */
  readonly name: number;
  readonly group: number | undefined;
  /** undefined where the row says no class. */
  readonly labelOf: (row: readonly string[]) => string | undefined;
  /** "classes are by “category”" */
  readonly spokenClass: string;
  readonly spokenGroup: string;
}

/** So many rows are held against the files before any is taken. */
const LOOKED_AT = 200;
const CLASS_NAMES =
  /^(class(es)?( ?name)?|label(s)?|category|categories|target|diagnosis|dx|species|breed|genre|emotion|word|command|y|annotation|type)$/;
const GROUP_NAMES =
  /^(speaker|patient|subject|person|participant|singer|user|rider|lesion|src file|source file|group)( ?id)?$/;

const spoken = (name: string): string => folded(name).replaceAll(/[^\p{L}\p{N} ]/gu, '');

/** undefined where no column names half of its files here, or none tells classes apart. */
export function columnsOf(
  table: TableHead,
  lookUp: FileFinder,
  options: ListOptions,
): ListColumns | undefined {
  const { header, rows } = table;
  const looked = rows.slice(0, LOOKED_AT);
  const hits = header.map((_, at) => looked.filter((row) => lookUp(row[at] ?? '') !== undefined).length);
  const name = hits.indexOf(Math.max(...hits));
  if (name < 0 || looked.length === 0 || hits[name]! < looked.length / 2) return undefined;
  const others = header.map((_, at) => at).filter((at) => at !== name);
  const found = classOf(table, others, options);
  if (found === undefined) return undefined;
  const group =
    options.areSounds !== true
      ? undefined
      : others.find((at) => at !== found.at && GROUP_NAMES.test(spoken(header[at] ?? '')));
  return {
    name,
    group,
    labelOf: found.labelOf,
    spokenClass: found.spokenClass,
    spokenGroup:
      group === undefined
        ? ''
        : `, and ${quoted(header[group] ?? '')} says whose or of what each recording is`,
  };
}

type FoundClass = Pick<ListColumns, 'labelOf' | 'spokenClass'> & { readonly at: number | undefined };

/** As it was said, or by the classes that are wanted; else the column that is called so, columns of 0 and 1, or any that may be it. */
function classOf(
  table: TableHead,
  others: readonly number[],
  { classes, column }: ListOptions,
): FoundClass | undefined {
  if (column !== undefined) {
    const said = table.header.indexOf(column);
    return others.includes(said) ? ofColumn(table, said) : undefined;
  }
  if (classes !== undefined) return wantedColumn(table, others, classes) ?? columnEachClass(table, others);
  const candidates = others
    .map((at) => ({ at, values: valuesOf(table, at) }))
    .filter(({ values }) => values.size >= 2 && values.size <= Math.min(MOST_CLASSES, table.rows.length / 2))
    .map(({ at, values }) => ({
      at,
      isNamed: CLASS_NAMES.test(spoken(table.header[at] ?? '')),
      // “category” beside “target”: words rather than their numbers.
      isWords: [...values].some((value) => !Number.isFinite(Number(value))),
      size: values.size,
    }))
    .toSorted(
      (a, b) =>
        Number(b.isNamed) - Number(a.isNamed) || Number(b.isWords) - Number(a.isWords) || a.size - b.size,
    );
  const [best] = candidates;
  if (best?.isNamed === true) return ofColumn(table, best.at);
  return columnEachClass(table, others) ?? (best === undefined ? undefined : ofColumn(table, best.at));
}

const ofColumn = ({ header }: TableHead, at: number): FoundClass => ({
  at,
  labelOf: (row) => row[at]?.trim() || undefined,
  spokenClass: `classes are by ${quoted(header[at] ?? '')}`,
});

const valuesOf = ({ rows }: TableHead, at: number): ReadonlySet<string> =>
  new Set(rows.map((row) => row[at]?.trim() ?? '').filter((value) => value !== ''));

/** The column more than half of whose values are wanted; of several, which numbers are, the one that has most of what is wanted. */
function wantedColumn(
  table: TableHead,
  others: readonly number[],
  classes: readonly string[],
): FoundClass | undefined {
  const wanted = new Set(classes.map(folded));
  let best: { readonly at: number; readonly fit: number } | undefined;
  for (const at of others) {
    const values = [...valuesOf(table, at)];
    const hits = values.filter((value) => wanted.has(folded(value))).length;
    if (hits <= values.length / 2) continue;
    const fit = (hits / values.length) * (hits / wanted.size);
    if (fit > (best?.fit ?? 0)) best = { at, fit };
  }
  return best === undefined ? undefined : ofColumn(table, best.at);
}

const isFlag = (cell: string | undefined): boolean => Number(cell) === 0 || Number(cell) === 1;

/** A 1 in the column of the class, 0 in all others. */
function columnEachClass({ header, rows }: TableHead, others: readonly number[]): FoundClass | undefined {
  const flags = others.filter((at) => rows.every((row) => row[at]?.trim() !== '' && isFlag(row[at])));
  const isOne = (row: readonly string[], at: number): boolean => Number(row[at]) === 1;
  if (flags.length < 2 || !rows.every((row) => flags.filter((at) => isOne(row, at)).length === 1))
    return undefined;
  return {
    at: undefined,
    labelOf: (row) => header[flags.find((at) => isOne(row, at)) ?? -1],
    spokenClass: `classes are its ${flags.length} columns of 0 and 1`,
  };
}
