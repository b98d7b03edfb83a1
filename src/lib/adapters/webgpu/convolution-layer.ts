// Convolution and its gradients, each one product whose operand reads the windows where they lie in the image: im2col that
// takes no memory. The geometry is written into the kernels, which divide by it; the batch is not.
import { appliedActivation } from '../../core/model/head.ts';
import { windowGeometry, type WindowGeometry } from '../../core/model/window-geometry.ts';
import { weightsOf, type PlacedLayer, type Site } from './layers.ts';
import { product } from './product.ts';
import { activated, givenNumbers, slope, type Numbers } from './wgsl.ts';

/** Declares `seen(pixel, tap)`: what the window of an output pixel sees by one tap; 1 by the tap after the last, the bias's. */
function seeing(geometry: WindowGeometry, x: number, taps: number, { say }: Numbers): string {
  const { height, width, channels, windowWidth, strideY, strideX, top, left } = geometry;
  const { outputHeight, outputWidth } = geometry;
  // Rows before the first wrap around to numbers beyond the last.
  return `fn seen(pixel : u32, tap : u32) -> f32 {
if (tap == ${taps}u) { return 1.0; }
let place = tap / ${channels}u;
let y = pixel / ${outputWidth}u % ${outputHeight}u * ${strideY}u + place / ${windowWidth}u - ${top}u;
let x = pixel % ${outputWidth}u * ${strideX}u + place % ${windowWidth}u - ${left}u;
if (y >= ${height}u || x >= ${width}u) { return 0.0; }
let image = pixel / ${outputWidth * outputHeight}u;
return values[${say(x)} + ((image * ${height}u + y) * ${width}u + x) * ${channels}u + tap % ${channels}u];
}`;
}

/** Declares `spread(pixel, tap)`: the gradient of the output that saw a pixel of the image by one tap of one filter. */
function spreading(geometry: WindowGeometry, dy: number, { say }: Numbers): string {
  const { height, width, windowWidth, strideY, strideX, top, left } = geometry;
  const { outputHeight, outputWidth, outputChannels: filters } = geometry;
  return `fn spread(pixel : u32, tap : u32) -> f32 {
let place = tap / ${filters}u;
let y = pixel / ${width}u % ${height}u + ${top}u - place / ${windowWidth}u;
let x = pixel % ${width}u + ${left}u - place % ${windowWidth}u;
let outputY = y / ${strideY}u;
let outputX = x / ${strideX}u;
if (outputY >= ${outputHeight}u || outputX >= ${outputWidth}u) { return 0.0; }
if (outputY * ${strideY}u != y || outputX * ${strideX}u != x) { return 0.0; }
let image = pixel / ${width * height}u;
return values[${say(dy)} + ((image * ${outputHeight}u + outputY) * ${outputWidth}u + outputX) * ${filters}u + tap % ${filters}u];
}`;
}

export function convolutionLayer(site: Site): PlacedLayer {
  const { layer, batch, values, x, below, apply } = site;
  const geometry = windowGeometry(layer, batch);
  const { height, width, channels, windowHeight, windowWidth, outputHeight, outputWidth } = geometry;
  const filters = geometry.outputChannels;
  const pixels = outputHeight * outputWidth;
  const taps = windowHeight * windowWidth * channels;
  const { kernel, biasRows } = weightsOf(layer);
  const activation = appliedActivation(layer);
  const y = { offset: values.take(batch * pixels * filters), activation };
  const seen = (numbers: Numbers): string => seeing(geometry, x.offset, taps, numbers);
  const numbers = givenNumbers();
  const forward = product(
    {
      batch,
      rows: pixels,
      columns: filters,
      inner: taps + biasRows,
      a: { element: 'return seen(row, inner);', innerIsDense: true },
      b: {
        element: `return parameters[${numbers.say(kernel.offset)} + inner * ${filters}u + column];`,
        innerIsDense: false,
      },
      store: `values[${numbers.say(y.offset)} + row * ${filters}u + column] = ${activated(activation, 'value')};`,
      declared: seen(numbers),
    },
    numbers,
    values,
  );
  return {
    y,
    forward,
    backward(dy, spare) {
      const [ofInput, ofKernel] = [givenNumbers(), givenNumbers()];
      const inputGradient = below
        ? product(
            {
              batch,
              rows: height * width,
              columns: channels,
              inner: windowHeight * windowWidth * filters,
              a: { element: 'return spread(row, inner);', innerIsDense: true },
              b: {
                // [tap, channel, filter], of which the inner dimension has tap and filter.
                element: `let weight = (inner / ${filters}u * ${channels}u + column) * ${filters}u + inner % ${filters}u;
return parameters[${ofInput.say(kernel.offset)} + weight];`,
                innerIsDense: true,
              },
              store: `let at = row * ${channels}u + column;
values[${ofInput.say(spare)} + at] = value * slope(at);`,
              declared: `${spreading(geometry, dy, ofInput)}\n${slope(x, ofInput)}`,
            },
            ofInput,
            values,
          )
        : [];
      const kernelGradient = product(
        {
          batch: 1,
          rows: taps + biasRows,
          columns: filters,
          inner: batch * pixels,
          a: { element: 'return seen(inner, row);', innerIsDense: false },
          b: {
            element: `return values[${ofKernel.say(dy)} + inner * ${filters}u + column];`,
            innerIsDense: false,
          },
          store: `apply(${ofKernel.say(kernel.offset)} + row * ${filters}u + column, value);`,
          declared: `${seen(ofKernel)}\n${apply(ofKernel)}`,
        },
        ofKernel,
        values,
      );
      // The kernel changes last: its old values are what dx is made of.
      return { dispatches: [...inputGradient, ...kernelGradient], dx: below ? spare : dy };
    },
  };
}
