/**
 * To twelve digits. IEEE 754 fixes sums, products and square roots to the last bit, but not logarithms and sines, in whose last digit two
 * engines may differ: rounded, the same recipe is the same hash in each.
 */
export const settled = (value: number): number =>
  Number.isFinite(value) ? Number(value.toPrecision(12)) : value;
