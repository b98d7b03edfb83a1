// What one column of texts is like: how often each occurs, and whether they are names for things or texts of their own.

export interface CategorySummary {
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  /** The ten most frequent, then in the order of first occurrence. */
  readonly top: readonly { readonly label: string; readonly count: number }[];
  /** Letters of a value, on average over the rows. */
  readonly meanLength: number;
  /** Nearly all differ and are long: prose, not categories. */
  readonly isText: boolean;
}

const TOP = 10;

export function summariseCategories(codes: Int32Array, labels: readonly string[]): CategorySummary {
  const counts = new Uint32Array(labels.length);
  let missing = 0;
  for (let row = 0; row < codes.length; row += 1) {
    const code = codes[row]!;
    if (code < 0) missing += 1;
    else counts[code] = counts[code]! + 1;
  }
  const count = codes.length - missing;
  let letters = 0;
  let distinct = 0;
  for (const [code, label] of labels.entries()) {
    letters += label.length * counts[code]!;
    if (counts[code]! > 0) distinct += 1;
  }
  const meanLength = count === 0 ? 0 : letters / count;
  const top = Array.from(counts.keys())
    .filter((code) => counts[code]! > 0)
    .toSorted((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, TOP)
    .map((code) => ({ label: labels[code] ?? '', count: counts[code]! }));
  return { count, missing, distinct, top, meanLength, isText: meanLength > 30 && distinct > count / 2 };
}
