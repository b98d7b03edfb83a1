// Marbles from an urn without putting them back: the exact chance of Fisher's test.

export interface Urn {
  readonly drawn: number;
  readonly marked: number;
  readonly all: number;
}

/** P(at least `hits` of those drawn are marked): a sum of terms in logarithms, each from the one before. */
export function hypergeometricTail(hits: number, { drawn, marked, all }: Urn): number {
  const most = Math.min(drawn, marked);
  const least = Math.max(0, drawn + marked - all);
  if (hits <= least) return 1;
  // ln P(least): ∏ over the fewer of factors, without a table of factorials.
  let logTerm = logStart({ drawn, marked, all }, least);
  let sum = 0;
  for (let k = least; k <= most; k += 1) {
    if (k >= hits) sum += Math.exp(logTerm);
    logTerm += Math.log(((marked - k) * (drawn - k)) / ((k + 1) * (all - marked - drawn + k + 1)));
  }
  return Math.min(1, sum);
}

/** C(all − marked, drawn)/C(all, drawn) where none need be marked; C(marked, all − drawn)⋯ turned round where some must. */
function logStart({ drawn, marked, all }: Urn, least: number): number {
  const [taken, others] = least === 0 ? [drawn, all - marked] : [all - drawn, marked];
  let log = 0;
  for (let i = 0; i < taken; i += 1) log += Math.log((others - i) / (all - i));
  return log;
}
