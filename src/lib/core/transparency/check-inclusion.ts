// What a receipt proves, step by step: each step stands on the one before and can be checked by anybody, with nothing but the file.
import { hexToBytes } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import type { Canonical } from '../canonical.ts';
import { checksEd25519, verifySignature } from '../signature.ts';
import { isSigned } from './follow-head.ts';
import { leafHash, verifyInclusion } from './merkle.ts';
import { ReadVersion, receiptBytes, receiptText, type Inclusion, type Signature } from './statements.ts';

/**
 * signature: the server signed this receipt · contribution: it is one of the version’s contributions · version: that version is in
 * the log · head: the server signed the log’s head, with the same key.
 */
export type StepName = 'signature' | 'contribution' | 'version' | 'head';

export interface Step {
  readonly name: StepName;
  /** null: the file says nothing of it, as before the round has ended, or this browser cannot check it. */
  readonly holds: boolean | null;
}

type Signed = { readonly [key: string]: Canonical | undefined } & {
  readonly federation: string;
  readonly round: number;
  readonly countedIn?: number | undefined;
};

export interface Provable {
  readonly receipt: Signed;
  readonly signed?: Signature | undefined;
  readonly inclusion?: Inclusion | undefined;
}

/** All four, in order. Never throws. */
export async function provedSteps({ receipt, signed, inclusion }: Provable): Promise<readonly Step[]> {
  const checks = await checksEd25519();
  const signature =
    signed === undefined || !checks
      ? null
      : await verifySignature(hexToBytes(signed.key), receiptBytes(receipt), hexToBytes(signed.signature));
  if (inclusion === undefined)
    return [
      { name: 'signature', holds: signature },
      { name: 'contribution', holds: null },
      { name: 'version', holds: null },
      { name: 'head', holds: null },
    ];
  const { leaf, version: path, contribution, head } = inclusion;
  const version = versionOf(leaf);
  return [
    { name: 'signature', holds: signature },
    {
      name: 'contribution',
      holds:
        version !== undefined &&
        version.federation === receipt.federation &&
        version.round === (receipt.countedIn ?? receipt.round) &&
        verifyInclusion(
          leafHash(receiptText(receipt)),
          contribution.index,
          version.contributions,
          contribution.proof,
          version.contributors,
        ),
    },
    {
      name: 'version',
      holds:
        version !== undefined &&
        version.federation === head.head.federation &&
        verifyInclusion(leafHash(leaf), version.version, head.head.size, path, head.head.root),
    },
    {
      name: 'head',
      holds: !checks
        ? null
        : (await isSigned(head)) && (signed === undefined || head.signed.key === signed.key),
    },
  ];
}

/** The version that a leaf speaks of; undefined: it is none. */
export function versionOf(leaf: string): v.InferOutput<typeof ReadVersion> | undefined {
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), ReadVersion), leaf);
  return read.success ? read.output : undefined;
}
