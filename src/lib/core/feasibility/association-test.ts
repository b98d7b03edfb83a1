// Whether what models say of held-out rows has anything to do with what is true of them: a permutation test. The models have not seen
// these rows, so that without a signal every order of the true values is as likely as the one that is there.
import type { Random } from '../random.ts';

export interface Said {
  /** [rows, width]: shares of classes, or numbers (width 1), as a model predicts them. */
  readonly outputs: ArrayLike<number>;
}

/**
 * How likely agreement as good as this is by chance, for the best of the models: each model's agreement in its own standard deviations,
 * the largest of them against the largest of every permutation (Westfall & Young 1993, max-T), so that no look needs to be paid for
 * again. Agreement is Σ of the share given to the true class, or Σ ŷ · y. (1 + k) / (1 + permutations): at least that much above 0.
 *
 * @param targets [rows]: class indices, or numbers.
 */
export function* associationTest(
  models: readonly Said[],
  targets: ArrayLike<number>,
  width: number,
  permutations: number,
  draw: Random,
): Generator<void, number, undefined> {
  const count = targets.length;
  if (models.length === 0 || count === 0) return 1;
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  const agreements = models.map(() => new Float64Array(permutations + 1));
  for (let at = 0; at <= permutations; at += 1) {
    // The first is how they are.
    if (at > 0) draw.shuffle(order);
    for (const [index, { outputs }] of models.entries()) {
      let sum = 0;
      for (let row = 0; row < count; row += 1) {
        const truth = targets[order[row]!]!;
        sum += width === 1 ? outputs[row]! * truth : outputs[row * width + truth]!;
      }
      agreements[index]![at] = sum;
    }
    yield;
  }
  const largest = new Float64Array(permutations + 1).fill(-Infinity);
  for (const one of agreements) {
    const mean = one.reduce((sum, value) => sum + value, 0) / one.length;
    const deviation = Math.sqrt(one.reduce((sum, value) => sum + (value - mean) ** 2, 0) / one.length);
    // The same answer for all agrees alike with every order.
    if (deviation < 1e-9) continue;
    for (const [at, value] of one.entries()) largest[at] = Math.max(largest[at]!, (value - mean) / deviation);
  }
  const observed = largest[0]!;
  if (observed === -Infinity) return 1;
  const asLarge = largest.subarray(1).reduce((sum, value) => sum + (value >= observed - 1e-12 ? 1 : 0), 0);
  return (1 + asLarge) / (1 + permutations);
}
