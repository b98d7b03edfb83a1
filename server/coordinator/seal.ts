// Each line of the journal says which rows its transaction wrote, by their digests: whoever reads the journal again, and the tables
// beside it, finds every row that was changed, added or taken away behind its back (server/audit).
import { canonicalText } from '#lib/core/canonical.ts';
import { digestOfText } from '#lib/core/digest.ts';
import type { Change, Records, StoredRow } from '../ports/records.ts';
import type { Journal } from './journal.ts';

/** "versions/3": what a line of the journal calls a row. */
export const nameOf = ({ table, key }: Pick<StoredRow, 'table' | 'key'>): string => `${table}/${key}`;

/** Empty: the row was taken away. */
export const rowDigest = ({ table, key, values }: StoredRow): string =>
  values === null ? '' : digestOfText(canonicalText([table, key, values]));

/** Since when invitations, admissions and exclusions are named: said by the first line of a federation. */
export const SEALS = 2;

/** The changes, with their rows named in the last of their lines, or in a line of its own where there is none. */
export function sealed(
  changes: readonly Change[],
  records: Pick<Records, 'rowsOf'>,
  journal: Journal,
  at: number,
  /** What else the line is to vouch for. */
  more: Readonly<Record<string, unknown>> = {},
): readonly Change[] {
  const rows = new Map<string, string>();
  for (const row of changes.flatMap((change) => records.rowsOf(change)))
    rows.set(nameOf(row), rowDigest(row));
  if (rows.size === 0) return changes;
  const named = [...rows];
  const last = changes.findLastIndex((change) => change.type === 'append-journal');
  const line = changes[last];
  if (line?.type !== 'append-journal')
    return [
      ...changes,
      { type: 'append-journal', record: journal.next('rows', { rows: named, ...more }, at) },
    ];
  const record = journal.amend(line.record, { rows: named, ...more });
  return changes.with(last, { type: 'append-journal', record });
}
