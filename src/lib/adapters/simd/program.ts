// A network at one batch size as a program over one linear memory: every address is settled when it is made, so that a step
// is calls of kernels with numbers, and allocates nothing.
import { isClassifier } from '../../core/model/head.ts';
import { lowestTrained, type Network } from '../../core/model/network.ts';
import type { DropoutKey } from '../../core/model/reference/passes.ts';
import { crossEntropy, squaredError } from '../../core/model/reference/loss.ts';
import type { Instance } from './kernels.ts';
import {
  layerProgram,
  sizeOf,
  type Ground,
  type LayerProgram,
  type PlacedLayer,
  type Sink,
} from './layers.ts';
import { layoutFrom, type Layout } from './layout.ts';

export interface Program {
  readonly batch: number;
  /** Where the batch's features go: [batch, ...inputShape] floats. */
  readonly input: number;
  /** [batch], to be filled before `backward`. */
  readonly targets: Float32Array;
  /** Logits, or numbers: [batch, outputSize], where they lie. */
  readonly outputs: Float32Array;
  /** Must come first when another program has used the memory since. */
  prepare(): void;
  forward(dropout?: DropoutKey): void;
  /** Writes the gradients where `sink` says, and returns the loss summed over the batch. */
  backward(sink: Sink): number;
  /** After the optimiser's step: what no gradient moves. */
  settle(): void;
}

/** Floats of the row of zeros that sums start from: the widest row of any product. */
export const zerosLength = (network: Network): number =>
  Math.max(...network.slots.map(({ shape }) => shape[shape.length - 1] ?? 0));

/** The first address behind a program that starts at `start`: so much memory must be there before it is compiled. */
export const programEnd = (network: Network, batch: number, start: number, training: boolean): number => {
  const layout = layoutFrom(start);
  place(network, batch, layout, training);
  return layout.end;
};

interface Places {
  readonly input: number;
  readonly layers: readonly PlacedLayer[];
  /** The lowest layer with parameters: gradients go no further down. */
  readonly lowest: number;
  readonly gradients: readonly [number, number];
}

function place(network: Network, batch: number, layout: Layout, training: boolean): Places {
  const input = layout.floats(batch * sizeOf(network.spec.inputShape));
  const lowest = lowestTrained(network);
  let x = input;
  const layers = network.layers.map((layer) => {
    const made = layerProgram({ layer, batch, layout, x, training, below: layer.index > lowest });
    x = made.y;
    return made;
  });
  const widest = training
    ? batch * Math.max(...network.layers.map(({ outputShape, inputShape }) => Math.max(sizeOf(outputShape), sizeOf(inputShape)))) // prettier-ignore
    : 0;
  return { input, layers, lowest, gradients: [layout.floats(widest), layout.floats(widest)] };
}

/** `start`: the first free address; the memory reaches to programEnd(…) at least. */
export function compileProgram(
  network: Network,
  batch: number,
  start: number,
  training: boolean,
  instance: Instance,
  zeros: number,
  parameters: number,
): Program {
  const ground: Ground = { kernels: instance.kernels, buffer: instance.memory.buffer, zeros, parameters };
  const places = place(network, batch, layoutFrom(start), training);
  const { outputSize } = network;
  const forwards: LayerProgram[] = [];
  let dy = places.gradients[0];
  let spare = places.gradients[1];
  const outputGradient = new Float32Array(ground.buffer, dy, training ? batch * outputSize : 0);
  for (const made of places.layers.toReversed()) {
    const program = made.bind(ground, dy, spare);
    forwards.unshift(program);
    if (program.dx === spare) [dy, spare] = [spare, dy];
  }
  const backwards = forwards.slice(places.lowest).toReversed();
  const targets = new Float32Array(batch);
  const last = places.layers[places.layers.length - 1];
  if (last === undefined) throw new Error('A network without layers.');
  const outputs = new Float32Array(ground.buffer, last.y, batch * outputSize);
  const classifies = isClassifier(network);
  return {
    batch,
    input: places.input,
    targets,
    outputs,
    prepare() {
      for (const layer of forwards) layer.prepare();
    },
    forward(dropout) {
      for (const layer of forwards) layer.forward(dropout);
    },
    backward(sink) {
      const loss = classifies
        ? crossEntropy(outputs, targets, batch, outputSize, outputGradient)
        : squaredError(outputs, targets, batch, outputGradient);
      for (const layer of backwards) layer.backward(sink);
      return loss;
    },
    settle() {
      for (const layer of forwards) layer.settle?.();
    },
  };
}
