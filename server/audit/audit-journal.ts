// A federation's journal: each line must follow from the one before, and the rows that it names must be what it says they were.
import * as v from 'valibot';
import { nameOf, rowDigest, SEALS } from '../coordinator/seal.ts';
import { hashOf, sinceMade, START } from '../coordinator/journal.ts';
import { readEntry } from '../adapters/sqlite/rows.ts';
import { sealedTables, storedRow, type SealedTable } from '../adapters/sqlite/stored-rows.ts';
import type { Tables } from '../adapters/sqlite/schema.ts';
import type { JournalRecord } from '../ports/records.ts';
import { because, type Finding } from './findings.ts';
import type { Row, Stored } from './stored.ts';

export interface AuditedJournal {
  readonly lines: readonly JournalRecord[];
  readonly rows: number;
  /** Rows that were written before the journal named any. */
  readonly unnamed: number;
}

const Named = v.object({ rows: v.array(v.tuple([v.string(), v.string()])) });

export function auditJournal(
  stored: Stored,
  federation: string,
  found: (finding: Finding) => void,
): AuditedJournal {
  const lines = chainOf(stored, federation, found);
  const expected = new Map<string, string>();
  const appended = new Map<string, string[]>();
  // Those of a federation that was deleted name rows that went with it.
  const present = sinceMade(lines);
  for (const { payload } of present) {
    const read = v.safeParse(Named, payload);
    for (const [name, digest] of read.success ? read.output.rows : []) {
      const growing = name.endsWith('/+');
      if (growing) appended.set(name, [...(appended.get(name) ?? []), digest]);
      else if (digest === '') expected.delete(name);
      else expected.set(name, digest);
    }
  }
  // What was made before lines named their rows is counted, and not judged.
  const isWhole = v.safeParse(Named, present[0]?.payload).success;
  const isAccessNamed = v.safeParse(v.object({ seals: v.literal(SEALS) }), present[0]?.payload).success;
  let [rows, unnamed] = [0, 0];
  for (const table of Object.keys(sealedTables) as SealedTable[]) {
    const kept = appended.get(`${table}/+`) ?? [];
    let place = 0;
    for (const row of rowsOf(stored, table, federation, found)) {
      const one = storedRow(table, row);
      // A round that is open changes still.
      if (table === 'rounds' && row['phase'] !== 'committed' && row['phase'] !== 'abandoned') {
        if (expected.has(nameOf(one)))
          found({ table, federation, row: rowName(table, row), problem: ALTERED });
        expected.delete(nameOf(one));
        continue;
      }
      const growing = one.key === '+';
      const digest = growing ? kept[place] : expected.get(nameOf(one));
      rows += 1;
      place += 1;
      expected.delete(nameOf(one));
      if (digest === undefined) {
        if (isWhole && (isAccessNamed || !ACCESS.includes(table)))
          found({
            table,
            federation,
            row: rowName(table, row),
            problem: 'the journal knows of no such row: it was added, or its key was changed.',
          });
        else unnamed += 1;
      } else if (digest !== rowDigest(one))
        found({ table, federation, row: rowName(table, row), problem: ALTERED });
    }
    if (place < kept.length)
      found({
        table,
        federation,
        row: null,
        problem: `the journal names ${kept.length} rows, and ${place} are there: some were taken away.`,
      });
  }
  for (const name of expected.keys()) {
    const [table = '', ...key] = name.split('/');
    found({
      table,
      federation,
      row: key.length === 0 ? null : key.join(', '),
      problem: 'the journal names this row, and it is not there: it was taken away, or its key was changed.',
    });
  }
  return { lines, rows, unnamed };
}

/** Tables that lines name since `SEALS`. */
const ACCESS: readonly SealedTable[] = ['invitations', 'admissions', 'exclusions'];

const ALTERED = 'it is not what the journal says was written: something in it was altered.';

function rowsOf(
  stored: Stored,
  table: SealedTable,
  federation: string,
  found: (finding: Finding) => void,
): readonly Row[] {
  try {
    if (table === 'federations')
      return stored.rows(table, 'position').filter((row) => row['id'] === federation);
    return stored.rows(
      table,
      table === 'alias_moves' ? 'position' : sealedTables[table].join(', '),
      federation,
    );
  } catch (error) {
    found({ table, federation, row: null, problem: `it cannot be read: ${because(error)}` });
    return [];
  }
}

export function rowName(table: SealedTable, row: Row): string {
  const columns: readonly string[] = sealedTables[table] ?? ['position'];
  return columns.length === 0
    ? String(row['id'])
    : columns.map((column) => `${column} ${row[column]}`).join(', ');
}

/** Every line of a federation, also of one that was deleted, each checked against the one before. */
export function chainOf(
  stored: Stored,
  federation: string,
  found: (finding: Finding) => void,
): JournalRecord[] {
  const table = 'journal';
  let previous = START;
  let sequence = 0;
  const lines: JournalRecord[] = [];
  let rows: readonly Row[] = [];
  try {
    rows = stored.rows(table, 'sequence', federation);
  } catch (error) {
    found({ table, federation, row: null, problem: `it cannot be read: ${because(error)}` });
  }
  for (const row of rows) {
    sequence += 1;
    const fault = (problem: string): void =>
      found({ table, federation, row: `sequence ${row['sequence']}`, problem });
    let line: JournalRecord | undefined;
    try {
      // The columns are those of the table; the reading schema says what is wrong with their values.
      line = readEntry(row as unknown as Tables['journal']);
      if (JSON.stringify(line.payload) !== row['payload_json'])
        fault('its payload is not as the server writes one.');
    } catch (error) {
      fault(`it cannot be read: ${because(error)}`);
    }
    if (row['sequence'] !== sequence)
      fault(`it stands where sequence ${sequence} should: a line is missing.`);
    else if (line !== undefined && line.previous !== previous)
      fault('it does not follow from the line before it.');
    else if (line !== undefined && hashOf(line) !== line.hash)
      fault('its hash is another: something in it was altered.');
    sequence = Number(row['sequence']);
    previous = String(row['hash']);
    if (line !== undefined) lines.push(line);
  }
  if (rows.length === 0)
    found({ table, federation, row: null, problem: 'it holds no line of this federation.' });
  return lines;
}
