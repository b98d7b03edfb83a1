// A network at one batch size as a list of kernels over one buffer of values: every size and place is settled when it is made.
// A smaller batch runs on it too: rows that it lacks have no gradient.
import type { Network } from '../../core/model/network.ts';
import { gatherDispatch } from './gather.ts';
import { placedLayer, type PlacedLayer } from './layers.ts';
import { lossDispatch } from './loss.ts';
import { applying, type Optimizing } from './optimizer.ts';
import { regionsFrom, sizeOf } from './regions.ts';
import { layRecord, type RecordLayout } from './step-record.ts';
import type { Dispatch, Numbers } from './wgsl.ts';

export interface Program {
  readonly batch: number;
  /** Whether the rows that it takes are bytes. */
  readonly bytes: boolean;
  /** In the order in which they run. */
  readonly dispatches: readonly Dispatch[];
  /** Floats of the buffer of values. */
  readonly valueCount: number;
  /** Logits, or numbers, [batch, outputSize]: where they lie among the values. */
  readonly outputs: number;
  readonly record: RecordLayout;
  /** Words of a record. */
  readonly recordWords: number;
  /** Multiplications of one run, about. */
  readonly work: number;
}

/** Multiplications of one forward pass over one row. */
function multiplications(network: Network): number {
  let total = 0;
  for (const { spec, kernel, outputShape } of network.layers) {
    const [height = 1, width = 1] = outputShape;
    total += (kernel?.length ?? 0) * (spec.type === 'conv2d' ? height * width : 1);
  }
  return total;
}

/** `optimizing`: undefined for outputs alone. Throws TrainerFailure('unsupported'). */
export function programOf(
  network: Network,
  batch: number,
  bytes: boolean,
  optimizing: Optimizing | undefined,
): Program {
  const training = optimizing !== undefined;
  const values = regionsFrom(0);
  const record = regionsFrom(0);
  const recordLayout = layRecord(record, batch);
  const rowSize = sizeOf(network.spec.inputShape);
  const input = { offset: values.take(batch * rowSize), activation: 'linear' } as const;
  const lowest = network.layers.find((layer) => layer.kernel !== undefined)?.index ?? 0;
  const apply = (numbers: Numbers): string => (training ? applying(optimizing, numbers) : '');
  const layers: PlacedLayer[] = [];
  let x: PlacedLayer['y'] = input;
  for (const layer of network.layers) {
    const below = layer.index > lowest;
    const made = placedLayer({ layer, batch, values, x, record, recordLayout, training, below, apply });
    layers.push(made);
    x = made.y;
  }
  const dispatches = [
    gatherDispatch(recordLayout, rowSize, bytes, input),
    ...layers.flatMap((one) => one.forward),
  ];
  if (training) {
    const widest = batch * Math.max(...network.layers.map(({ outputShape, inputShape }) => Math.max(sizeOf(outputShape), sizeOf(inputShape)))); // prettier-ignore
    let [dy, spare] = [values.take(widest), values.take(widest)];
    dispatches.push(lossDispatch(network, x, dy, recordLayout));
    for (const layer of layers.slice(lowest).toReversed()) {
      const { dispatches: made, dx } = layer.backward(dy, spare);
      dispatches.push(...made);
      if (dx === spare) [dy, spare] = [spare, dy];
    }
  }
  return {
    batch,
    bytes,
    dispatches,
    valueCount: values.end,
    outputs: x.offset,
    record: recordLayout,
    recordWords: record.end,
    work: batch * multiplications(network) * (training ? 3 : 1),
  };
}
