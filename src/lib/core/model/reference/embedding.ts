// A table of learnt rows: looked up by token id, or added by position.
import { zeros } from './numbers.ts';
import { parameterAt, type LayerPass, type SequenceGround } from './sequence-pass.ts';

/** The row that a token id names: what is no id of the vocabulary counts as the nearest that is. */
export const tokenOf = (value: number, vocabulary: number): number =>
  Math.min(vocabulary - 1, Math.max(0, Math.round(value) || 0));

/** x [batch, steps] of ids → [batch, steps, units]. */
export function embeddingPass(ground: SequenceGround, vocabulary: number, units: number): LayerPass {
  const table = parameterAt(ground, 0);
  const rows = Uint32Array.from(ground.x, (value) => tokenOf(value, vocabulary));
  const y = zeros(table, rows.length * units);
  for (const [at, row] of rows.entries()) y.set(table.subarray(row * units, (row + 1) * units), at * units);
  return {
    y,
    back(dy) {
      const gradient = zeros(dy, table.length);
      for (const [at, row] of rows.entries())
        for (let unit = 0; unit < units; unit += 1) gradient[row * units + unit]! += dy[at * units + unit]!;
      return { dx: zeros(dy, rows.length), slots: [gradient] };
    },
  };
}

/** y = x + p, where p [steps, channels] is the same for every example. */
export function positionPass(ground: SequenceGround): LayerPass {
  const places = parameterAt(ground, 0);
  const y = ground.x.slice();
  for (let i = 0; i < y.length; i += 1) y[i]! += places[i % places.length]!;
  return {
    y,
    back(dy) {
      const gradient = zeros(dy, places.length);
      for (let i = 0; i < dy.length; i += 1) gradient[i % places.length]! += dy[i]!;
      return { dx: dy.slice(), slots: [gradient] };
    },
  };
}
