// What the server signs, and the bytes that it signs: receipts of contributions, and heads of a federation's log of versions.
// Each kind of statement begins with a name of its own, so that a signature over one is none over another.
import * as v from 'valibot';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalText, type Canonical } from '../canonical.ts';
import { Charged } from '../privacy/rules.ts';
import { Digest, FederationId, RoundNumber, RunNumber, VersionNumber } from '../ids.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'));
/** As long as a proof can be in a tree of 2^53 leaves. */
export const ProofHashes = v.pipe(v.array(Hash), v.maxLength(54));

/** Ed25519: by whose key, and the signature itself, both in hex. */
export const Signature = v.strictObject({
  key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a public key of 32 bytes in hex')),
  signature: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/, 'a signature of 64 bytes in hex')),
});
export type Signature = v.InferOutput<typeof Signature>;

/** The state of a federation's log: its first `size` leaves, which are versions 0 to size − 1, have this root. */
export const TreeHead = v.strictObject({
  federation: FederationId,
  size: v.pipe(whole, v.minValue(1)),
  root: Hash,
  /** When it was signed: Unix time, milliseconds. */
  at: v.number(),
  /** Hash of the last line of the federation's journal before this head: the head vouches for the journal as well. */
  journal: Hash,
});
export type TreeHead = v.InferOutput<typeof TreeHead>;
export const SignedHead = v.strictObject({ head: TreeHead, signed: Signature });
export type SignedHead = v.InferOutput<typeof SignedHead>;

/** A leaf of the log: one version, where it comes from, and whose contributions are in it. */
const leaf = {
  federation: FederationId,
  version: VersionNumber,
  parent: v.nullable(VersionNumber),
  /** Of its parameters. */
  digest: Digest,
  run: v.nullable(RunNumber),
  round: v.nullable(RoundNumber),
  /** Root of the tree whose leaves are the receipts of its contributions, in order of participants' ids. */
  contributors: Hash,
  contributions: whole,
  /** Σ n_k: the rows that they claim together, by which a mean weighs them. */
  examples: whole,
  /** What it cost in privacy, with all before it: absent where none is promised. */
  charged: v.optional(Charged),
  committedAt: v.number(),
};
export const LoggedVersion = v.strictObject(leaf);
export type LoggedVersion = v.InferOutput<typeof LoggedVersion>;
/** As whoever checks a proof reads it: a later program may say more in its leaves. */
export const ReadVersion = v.looseObject(leaf);

/** That a contribution is in a version, and the version in the log. */
export const Inclusion = v.strictObject({
  /** The version's leaf as it was hashed: canonical JSON of a LoggedVersion. */
  leaf: v.pipe(v.string(), v.maxLength(4096)),
  /** From that leaf to the head's root. */
  version: ProofHashes,
  /** From the receipt to the leaf's `contributors`. */
  contribution: v.strictObject({ index: whole, proof: ProofHashes }),
  head: SignedHead,
});
export type Inclusion = v.InferOutput<typeof Inclusion>;

type Statement = { readonly [key: string]: Canonical | undefined };

export const receiptText = (receipt: Statement): string => canonicalText(receipt);
export const leafText = (version: LoggedVersion): string => canonicalText(version);
export const headText = (head: TreeHead): string => canonicalText(head);

export const receiptBytes = (receipt: Statement): Uint8Array =>
  utf8ToBytes(`tributary receipt 1\n${receiptText(receipt)}`);
export const headBytes = (head: TreeHead): Uint8Array =>
  utf8ToBytes(`tributary tree head 1\n${headText(head)}`);
