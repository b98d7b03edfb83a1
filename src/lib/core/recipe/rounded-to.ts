/** To a whole number of the largest power of ten that is not above `unit`. */
export function roundedTo(value: number, unit: number, round: (value: number) => number): number {
  const digits = Math.min(100, Math.max(0, -Math.floor(Math.log10(unit))));
  const power = 10 ** digits;
  return Number((round(value * power) / power).toFixed(digits));
}
