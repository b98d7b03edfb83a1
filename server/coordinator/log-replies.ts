// What the log of versions says to whoever asks: its newest head, that it begins with an earlier one, and that a contribution is
// in it. And how it begins, for a federation that ran before there was one.
import { bytesToHex } from '@noble/hashes/utils.js';
import { RoundNumber, type ParticipantId } from '#lib/core/ids.ts';
import type { Round } from '#lib/core/round/round-state.ts';
import type { MerkleTree } from '#lib/core/transparency/merkle.ts';
import { contributorsTree, inOrder } from '#lib/core/transparency/contributors.ts';
import { leafText, type Inclusion } from '#lib/core/transparency/statements.ts';
import type { LogReply } from '#lib/protocol/http.ts';
import type { Receipt } from '#lib/protocol/views.ts';
import type { Change, VersionRecord } from '../ports/records.ts';
import type { Federation } from './federation.ts';
import { contributionsOf, leafOf, madeBy, madeByNone } from './version-log.ts';

export interface LogQuestion {
  /** Leaves of an earlier head: is it the beginning of this log? */
  readonly since: number;
  /** Up to which size; undefined: the newest. */
  readonly size?: number | undefined;
  /** Whose contribution, in the version that this round made. */
  readonly contribution?: { readonly round: RoundNumber; readonly participant: ParticipantId } | undefined;
}

export async function logReply(federation: Federation, question: LogQuestion): Promise<LogReply> {
  const { tree, head } = federation.log;
  if (head === undefined) return { head: null, consistency: null, inclusion: null };
  const { since, size = head.head.size, contribution } = question;
  return {
    head,
    consistency: size <= head.head.size && since <= size ? [...tree.consistency(since, size)] : null,
    inclusion: contribution === undefined ? null : await inclusionOf(federation, contribution),
  };
}

interface Contributors {
  readonly version: VersionRecord;
  readonly round: Round;
  readonly receipts: readonly Receipt[];
  readonly tree: MerkleTree;
}

/** Of the round that was asked for last: its whole cohort asks, one after the other. */
const asked = new WeakMap<Federation, Contributors>();

async function contributorsOf(
  federation: Federation,
  number: RoundNumber,
): Promise<Contributors | undefined> {
  const known = asked.get(federation);
  if (known?.version.round === number) return known;
  const { around, record, versions } = federation;
  const round = (await around.records.round(record.id, number))?.round;
  const version = round?.phase === 'committed' ? versions.get(round.version) : undefined;
  if (round === undefined || version === undefined) return undefined;
  const receipts = inOrder(contributionsOf(record.id, round));
  const found = { version, round, receipts, tree: contributorsTree(receipts) };
  asked.set(federation, found);
  return found;
}

async function inclusionOf(
  federation: Federation,
  { round, participant }: NonNullable<LogQuestion['contribution']>,
): Promise<Inclusion | null> {
  const found = await contributorsOf(federation, round);
  const { tree, head } = federation.log;
  if (found === undefined || head === undefined || found.version.version >= head.head.size) return null;
  const index = found.receipts.findIndex((one) => one.participant === participant);
  if (index < 0) return null;
  return {
    leaf: leafText(leafOf(found.version, madeBy(found.version.federation, found.round))),
    version: [...tree.inclusion(found.version.version, head.head.size)],
    contribution: { index, proof: [...found.tree.inclusion(index)] },
    head,
  };
}

/** Versions that were made before there was a log come into it, at the start of the server that first keeps one. */
export async function beginLog(federation: Federation): Promise<void> {
  const { record, versions, log, around } = federation;
  const signer = log.head?.signed.key;
  if (signer !== undefined && signer !== bytesToHex(around.key.publicKey)) {
    federation.damage =
      'The log of versions was signed with another key than the one in the data directory: no round opens. Put back the key from a copy of the data directory.';
    around.log.error({ federation: record.id, signer }, 'the log of versions belongs to another key');
    return;
  }
  if (record.state === 'draft') return;
  const leaves: Change[] = [];
  for (const version of versions.from(log.size)) {
    const made = version.round === null ? undefined : await around.records.round(record.id, version.round);
    leaves.push(federation.logged(version, made === undefined ? madeByNone : madeBy(record.id, made.round)));
  }
  if (leaves.length > 0)
    await federation.write([...leaves, federation.entry('log-begun', { size: log.size })]);
}
