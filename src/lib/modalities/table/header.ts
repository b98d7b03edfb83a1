// The first line of a table: which character separates cells, and which field is which column of the contract.
import { numericSpelling } from '../../core/data/cell-category.ts';
import type { TableContract } from '../../core/data/contract.ts';
import { listOf, quoted, type RefusalKind } from '../import-report.ts';
import { areBlankSeparated, BLANKS, blanksAsTabs } from './blank-separated.ts';
import { csvScanner, recordTexts } from './csv-scanner.ts';
import { folded } from './header-line.ts';
import { isNameByPlace } from './table-reading.ts';

export const DELIMITERS = [',', ';', '\t', '|'] as const;

/** Field numbers of the contract's columns and target. */
export interface HeaderMatch {
  readonly fields: readonly number[];
  readonly target: number;
  /** Columns of the file that the contract does not ask for. */
  readonly unused: readonly string[];
}

export interface HeaderProblem {
  readonly kind: RefusalKind;
  readonly column: string | undefined;
  readonly message: string;
}

/** The first records of `head` as texts, under one delimiter. The last one is left out where the file goes on behind it. */
export function firstRecords(
  head: Uint8Array,
  delimiter: string,
  isWholeFile: boolean,
  maximum = 20,
  quotes = true,
): string[][] {
  const records: string[][] = [];
  const scanner = csvScanner(
    delimiter.charCodeAt(0),
    (record) => {
      if (records.length < maximum) records.push(recordTexts(record));
    },
    quotes,
  );
  scanner.push(head);
  if (isWholeFile || records.length === 0) scanner.end();
  return records;
}

/**
 * Whether quotation marks hold cells together. Not where more of the cells that begin with one go on behind it, or never close, than
 * are wholly quoted, though without them each line has as many cells as the others: messages quote in the middle of a line.
 */
export function areQuoted(head: Uint8Array, delimiter: string, isWholeFile: boolean): boolean {
  if (!head.includes(0x22)) return true;
  const lines = firstRecords(head, delimiter, isWholeFile, Infinity, false);
  const [first = []] = lines;
  if (first.length < 2 || lines.some(({ length }) => length !== first.length)) return true;
  const begun = lines.flat().filter((cell) => cell.startsWith('"'));
  const whole = begun.filter((cell) => /^"([^"]|"")*"$/.test(cell));
  // One may be a slip.
  return begun.length - whole.length < Math.max(2, whole.length);
}

/**
 * The separator of a file: the one under which the header holds most of `wanted`; among equals, the one under which the rows agree
 * best on more than one cell. Runs of blanks where no other cuts the lines alike; a comma where nothing speaks for another.
 */
export function detectDelimiter(head: Uint8Array, isWholeFile: boolean, wanted: readonly string[]): string {
  const names = new Set(wanted.map(folded));
  const files = DELIMITERS.map((delimiter) => ({
    delimiter,
    records: firstRecords(head, delimiter, isWholeFile),
  }));
  const best = bestOf(files, names);
  const isSure = best !== undefined && best.cells > 1 && (best.score >= 1000 || best.share > 0.9);
  if (isSure && !isFilledUp(best)) return best.delimiter;
  const byBlanks = firstRecords(blanksAsTabs()(head), '\t', isWholeFile);
  if (!endInSeparators(byBlanks) && areBlankSeparated(byBlanks.slice(linesBeforeHeader(byBlanks))))
    return BLANKS;
  return best?.delimiter ?? ',';
}

/** Blanks behind separators, which most cells then end with. */
function endInSeparators(records: readonly (readonly string[])[]): boolean {
  const cells = records.flat();
  return cells.filter((cell) => /[,;]$/.test(cell)).length * 2 > cells.length;
}

interface Cut {
  readonly delimiter: string;
  readonly records: readonly (readonly string[])[];
}

