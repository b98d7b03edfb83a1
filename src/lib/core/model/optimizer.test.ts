// Ten steps of each optimiser against its published formula, written out again here as the papers have it.
import { expect, test } from 'vitest';
import { applyGradient, optimizerLength, type StepPlan } from './optimizer.ts';

/** The gradient of Σ c_i (w_i − 1)² / 2, which differs a step as w does. */
const curvatures = [0.5, 2, 7];
const gradientAt = (weights: ArrayLike<number>): Float64Array =>
  Float64Array.from(curvatures, (curvature, i) => curvature * (weights[i]! - 1));
const start = [3, -2, 0.25];

function tenSteps(plan: StepPlan, anchor = new Float64Array(3), correction?: Float64Array): number[] {
  const weights = Float64Array.from(start);
  const state = new Float64Array(optimizerLength(plan.optimizer, 3));
  for (let t = 1; t <= 10; t += 1)
    applyGradient(plan, weights, 0, gradientAt(weights), state, 3, anchor, t, correction);
  return [...weights];
}
const near = (found: readonly number[], wanted: readonly number[]): void => {
  for (const [i, one] of wanted.entries()) expect(found[i]).toBeCloseTo(one, 12);
};

test('gradient descent: w ← w − η g, so that each error shrinks by (1 − η c) a step', () => {
  const found = tenSteps({ learningRate: 0.1, optimizer: { type: 'sgd', momentum: 0 }, proximalTerm: 0 });
  near(
    found,
    start.map((w, i) => 1 + (w - 1) * (1 - 0.1 * curvatures[i]!) ** 10),
  );
});

test('momentum: v ← m v + g, w ← w − η v (Sutskever et al. 2013, in the form of Keras and PyTorch)', () => {
  const found = tenSteps({ learningRate: 0.05, optimizer: { type: 'sgd', momentum: 0.9 }, proximalTerm: 0 });
  const wanted = start.map((w, i) => {
    let [weight, velocity] = [w, 0];
    for (let t = 0; t < 10; t += 1) {
      velocity = 0.9 * velocity + curvatures[i]! * (weight - 1);
      weight -= 0.05 * velocity;
    }
    return weight;
  });
  near(found, wanted);
});

test('Adam: Algorithm 1 of Kingma & Ba 2015, with ε = 1e-7', () => {
  const found = tenSteps({ learningRate: 0.01, optimizer: { type: 'adam' }, proximalTerm: 0 });
  const wanted = start.map((w, i) => {
    let [weight, m, v] = [w, 0, 0];
    for (let t = 1; t <= 10; t += 1) {
      const g = curvatures[i]! * (weight - 1);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      weight -= (0.01 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-7);
    }
    return weight;
  });
  near(found, wanted);
});

test('AdamW: Algorithm 2 of Loshchilov & Hutter 2019, whose decay is apart from the moments', () => {
  const plan: StepPlan = {
    learningRate: 0.01,
    optimizer: { type: 'adamw', weightDecay: 0.3 },
    proximalTerm: 0,
  };
  const wanted = start.map((w, i) => {
    let [weight, m, v] = [w, 0, 0];
    for (let t = 1; t <= 10; t += 1) {
      const g = curvatures[i]! * (weight - 1);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const step = m / (1 - 0.9 ** t) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-7);
      weight -= 0.01 * step + 0.01 * 0.3 * weight;
    }
    return weight;
  });
  near(tenSteps(plan), wanted);
});

test('RMSProp: Tieleman & Hinton 2012, with ρ = 0.9 and ε = 1e-7', () => {
  const wanted = start.map((w, i) => {
    let [weight, meanSquare] = [w, 0];
    for (let t = 0; t < 10; t += 1) {
      const g = curvatures[i]! * (weight - 1);
      meanSquare = 0.9 * meanSquare + 0.1 * g * g;
      weight -= (0.01 * g) / (Math.sqrt(meanSquare) + 1e-7);
    }
    return weight;
  });
  near(tenSteps({ learningRate: 0.01, optimizer: { type: 'rmsprop' }, proximalTerm: 0 }), wanted);
});

test('the proximal term draws to the anchor, and a correction is added to the gradient', () => {
  const anchor = Float64Array.of(0, 1, 2);
  const correction = Float64Array.of(0.5, -0.5, 1);
  const plan: StepPlan = { learningRate: 0.1, optimizer: { type: 'sgd', momentum: 0 }, proximalTerm: 0.3 };
  const wanted = start.map((w, i) => {
    let weight = w;
    for (let t = 0; t < 10; t += 1)
      weight -= 0.1 * (curvatures[i]! * (weight - 1) + 0.3 * (weight - anchor[i]!) + correction[i]!);
    return weight;
  });
  near(tenSteps(plan, anchor, correction), wanted);
});
