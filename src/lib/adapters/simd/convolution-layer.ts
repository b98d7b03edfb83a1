// Convolution without im2col's matrix: on a padded image the taps of one kernel row lie side by side, so a product with two
// inner strides reads the windows where they are. Forward, a kernel row at a time is the inner dimension; the kernel's gradient
// has the output pixels for it; the input's gradient is one product a tap, added to the padded image.
import { appliedActivation } from '../../core/model/head.ts';
import { windowGeometry } from '../../core/model/window-geometry.ts';
import { activationOf, kernelOf, type PlacedLayer, type Site } from './layers.ts';
import { padded } from './layout.ts';

export function convolutionLayer({ layer, batch, layout, x, training, below }: Site): PlacedLayer {
  const geometry = windowGeometry(layer, batch);
  const { height, width, channels, windowHeight, windowWidth, strideY, strideX, top, left } = geometry;
  const { outputHeight, outputWidth, outputChannels: filters } = geometry;
  // As much of the padded image as windows reach.
  const paddedHeight = (outputHeight - 1) * strideY + windowHeight;
  const paddedWidth = (outputWidth - 1) * strideX + windowWidth;
  const copiedRows = Math.min(height, paddedHeight - top);
  const copiedBytes = 4 * channels * Math.min(width, paddedWidth - left);
  const whole = paddedHeight === height && paddedWidth === width;
  const paddedLength = paddedHeight * paddedWidth * channels;
  const imageLength = height * width * channels;
  const outputLength = outputHeight * outputWidth * filters;
  const taps = windowHeight * windowWidth;

  const wanted = training && below;
  const y = layout.floats(batch * outputLength);
  const image = whole ? x : layout.floats(batch * paddedLength);
  // Each tap of the kernel turned, [filters, channels]; and one padded image's gradient.
  const turned = wanted ? layout.floats(taps * filters * channels) : 0;
  const imageGradient = wanted ? layout.floats(paddedLength) : 0;
  const kernel = kernelOf(layer);
  const floor = appliedActivation(layer) === 'relu' ? 0 : -Infinity;
  // Bytes from one to the next.
  const [pixel, out] = [4 * channels, 4 * filters];
  const [paddedRow, outputRow, imageRow] = [paddedWidth * pixel, outputWidth * out, width * pixel];
  const tapRow = windowWidth * channels;

  return {
    y,
    bind(ground, dy, spare) {
      const { kernels, zeros } = ground;
      const weights = ground.parameters + 4 * kernel.offset;
      const bias = layer.bias === undefined ? zeros : ground.parameters + 4 * layer.bias.offset;
      const activation = activationOf(layer, ground, y, dy, batch * outputLength, training);

      const inputGradient = (): void => {
        for (let tap = 0; tap < taps; tap += 1) {
          const at = 4 * tap * channels * filters;
          kernels.transpose(weights + at, out, channels, filters, turned + at, pixel);
        }
        // Pixels that no window reaches have no gradient.
        if (copiedRows < height || copiedBytes < imageRow) kernels.clear(spare, 4 * batch * imageLength);
        for (let index = 0; index < batch; index += 1) {
          kernels.clear(imageGradient, 4 * paddedLength);
          const from = dy + 4 * index * outputLength;
          for (let tap = 0; tap < taps; tap += 1) {
            const tapY = Math.floor(tap / windowWidth);
            const at = imageGradient + tapY * paddedRow + (tap - tapY * windowWidth) * pixel;
            for (let row = 0; row < outputHeight; row += 1) {
              const to = at + row * strideY * paddedRow;
              kernels.productOfRows(
                outputWidth, channels, from + row * outputRow, out, 1, 0, filters,
                turned + 4 * tap * channels * filters, pixel, to, strideX * pixel, to, strideX * pixel, outputWidth, -Infinity,
              ); // prettier-ignore
            }
          }
          for (let row = 0; row < copiedRows; row += 1)
            kernels.copy(
              spare + 4 * index * imageLength + row * imageRow,
              imageGradient + (row + top) * paddedRow + left * pixel,
              copiedBytes,
            );
        }
      };

      return {
        dx: wanted ? spare : dy,
        prepare() {
          if (!whole) kernels.clear(image, 4 * batch * paddedLength);
        },
        forward() {
          for (let index = 0; index < batch; index += 1) {
            const padding = image + 4 * index * paddedLength;
            if (!whole)
              for (let row = 0; row < copiedRows; row += 1)
                kernels.copy(
                  padding + (row + top) * paddedRow + left * pixel,
                  x + 4 * index * imageLength + row * imageRow,
                  copiedBytes,
                );
            for (let row = 0; row < outputHeight; row += 1)
              kernels.productOfRows(
                outputWidth, filters, padding + row * strideY * paddedRow, strideX * pixel,
                windowHeight, paddedRow, tapRow, weights, out,
                y + 4 * index * outputLength + row * outputRow, out, bias, 0, outputWidth, floor,
              ); // prettier-ignore
          }
          activation.forward();
        },
        backward(sink) {
          activation.backward();
          if (wanted) inputGradient();
          if (sink.factor !== 1) kernels.scale(dy, padded(batch * outputLength), sink.factor);
          for (let index = 0; index < batch; index += 1) {
            const adds = sink.adds || index > 0;
            const from = dy + 4 * index * outputLength;
            for (let tapY = 0; tapY < windowHeight; tapY += 1) {
              const to = sink.address + 4 * (kernel.offset + tapY * tapRow * filters);
              kernels.productOfColumns(
                tapRow, filters, image + 4 * index * paddedLength + tapY * paddedRow, strideX * pixel,
                outputHeight, strideY * paddedRow, outputWidth, from, out,
                to, out, adds ? to : zeros, adds ? out : 0, tapRow, -Infinity,
              ); // prettier-ignore
            }
            if (layer.bias === undefined) continue;
            const biasGradient = sink.address + 4 * layer.bias.offset;
            kernels.columnSums(from, outputHeight * outputWidth, filters, adds ? biasGradient : zeros, biasGradient);
          } // prettier-ignore
        },
      };
    },
  };
}
