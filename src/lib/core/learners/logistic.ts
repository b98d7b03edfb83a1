// Logistic regression for two classes, softmax regression for more, by L-BFGS: Σ −ln p(class) + λ/2 ‖W‖², intercepts left free
// (scikit-learn's LogisticRegression with C = 1/λ, so that its figures are these).
import type { DataContract } from '../data/contract.ts';
import { minimise } from './lbfgs.ts';
import { addSparse, hasTerms, lineSize, sparseDot, sparseRows } from './sparse-rows.ts';
import {
  featuresOf,
  optionOf,
  taskOf,
  unitOf,
  type Learner,
  type LearnerRows,
  type Learning,
  type Lesson,
  type Predictor,
} from './learner.ts';

export interface LogisticPredictor extends Predictor {
  /** [outputs, F + 1]: the weights of each margin and its intercept. One output for two classes: ln odds of the second. */
  readonly weights: Float64Array;
  readonly outputs: number;
}

export const logistic: Learner = {
  name: 'logistic',
  title: 'Logistic regression',
  description: 'One weight a column and class: quick, easy to read, and hard to beat on few rows.',
  options: [
    {
      name: 'lambda',
      title: 'Ridge',
      hint: 'Pulls weights to zero; more for many columns and few rows',
      default: 1,
      minimum: 1e-4,
      maximum: 1e6,
    },
    {
      name: 'iterations',
      title: 'Iterations at most',
      hint: 'It ends by itself where nothing is gained any more',
      default: 200,
      minimum: 1,
      maximum: 10_000,
      isWhole: true,
    },
  ],
  unsuited: (contract) =>
    taskOf(contract).type === 'classes' ? undefined : 'it tells classes apart, and the target is a number.',
  takesTerms: true,
  learn,
  revive(contract, _, [weights]) {
    const outputs = outputsFor(contract);
    return weights instanceof Float64Array && weights.length === outputs * (lineSize(contract) + 1)
      ? logisticPredictor(contract, weights, outputs)
      : undefined;
  },
};

/** Margins: one for two classes, else one a class. */
function outputsFor(contract: DataContract): number {
  const task = taskOf(contract);
  return task.type === 'number' || task.classes === 2 ? 1 : task.classes;
}

export function* learn({ contract, rows, options }: Lesson): Learning<LogisticPredictor> {
  const outputs = outputsFor(contract);
  const size = hasTerms(contract) ? lineSize(contract) : featuresOf(rows);
  const weights = new Float64Array(outputs * (size + 1));
  const lambda = optionOf(options, 'lambda');
  const loss = hasTerms(contract)
    ? sparseLossOf(contract, rows, outputs, size, lambda)
    : lossOf(rows, outputs, size, lambda);
  yield* minimise(loss, weights, {
    iterations: optionOf(options, 'iterations'),
    tolerance: 1e-8 * rows.count,
  });
  return logisticPredictor(contract, weights, outputs);
}

function lossOf(rows: LearnerRows, outputs: number, size: number, lambda: number) {
  const { count, features, targets } = rows;
  const unit = unitOf(features);
  const margins = new Float64Array(outputs);
  return (weights: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < count; row += 1) {
      marginsOf(weights, features, unit, row, size, margins);
      loss += lossAndSlope(margins, targets[row]!);
      for (let output = 0; output < outputs; output += 1) {
        const slope = margins[output]!;
        const at = output * (size + 1);
        const scaled = slope * unit;
        for (let i = 0; i < size; i += 1) gradient[at + i]! += scaled * features[row * size + i]!;
        gradient[at + size]! += slope;
      }
    }
    return loss + ridgeOf(weights, gradient, outputs, size, lambda);
  };
}

