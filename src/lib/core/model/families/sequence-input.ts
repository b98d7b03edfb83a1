// What a family for sequences makes of an example: steps [steps, channels], one after the other.
import { exampleShape, type DataContract } from '../../data/contract.ts';
import type { LayerSpec } from '../spec.ts';

/**
 * The layers in front of the first that reads steps; undefined where an example has no order. Windows [steps, channels] are read as they
 * are; pictures and spectrograms [H, W, C] row by row, from the top, or frame by frame.
 */
export function stepsOf(contract: DataContract): readonly LayerSpec[] | undefined {
  const [steps = 0, width = 0, channels] = exampleShape(contract);
  if (width === 0) return undefined;
  return channels === undefined ? [] : [{ type: 'reshape', shape: [steps, width * channels] }];
}
