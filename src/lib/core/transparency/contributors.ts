// Who is in a version, as a tree of its own: one leaf a contribution, so that each can be shown to be in the version without
// saying anything of the others.
import { leafHash, MerkleTree, type Proof } from './merkle.ts';
import { receiptText } from './statements.ts';

type Contribution = Parameters<typeof receiptText>[0] & { readonly participant: string };

/** Receipts in the order of the tree's leaves. A participant has one contribution in a version. */
export const inOrder = <T extends Contribution>(receipts: readonly T[]): T[] =>
  [...receipts].sort((a, b) => (a.participant < b.participant ? -1 : 1));

export function contributorsTree(receipts: readonly Contribution[]): MerkleTree {
  const tree = new MerkleTree();
  for (const receipt of inOrder(receipts)) tree.append(leafHash(receiptText(receipt)));
  return tree;
}

/** Where a participant's contribution stands, and the way from it to the root; undefined: it has none in this version. */
export function contributionProof(
  receipts: readonly Contribution[],
  participant: string,
): { readonly index: number; readonly proof: Proof } | undefined {
  const index = inOrder(receipts).findIndex((one) => one.participant === participant);
  return index < 0 ? undefined : { index, proof: contributorsTree(receipts).inclusion(index) };
}
