// Mean and standard deviation of the honest updates at each parameter: what an attacker that sees them begins with.

export interface Moments {
  /** μ [P] */
  readonly mean: Float64Array<ArrayBuffer>;
  /** σ [P], of the updates themselves: divided by their number, as in the code of Baruch et al. 2019. */
  readonly deviation: Float64Array<ArrayBuffer>;
}

/** Of at least one update. */
export function momentsOf(updates: readonly Float32Array[]): Moments {
  const length = updates[0]?.length ?? 0;
  const mean = new Float64Array(length);
  const deviation = new Float64Array(length);
  for (const update of updates) for (let i = 0; i < length; i += 1) mean[i] = mean[i]! + update[i]!;
  for (let i = 0; i < length; i += 1) mean[i] = mean[i]! / updates.length;
  for (const update of updates)
    for (let i = 0; i < length; i += 1) deviation[i] = deviation[i]! + (update[i]! - mean[i]!) ** 2;
  for (let i = 0; i < length; i += 1) deviation[i] = Math.sqrt(deviation[i]! / updates.length);
  return { mean, deviation };
}
