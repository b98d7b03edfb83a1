// What all kernels share: eight storage buffers in one bind group, so that a step is one bind group and, for each kernel, a
// pipeline, its numbers and how many workgroups. Sizes and places are written into a kernel's text, or given to it as numbers.
import type { Activation } from '../../core/model/spec.ts';

/** In the order of their bindings. */
export const BINDINGS = [
  /** The parameters [P]. */
  ['parameters', 'read_write', 'f32'],
  /** Momentum [P], or Adam's first and second moments [2P]. */
  ['moments', 'read_write', 'f32'],
  /** The proximal term's anchor [P]. */
  ['anchor', 'read', 'f32'],
  /** Added to the gradient [P]. */
  ['correction', 'read', 'f32'],
  /** Activations and their gradients. */
  ['values', 'read_write', 'f32'],
  /** The rows to learn from: floats, or bytes, four a word. */
  ['examples', 'read', 'u32'],
  /** What one step is told (step-record.ts). */
  ['record', 'read', 'u32'],
  /** Sums of the loss. */
  ['losses', 'read_write', 'f32'],
] as const;

const declarations = BINDINGS.map(
  ([name, access, type], binding) =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${name} : array<${type}>;`,
).join('\n');

/** WebGPU gives every device this many workgroups a dimension. */
const MOST_WORKGROUPS = 65_535;
const LANES = 64;

/** The most numbers that a kernel is given: as many as lie between two offsets of a uniform buffer. */
export const MOST_NUMBERS = 64;

/**
 * How a kernel says a number. Written, the compiler can work with it: what a convolution divides by. Given, kernels of other
 * sizes have the same text and are compiled once.
 */
export interface Numbers {
  /** WGSL of `value`. */
  readonly say: (value: number) => string;
  readonly given: readonly number[];
}
export const writtenNumbers: Numbers = { say: (value) => `${value}u`, given: [] };
export function givenNumbers(): Numbers {
  const given: number[] = [];
  return {
    given,
    say(value) {
      const at = given.push(value) - 1;
      if (at >= MOST_NUMBERS) throw new Error('A kernel is given too many numbers.');
      return `numbers[${at >> 2}].${'xyzw'.charAt(at & 3)}`;
    },
  };
}

/** One kernel: its text is its identity. */
export interface Dispatch {
  readonly code: string;
  /** What Numbers said, in its order. */
  readonly numbers: readonly number[];
  /** Workgroups that cover the first `rows` rows of the batch. */
  readonly workgroups: (rows: number) => number;
}

/** Workgroups in two dimensions, as many as asked for or some more: kernels leave those beyond. */
export const dimensions = (workgroups: number): readonly [number, number] =>
  workgroups <= MOST_WORKGROUPS
    ? [workgroups, 1]
    : [MOST_WORKGROUPS, Math.ceil(workgroups / MOST_WORKGROUPS)];

/** A kernel whose `main` is `body`; it knows `workgroup` and `lane`. `declared`: functions and workgroup variables. */
export const kernel = (lanes: number, declared: string, body: string): string => `${declarations}
@group(1) @binding(0) var<uniform> numbers : array<vec4<u32>, ${MOST_NUMBERS / 4}>;
${declared}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
let workgroup = group.y * ${MOST_WORKGROUPS}u + group.x;
${body}
}`;

/** `body` for each `index` of `batch` rows of `length` elements. */
export function each(
  batch: number,
  length: number,
  body: string,
  declared = '',
  numbers = writtenNumbers,
): Dispatch {
  const guarded = `let index = workgroup * ${LANES}u + lane;
if (index >= ${numbers.say(batch * length)}) { return; }
${body}`;
  return {
    code: kernel(LANES, declared, guarded),
    numbers: numbers.given,
    workgroups: (rows) => Math.ceil((Math.min(rows, batch) * length) / LANES),
  };
}

/** f(`value`); a final softmax is the loss's affair. */
export function activated(activation: Activation, value: string): string {
  switch (activation) {
    case 'relu':
      return `max(${value}, 0.0)`;
    case 'sigmoid':
      return `1.0 / (1.0 + exp(-(${value})))`;
    case 'tanh':
      // Beyond ±15 tanh is ±1 in f32, and some drivers overflow on the way.
      return `tanh(clamp(${value}, -15.0, 15.0))`;
    case 'linear':
    case 'softmax':
      return value;
    default:
      return activation satisfies never;
  }
}

/** Values of a batch in the buffer of values, by the activation that made them. */
export interface Tensor {
  /** Where they begin. */
  readonly offset: number;
  readonly activation: Activation;
}

/** Declares `slope(at)`: the derivative of a tensor's activation at its element `at`, taken from its value. */
export function slope({ offset, activation }: Tensor, { say } = writtenNumbers): string {
  const declared = (result: string): string =>
    `fn slope(at : u32) -> f32 { let y = values[${say(offset)} + at]; return ${result}; }`;
  switch (activation) {
    case 'relu':
      return declared('select(0.0, 1.0, y > 0.0)');
    case 'sigmoid':
      return declared('y * (1.0 - y)');
    case 'tanh':
      return declared('1.0 - y * y');
    case 'linear':
    case 'softmax':
      return 'fn slope(at : u32) -> f32 { return 1.0; }';
    default:
      return activation satisfies never;
  }
}
