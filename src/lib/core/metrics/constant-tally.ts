// The baseline beside every figure of a shared model: the same answer for all, by what its tally itself says of the rows that were
// scored. It is scikit-learn's DummyClassifier (`prior`) and DummyRegressor (`mean`), fitted to those very rows, so that no further count
// has to leave a device. A figure that a constant reaches too says nothing of a model.
import type { SettledTally } from './tally.ts';

/**
 * What the best constant would have been tallied as on these rows: of classes the commonest (of equals the first), with the shares of
 * classes as its probabilities, by which no row is before another; of a number their mean. undefined: nothing was scored, or rows have no answer (clusters). Its
 * `absoluteErrorSum` is NaN: the sums do not tell it.
 */
export function constantTally(tally: SettledTally): SettledTally | undefined {
  if (tally.count === 0) return undefined;
  switch (tally.type) {
    case 'classification': {
      const size = Math.round(Math.sqrt(tally.confusion.length));
      const rows = Array.from({ length: size }, (_, truth) =>
        tally.confusion.slice(truth * size, (truth + 1) * size).reduce((sum, cell) => sum + cell, 0),
      );
      const unlike = tally.count - rows.reduce((sum, of) => sum + of ** 2, 0) / tally.count;
      const commonest = rows.indexOf(Math.max(...rows));
      return {
        type: 'classification',
        count: tally.count,
        lossSum: rows.reduce((sum, of) => (of === 0 ? sum : sum - of * Math.log(of / tally.count)), 0),
        confusion: rows.flatMap((of) =>
          Array.from({ length: size }, (_, said) => (said === commonest ? of : 0)),
        ),
        ...(tally.scores === undefined
          ? {}
          : {
              scores: {
                areas: tally.scores.areas.map((area) => (area === null ? null : 0.5)),
                // n (1 − Σ p²); of two classes half of that, as it counts the second alone.
                ...(tally.scores.squareSum === undefined
                  ? {}
                  : { squareSum: size === 2 ? unlike / 2 : unlike }),
              },
            }),
      };
    }
    case 'regression':
      return {
        ...tally,
        // Rounding of the sums may leave less than nothing.
        squaredErrorSum: Math.max(0, tally.targetSquareSum - tally.targetSum ** 2 / tally.count),
        absoluteErrorSum: NaN,
      };
    case 'clustering':
      return undefined;
    default:
      return tally satisfies never;
  }
}
