// Batch normalisation over one linear memory: what runs over all rows by kernels, what is one number a channel in f64. The same
// arithmetic as core/model/reference/normalisation.ts, with x − mean kept for the way back.
import type { LayerSpec } from '../../core/model/spec.ts';
import { inverseDeviation } from '../../core/model/reference/normalisation.ts';
import { nothing, sizeOf, type PlacedLayer, type Sink, type Site } from './layers.ts';

export function normalisationLayer(
  { layer, batch, layout, x, training, below }: Site,
  { epsilon, momentum }: LayerSpec & { type: 'batch-normalisation' },
): PlacedLayer {
  const slots = layer.normalisation;
  if (slots === undefined) throw new Error(`Layer ${layer.name} normalises nothing.`);
  const channels = slots.gamma.length;
  const length = batch * sizeOf(layer.outputShape);
  const rows = length / channels;
  const y = layout.floats(length);
  const centred = training ? layout.floats(length) : 0;
  // Rows of one number a channel; what each holds is said where it is filled.
  const [a, b, c, d, e] = [
    layout.floats(channels),
    layout.floats(channels),
    layout.floats(channels),
    layout.floats(channels),
    layout.floats(channels),
  ];
  return {
    y,
    bind({ kernels, buffer, zeros, parameters }, dy) {
      const row = (address: number): Float32Array => new Float32Array(buffer, address, channels);
      const [first, second] = [row(a), row(b)];
      const [ofGradient, ofCentred, shift] = [row(c), row(d), row(e)];
      const ofSlot = ({ offset }: { readonly offset: number }): number => parameters + 4 * offset;
      const [gamma, beta] = [row(ofSlot(slots.gamma)), row(ofSlot(slots.beta))];
      const [mean, variance] = [row(ofSlot(slots.mean)), row(ofSlot(slots.variance))];
      const inverse = new Float64Array(channels);
      /** Gradients go to one of two places: the views of both are made once. */
      const sinks = new Map<number, Float32Array>();
      const next = { mean: new Float64Array(channels), variance: new Float64Array(channels) };

      const forwardByRunning = (): void => {
        for (let i = 0; i < channels; i += 1) {
          const scale = gamma[i]! * inverseDeviation(variance[i]!, epsilon);
          first[i] = scale;
          second[i] = beta[i]! - mean[i]! * scale;
        }
        kernels.scaleColumns(x, rows, channels, a, b, y);
      };
      const forwardByBatch = (): void => {
        kernels.columnSums(x, rows, channels, zeros, a);
        for (let i = 0; i < channels; i += 1) {
          const now = first[i]! / rows;
          next.mean[i] = momentum * mean[i]! + (1 - momentum) * now;
          first[i] = 1;
          second[i] = -now;
        }
        kernels.scaleColumns(x, rows, channels, a, b, centred);
        kernels.columnProducts(centred, centred, rows, channels, a);
        for (let i = 0; i < channels; i += 1) {
          const now = first[i]! / rows;
          next.variance[i] = momentum * variance[i]! + (1 - momentum) * now;
          inverse[i] = inverseDeviation(now, epsilon);
          first[i] = gamma[i]! * inverse[i]!;
        }
        kernels.scaleColumns(centred, rows, channels, a, ofSlot(slots.beta), y);
      };
      const give = (sink: Sink, { offset }: { readonly offset: number }, gradient: Float32Array): void => {
        const address = sink.address + 4 * offset;
        const to = sinks.get(address) ?? row(address);
        sinks.set(address, to);
        for (let i = 0; i < channels; i += 1) to[i] = (sink.adds ? to[i]! : 0) + sink.factor * gradient[i]!;
      };

      return {
        dx: dy,
        prepare: nothing,
        forward: training ? forwardByBatch : forwardByRunning,
        backward(sink) {
          // first: Σ dy, which is β's gradient; second: Σ dy·x̂, which is γ's.
          kernels.columnSums(dy, rows, channels, zeros, a);
          kernels.columnProducts(dy, centred, rows, channels, b);
          for (let i = 0; i < channels; i += 1) second[i] = second[i]! * inverse[i]!;
          if (below) {
            // dx = γ/√(variance + ε) · (dy − Σdy/rows − x̂·Σ(dy·x̂)/rows), before γ moves.
            for (let i = 0; i < channels; i += 1) {
              const scale = gamma[i]! * inverse[i]!;
              ofGradient[i] = scale;
              ofCentred[i] = (-scale * inverse[i]! * second[i]!) / rows;
              shift[i] = (-scale * first[i]!) / rows;
            }
            kernels.mixColumns(dy, centred, rows, channels, c, d, e, dy);
          }
          give(sink, slots.gamma, second);
          give(sink, slots.beta, first);
        },
        settle() {
          if (!training) return;
          mean.set(next.mean);
          variance.set(next.variance);
        },
      };
    },
  };
}
