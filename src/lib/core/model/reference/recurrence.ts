// What a GRU and an LSTM share: the input of all steps multiplied at once, the steps one after the other, and the way back through them.
// Inside, everything is [steps, batch, …], so that a step lies in one piece.
import { biasGradient } from './dense.ts';
import { zeros, type Numbers } from './numbers.ts';
import { stepsFirst, turned } from './products.ts';
import type { SequenceGround } from './sequence-pass.ts';

export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** x·W for all steps: [steps, batch, gates·units]. */
export function projected(
  { x, batch, steps, channels, product }: SequenceGround,
  kernel: Numbers,
): { readonly byStep: Numbers; readonly gates: Numbers } {
  const byStep = stepsFirst(x, batch, steps, channels);
  return { byStep, gates: product(byStep, kernel, steps * batch, channels, kernel.length / channels) };
}

/** States [steps + 1, batch, units] → what the layer gives: all but the first, or the last alone. */
export function outputOf(
  states: Numbers,
  { batch, steps }: SequenceGround,
  units: number,
  returnSequences: boolean,
): Numbers {
  const size = batch * units;
  return returnSequences
    ? stepsFirst(states.subarray(size), steps, batch, units)
    : states.slice(steps * size);
}

/** What comes from above at each step, [steps, batch, units]; undefined at a step that gives nothing to it. */
export function slopesOf(
  dy: Numbers,
  { batch, steps }: SequenceGround,
  units: number,
  returnSequences: boolean,
): (step: number) => Numbers | undefined {
  if (!returnSequences) return (step) => (step === steps - 1 ? dy : undefined);
  const all = stepsFirst(dy, batch, steps, units);
  return (step) => all.subarray(step * batch * units, (step + 1) * batch * units);
}

/** Of the gradient of the gates' sums [steps, batch, width]: that of the input, its kernel and a bias. */
export function inputGradients(
  { batch, steps, channels, product }: SequenceGround,
  byStep: Numbers,
  kernel: Numbers,
  slope: Numbers,
): { readonly dx: Numbers; readonly kernel: Numbers; readonly bias: Numbers } {
  const rows = steps * batch;
  const width = kernel.length / channels;
  const dx = product(slope, turned(kernel, channels, width), rows, width, channels);
  return {
    dx: stepsFirst(dx, steps, batch, channels),
    kernel: product(turned(byStep, rows, channels), slope, channels, rows, width),
    bias: biasGradient(slope, width),
  };
}

/** Columns `from … to` of x [rows, width], a copy. */
export function columnsOf(x: Numbers, width: number, from: number, to: number): Numbers {
  const rows = x.length / width;
  const y = zeros(x, rows * (to - from));
  for (let row = 0; row < rows; row += 1)
    y.set(x.subarray(row * width + from, row * width + to), row * (to - from));
  return y;
}

/** Writes y [rows, …] to the columns of x [rows, width] from `from` on. */
export function setColumns(x: Numbers, width: number, from: number, y: Numbers): void {
  const rows = x.length / width;
  const columns = y.length / rows;
  for (let row = 0; row < rows; row += 1)
    x.set(y.subarray(row * columns, (row + 1) * columns), row * width + from);
}
