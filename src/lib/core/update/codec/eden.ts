// EDEN (Vargaftik et al. 2022, arXiv 2108.08842): a seeded rotation makes the coordinates nearly normal, each is sent as the
// nearest of the 2^b Lloyd–Max centroids of N(0, 1), and one scale S = ‖x‖²/⟨Rx, q⟩ makes the decoded vector unbiased (§3;
// not the scale of least error, whose bias would stay in the sum). With one bit it is DRIVE (2105.08339). Relative squared
// error 1/(1 − D) − 1 for centroids of distortion D: 0.571, 0.133, 0.0358, 0.0096 at one to four bits, over n clients ÷ n.
//
// Bytes, by rotation block: S as f32, then the codes, tightly. The paper's one scale serves one rotated vector; here each
// block has its own, as blocks of one model differ in size of entries and 4 bytes buy each its right grid: 3.0013 bits a
// parameter for 1,663,370 parameters at eden:3, 10.66 times less than f32.
import { random } from '../../random.ts';
import { packCodes, packedBytes, unpackThrough } from './bit-packing.ts';
import type { Codec } from './codec.ts';
import { LARGEST_F32, multiplyWithin, withinF32 } from './finite.ts';
import { copyScaled, drawSigns, rotate, rotateBack, rotationBlocks, type RotationBlock } from './hadamard.ts';
import { recordDecoder } from './records.ts';

export type EdenBits = 1 | 2 | 3 | 4;

/** The positive half of the Lloyd–Max centroids of N(0, 1) (Max 1960, Table I); a test finds them again by Lloyd's iteration. */
export const lloydMaxCentroids: Readonly<Record<EdenBits, readonly number[]>> = {
  1: [0.7978845608028654],
  2: [0.4527800346364925, 1.5104176084990975],
  3: [0.24509417894422192, 0.7560052812058775, 1.343909278505, 2.1519457045369963],
  4: [
    0.12839502985114679, 0.38804829949028985, 0.656759118532462, 0.9423404564869573, 1.2562311973471685,
    1.6180463860218717, 2.0690172265313707, 2.7325895709953163,
  ],
};

/** The nearest centroid is looked up by coordinate in steps of 1/512 σ over ±4 σ: misplaced boundaries cost below 10⁻⁵ of the error. */
const STEPS_PER_SIGMA = 512;
const HALF_STEPS = 4 * STEPS_PER_SIGMA;

/** Codes unpacked at a time while bytes come. A multiple of eight. */
const CODES = 8192;

interface Grid {
  /** By code, from the most negative. */
  readonly centroids: Float32Array;
  /** The code of a coordinate of ⌊512·z⌋ + 2048 steps. */
  readonly codeOfStep: Uint8Array;
}

const grids = new Map<EdenBits, Grid>();

/** Made at the first use: 2^b distances for each of 4096 steps. */
function gridOf(bits: EdenBits): Grid {
  const made = grids.get(bits);
  if (made !== undefined) return made;
  const half = lloydMaxCentroids[bits];
  const centroids = Float32Array.from([...half.map((value) => -value).reverse(), ...half]);
  const codeOfStep = Uint8Array.from({ length: 2 * HALF_STEPS }, (_, step) => {
    const z = (step + 0.5 - HALF_STEPS) / STEPS_PER_SIGMA;
    return centroids.reduce(
      (best, value, code) => (Math.abs(value - z) < Math.abs(centroids[best]! - z) ? code : best),
      0,
    );
  });
  const grid = { centroids, codeOfStep };
  grids.set(bits, grid);
  return grid;
}

export function eden(bits: EdenBits): Codec {
  const bytesOf = (block: RotationBlock): number => 4 + packedBytes(block.size, bits);
  const byteLength = (length: number): number =>
    rotationBlocks(length).reduce((sum, block) => sum + bytesOf(block), 0);
  return {
    name: `eden:${bits}`,
    title: `Rotated and quantised, ${bits} ${bits === 1 ? 'bit' : 'bits'} a parameter`,
    needsErrorFeedback: false,
    byteLength,
    encode(values, seed) {
      const out = new Uint8Array(byteLength(values.length));
      const view = new DataView(out.buffer);
      const stream = random(0, 'eden', seed);
      const grid = gridOf(bits);
      let at = 0;
      for (const block of rotationBlocks(values.length)) {
        const signs = drawSigns(stream, block.size);
        const rotated = new Float32Array(block.size);
        const exponent = copyScaled(values, block, rotated);
        rotate(rotated, signs);
        const codes = new Uint8Array(block.size);
        const scale = quantise(rotated, grid, codes);
        view.setFloat32(at, withinF32(scale * 2 ** exponent), true);
        packCodes(codes, block.size, bits, out, at + 4);
        at += bytesOf(block);
      }
      return out;
    },
    decoder(length, seed, emit) {
      const stream = random(0, 'eden', seed);
      const blocks = rotationBlocks(length);
      const { centroids } = gridOf(bits);
      let current = 0;
      // Of the block under way: its scale, once read, and its centroids so far.
      let scale: number | undefined;
      let rotated = new Float32Array(0);
      let filled = 0;
      return recordDecoder({
        totalBytes: byteLength(length),
        mostBytes: Math.max(4, packedBytes(CODES, bits)),
        sizeAt: () =>
          scale === undefined ? 4 : packedBytes(Math.min(CODES, blocks[current]!.size - filled), bits),
        take(record, view, start) {
          const block = blocks[current]!;
          if (scale === undefined) {
            scale = view.getFloat32(start, true);
            if (!(scale >= 0 && scale <= LARGEST_F32))
              return {
                kind: 'malformed',
                reason: `the scale of the block at value ${block.offset} is ${scale}`,
              };
            rotated = rotated.length === block.size ? rotated : new Float32Array(block.size);
            return undefined;
          }
          unpackThrough(centroids, record, bits, rotated, filled);
          filled += (8 * record.length) / bits;
          if (filled < block.size) return undefined;
          rotateBack(rotated, drawSigns(stream, block.size));
          multiplyWithin(rotated, scale / block.size, block.length);
          emit(block.offset, rotated.subarray(0, block.length));
          current += 1;
          filled = 0;
          scale = undefined;
          return undefined;
        },
      });
    },
  };
}

/**
 * The code of each coordinate's nearest centroid. `rotated` is unscaled: y = Rx times d. Returns S = ‖y‖²/⟨y, q⟩, which puts the
 * centroids q to the scale of y and makes them unbiased; 0 for a vector of zeros.
 */
function quantise(rotated: Float32Array, grid: Grid, codes: Uint8Array): number {
  const { centroids, codeOfStep } = grid;
  let squares = 0;
  for (let i = 0; i < rotated.length; i += 1) squares += rotated[i]! * rotated[i]!;
  const perSigma = squares === 0 ? 0 : STEPS_PER_SIGMA / Math.sqrt(squares / rotated.length);
  const last = 2 * HALF_STEPS - 1;
  let product = 0;
  for (let i = 0; i < rotated.length; i += 1) {
    const y = rotated[i]!;
    const step = (y * perSigma + HALF_STEPS) | 0;
    const code = codeOfStep[step < 0 ? 0 : step > last ? last : step]!;
    codes[i] = code;
    product += y * centroids[code]!;
  }
  return squares === 0 ? 0 : squares / product / rotated.length;
}
