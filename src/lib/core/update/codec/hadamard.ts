// The seeded rotation that makes every coordinate of a vector look alike: nearly normal with variance ‖x‖²/d, whatever the
// vector was, so that one scalar quantiser with known error fits all of them (Suresh et al. 2017, arXiv 1611.00429, §3).
// R = H·D₂·H·D₁ with Hadamard matrices H and random signs D. Two rounds, not one: one round leaves a vector of a few large
// coordinates on a few values (two of them, ±a ± b), where a scaled quantiser is biased for good, as H·D is far from a uniform
// rotation there; after two, the second round's signs meet coordinates that the first has spread.
// Butterflies are additions and subtractions of f32 alone, in a fixed order: bit for bit the same in every engine. Left
// unscaled, R multiplies lengths by d, a power of two, and so does its inverse D₁·H·D₂·H: whoever calls divides once.
import type { Random } from '../../random.ts';
import { largestMagnitude } from './finite.ts';

/** The largest block: beyond it transforms cost more and gain nothing. 2²⁰ values, 4 MiB. */
const LARGEST_BLOCK = 2 ** 20;
/** The smallest of several blocks, and the padding of what is left over: below it coordinates are less nearly normal. */
const SMALLEST_OF_SEVERAL = 1024;
/** The smallest block at all: a shorter vector is padded to it, since few coordinates do not mix. */
const SMALLEST_BLOCK = 64;

/** A part of the vector that is rotated by itself: `size` is a power of two, of which the first `length` values are the vector's. */
export interface RotationBlock {
  readonly offset: number;
  readonly length: number;
  readonly size: number;
}

/**
 * The blocks of `length` values: one padded power of two up to 1024 values; beyond, decreasing powers of two from 2²⁰ and a last
 * block of 1024 for the rest. 1,663,370 = 2²⁰ + 2¹⁹ + 2¹⁶ + 2¹⁴ + 2¹³ + 394: 630 values of padding, 0.04 %.
 */
export function rotationBlocks(length: number): readonly RotationBlock[] {
  const blocks: RotationBlock[] = [];
  let offset = 0;
  while (length - offset >= SMALLEST_OF_SEVERAL) {
    const size = Math.min(LARGEST_BLOCK, 2 ** (31 - Math.clz32(Math.min(length - offset, LARGEST_BLOCK))));
    blocks.push({ offset, length: size, size });
    offset += size;
  }
  const rest = length - offset;
  if (rest > 0) {
    const size =
      offset > 0 ? SMALLEST_OF_SEVERAL : Math.max(SMALLEST_BLOCK, 2 ** (32 - Math.clz32(rest - 1)));
    blocks.push({ offset, length: rest, size });
  }
  return blocks;
}

/**
 * Copies the block's values, divided by the power of two that brings the largest to [½, 1), so that no transform leaves f32's
 * range or loses digits at its lower end. Returns the power.
 */
export function copyScaled(values: Float32Array, block: RotationBlock, into: Float32Array): number {
  const end = block.offset + block.length;
  const largest = largestMagnitude(values, block.offset, end);
  if (largest === 0) return 0;
  let exponent = 0;
  // Exact, where a logarithm need not be.
  while (largest * 2 ** -exponent >= 1) exponent += 1;
  while (largest * 2 ** -exponent < 0.5) exponent -= 1;
  const factor = 2 ** -exponent;
  for (let i = block.offset; i < end; i += 1) into[i - block.offset] = values[i]! * factor;
  return exponent;
}

/** The signs of both rounds for one block, drawn in the order of the blocks. */
export function drawSigns(stream: Random, size: number): Uint32Array<ArrayBuffer> {
  const signs = new Uint32Array(size / 16);
  stream.fill(signs);
  return signs;
}

/** x ← H·D₂·H·D₁·x, unscaled: ‖x‖ grows by x.length. */
export function rotate(x: Float32Array, signs: Uint32Array): void {
  flip(x, signs, 0);
  hadamard(x);
  flip(x, signs, x.length / 32);
  hadamard(x);
}

/** x ← D₁·H·D₂·H·x, unscaled: the inverse times x.length². */
export function rotateBack(x: Float32Array, signs: Uint32Array): void {
  hadamard(x);
  flip(x, signs, x.length / 32);
  hadamard(x);
  flip(x, signs, 0);
}

/** Changes the sign of x[i] where bit i mod 32 of word `from` + ⌊i/32⌋ is set. x.length is a multiple of 32. */
function flip(x: Float32Array, signs: Uint32Array, from: number): void {
  const bits = new Int32Array(x.buffer, x.byteOffset, x.length);
  for (let at = 0, word = from; at < x.length; word += 1) {
    const sign = signs[word]!;
    for (let shift = 31; shift >= 0; shift -= 1, at += 1) bits[at]! ^= (sign << shift) & 0x80000000;
  }
}

/** Values of a stretch that stays in the first cache while the short strides run over it: 16 KiB. A power of four. */
const STRETCH = 4096;

/**
 * The unnormalised Walsh–Hadamard transform in place; x.length is a power of two. Strides 1, 2, 4 … in this order for every value,
 * two at a time, which halves the passes over memory and adds the same numbers as one by one.
 */
function hadamard(x: Float32Array): void {
  const size = x.length;
  for (let start = 0; start < size; start += STRETCH)
    strides(x, start, Math.min(start + STRETCH, size), 1, Math.min(STRETCH, size));
  if (size > STRETCH) strides(x, 0, size, STRETCH, size);
}

/** The butterflies of strides `first` … `beyond`/2 on x[start … end). */
function strides(x: Float32Array, start: number, end: number, first: number, beyond: number): void {
  let stride = first;
  for (; stride * 2 < beyond; stride *= 4) {
    const two = 2 * stride;
    const three = 3 * stride;
    for (let group = start; group < end; group += 4 * stride) {
      for (let i = group; i < group + stride; i += 1) {
        const a = x[i]!;
        const b = x[i + stride]!;
        const c = x[i + two]!;
        const d = x[i + three]!;
        const sum = Math.fround(a + b);
        const difference = Math.fround(a - b);
        const otherSum = Math.fround(c + d);
        const otherDifference = Math.fround(c - d);
        x[i] = Math.fround(sum + otherSum);
        x[i + stride] = Math.fround(difference + otherDifference);
        x[i + two] = Math.fround(sum - otherSum);
        x[i + three] = Math.fround(difference - otherDifference);
      }
    }
  }
  if (stride < beyond)
    for (let group = start; group < end; group += 2 * stride)
      for (let i = group; i < group + stride; i += 1) {
        const a = x[i]!;
        const b = x[i + stride]!;
        x[i] = Math.fround(a + b);
        x[i + stride] = Math.fround(a - b);
      }
}
