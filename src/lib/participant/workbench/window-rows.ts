// Windows as rows that a model takes, [steps, channels], oldest first: of a table to learn from and of one to foretell from alike.
import type { TableContract } from '../../core/data/contract.ts';
import type { SeriesSet } from '../../core/series/windows.ts';

/** [moments, channels]; NaN where there is no row or no value. `channels`: [channels][rows]. */
export function onGrid(
  { rows }: Pick<SeriesSet, 'rows'>,
  channels: readonly Float64Array[],
): Float64Array<ArrayBuffer> {
  const values = new Float64Array(rows.length * channels.length).fill(NaN);
  for (const [moment, row] of rows.entries()) {
    if (row >= 0)
      for (const [at, channel] of channels.entries()) values[moment * channels.length + at] = channel[row]!;
  }
  return values;
}

/** [windows, steps, channels], scaled as the contract says. `values` [moments, channels]; `last`: the last moment of each window. */
export function encodedWindows(
  { columns, series }: Pick<TableContract, 'columns' | 'series'>,
  values: Float64Array,
  last: Uint32Array,
): Float32Array<ArrayBuffer> {
  const { steps, channels } = series ?? { steps: 0, channels: 0 };
  const size = columns.length;
  const features = new Float32Array(last.length * size);
  for (const [row, at] of last.entries()) {
    const from = (at - steps + 1) * channels;
    for (let i = 0; i < size; i += 1) {
      const column = columns[i];
      if (column?.type === 'number')
        features[row * size + i] = (values[from + i]! - column.mean) / column.standardDeviation;
    }
  }
  return features;
}
