// Figures of predicted shares against classes, of rows that lie in one place. (What adds up over devices is tally.ts.)
// Definitions are scikit-learn's, so that a figure here is that figure there; the tests hold them to its answers.

/** Shares [count, classes] of each row, which add up to 1, and its class. */
export interface ScoredClasses {
  readonly classes: number;
  readonly shares: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
}

export interface ClassScores {
  readonly count: number;
  readonly accuracy: number;
  /** Mean recall of the classes that occur. */
  readonly balancedAccuracy: number;
  /** Means over the classes that occur or are predicted; a figure without a denominator counts as 0. */
  readonly macro: PrecisionRecall;
  /** Means weighted by how often each class occurs. */
  readonly weighted: PrecisionRecall;
  /** Mean −ln of the share of the true class, nats; shares below 2.2 · 10⁻¹⁶ count as that. */
  readonly logLoss: number;
  /**
   * Mean squared distance of the shares from the truth: two classes, (share of the second − truth)² (Brier 1950 halved, as is usual
   * there); more, Σ over the classes.
   */
  readonly brier: number;
  /** Cohen's (1960): agreement beyond chance. 0 where chance alone explains everything. */
  readonly kappa: number;
  /** [classes, classes], row = true class. */
  readonly confusion: readonly number[];
  readonly perClass: readonly (PrecisionRecall & { readonly support: number })[];
}

export interface PrecisionRecall {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** The class with the highest share; the first of equal ones. */
export function predictedClass(shares: ArrayLike<number>, row: number, classes: number): number {
  let best = 0;
  for (let one = 1; one < classes; one += 1)
    if (shares[row * classes + one]! > shares[row * classes + best]!) best = one;
  return best;
}

export function confusionOf({ classes, shares, targets }: ScoredClasses): number[] {
  const confusion = Array.from({ length: classes * classes }, () => 0);
  for (let row = 0; row < targets.length; row += 1)
    confusion[targets[row]! * classes + predictedClass(shares, row, classes)]! += 1;
  return confusion;
}

/** undefined where there is no row. */
export function classScores(scored: ScoredClasses): ClassScores | undefined {
  const { classes, targets } = scored;
  const count = targets.length;
  if (count === 0) return undefined;
  const confusion = confusionOf(scored);
  const perClass = Array.from({ length: classes }, (_, one) => {
    let support = 0;
    let predicted = 0;
    for (let other = 0; other < classes; other += 1) {
      support += confusion[one * classes + other]!;
      predicted += confusion[other * classes + one]!;
    }
    const hits = confusion[one * classes + one]!;
    return {
      support,
      predicted,
      precision: predicted === 0 ? 0 : hits / predicted,
      recall: support === 0 ? 0 : hits / support,
      f1: support + predicted === 0 ? 0 : (2 * hits) / (support + predicted),
    };
  });
  const present = perClass.filter((one) => one.support + one.predicted > 0);
  const occurring = perClass.filter((one) => one.support > 0);
  const hits = perClass.reduce((sum, one, index) => sum + confusion[index * classes + index]!, 0);
  return {
    count,
    accuracy: hits / count,
    balancedAccuracy: meanOf(occurring, (one) => one.recall),
    macro: averaged(present, () => 1),
    weighted: averaged(present, (one) => one.support),
    logLoss: logLossOf(scored),
    brier: brierOf(scored),
    kappa: cohensKappa(confusion),
    confusion,
    perClass: perClass.map(({ support, precision, recall, f1 }) => ({ support, precision, recall, f1 })),
  };
}

const meanOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0) / items.length;

function averaged<T extends PrecisionRecall>(
  items: readonly T[],
  weight: (item: T) => number,
): PrecisionRecall {
  const total = items.reduce((sum, item) => sum + weight(item), 0);
  const mean = (value: (item: T) => number): number =>
    items.reduce((sum, item) => sum + weight(item) * value(item), 0) / total;
  return {
    precision: mean((one) => one.precision),
    recall: mean((one) => one.recall),
    f1: mean((one) => one.f1),
  };
}

function logLossOf({ classes, shares, targets }: ScoredClasses): number {
  let sum = 0;
  for (let row = 0; row < targets.length; row += 1) {
    const share = shares[row * classes + targets[row]!]!;
    sum -= Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, share)));
  }
  return sum / targets.length;
}

function brierOf({ classes, shares, targets }: ScoredClasses): number {
  let sum = 0;
  for (let row = 0; row < targets.length; row += 1)
    for (let one = classes === 2 ? 1 : 0; one < classes; one += 1)
      sum += (shares[row * classes + one]! - (targets[row] === one ? 1 : 0)) ** 2;
  return sum / targets.length;
}

/** κ = (p_o − p_e) / (1 − p_e) of a confusion or agreement matrix [n, n] (Cohen 1960). */
export function cohensKappa(confusion: readonly number[]): number {
  const size = Math.round(Math.sqrt(confusion.length));
  const count = confusion.reduce((sum, cell) => sum + cell, 0);
  let agreed = 0;
  let byChance = 0;
  for (let one = 0; one < size; one += 1) {
    let row = 0;
    let column = 0;
    for (let other = 0; other < size; other += 1) {
      row += confusion[one * size + other]!;
      column += confusion[other * size + one]!;
    }
    agreed += confusion[one * size + one]! / count;
    byChance += (row / count) * (column / count);
  }
  return byChance === 1 ? 0 : (agreed - byChance) / (1 - byChance);
}
