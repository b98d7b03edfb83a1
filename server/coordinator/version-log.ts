// A federation's log of versions: a Merkle tree with one leaf a version, and its head signed each time that it grows, in the
// transaction that makes the version. It begins with version 0 at the first start: a draft's may still be replaced.
import { bytesToHex } from '@noble/hashes/utils.js';
import type { FederationId } from '#lib/core/ids.ts';
import type { Charged } from '#lib/core/privacy/rules.ts';
import { acceptedReports, type Report, type Round } from '#lib/core/round/round-state.ts';
import { contributorsTree } from '#lib/core/transparency/contributors.ts';
import { leafHash, MerkleTree } from '#lib/core/transparency/merkle.ts';
import {
  headBytes,
  leafText,
  receiptBytes,
  type LoggedVersion,
  type Signature,
  type SignedHead,
  type TreeHead,
} from '#lib/core/transparency/statements.ts';
import type { Receipt } from '#lib/protocol/views.ts';
import type { Change, LogRecord, VersionRecord } from '../ports/records.ts';
import type { ServerKey } from '../ports/server-key.ts';

/** What a version is made of, and what it cost in privacy. */
export interface Made {
  readonly contributions: readonly Receipt[];
  readonly charged?: Charged | undefined;
}
/** By no round: the first version, and one that stands in for those that the disk damaged. */
export const madeByNone: Made = { contributions: [] };

export interface VersionLog {
  /** Leaves that are durable or about to be. */
  readonly size: number;
  /** Of all durable leaves; undefined: there is none yet. */
  readonly head: SignedHead | undefined;
  readonly tree: MerkleTree;
  /**
   * The next leaf with its signed head, to be written with the version. Versions come in order.
   * @param journal hash of the journal's last line
   */
  next(version: VersionRecord, made: Made, journal: string, at: number): Change;
  /** The leaves made so far are durable. */
  written(): void;
  /** Those made since were not written. */
  undo(): void;
}

export const signed = (key: ServerKey, bytes: Uint8Array): Signature => ({
  key: bytesToHex(key.publicKey),
  signature: bytesToHex(key.sign(bytes)),
});

export const signReceipt = (key: ServerKey, receipt: Receipt): Signature =>
  signed(key, receiptBytes(receipt));

export const leafOf = (version: VersionRecord, { contributions, charged }: Made): LoggedVersion => ({
  federation: version.federation,
  version: version.version,
  parent: version.parent,
  digest: version.digest,
  run: version.run,
  round: version.round,
  contributors: contributorsTree(contributions).root(),
  contributions: contributions.length,
  examples: contributions.reduce((sum, { examples }) => sum + examples, 0),
  ...(charged === undefined ? {} : { charged }),
  committedAt: version.committedAt,
});

/** What a committed round says of its version beyond the version's own record. */
export const madeBy = (federation: FederationId, round: Round): Made => ({
  contributions: contributionsOf(federation, round),
  charged: round.phase === 'committed' ? round.charged : undefined,
});

/**
 * Whose updates are in the version that this round made: the same receipts as their devices hold. Of a round that was drawn in secret the
 * log says nothing, not even how many: a bound counts on that (core/privacy/poisson-sample.ts).
 */
export const contributionsOf = (federation: FederationId, round: Round): Receipt[] =>
  (round.drawnFrom === undefined ? acceptedReports(round) : []).map((report) =>
    receiptOfReport(federation, round, report),
  );

const receiptOfReport = (federation: FederationId, round: Round, report: Report): Receipt => ({
  federation,
  run: round.run,
  round: report.round,
  participant: report.participant,
  base: report.base,
  update: report.update,
  bytes: report.bytes,
  examples: report.examples,
  receivedAt: report.at,
  ...(report.round === round.round ? {} : { countedIn: round.round }),
});

export const signedHeadOf = ({ federation, version, root, at, journal, signed }: LogRecord): SignedHead => ({
  head: { federation, size: version + 1, root, at, journal },
  signed,
});

/** @param earlier ascending, from version 0 */
export function versionLog(
  federation: FederationId,
  key: ServerKey,
  earlier: readonly LogRecord[],
): VersionLog {
  const tree = new MerkleTree();
  for (const { leaf } of earlier) tree.append(leafHash(leaf));
  const last = earlier.at(-1);
  let durable = { size: tree.size, head: last === undefined ? undefined : signedHeadOf(last) };
  let end = durable;
  return {
    get size() {
      return tree.size;
    },
    get head() {
      return durable.head;
    },
    tree,
    next(version, made, journal, at) {
      if (version.version !== tree.size)
        throw new Error(`Version ${version.version} cannot be leaf ${tree.size} of the log.`);
      const leaf = leafText(leafOf(version, made));
      tree.append(leafHash(leaf));
      const head: TreeHead = { federation, size: tree.size, root: tree.root(), at, journal };
      const record: LogRecord = {
        federation,
        version: version.version,
        leaf,
        root: head.root,
        at,
        journal,
        signed: signed(key, headBytes(head)),
      };
      end = { size: tree.size, head: signedHeadOf(record) };
      return { type: 'append-log', record };
    },
    written() {
      durable = end;
    },
    undo() {
      tree.truncate(durable.size);
      end = durable;
    },
  };
}
