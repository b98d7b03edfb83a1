// The gated recurrent unit (Cho et al. 2014, "Learning Phrase Representations using RNN Encoder–Decoder", arXiv 1406.1078, eqs. 5–8), in
// Keras's order of gates (z, r, h) and with its sign: h' = z∘h + (1 − z)∘h̃.
//   z = σ(xW_z + hU_z + b_z)   r = σ(xW_r + hU_r + b_r)
//   resetAfter false, Cho et al.:          h̃ = tanh(xW_h + (r∘h)U_h + b_h)
//   resetAfter true, Keras's default:      h̃ = tanh(xW_h + b_h + r∘(hU_h + b'_h)), and z, r have a second bias too
import { biasGradient } from './dense.ts';
import { zeros, type Numbers } from './numbers.ts';
import { addToRows, turned } from './products.ts';
import {
  columnsOf,
  inputGradients,
  logistic,
  outputOf,
  projected,
  setColumns,
  slopesOf,
} from './recurrence.ts';
import { parameterAt, type LayerPass, type SequenceGround } from './sequence-pass.ts';

interface GruSettings {
  readonly units: number;
  readonly returnSequences: boolean;
  readonly resetAfter: boolean;
}

export function gruPass(
  ground: SequenceGround,
  { units, returnSequences, resetAfter }: GruSettings,
): LayerPass {
  const { batch, steps, product } = ground;
  const [kernel, recurrent, bias] = [parameterAt(ground, 0), parameterAt(ground, 1), parameterAt(ground, 2)];
  const width = 3 * units;
  const size = batch * units;
  const { byStep, gates } = projected(ground, kernel);
  addToRows(gates, bias.subarray(0, width));
  const secondBias = bias.subarray(width);
  /** The parts of the recurrent kernel: of z and r together, and of the candidate. */
  const ofGates = columnsOf(recurrent, width, 0, 2 * units);
  const ofCandidate = columnsOf(recurrent, width, 2 * units, width);

  const states = zeros(gates, (steps + 1) * size);
  // [steps, batch, units] each; `inner`: hU_h + b'_h, or r∘h.
  const z = zeros(gates, steps * size);
  const r = zeros(gates, steps * size);
  const candidate = zeros(gates, steps * size);
  const inner = zeros(gates, steps * size);
  for (let step = 0; step < steps; step += 1) {
    const before = states.subarray(step * size, (step + 1) * size);
    const from = step * size;
    const sums = gates.subarray(step * batch * width, (step + 1) * batch * width);
    const whole = resetAfter
      ? addToRows(product(before, recurrent, batch, units, width), secondBias)
      : undefined;
    const recurrentGates = whole ?? product(before, ofGates, batch, units, 2 * units);
    const stride = whole === undefined ? 2 * units : width;
    for (let row = 0; row < batch; row += 1)
      for (let unit = 0; unit < units; unit += 1) {
        const at = from + row * units + unit;
        z[at] = logistic(sums[row * width + unit]! + recurrentGates[row * stride + unit]!);
        r[at] = logistic(sums[row * width + units + unit]! + recurrentGates[row * stride + units + unit]!);
        inner[at] =
          whole === undefined ? r[at]! * before[row * units + unit]! : whole[row * width + 2 * units + unit]!;
      }
    const reset =
      whole === undefined
        ? product(inner.subarray(from, from + size), ofCandidate, batch, units, units)
        : undefined;
    for (let row = 0; row < batch; row += 1)
      for (let unit = 0; unit < units; unit += 1) {
        const place = row * units + unit;
        const at = from + place;
        const recurrentPart = reset === undefined ? r[at]! * inner[at]! : reset[place]!;
        candidate[at] = Math.tanh(sums[row * width + 2 * units + unit]! + recurrentPart);
        states[size + at] = z[at]! * before[place]! + (1 - z[at]!) * candidate[at]!;
      }
  }

  return {
    y: outputOf(states, ground, units, returnSequences),
    back(dy) {
      const above = slopesOf(dy, ground, units, returnSequences);
      /** Of the sums over the input; under resetAfter, of the sums over the state as well. */
      const slope = zeros(gates, gates.length);
      const recurrentSlope = resetAfter ? zeros(gates, gates.length) : slope;
      const backGates = turned(ofGates, units, 2 * units);
      const backCandidate = turned(ofCandidate, units, units);
      const backWhole = turned(recurrent, units, width);
      let dh = zeros(gates, size);
      for (let step = steps - 1; step >= 0; step -= 1) {
        const from = step * size;
        const before = states.subarray(from, from + size);
        const given = above(step);
        if (given !== undefined) for (let i = 0; i < size; i += 1) dh[i]! += given[i]!;
        const now = slope.subarray(step * batch * width, (step + 1) * batch * width);
        const ofCandidateSum = zeros(gates, size);
        for (let i = 0; i < size; i += 1)
          ofCandidateSum[i] = dh[i]! * (1 - z[from + i]!) * (1 - candidate[from + i]! ** 2);
        /** Of r∘h, where the gate is before the product. */
        const ofReset = resetAfter ? undefined : product(ofCandidateSum, backCandidate, batch, units, units);
        const next = zeros(gates, size);
        for (let row = 0; row < batch; row += 1)
          for (let unit = 0; unit < units; unit += 1) {
            const place = row * units + unit;
            const at = from + place;
            const [zAt, rAt] = [z[at]!, r[at]!];
            const ofR =
              ofReset === undefined ? ofCandidateSum[place]! * inner[at]! : ofReset[place]! * before[place]!;
            now[row * width + unit] = dh[place]! * (before[place]! - candidate[at]!) * zAt * (1 - zAt);
            now[row * width + units + unit] = ofR * rAt * (1 - rAt);
            now[row * width + 2 * units + unit] = ofCandidateSum[place]!;
            next[place] = dh[place]! * zAt + (ofReset === undefined ? 0 : ofReset[place]! * rAt);
          }
        let through: Numbers;
        if (resetAfter) {
          const inside = recurrentSlope.subarray(step * batch * width, (step + 1) * batch * width);
          inside.set(now);
          for (let row = 0; row < batch; row += 1)
            for (let unit = 0; unit < units; unit += 1)
              inside[row * width + 2 * units + unit]! *= r[from + row * units + unit]!;
          through = product(inside, backWhole, batch, width, units);
        } else through = product(columnsOf(now, width, 0, 2 * units), backGates, batch, 2 * units, units);
        for (let i = 0; i < size; i += 1) next[i]! += through[i]!;
        dh = next;
      }
      const ofInput = inputGradients(ground, byStep, kernel, slope);
      const rows = steps * batch;
      const before = turned(states.subarray(0, steps * size), rows, units);
      const ofRecurrent = product(before, recurrentSlope, units, rows, width);
      if (!resetAfter)
        setColumns(
          ofRecurrent,
          width,
          2 * units,
          product(turned(inner, rows, units), columnsOf(slope, width, 2 * units, width), units, rows, units),
        );
      const ofBias = zeros(gates, bias.length);
      ofBias.set(ofInput.bias);
      if (resetAfter) ofBias.set(biasGradient(recurrentSlope, width), width);
      return { dx: ofInput.dx, slots: [ofInput.kernel, ofRecurrent, ofBias] };
    },
  };
}
