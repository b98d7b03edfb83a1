// People and their ways in: each row must be what the chain of acts says was written last, and no other may be there.
import * as v from 'valibot';
import { peopleTables, storedRow, type PeopleTable } from '../adapters/sqlite/stored-rows.ts';
import { nameOf, rowDigest } from '../coordinator/seal.ts';
import type { ActRecord } from '../ports/records.ts';
import { because, type Finding } from './findings.ts';
import type { Row, Stored } from './stored.ts';

const Named = v.object({ rows: v.array(v.tuple([v.string(), v.string()])) });

/** Rows that are older than the first act that names any, of a chain that began before acts named them, are not judged. */
export function auditPeople(
  stored: Stored,
  acts: readonly ActRecord[],
  found: (finding: Finding) => void,
): void {
  const expected = new Map<string, string>();
  let since = Infinity;
  for (const { at, sequence, detail } of acts) {
    const read = v.safeParse(Named, detail);
    if (!read.success) continue;
    // Who comes in first is made by the first act of all: from there on every row is named.
    if (since === Infinity) since = sequence === 1 ? -Infinity : at;
    for (const [name, digest] of read.output.rows)
      if (digest === '') expected.delete(name);
      else expected.set(name, digest);
  }
  for (const table of Object.keys(peopleTables) as PeopleTable[])
    for (const row of rowsOf(stored, table, found)) {
      const one = storedRow(table, row);
      const digest = expected.get(nameOf(one));
      expected.delete(nameOf(one));
      const fault = (problem: string): void =>
        found({ table, federation: null, row: `id ${String(row['id']).slice(0, 12)}`, problem });
      if (digest === undefined) {
        if (!(Number(row['created_at']) < since))
          fault('no act knows of such a row: it was added, or its id was changed.');
      } else if (digest !== rowDigest(one))
        fault('it is not what the act says was written: something in it was altered.');
    }
  for (const name of expected.keys()) {
    const [table = '', id = ''] = name.split('/');
    found({
      table,
      federation: null,
      row: `id ${id.slice(0, 12)}`,
      problem: 'an act names this row, and it is not there: it was taken away, or its id was changed.',
    });
  }
}

function rowsOf(stored: Stored, table: PeopleTable, found: (finding: Finding) => void): readonly Row[] {
  try {
    return stored.rows(table, 'id');
  } catch (error) {
    found({ table, federation: null, row: null, problem: `it cannot be read: ${because(error)}` });
    return [];
  }
}
