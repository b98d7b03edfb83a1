// The first line of a table: which character separates cells, and which field is which column of the contract.
import type { TableContract } from '../../core/data/contract.ts';
import { listOf, quoted, type RefusalKind } from '../import-report.ts';
import { csvScanner, recordTexts } from './csv-scanner.ts';

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
): string[][] {
  const records: string[][] = [];
  const scanner = csvScanner(delimiter.charCodeAt(0), (record) => {
    if (records.length < maximum) records.push(recordTexts(record));
  });
  scanner.push(head);
  if (isWholeFile || records.length === 0) scanner.end();
  return records;
}

/**
 * The separator of a file: the one under which the header holds most of `wanted`; among equals, the one under which the rows agree
 * best on more than one cell. A comma where nothing speaks for another.
 */
export function detectDelimiter(head: Uint8Array, isWholeFile: boolean, wanted: readonly string[]): string {
  const names = new Set(wanted.map(folded));
  let best: { readonly delimiter: string; readonly score: number } = { delimiter: ',', score: 0 };
  for (const delimiter of DELIMITERS) {
    const [header, ...rows] = firstRecords(head, delimiter, isWholeFile);
    if (header === undefined) continue;
    const found = header.filter((cell) => names.has(folded(cell))).length;
    const agreeing = rows.filter((row) => row.length === header.length).length;
    const share = rows.length === 0 ? 1 : agreeing / rows.length;
    const score = found * 1000 + (header.length > 1 ? share * 100 + Math.min(header.length, 50) : 0);
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** Names that differ only in case, spaces, hyphens and underscores are one. */
const folded = (name: string): string => name.toLowerCase().replace(/[\s_.-]+/g, '');

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
          message: `The first line must name the columns ${listOf(wanted)}, but it reads ${listOf(header.map(quoted))}. Add the header line, or choose the right file.`,
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
