// Two versions side by side, from what devices counted of each: figures, their difference, and a 95 % interval where the
// counts allow one. All intervals treat the two evaluations as independent samples. Where both versions were scored on
// the same rows, that is on the wide side: pairs are not known, only sums are.
//
// - Accuracy and recall of a class: Wilson (1927) score interval; a difference: Newcombe (1998), method 10, which joins
//   the two Wilson intervals.
// - Balanced accuracy and F1 (macro): normal approximation with the variance by the delta method over the multinomial
//   confusion counts (Agresti, Categorical Data Analysis, §16.1): n·Var = Σ p g² − (Σ p g)², g = ∂figure/∂p.
// - Loss, RMSE, MAE, R²: none. Devices send sums, not sums of squares, and a made-up interval is worse than none.
import { classFigures, figure } from '#lib/core/metrics/figures.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import type { MetricName } from '#lib/core/metrics/metric-name.ts';
import { wilson, type Interval } from '#lib/core/metrics/wilson.ts';
import type { SettledTally } from '#lib/core/metrics/tally.ts';

export { wilson, type Interval };

/** The 97.5 % point of the standard normal distribution. */
const z = 1.959963984540054;

export interface ComparedFigure {
  readonly name: string;
  readonly isShare: boolean;
  readonly a: number | undefined;
  readonly b: number | undefined;
  readonly intervalA: Interval | undefined;
  readonly intervalB: Interval | undefined;
  /** a − b. */
  readonly difference: number | undefined;
  readonly interval: Interval | undefined;
  /** Whether a is better than b; 'unclear' where the interval holds 0, 'unknown' where there is no interval or figure. */
  readonly verdict: 'better' | 'worse' | 'unclear' | 'unknown';
}

/** Newcombe's interval for the difference of two shares, a − b. */
export function newcombe(hitsA: number, countA: number, hitsB: number, countB: number): Interval | undefined {
  const a = wilson(hitsA, countA);
  const b = wilson(hitsB, countB);
  if (a === undefined || b === undefined) return undefined;
  const shareA = hitsA / countA;
  const shareB = hitsB / countB;
  return {
    low: shareA - shareB - Math.hypot(shareA - a.low, b.high - shareB),
    high: shareA - shareB + Math.hypot(a.high - shareA, shareB - b.low),
  };
}

/** Variance of a macro figure by the delta method; undefined for figures that confusion counts do not settle. */
export function macroVariance(
  confusion: readonly number[],
  name: 'balanced-accuracy' | 'f1-macro',
): number | undefined {
  const size = Math.round(Math.sqrt(confusion.length));
  const count = confusion.reduce((total, cell) => total + cell, 0);
  if (count === 0) return undefined;
  const p = (row: number, column: number): number => (confusion[row * size + column] ?? 0) / count;
  const rows = Array.from({ length: size }, (_, k) =>
    Array.from({ length: size }, (__, j) => p(k, j)).reduce((s, x) => s + x, 0),
  );
  const columns = Array.from({ length: size }, (_, k) =>
    Array.from({ length: size }, (__, i) => p(i, k)).reduce((s, x) => s + x, 0),
  );
  const known = Array.from({ length: size }, (_, k) => k).filter((k) =>
    name === 'balanced-accuracy' ? (rows[k] ?? 0) > 0 : (rows[k] ?? 0) + (columns[k] ?? 0) > 0,
  );
  let square = 0;
  let mean = 0;
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j < size; j += 1) {
      let gradient = 0;
      for (const k of known) {
        const row = rows[k] ?? 0;
        const hit = p(k, k);
        if (name === 'balanced-accuracy') {
          if (i === k) gradient += ((j === k ? 1 : 0) * row - hit) / (row * row);
        } else {
          const both = row + (columns[k] ?? 0);
          const touched = (i === k ? 1 : 0) + (j === k ? 1 : 0);
          if (touched > 0)
            gradient += (2 * (i === k && j === k ? 1 : 0) * both - 2 * hit * touched) / (both * both);
        }
      }
      gradient /= known.length;
      square += p(i, j) * gradient * gradient;
      mean += p(i, j) * gradient;
    }
  return Math.max(0, square - mean * mean) / count;
}

const hitsOf = (confusion: readonly number[]): number => {
  const size = Math.round(Math.sqrt(confusion.length));
  let hits = 0;
  for (let one = 0; one < size; one += 1) hits += confusion[one * size + one] ?? 0;
  return hits;
};

function around(value: number | undefined, variance: number | undefined): Interval | undefined {
  if (value === undefined || variance === undefined) return undefined;
  const reach = z * Math.sqrt(variance);
  return { low: value - reach, high: value + reach };
}

const within = (interval: Interval | undefined): Interval | undefined =>
  interval === undefined ? undefined : { low: Math.max(0, interval.low), high: Math.min(1, interval.high) };

