// The Merkle tree of RFC 9162 (Certificate Transparency 2.0), §2.1: an append-only list of leaves of which a few hashes prove
// that a leaf is in it, or that a longer list begins with a shorter one. Leaves and inner nodes are hashed apart (0x00 and 0x01
// before them, §2.1.1), so that neither can pass for the other. Hashes are SHA-256 in hex.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** Hashes from the bottom up. */
export type Proof = readonly string[];

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Of the UTF-8 bytes of `text`. */
export const leafHash = (text: string): string => leafHashOf(utf8ToBytes(text));
export const leafHashOf = (bytes: Uint8Array): string => bytesToHex(sha256(concatBytes(LEAF, bytes)));
const nodeHash = (left: string, right: string): string =>
  bytesToHex(sha256(concatBytes(NODE, hexToBytes(left), hexToBytes(right))));

/** MTH({}): the hash of nothing. */
export const EMPTY_ROOT = bytesToHex(sha256(new Uint8Array()));

/** The largest power of two below `size`, which is at least 2. */
const splitOf = (size: number): number => {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
};

/**
 * A tree that grows. It keeps the hash of every whole subtree (2 n hashes of n leaves), so that a leaf costs O(log n) hashes at
 * most, and a root or a proof O(log² n).
 */
export class MerkleTree {
  /** `levels[h][i]`: the whole subtree of leaves [i · 2^h, (i + 1) · 2^h). */
  readonly #levels: string[][] = [[]];

  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  /** @param hash a leaf's, by leafHash */
  append(hash: string): void {
    let node = hash;
    for (let height = 0; ; height += 1) {
      const level = (this.#levels[height] ??= []);
      level.push(node);
      const left = level[level.length - 2];
      if (level.length % 2 === 1 || left === undefined) return;
      node = nodeHash(left, node);
    }
  }

  /** Takes the last leaves back. */
  truncate(size: number): void {
    for (const [height, level] of this.#levels.entries()) level.length = Math.floor(size / 2 ** height);
  }

  /** MTH(D[0:size]): of all leaves, or of the first `size`. */
  root(size = this.size): string {
    this.#check(size);
    return size === 0 ? EMPTY_ROOT : this.#hash(0, size);
  }

  /** PATH(index, D[0:size]), §2.1.3.1. */
  inclusion(index: number, size = this.size): Proof {
    this.#check(size);
    if (index < 0 || index >= size) throw new RangeError(`There is no leaf ${index} in a tree of ${size}.`);
    const path = (at: number, from: number, to: number): string[] => {
      if (to - from === 1) return [];
      const middle = from + splitOf(to - from);
      return at < middle
        ? [...path(at, from, middle), this.#hash(middle, to)]
        : [...path(at, middle, to), this.#hash(from, middle)];
    };
    return path(index, 0, size);
  }

  /** PROOF(first, D[0:size]), §2.1.4.1; empty from nothing, and from the same tree. */
  consistency(first: number, size = this.size): Proof {
    this.#check(size);
    if (first < 0 || first > size)
      throw new RangeError(`A tree of ${size} leaves does not begin with ${first}.`);
    if (first === 0) return [];
    const subproof = (most: number, from: number, to: number, isWhole: boolean): string[] => {
      if (most === to - from) return isWhole ? [] : [this.#hash(from, to)];
      const split = splitOf(to - from);
      return most <= split
        ? [...subproof(most, from, from + split, isWhole), this.#hash(from + split, to)]
        : [...subproof(most - split, from + split, to, false), this.#hash(from, from + split)];
    };
    return subproof(first, 0, size, true);
  }

  /** MTH(D[from:to]), where `from` is a multiple of the power of two that holds the range. */
  #hash(from: number, to: number): string {
    const count = to - from;
    const height = Math.log2(count);
    if (Number.isInteger(height)) {
      const whole = this.#levels[height]?.[from / count];
      if (whole === undefined) throw new RangeError(`Leaves ${from} to ${to} are not all there.`);
      return whole;
    }
    const middle = from + splitOf(count);
    return nodeHash(this.#hash(from, middle), this.#hash(middle, to));
  }

  #check(size: number): void {
    if (!Number.isInteger(size) || size < 0 || size > this.size)
      throw new RangeError(`There is no tree of ${size} leaves: there are ${this.size}.`);
  }
}

/** Whether the leaf of this hash stands at `index` of the tree with this size and root, §2.1.3.2. Never throws. */
export function verifyInclusion(
  leaf: string,
  index: number,
  size: number,
  proof: Proof,
  root: string,
): boolean {
  if (!isIndex(index) || !isIndex(size) || index >= size || ![leaf, ...proof].every(isHash)) return false;
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const other of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(other, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else hash = nodeHash(hash, other);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && hash === root;
}

/** Whether the tree of `second` leaves begins with that of `first`, §2.1.4.2. Every tree begins with the empty one. Never throws. */
export function verifyConsistency(
  first: number,
  firstRoot: string,
  second: number,
  secondRoot: string,
  proof: Proof,
): boolean {
  if (!isIndex(first) || !isIndex(second) || first > second || !proof.every(isHash)) return false;
  if (first === 0) return proof.length === 0 && firstRoot === EMPTY_ROOT;
  if (first === second) return proof.length === 0 && firstRoot === secondRoot;
  const isWholePower = 2 ** Math.floor(Math.log2(first)) === first;
  const [start, ...rest] = isWholePower ? [firstRoot, ...proof] : proof;
  if (start === undefined || !isHash(start)) return false;
  let [fn, sn] = [first - 1, second - 1];
  while (fn % 2 === 1) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  let [fr, sr] = [start, start];
  for (const other of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(other, fr);
      sr = nodeHash(other, sr);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else sr = nodeHash(sr, other);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && fr === firstRoot && sr === secondRoot;
}

const isIndex = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isHash = (value: string): boolean => /^[0-9a-f]{64}$/.test(value);
