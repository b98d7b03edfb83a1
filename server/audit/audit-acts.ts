// The chain of coordinators' acts, and the sessions that their sign-ins began.
import * as v from 'valibot';
import { hashOfAct } from '../acts.ts';
import { readAct } from '../adapters/sqlite/rows.ts';
import type { Tables } from '../adapters/sqlite/schema.ts';
import { START } from '../coordinator/journal.ts';
import type { ActRecord, JournalRecord } from '../ports/records.ts';
import { because, type Finding } from './findings.ts';
import type { Row, Stored } from './stored.ts';

const SignedIn = v.object({
  session: v.string(),
  /** null: signed in before there were people. */
  person: v.optional(v.nullable(v.string()), null),
  created: v.number(),
  expires: v.number(),
});

/** All acts there are. */
export function auditActs(stored: Stored, found: (finding: Finding) => void): readonly ActRecord[] {
  const table = 'acts';
  const acts: ActRecord[] = [];
  let previous = START;
  let sequence = 0;
  for (const row of rowsOf(stored, table, 'sequence', found)) {
    sequence += 1;
    const fault = (problem: string): void =>
      found({ table, federation: null, row: `sequence ${row['sequence']}`, problem });
    try {
      // The columns are those of the table.
      const act = readAct(row as unknown as Tables['acts']);
      acts.push(act);
      if (act.sequence !== sequence) fault(`it stands where sequence ${sequence} should: an act is missing.`);
      else if (act.previous !== previous) fault('it does not follow from the act before it.');
      else if (hashOfAct(act) !== act.hash || JSON.stringify(act.detail) !== row['detail_json'])
        fault('its hash is another: something in it was altered.');
    } catch (error) {
      fault(`it cannot be read: ${because(error)}`);
    }
    sequence = Number(row['sequence']);
    previous = String(row['hash']);
  }
  auditSessions(stored, acts, found);
  return acts;
}

const Named = v.object({ acts: v.object({ sequence: v.number(), hash: v.string() }) });

/** A chain that was cut at its end, or written anew, is one still: journals say how it ended when they were written. */
export function auditEndOfActs(
  acts: readonly ActRecord[],
  federation: string,
  lines: readonly JournalRecord[],
  found: (finding: Finding) => void,
): void {
  const hashes = new Map(acts.map(({ sequence, hash }) => [sequence, hash]));
  for (const { sequence, payload } of lines) {
    const read = v.safeParse(Named, payload);
    if (!read.success || read.output.acts.sequence === 0) continue;
    const named = read.output.acts;
    if (hashes.get(named.sequence) !== named.hash)
      found({
        table: 'acts',
        federation: null,
        row: `sequence ${named.sequence}`,
        problem: `line ${sequence} of the journal of ${federation} names this act, and it is not there: acts were taken away from the end, or written anew.`,
      });
  }
}

/** Sessions that are older than the first act were begun before acts were written down. */
function auditSessions(stored: Stored, acts: readonly ActRecord[], found: (finding: Finding) => void): void {
  const begun = new Map(
    acts.flatMap(({ act, detail }) => {
      const read = act === 'signed-in' ? v.safeParse(SignedIn, detail) : undefined;
      return read?.success === true ? [[read.output.session, read.output] as const] : [];
    }),
  );
  const first = acts[0]?.at ?? Infinity;
  for (const row of rowsOf(stored, 'sessions', 'digest', found)) {
    const known = begun.get(String(row['digest']));
    if (known === undefined && Number(row['created_at']) < first) continue;
    if (
      known?.created === row['created_at'] &&
      known?.expires === row['expires_at'] &&
      known?.person === row['person']
    )
      continue;
    found({
      table: 'sessions',
      federation: null,
      row: `digest ${String(row['digest']).slice(0, 8)}…`,
      problem:
        known === undefined
          ? 'nobody signed in to begin this session: it was added, or its digest was changed.'
          : 'its person or its times are not those of the sign-in: they were altered.',
    });
  }
}

function rowsOf(
  stored: Stored,
  table: string,
  order: string,
  found: (finding: Finding) => void,
): readonly Row[] {
  try {
    return stored.rows(table, order);
  } catch (error) {
    found({ table, federation: null, row: null, problem: `it cannot be read: ${because(error)}` });
    return [];
  }
}
