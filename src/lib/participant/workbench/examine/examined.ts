// A model of the workbench with the rows that it was judged on, opened again for whoever wants to know more of it than its figures.
import type { Balance } from '../../../core/balance/balances.ts';
import { classLabels } from '../../../core/data/contract.ts';
import type { BenchData } from '../bench-data.ts';
import type { OpenedModel } from '../model-file.ts';

export interface Examined {
  readonly data: BenchData;
  readonly model: OpenedModel;
  /** [held-out rows, outputs]: shares, or encoded numbers. */
  readonly outputs: Float64Array;
  readonly seed: number;
  /** Of what it learnt from. */
  readonly balance?: Balance | undefined;
  /** Whether the rows are those that the dataset has now: their numbers mean the same there. */
  readonly isInUse: boolean;
  /** Of rows that are encoded as those of the data. */
  predict(features: Uint8Array | Float32Array, count: number): Promise<Float64Array>;
}

/** Of a target that is a number, what takes it back to its own units; classes and shares stay as they are. */
export function unitsOf({ data: { contract } }: Pick<Examined, 'data'>) {
  const target = contract.kind === 'table' ? contract.target : undefined;
  return target?.type === 'number'
    ? { scale: target.standardDeviation, shift: target.mean }
    : { scale: 1, shift: 0 };
}

export const labelsOf = ({ data: { contract } }: Pick<Examined, 'data'>): readonly string[] | undefined =>
  classLabels(contract);
