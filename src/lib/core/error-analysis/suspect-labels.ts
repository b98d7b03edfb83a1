// Labels that are probably wrong, by confident learning (Northcutt, Jiang & Chuang 2021): a row is suspect where a model that has not
// seen it is as sure of another class as it usually is of rows that bear that label.

export interface SuspectLabel {
  readonly row: number;
  readonly label: number;
  /** The class that it probably is. */
  readonly likelier: number;
  /** Share of the label less share of the likelier class: the lower, the more suspect. */
  readonly margin: number;
}

/**
 * Most suspect first. `shares` [count, classes] must come from models that did not learn from the row (held-out folds): one that
 * did has been told the label.
 */
export function suspectLabels(
  shares: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): SuspectLabel[] {
  // t_j: mean share of class j over the rows that bear it (eq. 2); a class that nobody bears can take no row.
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (let row = 0; row < labels.length; row += 1) {
    const label = labels[row]!;
    sums[label]! += shares[row * classes + label]!;
    counts[label]! += 1;
  }
  const thresholds = sums.map((sum, one) => (counts[one]! > 0 ? sum / counts[one]! : Infinity));
  const suspects: SuspectLabel[] = [];
  for (let row = 0; row < labels.length; row += 1) {
    const label = labels[row]!;
    let likelier = -1;
    for (let one = 0; one < classes; one += 1) {
      const share = shares[row * classes + one]!;
      if (share >= thresholds[one]! && (likelier < 0 || share > shares[row * classes + likelier]!))
        likelier = one;
    }
    if (likelier < 0 || likelier === label) continue;
    const margin = shares[row * classes + label]! - shares[row * classes + likelier]!;
    suspects.push({ row, label, likelier, margin });
  }
  return suspects.toSorted((a, b) => a.margin - b.margin || a.row - b.row);
}
