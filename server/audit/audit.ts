// Reads a data directory again, without the server and without changing anything: every line of every journal, every row that they
// name, every leaf and head of the logs of versions, and the bytes of every version. What is not as it was written is named.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keyFingerprint } from '#lib/core/digest.ts';
import { readServerKey } from '../adapters/file-server-key.ts';
import { auditActs } from './audit-acts.ts';
import { auditJournal } from './audit-journal.ts';
import { auditVersions } from './audit-versions.ts';
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

export interface AuditReport {
  /** Of the server's key; null: it is not there, and signatures are checked with the key that each names. */
  readonly key: string | null;
  readonly federations: readonly AuditedFederation[];
  /** Of coordinators. */
  readonly acts: number;
  readonly findings: readonly Finding[];
}

/** Rejects where there is no database in the directory. */
export async function audit(directory: string): Promise<AuditReport> {
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
  let acts = 0;
  const stored = openStored(path);
  try {
    acts = auditActs(stored, found);
    const rows = federationsOf(stored, found);
    for (const federation of withoutOwner(stored, new Set(rows.map((row) => String(row['id'])))))
      found({
        table: 'federations',
        federation,
        row: null,
        problem:
          'rows of this federation are there, and it is not: it was taken away, or its id was changed.',
      });
    for (const row of rows) {
      const federation = String(row['id']);
      const { lines, rows, unnamed } = auditJournal(stored, federation, found);
      const { versions, leaves } = await auditVersions(
        stored,
        federation,
        { lines, isDraft: row['state'] === 'draft', directory, publicKey: key?.publicKey },
        found,
      );
      federations.push({ federation, lines: lines.length, rows, unnamed, versions, leaves });
    }
  } finally {
    stored.close();
  }
  return { key: key === undefined ? null : keyFingerprint(key.publicKey), federations, acts, findings };
}

/** Federations that rows belong to and that are not there. */
const withoutOwner = (stored: Stored, known: ReadonlySet<string>): readonly string[] => [
  ...new Set(
    ['journal', 'versions', 'version_log']
      .flatMap((table) => stored.owners(table))
      .filter((federation) => !known.has(federation)),
  ),
];

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
