// The contract's rules for whole columns, kept while a dataset is changed by hand: what an import would refuse cannot be typed either.
// Of the columns that no model learns from nothing is kept, so their rules have nothing to say here.
import type { ColumnRule, TableContract } from '../core/data/contract.ts';
import { readPattern } from '../core/data/pattern.ts';
import type { ColumnTable, ColumnValues } from '../core/exploration/columns.ts';
import { quoted } from './import-report.ts';

/** `row` of `before` becomes the one row of `after`, its cell in `column` written as `text`. A sentence where a rule is broken. */
export function brokenByCell(
  { rules = [] }: TableContract,
  before: ColumnTable,
  after: ColumnTable,
  { row, column, text }: { readonly row: number; readonly column: string; readonly text: string },
): string | undefined {
  const old = columnOf(before, column);
  const fresh = columnOf(after, column);
  if (old === undefined || fresh === undefined) return undefined;
  const own = valueAt(fresh, 0);
  for (const rule of rules) {
    if (rule.column !== column) continue;
    switch (rule.type) {
      case 'unique':
        for (let other = 0; own !== undefined && other < before.rows; other += 1)
          if (other !== row && valueAt(old, other) === own)
            return `${quoted(column)} must be different in every row, but ${quoted(text)} stands in row ${other + 1}.`;
        break;
      case 'pattern': {
        const fits = readPattern(rule.pattern);
        if (own !== undefined && fits.ok && !fits.value(text.trim()))
          return `${quoted(column)} must be written as ${rule.pattern}, but the cell holds ${quoted(text)}.`;
        break;
      }
      case 'missing-share': {
        if (own !== undefined || valueAt(old, row) === undefined) break;
        const missing = missingRows(old, before.rows).length + 1;
        if (missing / before.rows > rule.maximum) return tooMany(rule, missing, before.rows);
        break;
      }
      case 'group':
        break;
      default:
        return rule satisfies never;
    }
  }
  return undefined;
}

/** Rows that go leave a larger share of the others without a value. `removed`: from 0, each once. */
export function brokenByRemoval(
  { rules = [] }: TableContract,
  table: ColumnTable,
  removed: readonly number[],
): string | undefined {
  const gone = new Set(removed);
  const left = table.rows - removed.length;
  for (const rule of rules) {
    const column = columnOf(table, rule.column);
    if (rule.type !== 'missing-share' || column === undefined) continue;
    const missing = missingRows(column, table.rows);
    const after = missing.filter((row) => !gone.has(row)).length;
    if (after / left > rule.maximum && after / left > missing.length / table.rows)
      return tooMany(rule, after, left);
  }
  return undefined;
}

/** Rows of two states that kept every rule, brought together: a value may stand twice, or more of a column be empty than in either. */
export function brokenByMerge(
  { rules = [] }: TableContract,
  mine: ColumnTable,
  merged: ColumnTable,
): string | undefined {
  for (const rule of rules) {
    const column = columnOf(merged, rule.column);
    const own = columnOf(mine, rule.column);
    if (column === undefined || own === undefined) continue;
    switch (rule.type) {
      case 'unique': {
        const rows = new Map<number, number>();
        for (let row = 0; row < merged.rows; row += 1) {
          const value = valueAt(column, row);
          const other = value === undefined ? undefined : rows.get(value);
          if (other !== undefined)
            return `${quoted(rule.column)} must be different in every row, and once merged the rows ${other + 1} and ${row + 1} would hold the same. Change one of them in its own state first.`;
          if (value !== undefined) rows.set(value, row);
        }
        break;
      }
      case 'missing-share': {
        const missing = missingRows(column, merged.rows).length;
        const share = missing / merged.rows;
        if (share > rule.maximum && share > missingRows(own, mine.rows).length / mine.rows)
          return tooMany(rule, missing, merged.rows);
        break;
      }
      // Of single cells, each of which one of the states holds already; a group’s rows keep the word of their hash that splits them.
      case 'pattern':
      case 'group':
        break;
      default:
        return rule satisfies never;
    }
  }
  return undefined;
}

const columnOf = ({ columns }: ColumnTable, name: string): ColumnValues | undefined =>
  columns.find((column) => column.name === name);

/** undefined where it is missing. */
function valueAt(column: ColumnValues, row: number): number | undefined {
  const value = column.type === 'category' ? column.codes[row]! : column.values[row]!;
  return Number.isNaN(value) || (column.type === 'category' && value < 0) ? undefined : value;
}

const missingRows = (column: ColumnValues, rows: number): readonly number[] =>
  Array.from({ length: rows }, (_, row) => row).filter((row) => valueAt(column, row) === undefined);

const tooMany = (
  { column, maximum }: Extract<ColumnRule, { type: 'missing-share' }>,
  missing: number,
  rows: number,
): string =>
  `${quoted(column)} would be empty in ${missing} of ${rows} rows, and at most ${Number((maximum * 100).toFixed(1))} % may be.`;
