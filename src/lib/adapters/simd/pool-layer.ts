// Pools over one linear memory: maxima by kernels, one call a window; averages by core's loops over views.
import { averagePoolBackward, averagePoolForward } from '../../core/model/reference/pooling.ts';
import { windowGeometry, type WindowGeometry } from '../../core/model/window-geometry.ts';
import { nothing, sizeOf, type PlacedLayer, type Site } from './layers.ts';

/** Calls `visit` with the part of x under each window, which has at least one pixel; addresses in bytes from the first. */
function overWindows(
  geometry: WindowGeometry,
  visit: (x: number, rows: number, columns: number, y: number) => void,
): void {
  const { batch, height, width, channels, windowHeight, windowWidth } = geometry;
  const pixel = 4 * channels;
  let y = 0;
  for (let image = 0; image < batch; image += 1)
    for (let row = 0; row < geometry.outputHeight; row += 1) {
      const above = row * geometry.strideY - geometry.top;
      const fromRow = Math.max(0, above);
      const rows = Math.min(height, above + windowHeight) - fromRow;
      for (let column = 0; column < geometry.outputWidth; column += 1) {
        const before = column * geometry.strideX - geometry.left;
        const fromColumn = Math.max(0, before);
        const columns = Math.min(width, before + windowWidth) - fromColumn;
        visit(((image * height + fromRow) * width + fromColumn) * pixel, rows, columns, y);
        y += pixel;
      }
    }
}

export function poolLayer(
  { layer, batch, layout, x, training, below }: Site,
  kind: 'max-pool2d' | 'average-pool2d',
): PlacedLayer {
  const geometry = windowGeometry(layer, batch);
  const [inputs, outputs] = [batch * sizeOf(layer.inputShape), batch * sizeOf(layer.outputShape)];
  const y = layout.floats(outputs);
  const wanted = training && below;
  const { channels } = geometry;
  const rowBytes = 4 * channels * geometry.width;
  return {
    y,
    bind({ kernels, buffer }, dy, spare) {
      const dx = wanted ? spare : dy;
      if (kind === 'max-pool2d')
        return {
          dx,
          prepare: nothing,
          forward: () =>
            overWindows(geometry, (from, rows, columns, to) =>
              kernels.maximumOfWindow(x + from, rows, columns, rowBytes, channels, y + to),
            ),
          backward() {
            if (!wanted) return;
            kernels.clear(spare, 4 * inputs);
            overWindows(
              geometry,
              (from, rows, columns, to) =>
              kernels.maximumOfWindowBackward(
                x + from, rows, columns, rowBytes, channels, y + to, dy + to, spare + from,
              ), // prettier-ignore
            );
          },
        };
      const views = [new Float32Array(buffer, x, inputs), new Float32Array(buffer, y, outputs)] as const;
      const gradients = [
        new Float32Array(buffer, dy, wanted ? outputs : 0),
        new Float32Array(buffer, spare, wanted ? inputs : 0),
      ] as const;
      return {
        dx,
        prepare: nothing,
        forward: () => void averagePoolForward(views[0], geometry, views[1]),
        backward() {
          if (wanted) averagePoolBackward(gradients[0], geometry, gradients[1].fill(0));
        },
      };
    },
  };
}
