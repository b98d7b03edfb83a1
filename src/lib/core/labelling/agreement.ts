// How far annotators agree beyond what chance alone would make them: of two by Cohen's kappa, of a fixed number of judgements an
// example by Fleiss's, of any number with gaps by Krippendorff's alpha. 1: always; 0: as by chance; below 0: less than that.

/** What stands between two classes when they are not the same: nothing, or how far apart they lie in the contract's order. */
export type Weighting = 'none' | 'linear' | 'quadratic';

const penalty = (a: number, b: number, weighting: Weighting): number => {
  switch (weighting) {
    case 'none':
      return a === b ? 0 : 1;
    case 'linear':
      return Math.abs(a - b);
    case 'quadratic':
      return (a - b) ** 2;
    default:
      return weighting satisfies never;
  }
};

/** [classes, classes]: how many examples the first called one class and the second another. */
export function agreementTable(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  classes: number,
): Float64Array<ArrayBuffer> {
  const table = new Float64Array(classes * classes);
  for (let i = 0; i < first.length; i += 1) table[first[i]! * classes + second[i]!]! += 1;
  return table;
}

/**
 * Cohen 1960; with weights Cohen 1968: κ = 1 − Σ w·o / Σ w·e, o the table of both and e the product of their margins over their number:
 * scikit-learn's cohen_kappa_score. undefined where chance alone makes them agree (both used one and the same class) or nothing was judged.
 */
export function cohenKappa(
  table: ArrayLike<number>,
  classes: number,
  weighting: Weighting = 'none',
): number | undefined {
  const rows = new Float64Array(classes);
  const columns = new Float64Array(classes);
  let total = 0;
  for (let a = 0; a < classes; a += 1)
    for (let b = 0; b < classes; b += 1) {
      const count = table[a * classes + b]!;
      rows[a]! += count;
      columns[b]! += count;
      total += count;
    }
  let observed = 0;
  let expected = 0;
  for (let a = 0; a < classes; a += 1)
    for (let b = 0; b < classes; b += 1) {
      const weight = penalty(a, b, weighting);
      observed += weight * table[a * classes + b]!;
      expected += (weight * rows[a]! * columns[b]!) / total;
    }
  return expected > 0 ? 1 - observed / expected : undefined;
}

/**
 * Fleiss 1971, eqs. 1–7. `counts` [examples, classes]: how many judged each example so; the same number, two or more, for each. Throws a
 * RangeError where it is not. undefined where only one class was ever used.
 */
export function fleissKappa(counts: ArrayLike<number>, classes: number): number | undefined {
  const examples = counts.length / classes;
  const shares = new Float64Array(classes);
  let judges: number | undefined;
  let agreeing = 0;
  for (let example = 0; example < examples; example += 1) {
    let own = 0;
    let squares = 0;
    for (let one = 0; one < classes; one += 1) {
      const count = counts[example * classes + one]!;
      own += count;
      squares += count * count;
      shares[one]! += count;
    }
    judges ??= own;
    if (own !== judges || judges < 2)
      throw new RangeError(
        `Example ${example} has ${own} judgements where the first has ${judges}; each needs the same number, two at least.`,
      );
    agreeing += (squares - judges) / (judges * (judges - 1));
  }
  if (judges === undefined) return undefined;
  const observed = agreeing / examples;
  const expected = shares.reduce((sum, share) => sum + (share / (examples * judges!)) ** 2, 0);
  return expected < 1 ? (observed - expected) / (1 - expected) : undefined;
}

/** How unlike two labels count: `ordinal` for classes in an order, `interval` for numbers. */
export type Metric = 'nominal' | 'ordinal' | 'interval';

/**
 * Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), §E: α = 1 − D_o / D_e over the coincidences of judgements of the same
 * example. Any number of annotators, each of any of the examples. `judgements[annotator][example]`: a class index, null where there is none.
 * undefined where fewer than two different labels stand in examples that two or more judged.
 */
export function krippendorffAlpha(
  judgements: readonly (readonly (number | null)[])[],
  classes: number,
  metric: Metric = 'nominal',
): number | undefined {
  const coincidences = new Float64Array(classes * classes);
  const examples = judgements.reduce((most, own) => Math.max(most, own.length), 0);
  for (let example = 0; example < examples; example += 1) {
    const labels = judgements.map((own) => own[example] ?? null).filter((label) => label !== null);
    if (labels.length < 2) continue;
    for (const [i, a] of labels.entries())
      for (const [j, b] of labels.entries())
        if (i !== j) coincidences[a * classes + b]! += 1 / (labels.length - 1);
  }
  const margins = Float64Array.from({ length: classes }, (_, one) =>
    coincidences.subarray(one * classes, (one + 1) * classes).reduce((sum, count) => sum + count, 0),
  );
  const total = margins.reduce((sum, count) => sum + count, 0);
  let observed = 0;
  let expected = 0;
  for (let a = 0; a < classes; a += 1)
    for (let b = a + 1; b < classes; b += 1) {
      const difference = differenceOf(margins, a, b, metric);
      observed += coincidences[a * classes + b]! * difference;
      expected += margins[a]! * margins[b]! * difference;
    }
  return expected > 0 ? 1 - ((total - 1) * observed) / expected : undefined;
}

/** δ² of two labels, a < b. */
function differenceOf(margins: Float64Array, a: number, b: number, metric: Metric): number {
  switch (metric) {
    case 'nominal':
      return 1;
    case 'ordinal': {
      // All labels between the two, these by half.
      const between = margins.subarray(a, b + 1).reduce((sum, count) => sum + count, 0);
      return (between - (margins[a]! + margins[b]!) / 2) ** 2;
    }
    case 'interval':
      return (a - b) ** 2;
    default:
      return metric satisfies never;
  }
}
