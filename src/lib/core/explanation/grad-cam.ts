// Grad-CAM (Selvaraju et al. 2017, "Visual Explanations from Deep Networks via Gradient-based Localization", eq. 1 and 2): where in a
// picture a convolutional network sees what speaks for a class. Each map of the last convolution is weighed by the mean gradient of the
// class's logit, and what of their sum is above 0 is spread over the pixels.
import type { Network } from '../model/network.ts';
import type { Numbers } from '../model/reference/numbers.ts';
import { outputGradient } from '../model/reference/output-gradient.ts';

/** Over the pixels of a picture, row by row. */
export interface PictureHeat {
  readonly height: number;
  readonly width: number;
  /** [height, width]: 1 where it is highest; 0 throughout where nothing speaks for the class. */
  readonly heat: Float32Array<ArrayBuffer>;
}

/** `pixels` [H, W, C] as the network takes them. undefined: the network has no convolution to look at. */
export function gradCam(
  network: Network,
  parameters: Numbers,
  pixels: Numbers,
  output: number,
): PictureHeat | undefined {
  const [height = 0, width = 0] = network.spec.inputShape;
  const last = network.layers.findLast(({ spec }) => spec.type === 'conv2d');
  if (last === undefined) return undefined;
  const [rows = 0, columns = 0, maps = 0] = last.outputShape;
  const { gradient, taken } = outputGradient(network, parameters, pixels, 1, {
    output,
    as: 'logit',
    layer: last.index + 1,
  });
  const weights = new Float64Array(maps);
  for (let i = 0; i < gradient.length; i += 1) weights[i % maps]! += gradient[i]! / (rows * columns);
  const coarse = new Float64Array(rows * columns);
  for (let i = 0; i < taken.length; i += 1) coarse[Math.floor(i / maps)]! += weights[i % maps]! * taken[i]!;
  const speaksFor = coarse.map((one) => Math.max(0, one));
  return { height, width, heat: scaledToOne(spread(speaksFor, rows, columns, height, width)) };
}

/** Bilinear, pixels' middles on pixels' middles. */
function spread(
  coarse: Float64Array,
  rows: number,
  columns: number,
  height: number,
  width: number,
): Float32Array<ArrayBuffer> {
  const heat = new Float32Array(height * width);
  const placed = (at: number, from: number, to: number): readonly [number, number, number] => {
    const place = Math.min(to - 1, Math.max(0, ((at + 0.5) * to) / from - 0.5));
    const before = Math.floor(place);
    return [before, Math.min(to - 1, before + 1), place - before];
  };
  for (let y = 0; y < height; y += 1) {
    const [above, below, down] = placed(y, height, rows);
    for (let x = 0; x < width; x += 1) {
      const [left, right, across] = placed(x, width, columns);
      const row = (of: number): number =>
        coarse[of * columns + left]! * (1 - across) + coarse[of * columns + right]! * across;
      heat[y * width + x] = row(above) * (1 - down) + row(below) * down;
    }
  }
  return heat;
}

function scaledToOne(heat: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const most = heat.reduce((highest, one) => Math.max(highest, one), 0);
  return most === 0 ? heat : heat.map((one) => one / most);
}