/** The same of rows that hold terms: what is zero is passed over. */
function sparseLossOf(
  contract: DataContract,
  { count, features, targets }: LearnerRows,
  outputs: number,
  size: number,
  lambda: number,
) {
  const rows = sparseRows(contract, features, count);
  const margins = new Float64Array(outputs);
  return (weights: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < count; row += 1) {
      for (let output = 0; output < outputs; output += 1) {
        const at = output * (size + 1);
        margins[output] = sparseDot(rows, row, weights, at) + weights[at + size]!;
      }
      loss += lossAndSlope(margins, targets[row]!);
      for (let output = 0; output < outputs; output += 1) {
        const at = output * (size + 1);
        addSparse(rows, row, margins[output]!, gradient, at);
        gradient[at + size]! += margins[output]!;
      }
    }
    return loss + ridgeOf(weights, gradient, outputs, size, lambda);
  };
}

/** λ/2 ‖W‖² without intercepts; its derivative is added to the gradient. */
function ridgeOf(
  weights: Float64Array,
  gradient: Float64Array,
  outputs: number,
  size: number,
  lambda: number,
): number {
  let loss = 0;
  for (let output = 0; output < outputs; output += 1)
    for (let i = output * (size + 1); i < output * (size + 1) + size; i += 1) {
      loss += (lambda / 2) * weights[i]! ** 2;
      gradient[i]! += lambda * weights[i]!;
    }
  return loss;
}

function marginsOf(
  weights: Float64Array,
  features: Uint8Array | Float32Array,
  unit: number,
  row: number,
  size: number,
  margins: Float64Array,
): void {
  for (let output = 0; output < margins.length; output += 1) {
    const at = output * (size + 1);
    let sum = 0;
    for (let i = 0; i < size; i += 1) sum += weights[at + i]! * features[row * size + i]!;
    margins[output] = sum * unit + weights[at + size]!;
  }
}

/** −ln p(target), and in place of the margins their derivative p − [target]. */
function lossAndSlope(margins: Float64Array, target: number): number {
  if (margins.length === 1) {
    const margin = margins[0]!;
    const p = shareOf(margin);
    margins[0] = p - target;
    // ln(1 + e^m) − t·m, without overflow.
    return Math.max(margin, 0) + Math.log1p(Math.exp(-Math.abs(margin))) - target * margin;
  }
  const wanted = margins[target]!;
  const { highest, total } = softmax(margins);
  margins[target]! -= 1;
  return Math.log(total) + highest - wanted;
}

const shareOf = (margin: number): number =>
  margin >= 0 ? 1 / (1 + Math.exp(-margin)) : Math.exp(margin) / (1 + Math.exp(margin));

/** Shares in place of margins. */
function softmax(margins: Float64Array): { readonly highest: number; readonly total: number } {
  let highest = -Infinity;
  for (const margin of margins) highest = Math.max(highest, margin);
  let total = 0;
  for (let i = 0; i < margins.length; i += 1) {
    margins[i] = Math.exp(margins[i]! - highest);
    total += margins[i]!;
  }
  for (let i = 0; i < margins.length; i += 1) margins[i]! /= total;
  return { highest, total };
}

function logisticPredictor(
  contract: DataContract,
  weights: Float64Array,
  outputs: number,
): LogisticPredictor {
  const size = weights.length / outputs - 1;
  const classes = outputs === 1 ? 2 : outputs;
  return {
    weights,
    outputs,
    learnt: [weights],
    predict(features, count) {
      const unit = unitOf(features);
      const shares = new Float64Array(count * classes);
      const margins = new Float64Array(outputs);
      const sparse = hasTerms(contract) ? sparseRows(contract, features, count) : undefined;
      for (let row = 0; row < count; row += 1) {
        if (sparse === undefined) marginsOf(weights, features, unit, row, size, margins);
        else
          for (let output = 0; output < outputs; output += 1) {
            const at = output * (size + 1);
            margins[output] = sparseDot(sparse, row, weights, at) + weights[at + size]!;
          }
        if (outputs === 1) {
          const second = shareOf(margins[0]!);
          shares[2 * row] = 1 - second;
          shares[2 * row + 1] = second;
        } else {
          softmax(margins);
          shares.set(margins, row * classes);
        }
      }
      return shares;
    },
  };
}
