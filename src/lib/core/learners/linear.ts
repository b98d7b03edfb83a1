// Ridge regression in closed form: w = (X'X + λI)⁻¹ X'y over centred columns, so that the intercept is not pulled to zero
// (Hoerl & Kennard 1970; the same numbers as scikit-learn's Ridge with alpha = λ).
import type { DataContract } from '../data/contract.ts';
import { solvePositive } from './cholesky.ts';
import { minimise } from './lbfgs.ts';
import { addSparse, hasTerms, lineSize, sparseDot, sparseRows } from './sparse-rows.ts';
import {
  featuresOf,
  sizeOf,
  optionOf,
  taskOf,
  unitOf,
  type Learner,
  type Learning,
  type Lesson,
  type Predictor,
} from './learner.ts';

/** The matrix of a wider row would not fit a device: 4096² numbers are 128 MiB. */
const MOST_FEATURES = 4096;

export interface LinearPredictor extends Predictor {
  /** [F], for encoded features. */
  readonly weights: Float64Array;
  readonly intercept: number;
}

export const linear: Learner = {
  name: 'linear',
  title: 'Linear regression',
  description: 'One weight a column, exactly solved: quick, and easy to read.',
  options: [
    {
      name: 'lambda',
      title: 'Ridge',
      hint: 'Pulls weights to zero; more for many columns and few rows',
      default: 1,
      minimum: 1e-6,
      maximum: 1e6,
    },
  ],
  unsuited(contract) {
    if (taskOf(contract).type === 'classes') return 'it predicts a number, and the target is classes.';
    return sizeOf(contract) <= MOST_FEATURES || hasTerms(contract)
      ? undefined
      : `it takes ${MOST_FEATURES} features at most, and these rows have ${sizeOf(contract)}.`;
  },
  takesTerms: true,
  learn,
  revive: (contract, _, [weights, intercept]) =>
    weights instanceof Float64Array &&
    intercept instanceof Float64Array &&
    weights.length === lineSize(contract)
      ? linearPredictor(weights, intercept[0] ?? 0, contract)
      : undefined,
};

export function* learn(lesson: Lesson): Learning<LinearPredictor> {
  if (hasTerms(lesson.contract)) return yield* learnSparse(lesson);
  const { rows, options } = lesson;
  const size = featuresOf(rows);
  const { count, features, targets } = rows;
  const unit = unitOf(features);
  const means = new Float64Array(size);
  let targetMean = 0;
  for (let row = 0; row < count; row += 1) {
    for (let i = 0; i < size; i += 1) means[i]! += features[row * size + i]! * unit;
    targetMean += targets[row]!;
  }
  for (let i = 0; i < size; i += 1) means[i]! /= count;
  targetMean /= count;

  const matrix = new Float64Array(size * size);
  const right = new Float64Array(size);
  const own = new Float64Array(size);
  for (let row = 0; row < count; row += 1) {
    for (let i = 0; i < size; i += 1) own[i] = features[row * size + i]! * unit - means[i]!;
    const target = targets[row]! - targetMean;
    for (let i = 0; i < size; i += 1) {
      const value = own[i]!;
      if (value === 0) continue;
      right[i]! += value * target;
      const at = i * size;
      for (let j = 0; j <= i; j += 1) matrix[at + j]! += value * own[j]!;
    }
    if (row % 256 === 0) yield row / count;
  }
  const lambda = optionOf(options, 'lambda');
  for (let i = 0; i < size; i += 1) matrix[i * size + i]! += lambda;
  // λ > 0 makes it positive definite but for rounding: then the mean alone is left.
  const weights = solvePositive(matrix, right) ?? new Float64Array(size);
  let intercept = targetMean;
  for (let i = 0; i < size; i += 1) intercept -= weights[i]! * means[i]!;
  return linearPredictor(weights, intercept);
}

/** Of terms there are too many for the matrix: the same sum of squares by descent, ½ Σ (w·x + b − y)² + λ/2 ‖w‖². */
function* learnSparse({ contract, rows, options }: Lesson): Learning<LinearPredictor> {
  const { count, features, targets } = rows;
  const size = lineSize(contract);
  const lambda = optionOf(options, 'lambda');
  const sparse = sparseRows(contract, features, count);
  const point = new Float64Array(size + 1);
  const objective = (at: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < count; row += 1) {
      const error = sparseDot(sparse, row, at, 0) + at[size]! - targets[row]!;
      loss += (error * error) / 2;
      addSparse(sparse, row, error, gradient, 0);
      gradient[size]! += error;
    }
    for (let i = 0; i < size; i += 1) {
      loss += (lambda / 2) * at[i]! ** 2;
      gradient[i]! += lambda * at[i]!;
    }
    return loss;
  };
  yield* minimise(objective, point, { iterations: 500, tolerance: 1e-8 * count });
  return linearPredictor(point.slice(0, size), point[size]!, contract);
}

/** `contract`: where its rows hold terms. */
export function linearPredictor(
  weights: Float64Array,
  intercept: number,
  contract?: DataContract,
): LinearPredictor {
  return {
    weights,
    intercept,
    learnt: [weights, Float64Array.of(intercept)],
    predict(features, count) {
      const size = weights.length;
      const unit = unitOf(features);
      const outputs = new Float64Array(count);
      if (contract !== undefined && hasTerms(contract)) {
        const sparse = sparseRows(contract, features, count);
        for (let row = 0; row < count; row += 1)
          outputs[row] = intercept + sparseDot(sparse, row, weights, 0);
        return outputs;
      }
      for (let row = 0; row < count; row += 1) {
        let sum = intercept;
        for (let i = 0; i < size; i += 1) sum += weights[i]! * features[row * size + i]! * unit;
        outputs[row] = sum;
      }
      return outputs;
    },
  };
}
