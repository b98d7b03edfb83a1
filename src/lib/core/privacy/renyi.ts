// From Rényi differential privacy to (ε, δ): the best of a list of orders.

/** Where a divergence is known for whole orders alone. */
export const wholeOrders: readonly number[] = [
  ...Array.from({ length: 62 }, (_, index) => index + 2),
  128,
  256,
  512,
  1024,
];

export interface RdpEpsilon {
  readonly epsilon: number;
  /** The order that gave it; null where no order was needed: nothing is released, or nothing is protected. */
  readonly order: number | null;
}

/**
 * ε = min over α of r + ln(1 − 1/α) − ln(δα)/(α − 1), with r = ε(α) of everything released (Canonne, Kamath & Steinke 2020,
 * proposition 12). Where δ² > 1 − e^(−r), it is 0: the total variation is within δ (Bretagnolle & Huber 1979).
 */
export function epsilonFromRdp(
  rdp: (order: number) => number,
  delta: number,
  orders: readonly number[],
): RdpEpsilon {
  let best: RdpEpsilon = { epsilon: Infinity, order: null };
  for (const order of orders) {
    const released = rdp(order);
    const isWithinDelta = delta * delta + Math.expm1(-released) > 0;
    const epsilon = isWithinDelta
      ? 0
      : Math.max(0, released + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1));
    if (epsilon < best.epsilon) best = { epsilon, order };
  }
  return best;
}
