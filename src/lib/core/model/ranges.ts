// Parts of the flat parameter buffer [P]: ranges in ascending order, none of which touches the next.

export interface Range {
  readonly from: number;
  /** Behind its last value. */
  readonly to: number;
}

/** The ranges that these slots cover, given in the order of their offsets. */
export function rangesOf(slots: readonly { readonly offset: number; readonly length: number }[]): Range[] {
  const ranges: { from: number; to: number }[] = [];
  for (const { offset, length } of slots) {
    const last = ranges.at(-1);
    if (last?.to === offset) last.to += length;
    else ranges.push({ from: offset, to: offset + length });
  }
  return ranges;
}

export const lengthOf = (ranges: readonly Range[]): number =>
  ranges.reduce((sum, { from, to }) => sum + to - from, 0);

/** The values of all ranges, one behind the other: a copy. */
export function valuesIn(ranges: readonly Range[], parameters: Float32Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(lengthOf(ranges));
  let at = 0;
  for (const { from, to } of ranges) {
    values.set(parameters.subarray(from, to), at);
    at += to - from;
  }
  return values;
}

/** A copy of `parameters` [P] with these values in the ranges; with values of another length, or none, a plain copy. */
export function withValues(
  parameters: Float32Array,
  ranges: readonly Range[],
  values: Float32Array | undefined,
): Float32Array<ArrayBuffer> {
  const made = Float32Array.from(parameters);
  if (values?.length !== lengthOf(ranges)) return made;
  let at = 0;
  for (const { from, to } of ranges) {
    made.set(values.subarray(at, at + to - from), from);
    at += to - from;
  }
  return made;
}

/** Zeros in the ranges, in place. */
export function clearIn(ranges: readonly Range[], parameters: Float32Array | Float64Array): void {
  for (const { from, to } of ranges) parameters.fill(0, from, to);
}
