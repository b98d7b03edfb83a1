// The matrix product C = A·B that a step spends its time in. A workgroup makes one tile of C: it brings tiles of A and B into
// workgroup memory, and each of its lanes keeps 4 × 4 sums in registers. What A and B are, and what becomes of an element of
// C, is given as WGSL, so that convolutions need no im2col in memory and activations and optimisers no pass of their own.
// Sums are taken in a fixed order: the same bits every time.
import type { Regions } from './regions.ts';
import { each, givenNumbers, kernel, writtenNumbers, type Dispatch, type Numbers } from './wgsl.ts';

/** Inner dimension of a tile. */
const DEPTH = 16;
/** Columns of a tile, and rows of a large one and of a small one. */
const COLUMNS = 32;
const LARGE = 32;
const SMALL = 16;
/** With fewer workgroups a graphics device is half idle: the inner dimension is then divided among several. */
const FEW = 16;
const ENOUGH = 32;
/** A part of the inner dimension is no shorter. */
const LEAST_PART = 128;

export interface Operand {
  /** The body of a function that returns an element: of A from `row` and `inner`, of B from `inner` and `column`. */
  readonly element: string;
  /** Whether neighbours along the inner dimension lie side by side, or those along the other one. */
  readonly innerIsDense: boolean;
}
export interface Product {
  /** Rows of the batch, or 1 where the rows of C are none of its. */
  readonly batch: number;
  /** Rows of C for each of them. */
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly a: Operand;
  readonly b: Operand;
  /** Statements that put `value`, the element of C at `row` and `column`, where it belongs. */
  readonly store: string;
  /** Functions that those use. */
  readonly declared: string;
}

const ceilDivide = (a: number, b: number): number => Math.ceil(a / b);

/** How a product says its numbers, and what makes its kernels of it. */
export interface Maker {
  readonly numbers: Numbers;
  readonly make: typeof product;
}

/**
 * For elements that cost no more than to read them. With an inner dimension of one tile at most, as in the gradient of a dense
 * kernel by a small batch, nothing that a workgroup brings is worth its barriers: one lane an element is more lanes, and a text
 * that compiles in a tenth of the time, so that its numbers may be written into it.
 */
export const makerFor = (inner: number): Maker =>
  inner <= DEPTH
    ? { numbers: writtenNumbers, make: shortProduct }
    : { numbers: givenNumbers(), make: product };

function shortProduct(given: Product, numbers: Numbers): readonly Dispatch[] {
  const { batch, rows, columns, inner, a, b, store, declared } = given;
  const { say } = numbers;
  return [
    each(
      batch,
      rows * columns,
      `let row = index / ${say(columns)};
let column = index % ${say(columns)};
var value = 0.0;
for (var inner = 0u; inner < ${say(inner)}; inner++) { value += elementA(row, inner) * elementB(inner, column); }
${store}`,
      `${declared}
fn elementA(row : u32, inner : u32) -> f32 {
${a.element}
}
fn elementB(inner : u32, column : u32) -> f32 {
${b.element}
}`,
      numbers,
    ),
  ];
}

/**
 * `numbers`: how `given` says its own. `scratch`: room for parts of sums in the buffer of values, where there is any need.
 */
export function product(given: Product, numbers: Numbers, scratch: Regions): readonly Dispatch[] {
  const { say } = numbers;
  const { batch, columns, inner, store, declared } = given;
  const rows = batch * given.rows;
  const tileRows = rows > SMALL ? LARGE : SMALL;
  const across = ceilDivide(columns, COLUMNS);
  const tiles = ceilDivide(rows, tileRows) * across;
  const wanted = tiles < FEW ? ceilDivide(ENOUGH, tiles) : 1;
  const most = Math.max(1, Math.floor(inner / LEAST_PART));
  // Whole tiles of the inner dimension, and no part without any.
  const part = DEPTH * ceilDivide(ceilDivide(inner, Math.min(wanted, most)), DEPTH);
  const parts = ceilDivide(inner, part);
  const sums = parts > 1 ? scratch.take(parts * rows * columns) : 0;
  const put =
    parts > 1
      ? `values[${say(sums)} + (part * ${say(rows)} + row) * ${say(columns)} + column] = value;`
      : store;
  const tiled: Dispatch = {
    code: tileKernel({ ...given, rows, store: put }, numbers, tileRows, part, parts),
    numbers: numbers.given,
    workgroups: (count) => ceilDivide(Math.min(count, batch) * given.rows, tileRows) * across * parts,
  };
  if (parts === 1) return [tiled];
  const added = each(
    batch,
    given.rows * columns,
    `let row = index / ${say(columns)};
let column = index % ${say(columns)};
var value = 0.0;
for (var part = 0u; part < ${say(parts)}; part++) { value += values[${say(sums)} + part * ${say(rows * columns)} + index]; }
${store}`,
    declared,
    numbers,
  );
  return [tiled, added];
}

