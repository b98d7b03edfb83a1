// Where a rule of the data contract was broken, in words: the rows of each file.
import type { BrokenRule } from '../modalities/import-report.ts';
import { count } from './format.ts';

const LISTED = 8;

/** "rows 4, 9 of a.csv, row 3 of b.csv …"; empty where neither row nor file is known. */
export function placesOf(rule: Pick<BrokenRule, 'places' | 'count'>): string {
  const files = new Map<string, number[]>();
  for (const { file, row } of rule.places.slice(0, LISTED)) {
    const rows = files.get(file) ?? [];
    if (row !== null) rows.push(row);
    files.set(file, rows);
  }
  const parts = [...files].flatMap(([file, rows]) => {
    const listed =
      rows.length === 0 ? '' : `${rows.length === 1 ? 'row' : 'rows'} ${rows.map(count).join(', ')}`;
    return [listed, file].filter((part) => part !== '').join(' of ') || [];
  });
  return parts.length === 0 ? '' : `${parts.join(', ')}${rule.count > LISTED ? ' …' : ''}`;
}
