import { expect, test } from 'vitest';
import { random } from '../../core/random.ts';
import { instantiate, reserve } from './kernels.ts';

const A = 1024;
const START = 1024 * 64;
const B = 1024 * 128;
const C = 1024 * 192;
const END = 1024 * 256;

/** Small whole numbers: every sum is exact, in any order. */
async function ground() {
  const instance = await instantiate();
  reserve(instance.memory, END);
  const draw = random(3, 'kernels');
  const floats = new Float32Array(instance.memory.buffer);
  for (let i = A / 4; i < C / 4; i += 1) floats[i] = draw.below(9) - 4;
  return { ...instance, floats };
}

const sizes = [1, 2, 3, 4, 5, 6, 7, 9, 10].flatMap((m) =>
  [1, 3, 4, 7, 8, 13, 18].map((n) => [m, n] as const),
);

test.each(sizes)('C = max(−2, start + A·B) of %i rows and %i columns, to the bit', async (m, n) => {
  const { kernels, floats } = await ground();
  const [inner, strideA, rowB, rowC] = [5, 11, 20, 24];
  floats.fill(99, C / 4, END / 4);
  kernels.productOfRows(m, n, A, 4 * strideA, 1, 0, inner, B, 4 * rowB, C, 4 * rowC, START, 4 * 19, 6, -2);
  for (let i = 0; i < m; i += 1)
    for (let j = 0; j < rowC; j += 1) {
      let sum = floats[START / 4 + i * 19 + j]!;
      for (let k = 0; k < inner; k += 1)
        sum += floats[A / 4 + i * strideA + k]! * floats[B / 4 + k * rowB + j]!;
      expect(floats[C / 4 + i * rowC + j]).toBe(j < n ? Math.max(-2, sum) : 99);
    }
});

test.each(sizes)(
  'C = start + Aᵀ·B with two inner strides, %i rows and %i columns, to the bit',
  async (m, n) => {
    const { kernels, floats } = await ground();
    const [outer, outerA, inner, strideA] = [3, 70, 2, 30];
    kernels.productOfColumns(
    m, n, A, 4 * strideA, outer, 4 * outerA, inner, B, 4 * n, C, 4 * n, START, 0, 4, -Infinity,
  ); // prettier-ignore
    for (let i = 0; i < m; i += 1)
      for (let j = 0; j < n; j += 1) {
        let sum = floats[START / 4 + j]!;
        for (let o = 0; o < outer; o += 1)
          for (let k = 0; k < inner; k += 1)
            sum += floats[A / 4 + o * outerA + k * strideA + i]! * floats[B / 4 + (o * inner + k) * n + j]!;
        expect(floats[C / 4 + i * n + j]).toBe(sum);
      }
  },
);

test('the floor of a product lets NaN through, so that a diverged run is seen', async () => {
  const { kernels, floats } = await ground();
  floats[A / 4] = NaN;
  kernels.productOfRows(1, 9, A, 4, 1, 0, 1, B, 36, C, 36, START, 0, 1, 0);
  expect([...floats.subarray(C / 4, C / 4 + 9)].every(Number.isNaN)).toBe(true);
});

test('a byte stands for value / 255, in every lane', async () => {
  const { kernels, floats, memory } = await ground();
  new Uint8Array(memory.buffer).set([0, 1, 2, 127, 128, 254, 255], A);
  kernels.gatherBytes(A, 7, C);
  expect([...floats.subarray(C / 4, C / 4 + 7)]).toEqual(
    [0, 1, 2, 127, 128, 254, 255].map((value) => Math.fround(value / 255)),
  );
});

test('the first of equal pixels takes the gradient of a maximum, in lanes and in the channel left over', async () => {
  const { kernels, floats } = await ground();
  // Two rows of two pixels with five channels; every pixel but the first holds the highest value, 7.
  const pixels = [1, 7, 7, 7].flatMap((value) => Array.from({ length: 5 }, () => value));
  floats.set(pixels, A / 4);
  floats.fill(0, B / 4, B / 4 + 20);
  floats.fill(3, START / 4, START / 4 + 5);
  kernels.maximumOfWindow(A, 2, 2, 40, 5, C);
  expect([...floats.subarray(C / 4, C / 4 + 5)]).toEqual([7, 7, 7, 7, 7]);
  kernels.maximumOfWindowBackward(A, 2, 2, 40, 5, C, START, B);
  expect([...floats.subarray(B / 4, B / 4 + 20)]).toEqual(
    [0, 3, 0, 0].flatMap((value) => Array(5).fill(value)),
  );
});

test('more memory than 32-bit addresses reach is refused with its size', async () => {
  const { memory } = await instantiate();
  expect(() => reserve(memory, 5 * 2 ** 30)).toThrow('WebAssembly memory cannot hold 5120 MiB.');
});

test.each(sizes)(
  'columns of %i rows and %i columns are multiplied, scaled and mixed, to the bit',
  async (m, n) => {
    const { kernels, floats } = await ground();
    const [a, b] = [A / 4, START / 4];
    const [p, q, r] = [B / 4, B / 4 + 32, B / 4 + 64];
    floats.fill(99, C / 4, END / 4);
    kernels.columnProducts(A, START, m, n, C);
    for (let j = 0; j < n; j += 1) {
      let sum = 0;
      for (let i = 0; i < m; i += 1) sum += floats[a + i * n + j]! * floats[b + i * n + j]!;
      expect(floats[C / 4 + j]).toBe(sum);
    }
    expect(floats[C / 4 + n]).toBe(99);
    kernels.scaleColumns(A, m, n, 4 * p, 4 * q, C);
    for (let i = 0; i < m * n; i += 1)
      expect(floats[C / 4 + i]).toBe(floats[a + i]! * floats[p + (i % n)]! + floats[q + (i % n)]!);
    expect(floats[C / 4 + m * n]).toBe(99);
    const expected = Array.from(
      { length: m * n },
      (_, i) =>
        floats[a + i]! * floats[p + (i % n)]! + floats[b + i]! * floats[q + (i % n)]! + floats[r + (i % n)]!,
    );
    // In the place of what it reads.
    kernels.mixColumns(A, START, m, n, 4 * p, 4 * q, 4 * r, A);
    expect([...floats.subarray(a, a + m * n)]).toEqual(expected);
  },
);
