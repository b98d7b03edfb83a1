// The long short-term memory with a forget gate (Hochreiter & Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000), in Keras's order of
// gates: i, f, c, o. No peepholes.
//   i, f, o = σ(xW + hU + b)   c̃ = tanh(xW_c + hU_c + b_c)   c' = f∘c + i∘c̃   h' = o∘tanh(c')
import { zeros } from './numbers.ts';
import { addToRows, turned } from './products.ts';
import { inputGradients, logistic, outputOf, projected, slopesOf } from './recurrence.ts';
import { parameterAt, type LayerPass, type SequenceGround } from './sequence-pass.ts';

export function lstmPass(
  ground: SequenceGround,
  { units, returnSequences }: { readonly units: number; readonly returnSequences: boolean },
): LayerPass {
  const { batch, steps, product } = ground;
  const [kernel, recurrent] = [parameterAt(ground, 0), parameterAt(ground, 1)];
  const width = 4 * units;
  const size = batch * units;
  const { byStep, gates } = projected(ground, kernel);
  addToRows(gates, parameterAt(ground, 2));
  const states = zeros(gates, (steps + 1) * size);
  const cells = zeros(gates, (steps + 1) * size);
  for (let step = 0; step < steps; step += 1) {
    const from = step * size;
    const sums = gates.subarray(step * batch * width, (step + 1) * batch * width);
    const fromState = product(states.subarray(from, from + size), recurrent, batch, units, width);
    for (let i = 0; i < sums.length; i += 1) sums[i]! += fromState[i]!;
    for (let row = 0; row < batch; row += 1)
      for (let unit = 0; unit < units; unit += 1) {
        const at = row * width + unit;
        const place = from + row * units + unit;
        // What the way back needs are the gates themselves: they take the place of their sums.
        const i = (sums[at] = logistic(sums[at]!));
        const f = (sums[at + units] = logistic(sums[at + units]!));
        const c = (sums[at + 2 * units] = Math.tanh(sums[at + 2 * units]!));
        const o = (sums[at + 3 * units] = logistic(sums[at + 3 * units]!));
        cells[size + place] = f * cells[place]! + i * c;
        states[size + place] = o * Math.tanh(cells[size + place]!);
      }
  }
  return {
    y: outputOf(states, ground, units, returnSequences),
    back(dy) {
      const above = slopesOf(dy, ground, units, returnSequences);
      const slope = zeros(gates, gates.length);
      const back = turned(recurrent, units, width);
      let dh = zeros(gates, size);
      const dc = zeros(gates, size);
      for (let step = steps - 1; step >= 0; step -= 1) {
        const from = step * size;
        const given = above(step);
        if (given !== undefined) for (let i = 0; i < size; i += 1) dh[i]! += given[i]!;
        const held = gates.subarray(step * batch * width, (step + 1) * batch * width);
        const now = slope.subarray(step * batch * width, (step + 1) * batch * width);
        for (let row = 0; row < batch; row += 1)
          for (let unit = 0; unit < units; unit += 1) {
            const at = row * width + unit;
            const place = row * units + unit;
            const [i, f, c, o] = [held[at]!, held[at + units]!, held[at + 2 * units]!, held[at + 3 * units]!];
            const bent = Math.tanh(cells[size + from + place]!);
            dc[place]! += dh[place]! * o * (1 - bent * bent);
            now[at] = dc[place]! * c * i * (1 - i);
            now[at + units] = dc[place]! * cells[from + place]! * f * (1 - f);
            now[at + 2 * units] = dc[place]! * i * (1 - c * c);
            now[at + 3 * units] = dh[place]! * bent * o * (1 - o);
            dc[place]! *= f;
          }
        dh = product(now, back, batch, width, units);
      }
      const ofInput = inputGradients(ground, byStep, kernel, slope);
      const rows = steps * batch;
      const before = turned(states.subarray(0, steps * size), rows, units);
      return {
        dx: ofInput.dx,
        slots: [ofInput.kernel, product(before, slope, units, rows, width), ofInput.bias],
      };
    },
  };
}
