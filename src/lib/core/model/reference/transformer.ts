// A block of a transformer encoder (Vaswani et al. 2017, "Attention Is All You Need", §3) with the normalisations in front of its two
// parts rather than behind them (Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture", arXiv 2002.04745), which
// trains without a warm-up:
//   u = x + Attention(LN(x))·W_o + b_o        y = u + relu(LN(u)·W_1 + b_1)·W_2 + b_2
// Attention of each head: softmax(QKᵀ/√d)·V over all steps, none hidden.
import { biasGradient } from './dense.ts';
import { softmaxRows } from '../head.ts';
import { layerNormalisationPass } from './layer-normalisation.ts';
import { zeros, type Numbers } from './numbers.ts';
import { addToRows, turned, type MatrixProduct } from './products.ts';
import { parameterAt, type LayerPass, type SequenceGround } from './sequence-pass.ts';

const EPSILON = 1e-6;

/** x·W + b of each row of x [rows, inputs], and its way back; without a bias where there is none. */
export function linearPass(
  x: Numbers,
  kernel: Numbers,
  bias: Numbers | undefined,
  units: number,
  product: MatrixProduct,
): LayerPass {
  const inputs = kernel.length / units;
  const rows = x.length / inputs;
  const y = product(x, kernel, rows, inputs, units);
  return {
    y: bias === undefined ? y : addToRows(y, bias),
    back: (dy) => ({
      dx: product(dy, turned(kernel, inputs, units), rows, units, inputs),
      slots: [
        product(turned(x, rows, inputs), dy, inputs, rows, units),
        ...(bias === undefined ? [] : [biasGradient(dy, units)]),
      ],
    }),
  };
}

/** One head of one example: `from` is where its columns begin in a row of `stride` values; [steps, width]. */
function taken(
  all: Numbers,
  first: number,
  steps: number,
  stride: number,
  from: number,
  width: number,
): Numbers {
  const y = zeros(all, steps * width);
  for (let step = 0; step < steps; step += 1) {
    const start = (first + step) * stride + from;
    y.set(all.subarray(start, start + width), step * width);
  }
  return y;
}

function put(
  all: Numbers,
  first: number,
  stride: number,
  from: number,
  values: Numbers,
  width: number,
): void {
  for (let step = 0; step * width < values.length; step += 1)
    all.set(values.subarray(step * width, (step + 1) * width), (first + step) * stride + from);
}

/** `joint` [batch, steps, 3·channels] holds Q, K and V side by side; gives [batch, steps, channels]. */
function attention(
  joint: Numbers,
  { batch, steps, channels, product }: SequenceGround,
  heads: number,
): LayerPass {
  const width = channels / heads;
  const scale = 1 / Math.sqrt(width);
  const stride = 3 * channels;
  const y = zeros(joint, batch * steps * channels);
  const weights: Numbers[] = [];
  const parts = (example: number, head: number): Numbers[] =>
    [0, 1, 2].map((which) =>
      taken(joint, example * steps, steps, stride, which * channels + head * width, width),
    );
  for (let example = 0; example < batch; example += 1)
    for (let head = 0; head < heads; head += 1) {
      const [q = y, k = y, v = y] = parts(example, head);
      const scores = product(q, turned(k, steps, width), steps, width, steps);
      for (let i = 0; i < scores.length; i += 1) scores[i]! *= scale;
      softmaxRows(scores, steps);
      weights.push(scores);
      put(y, example * steps, channels, head * width, product(scores, v, steps, steps, width), width);
    }
  return {
    y,
    back(dy) {
      const dx = zeros(dy, joint.length);
      for (let example = 0; example < batch; example += 1)
        for (let head = 0; head < heads; head += 1) {
          const [q = dx, k = dx, v = dx] = parts(example, head);
          const a = weights[example * heads + head] ?? dx;
          const above = taken(dy, example * steps, steps, channels, head * width, width);
          const ofV = product(turned(a, steps, steps), above, steps, steps, width);
          const ofScores = product(above, turned(v, steps, width), steps, width, steps);
          for (let row = 0; row < steps; row += 1) {
            let dot = 0;
            for (let i = row * steps; i < (row + 1) * steps; i += 1) dot += ofScores[i]! * a[i]!;
            for (let i = row * steps; i < (row + 1) * steps; i += 1)
              ofScores[i] = a[i]! * (ofScores[i]! - dot) * scale;
          }
          const ofQ = product(ofScores, k, steps, steps, width);
          const ofK = product(turned(ofScores, steps, steps), q, steps, steps, width);
          for (const [which, values] of [ofQ, ofK, ofV].entries())
            put(dx, example * steps, stride, which * channels + head * width, values, width);
        }
      return { dx, slots: [] };
    },
  };
}

const plus = (a: Numbers, b: Numbers): Numbers => {
  const y = a.slice();
  for (let i = 0; i < y.length; i += 1) y[i]! += b[i]!;
  return y;
};

export function transformerPass(ground: SequenceGround, { heads }: { readonly heads: number }): LayerPass {
  const { x, product } = ground;
  const of = (place: number): Numbers => parameterAt(ground, place);
  const linear = (input: Numbers, place: number): LayerPass =>
    linearPass(input, of(place), of(place + 1), of(place + 1).length, product);
  const before = layerNormalisationPass(x, of(0), of(1), EPSILON);
  const joint = linear(before.y, 2);
  const attended = attention(joint.y, ground, heads);
  const mixed = linear(attended.y, 4);
  const middle = plus(x, mixed.y);
  const between = layerNormalisationPass(middle, of(6), of(7), EPSILON);
  const wide = linear(between.y, 8);
  const hidden = wide.y.map((value) => (value > 0 ? value : value !== value ? NaN : 0));
  const narrow = linear(hidden, 10);
  return {
    y: plus(middle, narrow.y),
    back(dy) {
      const ofNarrow = narrow.back(dy);
      const slope = ofNarrow.dx.map((value, i) => (hidden[i]! > 0 ? value : 0));
      const ofWide = wide.back(slope);
      const ofBetween = between.back(ofWide.dx);
      const ofMiddle = plus(dy, ofBetween.dx);
      const ofMixed = mixed.back(ofMiddle);
      const ofJoint = joint.back(attended.back(ofMixed.dx).dx);
      const ofBefore = before.back(ofJoint.dx);
      return {
        dx: plus(ofMiddle, ofBefore.dx),
        slots: [ofBefore, ofJoint, ofMixed, ofBetween, ofWide, ofNarrow].flatMap(({ slots }) => slots),
      };
    },
  };
}
