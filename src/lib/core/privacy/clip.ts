// One flat clip over all values of an update: Δ ← Δ · min(1, C/‖Δ‖₂). McMahan, Ramage, Talwar & Zhang 2018, "Learning Differentially
// Private Recurrent Language Models", §3.1: no participant moves a sum further than C.

/** ‖values‖₂ */
export function normOf(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i += 1) squares += values[i]! * values[i]!;
  return Math.sqrt(squares);
}

/** What an update of this norm is multiplied by. */
export const clipScale = (norm: number, clipNorm: number): number => (norm > clipNorm ? clipNorm / norm : 1);

/** In place. Returns the norm before. */
export function clip(values: Float32Array, clipNorm: number): number {
  const norm = normOf(values);
  const scale = clipScale(norm, clipNorm);
  if (scale < 1) for (let i = 0; i < values.length; i += 1) values[i] = values[i]! * scale;
  return norm;
}
