// Pools: one lane an element. Backward, each pixel gathers from the windows that cover it, so that no two lanes write to the
// same place. The first of equal pixels wins a maximum; padding neither wins nor counts in a mean.
import { windowGeometry, type WindowGeometry } from '../../core/model/window-geometry.ts';
import type { PlacedLayer, Site } from './layers.ts';
import { sizeOf } from './regions.ts';
import { each, slope } from './wgsl.ts';

/** WGSL: `index`, of an image's element, as image, row, column and channel. */
const located = (
  height: number,
  width: number,
  channels: number,
): string => `let channel = index % ${channels}u;
let column = index / ${channels}u % ${width}u;
let row = index / ${channels * width}u % ${height}u;
let image = index / ${channels * width * height}u;`;

/** WGSL functions of a window of the output: the part of the image under it, and the place of a pixel. */
function windows(geometry: WindowGeometry, x: number): string {
  const { height, width, channels, windowHeight, windowWidth, strideY, strideX, top, left } = geometry;
  const begin = (name: string, stride: number, before: number): string =>
    `fn ${name}(at : u32) -> u32 { return max(at * ${stride}u, ${before}u) - ${before}u; }`;
  const end = (name: string, stride: number, before: number, size: number, side: number): string =>
    `fn ${name}(at : u32) -> u32 { return min(${side}u, at * ${stride}u + ${size}u - ${before}u); }`;
  return `${begin('firstRow', strideY, top)}
${begin('firstColumn', strideX, left)}
${end('endRow', strideY, top, windowHeight, height)}
${end('endColumn', strideX, left, windowWidth, width)}
fn pixel(image : u32, row : u32, column : u32, channel : u32) -> f32 {
return values[${x}u + ((image * ${height}u + row) * ${width}u + column) * ${channels}u + channel];
}`;
}

/** WGSL: for each window (`y`, `x` of the output) that covers the pixel at `row` and `column`. */
const forEachWindow = (geometry: WindowGeometry, body: string): string => {
  const { windowHeight, windowWidth, strideY, strideX, top, left, outputHeight, outputWidth } = geometry;
  // Output y covers the rows y·stride − top … y·stride − top + size − 1.
  const first = (at: string, size: number, stride: number): string =>
    `(max(${at}, ${size - 1}u) - ${size - 1}u + ${stride - 1}u) / ${stride}u`;
  return `let down = row + ${top}u;
let along = column + ${left}u;
for (var y = ${first('down', windowHeight, strideY)}; y <= min(down / ${strideY}u, ${outputHeight - 1}u); y++) {
for (var x = ${first('along', windowWidth, strideX)}; x <= min(along / ${strideX}u, ${outputWidth - 1}u); x++) {
${body}
}
}`;
};

export function poolLayer(
  { layer, batch, values, x, below }: Site,
  kind: 'max-pool2d' | 'average-pool2d',
): PlacedLayer {
  const geometry = windowGeometry(layer, batch);
  const { height, width, channels, outputHeight, outputWidth } = geometry;
  const [inputs, outputs] = [sizeOf(layer.inputShape), sizeOf(layer.outputShape)];
  const y = { offset: values.take(batch * outputs), activation: 'linear' } as const;
  const declared = windows(geometry, x.offset);
  const overWindow = (body: string): string =>
    `for (var r = firstRow(row); r < endRow(row); r++) {
for (var c = firstColumn(column); c < endColumn(column); c++) { ${body} }
}`;
  const result =
    kind === 'max-pool2d'
      ? `var result = pixel(image, firstRow(row), firstColumn(column), channel);
${overWindow('result = max(result, pixel(image, r, c, channel));')}`
      : `var sum = 0.0;
${overWindow('sum += pixel(image, r, c, channel);')}
let result = sum / f32((endRow(row) - firstRow(row)) * (endColumn(column) - firstColumn(column)));`;
  const forward = each(
    batch,
    outputs,
    `${located(outputHeight, outputWidth, channels)}
${result}
values[${y.offset}u + index] = result;`,
    declared,
  );
  return {
    y,
    forward: [forward],
    backward(dy, spare) {
      if (!below) return { dispatches: [], dx: dy };
      const output = `let output = ((image * ${outputHeight}u + y) * ${outputWidth}u + x) * ${channels}u + channel;`;
      const share =
        kind === 'max-pool2d'
          ? `if (wins(image, y, x, row, column, channel, values[${y.offset}u + output])) { sum += values[${dy}u + output]; }`
          : `sum += values[${dy}u + output] / f32((endRow(y) - firstRow(y)) * (endColumn(x) - firstColumn(x)));`;
      // The first in row-major order that is as large as the maximum.
      const wins = `fn wins(image : u32, y : u32, x : u32, row : u32, column : u32, channel : u32, highest : f32) -> bool {
if (pixel(image, row, column, channel) != highest) { return false; }
for (var r = firstRow(y); r <= row; r++) {
for (var c = firstColumn(x); c < endColumn(x); c++) {
if (r == row && c >= column) { return true; }
if (pixel(image, r, c, channel) == highest) { return false; }
}
}
return true;
}`;
      const backward = each(
        batch,
        inputs,
        `${located(height, width, channels)}
var sum = 0.0;
${forEachWindow(geometry, `${output}\n${share}`)}
values[${spare}u + index] = sum * slope(index);`,
        `${declared}\n${wins}\n${slope(x)}`,
      );
      return { dispatches: [backward], dx: spare };
    },
  };
}

/** [batch, H, W, C] → [batch, C]. */
export function globalAverageLayer({ layer, batch, values, x, below }: Site): PlacedLayer {
  const [height = 0, width = 0, channels = 0] = layer.inputShape;
  const pixels = height * width;
  const y = { offset: values.take(batch * channels), activation: 'linear' } as const;
  const forward = each(
    batch,
    channels,
    `let begin = ${x.offset}u + index / ${channels}u * ${pixels * channels}u + index % ${channels}u;
var sum = 0.0;
for (var pixel = 0u; pixel < ${pixels}u; pixel++) { sum += values[begin + pixel * ${channels}u]; }
values[${y.offset}u + index] = sum / ${pixels}.0;`,
  );
  return {
    y,
    forward: [forward],
    backward(dy, spare) {
      if (!below) return { dispatches: [], dx: dy };
      const backward = each(
        batch,
        pixels * channels,
        `let output = index / ${pixels * channels}u * ${channels}u + index % ${channels}u;
values[${spare}u + index] = values[${dy}u + output] / ${pixels}.0 * slope(index);`,
        slope(x),
      );
      return { dispatches: [backward], dx: spare };
    },
  };
}