function bestOf(files: readonly Cut[], names: ReadonlySet<string>) {
  // Lines before a header are looked for where no first line is one: else commas in numbers would make their rows the table.
  for (const skips of [false, true]) {
    let best: (Cut & { readonly score: number; readonly share: number; readonly cells: number }) | undefined;
    for (const { delimiter, records } of files) {
      const [header, ...rows] = records.slice(skips ? linesBeforeHeader(records) : 0);
      if (header === undefined) continue;
      const found = header.filter((cell) => names.has(folded(cell))).length;
      const agreeing = rows.filter((row) => row.length === header.length).length;
      const share = rows.length === 0 ? 1 : agreeing / rows.length;
      const score = found * 1000 + (header.length > 1 ? share * 100 + Math.min(header.length, 50) : 0);
      if (score > (best?.score ?? 0)) best = { delimiter, records, score, share, cells: header.length };
    }
    if (best !== undefined && (skips || best.share > 0.5 || best.score >= 1000)) return best;
  }
  return undefined;
}

/** Tabs between cells that blanks fill up, as before the last column of auto-mpg. */
const isFilledUp = ({ delimiter, records }: Cut): boolean =>
  delimiter === '\t' && records.every((cells) => cells.some((cell) => / {2,}/.test(cell)));

/**
 * How many of the first records stand before the header: titles and remarks, as instruments and offices write them. They have
 * fewer cells than the rows, and are one cell or begin as a comment does; but a comment of several cells ("#id,age", where rows have
 * one cell more) is the header itself where what follows is a row.
 */
export function linesBeforeHeader(first: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const { length } of first) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [usual = 0] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  const header = first.findIndex(
    (cells) => cells.length >= usual || !(filled(cells) <= 1 || /^(#|%|\/\/)/.test(cells[0] ?? '')),
  );
  if (header <= 0 || usual <= 1) return 0;
  const isRow = first[header]?.some((cell) => numericSpelling(cell) !== undefined) === true;
  return isRow && filled(first[header - 1] ?? []) > 1 ? header - 1 : header;
}
const filled = (cells: readonly string[]): number => cells.filter((cell) => cell !== '').length;

/** Finds every column, in any order, and those that only a rule is about; spaces around names do not count. All problems are returned, not only the first. */
export function matchHeader(
  header: readonly string[],
  contract: TableContract,
  alsoNeeded: readonly string[] = [],
): { readonly match: HeaderMatch } | { readonly problems: readonly HeaderProblem[] } {
  const learnt = [...contract.columns.map((column) => column.name), contract.target.name];
  const wanted = [
    ...learnt,
    ...alsoNeeded.filter((name, index) => !learnt.includes(name) && alsoNeeded.indexOf(name) === index),
  ];
  const problems: HeaderProblem[] = [];
  const found: number[] = [];
  for (const name of wanted) {
    const field = header.indexOf(name);
    if (field >= 0 && header.indexOf(name, field + 1) >= 0)
      problems.push({
        kind: 'wrong-header',
        column: name,
        message: `The header names ${quoted(name)} twice. Rename or delete one of the two columns.`,
      });
    else if (field < 0) {
      const similar = header.find((cell) => folded(cell) === folded(name));
      const hint = similar === undefined ? '' : ` ${quoted(similar)} is probably it: rename that column.`;
      problems.push({
        kind: 'missing-column',
        column: name,
        message: `There is no column ${quoted(name)}.${hint || ` The header has ${listOf(header.map(quoted))}.`}`,
      });
    }
    found.push(field);
  }
  if (
    problems.length === wanted.length &&
    problems.every((problem) => problem.kind === 'missing-column' && !problem.message.includes('probably'))
  )
    return {
      problems: [
        {
          kind: 'wrong-header',
          column: undefined,
          message: header.every(isNameByPlace)
            ? `No line of this file names its columns: its first line is a row. Put one above it with the names ${listOf(wanted)}, or choose the right file.`
            : `The first line must name the columns ${listOf(wanted)}, but it reads ${listOf(header.map(quoted))}. Add the header line, or choose the right file.`,
        },
      ],
    };
  if (problems.length > 0) return { problems };
  const used = new Set(found);
  return {
    match: {
      fields: found.slice(0, contract.columns.length),
      target: found[contract.columns.length] ?? 0,
      unused: header.filter((_, field) => !used.has(field)),
    },
  };
}
