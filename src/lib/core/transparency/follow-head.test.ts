import { bytesToHex } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import { beforeAll, expect, test } from 'vitest';
import { FederationId } from '../ids.ts';
import { followHead, headFaultSentence, type HeadFault } from './follow-head.ts';
import { leafHash, MerkleTree } from './merkle.ts';
import { headBytes, type SignedHead, type TreeHead } from './statements.ts';

const federation = v.parse(FederationId, 'digits');
let keys: CryptoKeyPair[];
beforeAll(async () => {
  const make = () => crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
  keys = [await make(), await make()];
});

async function sign(change: Partial<TreeHead>, by = 0): Promise<SignedHead> {
  const { publicKey, privateKey } = keys[by]!;
  const head: TreeHead = { federation, size: 1, root: '', at: 5, journal: '0'.repeat(64), ...change };
  return {
    head,
    signed: {
      key: bytesToHex(new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))),
      signature: bytesToHex(
        new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, Uint8Array.from(headBytes(head)))),
      ),
    },
  };
}
function treeOf(...leaves: string[]): MerkleTree {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.append(leafHash(leaf));
  return tree;
}
const tree = treeOf('0', '1', '2', '3', '4');
const at = (size: number, by = 0): Promise<SignedHead> => sign({ size, root: tree.root(size) }, by);

async function faultOf(...[known, next, proof]: Parameters<typeof followHead>): Promise<HeadFault> {
  const outcome = await followHead(known, next, proof);
  if (outcome.ok) throw new Error('It was followed.');
  expect(headFaultSentence(outcome.error)).toMatch(/\.$/);
  return outcome.error;
}

test('a log that grows is followed from its first head on, and one that stands still', async () => {
  expect(await followHead(undefined, null, null)).toEqual({ ok: true, value: undefined });
  const [two, five] = [await at(2), await at(5)];
  expect(await followHead(undefined, two, null)).toEqual({ ok: true, value: two });
  expect(await followHead(two, five, tree.consistency(2, 5))).toEqual({ ok: true, value: five });
  expect(await followHead(five, five, [])).toEqual({ ok: true, value: five });
});

test('a server that was set back to an old copy is named', async () => {
  const [two, five] = [await at(2), await at(5)];
  expect(await faultOf(five, two, null)).toEqual({ kind: 'shorter', had: 5, got: 2 });
  expect(await faultOf(five, null, null)).toEqual({ kind: 'shorter', had: 5, got: 0 });
});

test('another history of the same length, or one that was gone on with, is named', async () => {
  const other = treeOf('0', '1', 'other', '3', '4');
  const [three, five] = [await at(3), await at(5)];
  const forked = await sign({ size: 5, root: other.root() });
  expect(await faultOf(five, forked, [])).toEqual({ kind: 'forked', size: 5, got: 5 });
  expect(await faultOf(three, forked, other.consistency(3, 5))).toEqual({ kind: 'forked', size: 3, got: 5 });
  expect(await faultOf(three, forked, tree.consistency(3, 5))).toMatchObject({ kind: 'forked' });
  expect(await faultOf(three, five, null)).toMatchObject({ kind: 'forked' });
});

test('another signer, no signer, and another federation are named', async () => {
  const [two, five] = [await at(2), await at(5)];
  expect(await faultOf(two, await at(5, 1), tree.consistency(2, 5))).toMatchObject({ kind: 'other-key' });
  expect(await faultOf(two, { ...five, head: { ...five.head, at: 6 } }, tree.consistency(2, 5))).toEqual({
    kind: 'not-signed',
  });
  const elsewhere = await sign({ size: 5, root: tree.root(), federation: v.parse(FederationId, 'other') });
  expect(await faultOf(two, elsewhere, tree.consistency(2, 5))).toMatchObject({ kind: 'other-federation' });
});