function tileKernel(
  { rows, columns, inner, a, b, store, declared }: Product,
  { say }: Numbers,
  tileRows: number,
  part: number,
  parts: number,
): string {
  const lanes = (tileRows / 4) * (COLUMNS / 4);
  const across = ceilDivide(columns, COLUMNS);
  const tiles = ceilDivide(rows, tileRows) * across * parts;
  const [high, quads] = [tileRows / 4, COLUMNS / 4];
  /**
   * Neighbouring lanes bring what lies side by side, four to a vector: of a column of A, or of a row of B. One after the other,
   * so that the element's text is there once; compilers unroll what is this short.
   */
  const bring = (tile: string, operand: Operand, vectors: number, element: string): string =>
    `for (var item = lane; item < ${DEPTH * vectors}u; item += ${lanes}u) {
${
  operand.innerIsDense
    ? `let k = item % ${DEPTH}u; let vector = item / ${DEPTH}u;`
    : `let k = item / ${vectors}u; let vector = item % ${vectors}u;`
}
var brought = vec4<f32>();
for (var i = 0u; i < 4u; i++) {
let line = 4u * vector + i;
brought = select(brought, vec4<f32>(${element}), vec4<u32>(0u, 1u, 2u, 3u) == vec4<u32>(i));
}
${tile}[k * ${vectors}u + vector] = brought;
}`;
  const four = [0, 1, 2, 3];
  const names = ['x', 'y', 'z', 'w'];
  return kernel(
    lanes,
    `${declared}
var<workgroup> tileA : array<vec4<f32>, ${DEPTH * high}>;
var<workgroup> tileB : array<vec4<f32>, ${DEPTH * quads}>;
fn elementA(row : u32, inner : u32) -> f32 {
if (row >= ${say(rows)} || inner >= ${say(inner)}) { return 0.0; }
${a.element}
}
fn elementB(inner : u32, column : u32) -> f32 {
if (inner >= ${say(inner)} || column >= ${say(columns)}) { return 0.0; }
${b.element}
}`,
    `if (workgroup >= ${say(tiles)}) { return; }
let part = workgroup / ${say(across)} % ${say(parts)};
let firstRow = workgroup / ${say(across * parts)} * ${tileRows}u;
let firstColumn = workgroup % ${say(across)} * ${COLUMNS}u;
let laneRow = lane / ${quads}u;
let laneColumn = lane % ${quads}u;
${four.map((row) => `var sum${row} = vec4<f32>();`).join('\n')}
let end = min(${say(inner)}, (part + 1u) * ${say(part)});
for (var first = part * ${say(part)}; first < end; first += ${DEPTH}u) {
${bring('tileA', a, high, 'elementA(firstRow + line, first + k)')}
${bring('tileB', b, quads, 'elementB(first + k, firstColumn + line)')}
workgroupBarrier();
for (var k = 0u; k < ${DEPTH}u; k++) {
let left = tileA[k * ${high}u + laneRow];
let right = tileB[k * ${quads}u + laneColumn];
${four.map((row) => `sum${row} += left.${names[row]} * right;`).join('\n')}
}
workgroupBarrier();
}
for (var item = 0u; item < 16u; item++) {
let row = firstRow + 4u * laneRow + item / 4u;
let column = firstColumn + 4u * laneColumn + item % 4u;
if (row >= ${say(rows)} || column >= ${say(columns)}) { continue; }
let upper = select(sum0, sum1, (item & 4u) != 0u);
let lower = select(sum2, sum3, (item & 4u) != 0u);
let sums = select(upper, lower, (item & 8u) != 0u);
let pair = select(sums.xy, sums.zw, (item & 2u) != 0u);
let value = select(pair.x, pair.y, (item & 1u) != 0u);
${store}
}`,
  );
}
