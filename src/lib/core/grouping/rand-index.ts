// How far two ways of grouping the same rows agree: 1 where they are the same up to names, 0 as chance would (Hubert & Arabie 1985, eq. 5).

/** [a][b]: rows in group a of the first and b of the second. */
export type Crossing = readonly (readonly number[])[];

/** Rows that the second has nowhere (−1) are left out. */
export function crossingOf(
  [one, groups]: readonly [Int32Array, number],
  [other, others]: readonly [Int32Array, number],
): number[][] {
  const crossing = Array.from({ length: groups }, () => Array.from({ length: others }, () => 0));
  for (const [row, own] of one.entries()) {
    const theirs = other[row]!;
    if (theirs >= 0) crossing[own]![theirs]! += 1;
  }
  return crossing;
}

export function adjustedRandIndex(crossing: Crossing): number {
  const pairs = (rows: number): number => (rows * (rows - 1)) / 2;
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  const ofRows = crossing.map(sum);
  const ofColumns = (crossing[0] ?? []).map((_, column) => sum(crossing.map((row) => row[column]!)));
  const together = sum(crossing.flatMap((row) => row.map(pairs)));
  const [inRows, inColumns] = [sum(ofRows.map(pairs)), sum(ofColumns.map(pairs))];
  const all = pairs(sum(ofRows));
  // Both put every row in one group, or each in its own.
  if (all === 0 || (together === inRows && together === inColumns)) return 1;
  const byChance = (inRows * inColumns) / all;
  return (together - byChance) / ((inRows + inColumns) / 2 - byChance);
}
