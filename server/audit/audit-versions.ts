// A federation's log of versions: every leaf must be what its version and its round say, every head what the leaves before it add
// up to, signed by the server's key; and the bytes that versions name must be there and be theirs.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import type { Round } from '#lib/core/round/round-state.ts';
import { isSigned } from '#lib/core/transparency/follow-head.ts';
import { leafHash, MerkleTree } from '#lib/core/transparency/merkle.ts';
import { leafText } from '#lib/core/transparency/statements.ts';
import { readLog, readRound, readVersion } from '../adapters/sqlite/rows.ts';
import type { Tables } from '../adapters/sqlite/schema.ts';
import { START } from '../coordinator/journal.ts';
import { leafOf, madeBy, madeByNone, signedHeadOf } from '../coordinator/version-log.ts';
import type { JournalRecord, LogRecord, VersionRecord } from '../ports/records.ts';
import { because, type Finding } from './findings.ts';
import type { Row, Stored } from './stored.ts';

export interface AuditedVersions {
  readonly versions: number;
  readonly leaves: number;
}

export async function auditVersions(
  stored: Stored,
  federation: string,
  parts: {
    readonly lines: readonly JournalRecord[];
    readonly isDraft: boolean;
    /** The data directory. */
    readonly directory: string;
    /** undefined: it is not there. */
    readonly publicKey: Uint8Array | undefined;
  },
  found: (finding: Finding) => void,
): Promise<AuditedVersions> {
  const read = <Table extends 'versions' | 'version_log' | 'rounds', T>(
    table: Table,
    order: string,
    reader: (row: Tables[Table]) => T,
  ): T[] => {
    let rows: readonly Row[] = [];
    try {
      rows = stored.rows(table, order, federation);
    } catch (error) {
      found({ table, federation, row: null, problem: `it cannot be read: ${because(error)}` });
    }
    return rows.flatMap((row) => {
      try {
        return [reader(row as unknown as Tables[Table])];
      } catch (error) {
        found({
          table,
          federation,
          row: `${order} ${row[order]}`,
          problem: `it cannot be read: ${because(error)}`,
        });
        return [];
      }
    });
  };
  const versions = read('versions', 'version', readVersion);
  const log = read('version_log', 'version', readLog);
  const rounds = new Map(read('rounds', 'round', readRound).map(({ round }) => [round.round, round]));

  const byNumber = new Map(versions.map((version) => [version.version, version]));
  for (const [index, { version, parent }] of versions.entries())
    if (version !== index || (index > 0 && parent === null) || (parent !== null && parent >= version))
      found({
        table: 'versions',
        federation,
        row: `version ${version}`,
        problem: `version ${index} should stand here, made of an earlier one.`,
      });
  const hashes = new Set([START, ...parts.lines.map(({ hash }) => hash)]);
  const tree = new MerkleTree();
  for (const leaf of log) {
    const fault = (problem: string): void =>
      found({ table: 'version_log', federation, row: `version ${leaf.version}`, problem });
    if (leaf.version !== tree.size)
      fault(`leaf ${tree.size} of the log should stand here: a leaf is missing.`);
    tree.append(leafHash(leaf.leaf));
    const version = byNumber.get(leaf.version);
    const round = version?.round == null ? undefined : rounds.get(version.round);
    if (version === undefined) fault('there is no such version: it was taken away.');
    else if (
      leafText(leafOf(version, round === undefined ? madeByNone : madeBy(version.federation, round))) !==
      leaf.leaf
    )
      fault('the version, or the round that made it, is not what was logged.');
    if (round?.phase === 'committed' && !isChargedAs(round, parts.lines))
      fault('what it says was charged is not what the journal charged by then.');
    await auditHead(leaf, tree, parts.publicKey, fault);
    if (!hashes.has(leaf.journal)) fault('the line of the journal that its head vouches for is not there.');
  }
  if (!parts.isDraft && log.length < versions.length)
    found({
      table: 'version_log',
      federation,
      row: `version ${log.length}`,
      problem: `there are ${versions.length} versions, and ${log.length} leaves of the log.`,
    });
  await auditBlobs(versions, parts.directory, found);
  return { versions: versions.length, leaves: log.length };
}

async function auditHead(
  leaf: LogRecord,
  tree: MerkleTree,
  publicKey: Uint8Array | undefined,
  fault: (problem: string) => void,
): Promise<void> {
  if (leaf.root !== tree.root()) fault('its root is not that of the leaves up to it: the log was altered.');
  if (publicKey !== undefined && leaf.signed.key !== bytesToHex(publicKey))
    fault('its head was signed with another key than the server’s.');
  else if (!(await isSigned(signedHeadOf(leaf)))) fault('the signature of its head does not hold.');
}

async function auditBlobs(
  versions: readonly VersionRecord[],
  directory: string,
  found: (finding: Finding) => void,
): Promise<void> {
  const seen = new Set<string>();
  for (const { federation, version, digest, state, residual, delta } of versions)
    for (const [what, one] of [
      ['parameters', digest],
      ['state of the strategy', state],
      ['residual of the downlink', residual],
      ['difference', delta?.digest ?? null],
    ] as const) {
      if (one === null || seen.has(one)) continue;
      seen.add(one);
      const problem = await blobProblem(join(directory, 'blobs', one.slice(0, 2), one), one);
      if (problem !== undefined)
        found({ table: 'blobs', federation, row: `version ${version}, ${what}`, problem });
    }
}

async function blobProblem(path: string, digest: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    return `its bytes cannot be read: ${because(error)}`;
  }
  return hash.digest('hex') === digest ? undefined : 'its bytes are not what their digest says.';
}

const Charge = v.object({ epsilon: v.number(), delta: v.number() });
const Committed = v.object({ round: v.number() });

/** Of a round that says what was charged: as many releases, and the ε, as lines of the journal before its end. */
function isChargedAs(
  { round, charged }: Extract<Round, { phase: 'committed' }>,
  lines: readonly JournalRecord[],
): boolean {
  if (charged === undefined) return true;
  const end = lines.findLastIndex(({ type, payload }) => {
    const read = type === 'committed' ? v.safeParse(Committed, payload) : undefined;
    return read?.success === true && read.output.round === round;
  });
  const charges = lines.slice(0, end).filter(({ type }) => type === 'privacy-charged');
  const last = v.safeParse(Charge, charges.at(-1)?.payload);
  return (
    charges.length === charged.releases &&
    (charged.releases === 0
      ? charged.epsilon === 0
      : last.success && last.output.delta === charged.delta && last.output.epsilon === charged.epsilon)
  );
}
