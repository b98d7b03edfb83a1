// What every codec asks of the values it encodes, and the end of the range that none may leave when it decodes.

/** The largest finite f32, (2 − 2⁻²³)·2¹²⁷. */
export const LARGEST_F32 = 3.4028234663852886e38;

/** The largest |value|. Throws a RangeError at the first value that is NaN or infinite: core/update/check-update looks before. */
export function largestMagnitude(values: Float32Array, from = 0, to = values.length): number {
  let largest = 0;
  for (let i = from; i < to; i += 1) {
    const magnitude = Math.abs(values[i]!);
    // NaN fails this comparison too.
    if (!(magnitude <= LARGEST_F32))
      throw new RangeError(`Value ${i} is ${values[i]}: only finite values can be encoded.`);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** The smallest f32 that is at least `value` ≥ 0; Infinity beyond the largest. */
export function f32AtLeast(value: number): number {
  const nearest = new Float32Array([value]);
  if (nearest[0]! < value) new Int32Array(nearest.buffer)[0]! += 1;
  return nearest[0]!;
}

/** The largest f32 that is at most `value` > 0. */
export function f32AtMost(value: number): number {
  const nearest = new Float32Array([value]);
  if (nearest[0]! > value) new Int32Array(nearest.buffer)[0]! -= 1;
  return nearest[0]!;
}

/** `value` within what f32 holds: what would round to an infinity becomes the largest finite value of its sign. */
export const withinF32 = (value: number): number =>
  value > LARGEST_F32 ? LARGEST_F32 : value < -LARGEST_F32 ? -LARGEST_F32 : value;

/** x[0 … count) ← x·factor, each rounded once and within f32. */
export function multiplyWithin(x: Float32Array, factor: number, count: number): void {
  for (let i = 0; i < count; i += 1) x[i] = withinF32(x[i]! * factor);
}
