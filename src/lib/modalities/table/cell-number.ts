// Decimal numbers straight from bytes, rounded exactly as Number(text) rounds them.

const POWERS = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);
const decoder = new TextDecoder('utf-8');

/**
 * The number in bytes[start, end), spaces around it allowed; NaN where it is none. Plain decimals with an optional exponent
 * only: no hexadecimal, no thousands separators, no Infinity. Up to 15 digits and a power of ten up to 22 the quotient of two exact
 * doubles is correctly rounded (Clinger 1990, "fast path"); longer ones go through Number.
 */
export function numberIn(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let stop = end;
  while (at < stop && bytes[at] === 0x20) at += 1;
  while (stop > at && bytes[stop - 1] === 0x20) stop -= 1;
  const first = at;
  let sign = 1;
  if (bytes[at] === 0x2d && at < stop) {
    sign = -1;
    at += 1;
  } else if (bytes[at] === 0x2b && at < stop) at += 1;
  let mantissa = 0;
  let digits = 0;
  let fraction = 0;
  let hasPoint = false;
  for (; at < stop; at += 1) {
    const digit = bytes[at]! - 0x30;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits += 1;
      if (hasPoint) fraction += 1;
    } else if (digit === -2 && !hasPoint) hasPoint = true;
    else break;
  }
  if (digits === 0) return NaN;
  if (at === stop && digits <= 15) return (sign * mantissa) / POWERS[fraction]!;
  if (at < stop) {
    // Only an exponent may follow the digits.
    if ((bytes[at]! | 0x20) !== 0x65) return NaN;
    at += 1;
    if (bytes[at] === 0x2d || bytes[at] === 0x2b) at += 1;
    if (at >= stop) return NaN;
    for (; at < stop; at += 1) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return NaN;
  }
  const value = Number(decoder.decode(bytes.subarray(first, stop)));
  return Number.isFinite(value) ? value : NaN;
}
