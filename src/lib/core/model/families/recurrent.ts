// What the families of recurrent networks share: their settings, and the network around the layers.
import * as v from 'valibot';
import { exampleShape, type DataContract } from '../../data/contract.ts';
import type { LayerSpec, NetworkSpec } from '../spec.ts';
import { headOf, whole } from './family.ts';
import { stepsOf } from './sequence-input.ts';

export const RecurrentOptions = v.strictObject({
  /** Of each recurrent layer. */
  units: v.optional(whole(1024), 64),
  /** Recurrent layers, one reading what the other gives at each step. */
  layers: v.optional(whole(8), 1),
  /** Share of what the last one gives that is dropped in training, 0 for none. */
  dropout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)), 0),
});

/** `layer`: one that reads steps, and gives all of them or the last. */
export function recurrentNetwork(
  contract: DataContract,
  { units, layers, dropout }: v.InferOutput<typeof RecurrentOptions>,
  layer: (units: number, returnSequences: boolean) => LayerSpec,
): NetworkSpec {
  const head = headOf(contract);
  return {
    inputShape: exampleShape(contract),
    layers: [
      ...(stepsOf(contract) ?? []),
      ...Array.from({ length: layers }, (_, index) => layer(units, index < layers - 1)),
      ...(dropout > 0 ? [{ type: 'dropout', rate: dropout } as const] : []),
      head.layer,
    ],
    loss: head.loss,
  };
}
