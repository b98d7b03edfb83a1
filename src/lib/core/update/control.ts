// SCAFFOLD's controls on the device: Karimireddy, Kale, Mohri, Reddi, Stich, Suresh 2020, "SCAFFOLD: Stochastic Controlled
// Averaging for Federated Learning", algorithm 1, option II. What the server makes of them is core/aggregation/scaffold.ts.

/** c of the server at the base, and c_k, this device's own: [P] each. */
export interface RoundControl {
  readonly server: Float32Array;
  readonly own: Float32Array;
}

/** c − c_k [P], which is added to every gradient: y ← y − η(g − c_k + c) (line 10). */
export const correctionOf = ({ server, own }: RoundControl): Float32Array<ArrayBuffer> =>
  Float32Array.from(server, (value, i) => value - own[i]!);

/**
 * Δc = c_k⁺ − c_k = (w − y) / (Kη) − c [P] (lines 12 and 13), of K plain steps of rate η that went from w to y. c_k cancels.
 * It is not finite where training was not.
 */
export function controlChange(
  { server }: Pick<RoundControl, 'server'>,
  trained: {
    /** [P] each. */
    readonly base: Float32Array;
    readonly after: Float32Array;
    readonly steps: number;
    readonly learningRate: number;
  },
): Float32Array<ArrayBuffer> {
  const { base, after } = trained;
  const distance = trained.steps * trained.learningRate;
  return Float32Array.from(server, (value, i) => (base[i]! - after[i]!) / distance - value);
}

/**
 * What a change of control says of the delta that it came with, y − w = −Kη · (Δc + c) [P]: the same, as far as neither was shortened
 * on its way. c, the server's control, is known to whoever reads updates.
 */
export function deltaOfChange(
  change: Float32Array,
  { server }: Pick<RoundControl, 'server'>,
  { steps, learningRate }: { readonly steps: number; readonly learningRate: number },
): Float32Array<ArrayBuffer> {
  const distance = steps * learningRate;
  return Float32Array.from(change, (value, i) => -distance * (value + server[i]!));
}
