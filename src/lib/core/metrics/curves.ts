// Curves of a score that ought to be higher for what is positive: receiver operating characteristic, precision against recall, and the
// areas below them. Rows of equal score are one step (Fawcett 2006, algorithm 1).

export interface RocPoint {
  /** Share of the negatives, and of the positives, whose score is not below the threshold. */
  readonly falsePositives: number;
  readonly truePositives: number;
  /** Infinity at the origin. */
  readonly threshold: number;
}

export interface PrecisionRecallPoint {
  readonly precision: number;
  readonly recall: number;
  readonly threshold: number;
}

export interface Step {
  readonly threshold: number;
  /** Positives and negatives whose score is not below the threshold. */
  readonly positives: number;
  readonly negatives: number;
}

/** From the highest score down; empty where there is no row. */
export function stepsOf(scores: ArrayLike<number>, isPositive: ArrayLike<boolean | number>): Step[] {
  const order = Array.from({ length: scores.length }, (_, row) => row).sort(
    (a, b) => scores[b]! - scores[a]!,
  );
  const steps: Step[] = [];
  let positives = 0;
  let negatives = 0;
  for (const [at, row] of order.entries()) {
    if (Number(isPositive[row]) > 0) positives += 1;
    else negatives += 1;
    const next = order[at + 1];
    if (next === undefined || scores[next] !== scores[row])
      steps.push({ threshold: scores[row]!, positives, negatives });
  }
  return steps;
}

/** The same of rows that are counted by bins of their score, lowest first: rows of one bin are one step, and its number the threshold. */
export function stepsOfBins(own: readonly number[], others: readonly number[]): Step[] {
  const steps: Step[] = [];
  let [positives, negatives] = [0, 0];
  for (let bin = own.length - 1; bin >= 0; bin -= 1) {
    const [more, other] = [own[bin]!, others[bin]!];
    if (more + other === 0) continue;
    positives += more;
    negatives += other;
    steps.push({ threshold: bin, positives, negatives });
  }
  return steps;
}

/** undefined where one of the two kinds does not occur. */
export function rocCurve(
  scores: ArrayLike<number>,
  isPositive: ArrayLike<boolean | number>,
): RocPoint[] | undefined {
  return rocOf(stepsOf(scores, isPositive));
}

export function rocOf(steps: readonly Step[]): RocPoint[] | undefined {
  const last = steps.at(-1);
  if (last === undefined || last.positives === 0 || last.negatives === 0) return undefined;
  return [
    { falsePositives: 0, truePositives: 0, threshold: Infinity },
    ...steps.map(({ threshold, positives, negatives }) => ({
      falsePositives: negatives / last.negatives,
      truePositives: positives / last.positives,
      threshold,
    })),
  ];
}

/** The area below the ROC curve, by trapezoids: the chance that a positive's score is above a negative's, equal ones counted half. */
export function rocArea(
  scores: ArrayLike<number>,
  isPositive: ArrayLike<boolean | number>,
): number | undefined {
  return areaOf(rocCurve(scores, isPositive));
}

export function areaOf(curve: readonly RocPoint[] | undefined): number | undefined {
  if (curve === undefined) return undefined;
  let area = 0;
  for (let i = 1; i < curve.length; i += 1) {
    const [before, after] = [curve[i - 1]!, curve[i]!];
    area +=
      ((after.falsePositives - before.falsePositives) * (after.truePositives + before.truePositives)) / 2;
  }
  return area;
}

/** From the highest threshold down; undefined where there is no positive. */
export function precisionRecallCurve(
  scores: ArrayLike<number>,
  isPositive: ArrayLike<boolean | number>,
): PrecisionRecallPoint[] | undefined {
  return recallOf(stepsOf(scores, isPositive));
}

export function recallOf(steps: readonly Step[]): PrecisionRecallPoint[] | undefined {
  const all = steps.at(-1)?.positives ?? 0;
  if (all === 0) return undefined;
  return steps.map(({ threshold, positives, negatives }) => ({
    precision: positives / (positives + negatives),
    recall: positives / all,
    threshold,
  }));
}

/** Σ (R_n − R_{n−1}) P_n: no interpolation, which would flatter (Davis & Goadrich 2006). */
export function averagePrecision(
  scores: ArrayLike<number>,
  isPositive: ArrayLike<boolean | number>,
): number | undefined {
  return precisionOf(precisionRecallCurve(scores, isPositive));
}

export function precisionOf(curve: readonly PrecisionRecallPoint[] | undefined): number | undefined {
  if (curve === undefined) return undefined;
  let sum = 0;
  let before = 0;
  for (const { precision, recall } of curve) {
    sum += (recall - before) * precision;
    before = recall;
  }
  return sum;
}

export interface ClassAreas {
  /** Below the ROC curve, and Σ ΔR P. */
  readonly roc: number | undefined;
  readonly precision: number | undefined;
  readonly positives: number;
}

/** Each class against all others; for two classes, the second alone. Of many rows each takes its time, and is a step. */
export function* classAreas(
  shares: ArrayLike<number>,
  targets: ArrayLike<number>,
  classes: number,
): Generator<void, ClassAreas[], undefined> {
  const areas: ClassAreas[] = [];
  for (let one = classes === 2 ? 1 : 0; one < classes; one += 1) {
    const scores = Float64Array.from({ length: targets.length }, (_, row) => shares[row * classes + one]!);
    const isPositive = Uint8Array.from({ length: targets.length }, (_, row) => Number(targets[row] === one));
    const steps = stepsOf(scores, isPositive);
    const positives = steps.at(-1)?.positives ?? 0;
    areas.push({ roc: areaOf(rocOf(steps)), precision: precisionOf(recallOf(steps)), positives });
    yield;
  }
  return areas;
}

/** Over the classes that allow it. */
export function meanArea(areas: readonly (number | undefined)[]): number | undefined {
  const known = areas.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0) / known.length;
}
