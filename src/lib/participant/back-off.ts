// How long to wait before trying again: full jitter (uniform in [0, cap · 2^attempt]), so that a room full of devices that lost
// the server together does not come back together.

/** Milliseconds; `uniform` in [0, 1). Attempt 0 waits up to `firstMs`, later ones up to `mostMs`. */
export function backOff(attempt: number, uniform: number, firstMs = 500, mostMs = 30_000): number {
  return uniform * Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 16));
}
