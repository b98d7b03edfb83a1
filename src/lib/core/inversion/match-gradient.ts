// Where no layer gives the input away, it is searched for: the one example whose gradient points where the update points. Geiping,
// Bauermeister, Dröge & Moeller 2020, "Inverting Gradients", §4: cosine similarity, total variation, Adam on the sign of the
// gradient with three decays of its rate; after Zhu, Liu & Han 2019, "Deep Leakage from Gradients".
//
// The search needs ∂/∂x of a function of ∇_w L. No second derivative is written for that: with v = ∂ℓ/∂(∇_w L) held fixed it is the
// derivative of ∇_x L along v in the parameters, taken as a central difference in f64: two passes more a step.
import type { Network } from '../model/network.ts';
import { clearIn, type Range } from '../model/ranges.ts';
import { gradientOf } from '../model/reference/passes.ts';
import { random } from '../random.ts';

const RATE = 0.1;
const [FIRST, SECOND] = [0.9, 0.999];
/** Step of the central difference along the unit vector v/‖v‖. */
const DIFFERENCE = 1e-4;
const TOTAL_VARIATION = 1e-3;

export interface Matching {
  readonly network: Network;
  /** [P]: where training began. */
  readonly parameters: Float32Array;
  /** [P]: after − before, as the attacker reads it. */
  readonly update: Float32Array;
  /** What of it is no part of the update. */
  readonly own: readonly Range[];
  /** The attacker is given the target: it can often be read off the last layer's bias (Zhao, Mopuri & Bilen 2020, "iDLG"). */
  readonly target: number;
  /** An image's pixels lie within 0 … 1 and resemble their neighbours. */
  readonly isImage: boolean;
  readonly steps: number;
}

/** Yields after every step, and returns the best example found. Stopped early, it is the caller's who stops asking. */
export function* matchGradient(matching: Matching): Generator<void, Float32Array<ArrayBuffer>> {
  const { network, own, target, isImage, steps } = matching;
  const parameters = Float64Array.from(matching.parameters);
  const wanted = Float64Array.from(matching.update, (value) => -value);
  clearIn(own, wanted);
  const wantedNorm = norm(wanted);
  const size = network.spec.inputShape.reduce((total, side) => total * side, 1);
  const draw = random(0, 'match-gradient');
  const x = Float64Array.from({ length: size }, () => (isImage ? 0.5 + 0.1 * draw.normal() : draw.normal()));
  const [first, second] = [new Float64Array(size), new Float64Array(size)];
  let best = { loss: Infinity, x: Float32Array.from(x) };
  if (wantedNorm === 0) return best.x;

  for (let step = 1; step <= steps; step += 1) {
    const { gradient } = gradientOf(network, parameters, x, [target], 1);
    clearIn(own, gradient);
    const length = norm(gradient);
    const cosine = length === 0 ? 0 : dot(gradient, wanted) / (length * wantedNorm);
    if (1 - cosine < best.loss) best = { loss: 1 - cosine, x: Float32Array.from(x) };
    if (length === 0) return best.x;
    const along = wanted.map(
      (value, i) => -value / (length * wantedNorm) + (cosine * gradient[i]!) / (length * length),
    );
    const slope = slopeAlong(network, parameters, x, target, along);
    if (isImage) addTotalVariation(x, network.spec.inputShape, slope);
    const rate = RATE * decayAt(step / steps);
    for (let i = 0; i < size; i += 1) {
      const sign = Math.sign(slope[i]!);
      first[i] = FIRST * first[i]! + (1 - FIRST) * sign;
      second[i] = SECOND * second[i]! + (1 - SECOND) * sign * sign;
      const moved =
        x[i]! -
        (rate * (first[i]! / (1 - FIRST ** step))) / (Math.sqrt(second[i]! / (1 - SECOND ** step)) + 1e-8);
      x[i] = isImage ? Math.min(1, Math.max(0, moved)) : moved;
    }
    yield;
  }
  return best.x;
}

/** ∂/∂x of ⟨along, ∇_w L(x, w)⟩. */
function slopeAlong(
  network: Network,
  parameters: Float64Array,
  x: Float64Array,
  target: number,
  along: Float64Array,
): Float64Array {
  const length = norm(along);
  const slope = new Float64Array(x.length);
  if (length === 0) return slope;
  for (const side of [1, -1]) {
    const moved = parameters.map((value, i) => value + (side * DIFFERENCE * along[i]!) / length);
    const { ofFeatures } = gradientOf(network, moved, x, [target], 1, undefined, true);
    for (let i = 0; i < slope.length; i += 1)
      slope[i]! += (side * ofFeatures[i]! * length) / (2 * DIFFERENCE);
  }
  return slope;
}

/** Adds the gradient of λ·Σ|x − neighbour|, [H, W, C], per pair of neighbours. */
function addTotalVariation(x: Float64Array, shape: readonly number[], slope: Float64Array): void {
  const [height = 0, width = 0, channels = 0] = shape;
  const weight = TOTAL_VARIATION / x.length;
  const pull = (a: number, b: number): void => {
    const by = weight * Math.sign(x[a]! - x[b]!);
    slope[a]! += by;
    slope[b]! -= by;
  };
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1)
      for (let channel = 0; channel < channels; channel += 1) {
        const at = (row * width + column) * channels + channel;
        if (column + 1 < width) pull(at, at + channels);
        if (row + 1 < height) pull(at, at + width * channels);
      }
}

const decayAt = (share: number): number =>
  share > 7 / 8 ? 1e-3 : share > 5 / 8 ? 1e-2 : share > 3 / 8 ? 0.1 : 1;

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
};
const norm = (values: ArrayLike<number>): number => Math.sqrt(dot(values, values));
