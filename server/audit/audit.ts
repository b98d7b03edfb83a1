// Reads a data directory again, without the server and without changing anything: every line of every journal, every row that they
// name, every leaf and head of the logs of versions, and the bytes of every version. What is not as it was written is named.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { keyFingerprint } from '#lib/core/digest.ts';
import type { SignedHead } from '#lib/core/transparency/statements.ts';
import { readServerKey } from '../adapters/file-server-key.ts';
import { auditActs, auditEndOfActs } from './audit-acts.ts';
import { auditKeptHead } from './audit-kept-head.ts';
import { auditJournal, chainOf } from './audit-journal.ts';
import { auditPeople } from './audit-people.ts';
import { auditVersions } from './audit-versions.ts';
import { DELETED } from '../coordinator/journal.ts';
import { PrivacyLedger } from '../coordinator/privacy-ledger.ts';
import type { JournalRecord } from '../ports/records.ts';
import { because, type Finding } from './findings.ts';
import { openStored, type Row, type Stored } from './stored.ts';

export interface AuditedFederation {
  readonly federation: string;
  readonly lines: number;
  readonly rows: number;
  readonly unnamed: number;
  readonly versions: number;
  readonly leaves: number;
}

/** One that was deleted: its journal stays, with what it charged its participants. */
export interface DeletedFederation {
  readonly federation: string;
  readonly lines: number;
  /** Releases that were charged, and to how many participants. */
  readonly releases: number;
  readonly participants: number;
}

export interface AuditReport {
  /** Of the server's key; null: it is not there, and signatures are checked with the key that each names. */
  readonly key: string | null;
  readonly federations: readonly AuditedFederation[];
  readonly deleted: readonly DeletedFederation[];
  /** Of coordinators. */
  readonly acts: number;
  readonly findings: readonly Finding[];
}

export interface AuditOptions {
  /** A head that was kept elsewhere: the directory must hold what it vouches for, or was set back, or forked. */
  readonly head?: SignedHead | undefined;
}

/** Rejects where there is no database in the directory. */
export async function audit(directory: string, options: AuditOptions = {}): Promise<AuditReport> {
  const path = join(directory, 'tributary.sqlite');
  if (!existsSync(path))
    throw new Error(`There is no database in ${directory}. Name the data directory of a server with --data.`);
  const findings: Finding[] = [];
  const found = (finding: Finding): void => void findings.push(finding);
  const key = await readServerKey(directory).catch((error: unknown) => {
    found({ table: 'keys', federation: null, row: null, problem: because(error) });
    return undefined;
  });
  const federations: AuditedFederation[] = [];
  const deleted: DeletedFederation[] = [];
  const stored = openStored(path);
  try {
    const acts = auditActs(stored, found);
    auditPeople(stored, acts, found);
    const rows = federationsOf(stored, found);
    for (const [federation, tables] of withoutOwner(stored, new Set(rows.map((row) => String(row['id']))))) {
      const lines = tables.includes('journal') ? chainOf(stored, federation, found) : [];
      if (tables.length === 1 && lines.at(-1)?.type === DELETED)
        deleted.push({ federation, lines: lines.length, ...chargedIn(lines) });
      else
        found({
          table: 'federations',
          federation,
          row: null,
          problem:
            'rows of this federation are there, and it is not: it was taken away, or its id was changed.',
        });
    }
    for (const row of rows) {
      const federation = String(row['id']);
      const { lines, rows, unnamed } = auditJournal(stored, federation, found);
      auditEndOfActs(acts, federation, lines, found);
      const { versions, leaves } = await auditVersions(
        stored,
        federation,
        { lines, isDraft: row['state'] === 'draft', directory, publicKey: key?.publicKey },
        found,
      );
      federations.push({ federation, lines: lines.length, rows, unnamed, versions, leaves });
    }
    if (options.head !== undefined) await auditKeptHead(stored, options.head, key?.publicKey, found);
    return {
      key: key === undefined ? null : keyFingerprint(key.publicKey),
      federations,
      deleted,
      acts: acts.length,
      findings,
    };
  } finally {
    stored.close();
  }
}

/** A line that cannot be read as a charge was named when the chain was. */
function chargedIn(lines: readonly JournalRecord[]): Pick<DeletedFederation, 'releases' | 'participants'> {
  try {
    return new PrivacyLedger(lines).totals;
  } catch (error) {
    if (error instanceof v.ValiError) return { releases: 0, participants: 0 };
    throw error;
  }
}

/** Federations that rows belong to and that are not there, each with the tables in which they lie. */
function withoutOwner(stored: Stored, known: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, string[]>();
  for (const table of ['journal', 'versions', 'version_log'])
    for (const federation of stored.owners(table))
      if (!known.has(federation)) tables.set(federation, [...(tables.get(federation) ?? []), table]);
  return tables;
}

function federationsOf(stored: Stored, found: (finding: Finding) => void): readonly Row[] {
  try {
    return stored.rows('federations', 'position');
  } catch (error) {
    found({
      table: 'database',
      federation: null,
      row: null,
      problem: `it cannot be read: ${because(error)}`,
    });
    return [];
  }
}