function verdictOf(interval: Interval | undefined, higherIsBetter: boolean): ComparedFigure['verdict'] {
  if (interval === undefined) return 'unknown';
  if (interval.low > 0) return higherIsBetter ? 'better' : 'worse';
  if (interval.high < 0) return higherIsBetter ? 'worse' : 'better';
  return 'unclear';
}

/** The 95 % interval of one figure of one tally; undefined where the counts do not settle one. */
export function intervalOf(tally: SettledTally, name: MetricName): Interval | undefined {
  if (tally.type !== 'classification') return undefined;
  if (name === 'accuracy') return wilson(hitsOf(tally.confusion), tally.count);
  if (name === 'balanced-accuracy' || name === 'f1-macro')
    return within(around(figure(tally, name), macroVariance(tally.confusion, name)));
  return undefined;
}

/**
 * One metric of version A against version B; a tally is null where that version has not been scored yet. Not `isExact`: counts carry
 * noise, of which the intervals know nothing, and none is made.
 */
export function compareFigure(
  name: MetricName,
  a: SettledTally | null,
  b: SettledTally | null,
  isExact = true,
): ComparedFigure {
  const valueA = a === null ? undefined : figure(a, name);
  const valueB = b === null ? undefined : figure(b, name);
  const difference = valueA === undefined || valueB === undefined ? undefined : valueA - valueB;
  let interval: Interval | undefined;
  if (isExact && a?.type === 'classification' && b?.type === 'classification') {
    if (name === 'accuracy') interval = newcombe(hitsOf(a.confusion), a.count, hitsOf(b.confusion), b.count);
    else if (name === 'balanced-accuracy' || name === 'f1-macro') {
      const varianceA = macroVariance(a.confusion, name);
      const varianceB = macroVariance(b.confusion, name);
      interval = around(
        difference,
        varianceA === undefined || varianceB === undefined ? undefined : varianceA + varianceB,
      );
    }
  }
  return {
    name: metrics[name].title,
    isShare: metrics[name].isShare,
    a: valueA,
    b: valueB,
    intervalA: a === null || !isExact ? undefined : intervalOf(a, name),
    intervalB: b === null || !isExact ? undefined : intervalOf(b, name),
    difference,
    interval,
    verdict: verdictOf(interval, metrics[name].higherIsBetter),
  };
}

/** Every metric that at least one of the two tallies has, in the list's own order. */
export const compareFigures = (
  a: SettledTally | null,
  b: SettledTally | null,
  isExact = true,
): ComparedFigure[] =>
  (Object.keys(metrics) as MetricName[])
    .map((name) => compareFigure(name, a, b, isExact))
    .filter((one) => one.a !== undefined || one.b !== undefined);

export interface ComparedClass {
  readonly label: string;
  readonly support: number;
  readonly recall: ComparedFigure;
  readonly precision: { readonly a: number | undefined; readonly b: number | undefined };
  readonly f1: { readonly a: number | undefined; readonly b: number | undefined };
}

/** Recall, precision and F1 of each class, lowest recall of A first; empty for regression. */
export function compareClasses(
  labels: readonly string[],
  a: SettledTally | null,
  b: SettledTally | null,
  isExact = true,
): ComparedClass[] {
  const figuresA = a?.type === 'classification' ? classFigures(a.confusion) : [];
  const figuresB = b?.type === 'classification' ? classFigures(b.confusion) : [];
  if (figuresA.length === 0 && figuresB.length === 0) return [];
  const hits = (tally: SettledTally | null, index: number): number =>
    tally?.type === 'classification' ? (tally.confusion[index * labels.length + index] ?? 0) : 0;
  return labels
    .map((label, index): ComparedClass => {
      const one = figuresA[index];
      const other = figuresB[index];
      const interval = isExact
        ? newcombe(hits(a, index), one?.support ?? 0, hits(b, index), other?.support ?? 0)
        : undefined;
      return {
        label,
        support: one?.support ?? other?.support ?? 0,
        recall: {
          name: 'Recall',
          isShare: true,
          a: one?.recall,
          b: other?.recall,
          intervalA: isExact ? wilson(hits(a, index), one?.support ?? 0) : undefined,
          intervalB: isExact ? wilson(hits(b, index), other?.support ?? 0) : undefined,
          difference:
            one?.recall === undefined || other?.recall === undefined ? undefined : one.recall - other.recall,
          interval,
          verdict: verdictOf(interval, true),
        },
        precision: { a: one?.precision, b: other?.precision },
        f1: { a: one?.f1, b: other?.f1 },
      };
    })
    .sort((x, y) => (x.recall.a ?? 2) - (y.recall.a ?? 2));
}

/** Row shares of a confusion matrix [K·K]; a row without examples is all undefined. */
export function rowShares(confusion: readonly number[]): (number | undefined)[] {
  const size = Math.round(Math.sqrt(confusion.length));
  return confusion.map((cell, index) => {
    const row = Math.floor(index / size);
    let total = 0;
    for (let column = 0; column < size; column += 1) total += confusion[row * size + column] ?? 0;
    return total === 0 ? undefined : cell / total;
  });
}
