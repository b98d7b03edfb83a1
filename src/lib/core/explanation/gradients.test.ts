// What gradients say of a network: held to finite differences, to completeness, and to a patch that was planted.
import { describe, expect, test } from 'vitest';
import { buildNetwork, initialParameters, type Network } from '../model/network.ts';
import { outputGradient } from '../model/reference/output-gradient.ts';
import { forward, gradientOf } from '../model/reference/passes.ts';
import { softmaxRows } from '../model/head.ts';
import type { LayerSpec, NetworkSpec } from '../model/spec.ts';
import { random } from '../random.ts';
import { gradCam } from './grad-cam.ts';
import { integratedGradients } from './integrated-gradients.ts';
import { occlusion } from './occlusion.ts';

const built = (spec: NetworkSpec): Network => {
  const result = buildNetwork(spec);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const dense = (units: number, activation: 'linear' | 'relu' | 'tanh' | 'softmax' = 'linear'): LayerSpec => ({
  type: 'dense',
  units,
  activation,
  useBias: true,
});
const conv = (filters: number): LayerSpec => ({
  type: 'conv2d',
  filters,
  kernelSize: [3, 3],
  strides: [1, 1],
  padding: 'same',
  activation: 'relu',
  useBias: true,
});
const draw = random(4, 'gradients');
const normals = (length: number): Float64Array<ArrayBuffer> =>
  Float64Array.from({ length }, () => draw.normal());
/** Running statistics that are not those of a start, so that what goes by the batch's own fails. */
function parametersOf(network: Network): Float64Array<ArrayBuffer> {
  const parameters = Float64Array.from(initialParameters(network, 3));
  for (const { role, offset, length } of network.slots)
    if (role === 'bias' || role === 'beta' || role === 'mean')
      parameters.set(
        normals(length).map((one) => one / 4),
        offset,
      );
    else if (role === 'variance' || role === 'gamma')
      parameters.set(
        normals(length).map((one) => 0.5 + one * one),
        offset,
      );
  return parameters;
}

const tabular = built({
  inputShape: [5],
  layers: [
    dense(8, 'relu'),
    { type: 'batch-normalisation', momentum: 0.9, epsilon: 1e-3 },
    { type: 'dropout', rate: 0.5 },
    dense(6, 'tanh'),
    dense(3, 'softmax'),
  ],
  loss: 'categorical-crossentropy',
});
const pictured = built({
  inputShape: [6, 6, 2],
  layers: [
    conv(3),
    { type: 'max-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'same' },
    conv(4),
    { type: 'flatten' },
    dense(2, 'softmax'),
  ],
  loss: 'categorical-crossentropy',
});
const number = built({
  inputShape: [4],
  layers: [dense(6, 'tanh'), dense(1)],
  loss: 'mean-squared-error',
});

describe.each([
  ['a table', tabular, 2],
  ['pictures', pictured, 1],
  ['a number', number, 0],
] as const)('of a network on %s', (_, network, output) => {
  const size = network.spec.inputShape.reduce((all, side) => all * side, 1);
  const parameters = parametersOf(network);
  const row = normals(size);

  test.each(['share', 'logit'] as const)('the gradient of a %s is that of finite differences', (as) => {
    const rows = Float64Array.from([...row, ...normals(size)]);
    const { gradient } = outputGradient(network, parameters, rows, 2, { output, as });
    const step = 1e-6;
    for (let i = 0; i < size; i += 1) {
      const moved = (by: number): number => {
        const own = Float64Array.from(row);
        own[i]! += by;
        return outputGradient(network, parameters, own, 1, { output, as }).values[0]!;
      };
      expect(gradient[i]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 6);
    }
  });

  test('integrated gradients add up to what the score is above the baseline’s', () => {
    const slopes = (points: Float64Array<ArrayBuffer>, count: number) =>
      outputGradient(network, parameters, points, count, { output, as: 'share' });
    const found = integratedGradients(slopes, row, new Float64Array(size));
    const score = slopes(row, 1).values[0]!;
    expect(found.score).toBeCloseTo(score, 12);
    const added = found.effects.reduce((sum, one) => sum + one, found.base);
    expect(Math.abs(added - score)).toBeLessThan(1e-4);
    expect(found.missed).toBeCloseTo(score - added, 12);
    expect(Math.abs(score - found.base)).toBeGreaterThan(0.01);
  });
});

test('integrated gradients of a line are its weights times the way, however few the steps', () => {
  const weights = [3, -1, 0.5];
  const found = integratedGradients(
    (points, count) => ({
      values: Float64Array.from({ length: count }, (_, at) =>
        weights.reduce((sum, weight, i) => sum + weight * points[at * 3 + i]!, 2),
      ),
      gradient: Float64Array.from({ length: 3 * count }, (_, i) => weights[i % 3]!),
    }),
    [1, 2, 4],
    [0, 1, 0],
    { fewestSteps: 1 },
  );
  expect([...found.effects]).toEqual([3, -1, 2]);
  expect([found.base, found.score, found.steps]).toEqual([1, 5, 1]);
});

test('a network without a convolution has no map of a picture', () => {
  expect(gradCam(tabular, parametersOf(tabular), new Float64Array(5), 0)).toBeUndefined();
});

test('of pictures with a planted patch, Grad-CAM and occlusion look at the patch', async () => {
  const [side, patch] = [14, 4];
  const network = built({
    inputShape: [side, side, 1],
    layers: [conv(4), conv(6), { type: 'global-average-pool2d' }, dense(2, 'softmax')],
    loss: 'categorical-crossentropy',
  });
  const source = random(9, 'planted patch');
  /** Noise; of the second class with a chequered patch somewhere. */
  const picture = (label: number) => {
    const pixels = Float32Array.from({ length: side * side }, () => source.next() / 2);
    const [top, left] = [source.below(side - patch), source.below(side - patch)];
    if (label === 1)
      for (let y = 0; y < patch; y += 1)
        for (let x = 0; x < patch; x += 1) pixels[(top + y) * side + left + x] = (x + y) % 2;
    return { pixels, top, left };
  };
  const parameters = initialParameters(network, 2);
  const [mean, squares] = [new Float64Array(parameters.length), new Float64Array(parameters.length)];
  const batch = 16;
  for (let step = 1; step <= 120; step += 1) {
    const labels = Int32Array.from({ length: batch }, (_, at) => at % 2);
    const features = new Float32Array(batch * side * side);
    for (const [at, label] of labels.entries()) features.set(picture(label).pixels, at * side * side);
    const { gradient } = gradientOf(network, parameters, features, labels, batch);
    for (let i = 0; i < parameters.length; i += 1) {
      mean[i] = 0.9 * mean[i]! + 0.1 * gradient[i]!;
      squares[i] = 0.99 * squares[i]! + 0.01 * gradient[i]! ** 2;
      parameters[i]! -=
        (0.02 * mean[i]!) / (1 - 0.9 ** step) / (Math.sqrt(squares[i]! / (1 - 0.99 ** step)) + 1e-8);
    }
  }
  const shareOf = (pictures: Float32Array<ArrayBuffer>, count: number): Float64Array => {
    const outputs = Float64Array.from(forward(network, parameters, pictures, count).at(-1) ?? []);
    softmaxRows(outputs, 2);
    return Float64Array.from({ length: count }, (_, at) => outputs[2 * at + 1]!);
  };
  const massOf = (heat: ArrayLike<number>, { top, left }: { top: number; left: number }): number => {
    let [inside, all] = [0, 0];
    for (let pixel = 0; pixel < side * side; pixel += 1) {
      const [y, x] = [Math.floor(pixel / side), pixel % side];
      const own = Math.max(0, heat[pixel]!);
      all += own;
      if (y >= top && y < top + patch && x >= left && x < left + patch) inside += own;
    }
    return inside / all;
  };
  for (let at = 0; at < 10; at += 1) {
    const planted = picture(1);
    expect(shareOf(planted.pixels, 1)[0]).toBeGreaterThan(0.9);
    const cam = gradCam(network, parameters, planted.pixels, 1);
    expect(massOf(cam?.heat ?? [], planted)).toBeGreaterThan(0.6);
    const { loss } = await occlusion(shareOf, planted.pixels, [side, side, 1], { cover: 4, covered: 0.25 });
    const most = loss.indexOf(Math.max(...loss));
    const [down, across] = [Math.floor(most / side) - planted.top, (most % side) - planted.left];
    expect(Math.min(down, across)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(down, across)).toBeLessThanOrEqual(patch);
  }
});
