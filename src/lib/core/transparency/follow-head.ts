// What a participant holds a server to: the log of versions that it once signed only ever grows. Whoever keeps the last head notices
// a server that was set back to an old copy, or that shows different people different histories (RFC 9162, §1.3).
import { hexToBytes } from '@noble/hashes/utils.js';
import { fail, ok, type Result } from '../result.ts';
import { checksEd25519, verifySignature } from '../signature.ts';
import { verifyConsistency, type Proof } from './merkle.ts';
import { headBytes, type SignedHead } from './statements.ts';

export type HeadFault =
  /** Not signed by the key that it names. */
  | { readonly kind: 'not-signed' }
  /** Signed by another key than before, in hex. */
  | { readonly kind: 'other-key'; readonly expected: string; readonly got: string }
  | { readonly kind: 'other-federation'; readonly expected: string; readonly got: string }
  /** Sizes of the log before and now. */
  | { readonly kind: 'shorter'; readonly had: number; readonly got: number }
  /** It does not begin with the versions that were there before. */
  | { readonly kind: 'forked'; readonly size: number; readonly got: number };

export const isSigned = ({ head, signed }: SignedHead): Promise<boolean> =>
  verifySignature(hexToBytes(signed.key), headBytes(head), hexToBytes(signed.signature));

/**
 * The head to keep from now on: a newer one of the same log, by the same key.
 * @param known the one that was kept; undefined: this is the first, and its key is taken on trust
 * @param consistency that `next` begins with what `known` stands for; null: the server has no proof
 */
export async function followHead(
  known: SignedHead | undefined,
  next: SignedHead | null,
  consistency: Proof | null,
): Promise<Result<SignedHead | undefined, HeadFault>> {
  if (next === null)
    return known === undefined ? ok(undefined) : fail({ kind: 'shorter', had: known.head.size, got: 0 });
  // A browser that cannot check signatures still notices a log that does not begin with the one before.
  if (!(await isSigned(next)) && (await checksEd25519())) return fail({ kind: 'not-signed' });
  if (known === undefined) return ok(next);
  const [before, now] = [known.head, next.head];
  if (now.federation !== before.federation)
    return fail({ kind: 'other-federation', expected: before.federation, got: now.federation });
  if (next.signed.key !== known.signed.key)
    return fail({ kind: 'other-key', expected: known.signed.key, got: next.signed.key });
  if (now.size < before.size) return fail({ kind: 'shorter', had: before.size, got: now.size });
  if (!verifyConsistency(before.size, before.root, now.size, now.root, consistency ?? []))
    return fail({ kind: 'forked', size: before.size, got: now.size });
  return ok(next);
}

const versions = (size: number): string => `${size} ${size === 1 ? 'version' : 'versions'}`;

export function headFaultSentence(fault: HeadFault): string {
  switch (fault.kind) {
    case 'not-signed':
      return 'The signature under the log of versions does not hold.';
    case 'other-key':
      return `The log of versions is signed with another key (${fault.got.slice(0, 8)}…) than before (${fault.expected.slice(0, 8)}…).`;
    case 'other-federation':
      return `The log of versions is that of the federation “${fault.got}”, not of “${fault.expected}”.`;
    case 'shorter':
      return `The log held ${versions(fault.had)}, and now shows ${fault.got}: versions that were published are gone, as after a restore from an old copy.`;
    case 'forked':
      return `The log of ${versions(fault.got)} does not begin with the ${versions(fault.size)} that it held before: its history was changed, or others are shown another one.`;
    default:
      return fault satisfies never;
  }
}
