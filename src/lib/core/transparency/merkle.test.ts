// Against the vectors of the Certificate Transparency reference implementation (github.com/transparency-dev/merkle,
// testonly/constants.go and testonly/reference_test.go), and exhaustively, by the definitions of RFC 9162, for small trees.
import { hexToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import {
  EMPTY_ROOT,
  leafHash,
  leafHashOf,
  MerkleTree,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';

const inputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => leafHashOf(hexToBytes(hex)));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const A = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const B = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const C = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';
const D = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const E = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const F = '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a';
const four = roots[4]!;

const treeOf = (hashes: readonly string[]): MerkleTree => {
  const tree = new MerkleTree();
  for (const hash of hashes) tree.append(hash);
  return tree;
};

test('roots and proofs are those of the reference implementation', () => {
  const tree = treeOf(inputs);
  expect(roots.map((_, size) => tree.root(size))).toEqual(roots);
  expect(tree.inclusion(0, 8)).toEqual([A, B, C]);
  expect(tree.inclusion(5, 8)).toEqual([D, E, four]);
  expect(tree.consistency(1, 8)).toEqual([A, B, C]);
  expect(tree.consistency(6, 8)).toEqual([F, E, four]);
  expect(tree.consistency(2, 5)).toEqual([B, D]);
});

const SIZES = 17;
const leaves = Array.from({ length: SIZES }, (_, i) => leafHash(`leaf ${i}`));
const all = treeOf(leaves);

test('every leaf of every small tree is proved, and no other leaf, place, size or root', () => {
  let proved = 0;
  for (let size = 1; size <= SIZES; size += 1) {
    const root = all.root(size);
    expect(root).toBe(treeOf(leaves.slice(0, size)).root());
    for (let index = 0; index < size; index += 1) {
      const proof = all.inclusion(index, size);
      expect(verifyInclusion(leaves[index]!, index, size, proof, root)).toBe(true);
      proved += 1;
      for (let other = 0; other < size; other += 1)
        if (other !== index) expect(verifyInclusion(leaves[index]!, other, size, proof, root)).toBe(false);
      expect(verifyInclusion(leaves[(index + 1) % SIZES]!, index, size, proof, root)).toBe(false);
      expect(verifyInclusion(leaves[index]!, index, size, [...proof, root], root)).toBe(false);
      if (proof.length > 0)
        expect(verifyInclusion(leaves[index]!, index, size, proof.slice(1), root)).toBe(false);
      expect(verifyInclusion(leaves[index]!, index, size, proof, EMPTY_ROOT)).toBe(false);
    }
  }
  expect(proved).toBe((SIZES * (SIZES + 1)) / 2);
});

test('every small tree begins with every smaller one, and with no other', () => {
  for (let second = 1; second <= SIZES; second += 1)
    for (let first = 0; first <= second; first += 1) {
      const proof = all.consistency(first, second);
      const [before, after] = [all.root(first), all.root(second)];
      expect(verifyConsistency(first, before, second, after, proof)).toBe(true);
      if (first === 0) continue;
      const forged = treeOf([...leaves.slice(0, first - 1), leafHash('another')]).root();
      expect(verifyConsistency(first, forged, second, after, proof)).toBe(false);
      expect(verifyConsistency(first, before, second, forged, proof)).toBe(false);
      expect(verifyConsistency(first, before, second, after, [...proof, before])).toBe(false);
      if (proof.length > 0)
        expect(verifyConsistency(first, before, second, after, proof.slice(1))).toBe(false);
      if (first < second) expect(verifyConsistency(second, after, first, before, proof)).toBe(false);
    }
});

test('a leaf that looks like an inner node is none', () => {
  const [left, right] = [leaves[0]!, leaves[1]!];
  const root = treeOf([left, right]).root();
  expect(leafHashOf(hexToBytes(`${left}${right}`))).not.toBe(root);
});

test('leaves that were taken back have left nothing', () => {
  const tree = treeOf(leaves.slice(0, 11));
  tree.truncate(6);
  for (const hash of leaves.slice(6, 9)) tree.append(hash);
  expect(tree.root()).toBe(all.root(9));
  expect(() => tree.root(10)).toThrow(RangeError);
  expect(() => tree.inclusion(9)).toThrow(RangeError);
});

test('proofs from elsewhere that are no hashes prove nothing', () => {
  expect(verifyInclusion(leaves[0]!, 0, 2, ['no hash'], all.root(2))).toBe(false);
  expect(verifyInclusion(leaves[0]!, 0.5, 2, all.inclusion(0, 2), all.root(2))).toBe(false);
  expect(verifyConsistency(1, all.root(1), 2, all.root(2), ['zz'])).toBe(false);
});
