// Two people, two heads: were they shown the same history? Of the same length this is seen at once; of different lengths the server
// has to prove that the longer log begins with the shorter one.
import { isSigned } from './follow-head.ts';
import { verifyConsistency, type Proof } from './merkle.ts';
import type { SignedHead } from './statements.ts';

export type Comparison =
  | { readonly type: 'consistent'; readonly sizes: readonly [number, number] }
  | { readonly type: 'forked'; readonly sizes: readonly [number, number] }
  /** Of different lengths, and no proof is at hand. */
  | { readonly type: 'needs-proof'; readonly sizes: readonly [number, number] }
  /** Which one is not signed by the key that it names: 0 or 1. */
  | { readonly type: 'not-signed'; readonly which: 0 | 1 }
  | { readonly type: 'other-federation'; readonly federations: readonly [string, string] }
  | { readonly type: 'other-key'; readonly keys: readonly [string, string] };

/** @param proof that the longer log begins with the shorter; undefined: none is at hand */
export async function compareHeads(
  pair: readonly [SignedHead, SignedHead],
  proof?: Proof,
): Promise<Comparison> {
  const [a, b] = pair;
  if (!(await isSigned(a))) return { type: 'not-signed', which: 0 };
  if (!(await isSigned(b))) return { type: 'not-signed', which: 1 };
  if (a.head.federation !== b.head.federation)
    return { type: 'other-federation', federations: [a.head.federation, b.head.federation] };
  if (a.signed.key !== b.signed.key) return { type: 'other-key', keys: [a.signed.key, b.signed.key] };
  const [older, newer] = a.head.size <= b.head.size ? [a.head, b.head] : [b.head, a.head];
  const sizes = [older.size, newer.size] as const;
  if (older.size !== newer.size && proof === undefined) return { type: 'needs-proof', sizes };
  const agrees = verifyConsistency(older.size, older.root, newer.size, newer.root, proof ?? []);
  return { type: agrees ? 'consistent' : 'forked', sizes };
}
