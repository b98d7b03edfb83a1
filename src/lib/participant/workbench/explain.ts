// Why a model says what it says of one row: what each column adds, from what is usual to this prediction. Trees are looked into, with
// the rows of their leaves as what is usual; any other model is asked, with the mean row in the place of what is not known.
import { classLabels } from '../../core/data/contract.ts';
import { columnPlaces, type Attribution } from '../../core/explanation/black-box.ts';
import { shapley } from '../../core/explanation/shapley.ts';
import { boostedShapley, forestShapley } from '../../core/explanation/tree-shapley.ts';
import type { BoostedPredictor } from '../../core/learners/boosted-trees.ts';
import type { ForestPredictor } from '../../core/learners/forest.ts';
import type { Predictor } from '../../core/learners/learner.ts';
import { predictedClass } from '../../core/metrics/class-scores.ts';
import type { OpenedModel } from './model-file.ts';

export interface Explanation {
  /** What the numbers are of, as a phrase. */
  readonly of: string;
  /** base + Σ effects = score. */
  readonly base: number;
  readonly score: number;
  /** The largest first, whichever way it moves. */
  readonly effects: readonly { readonly column: string; readonly effect: number }[];
}

const isForest = (predictor: Predictor): predictor is ForestPredictor => 'trees' in predictor;
const isBoosted = (predictor: Predictor): predictor is BoostedPredictor => 'state' in predictor;

/** `row` [F]; undefined for pictures, whose pixels are no columns. */
export function explainRow(
  { contract, predictor, mean }: Pick<OpenedModel, 'contract' | 'predictor' | 'mean'>,
  row: Float32Array,
): Explanation | undefined {
  if (contract.kind !== 'table') return undefined;
  const labels = classLabels(contract);
  const output = labels === undefined ? 0 : predictedClass(predictor.predict(row, 1), 0, labels.length);
  const label = labels?.[output] ?? '';
  const { target } = contract;
  // Numbers in the target's own units.
  const [scale, shift] = target.type === 'number' ? [target.standardDeviation, target.mean] : [1, 0];
  const told = (of: string, { base, score, effects }: Attribution): Explanation => ({
    of,
    base: base * scale + shift,
    score: score * scale + shift,
    effects: contract.columns
      .map(({ name }, at) => ({ column: name, effect: (effects[at] ?? 0) * scale }))
      .toSorted((a, b) => Math.abs(b.effect) - Math.abs(a.effect)),
  });
  const number = target.name;
  if (isForest(predictor))
    return told(labels === undefined ? number : `share of “${label}”`, forestShapley(predictor, row, output));
  if (isBoosted(predictor)) {
    if (labels === undefined) return told(number, boostedShapley(predictor, row, 0));
    const isBinary = labels.length === 2;
    return told(
      isBinary ? `ln odds of “${labels[1] ?? ''}”` : `margin of “${label}”`,
      boostedShapley(predictor, row, isBinary ? 0 : output),
    );
  }
  const outputs = labels?.length ?? 1;
  const score = (features: Float32Array, count: number): Float64Array => {
    const all = predictor.predict(features, count);
    return Float64Array.from({ length: count }, (_, at) => all[at * outputs + output]!);
  };
  return told(
    labels === undefined ? number : `share of “${label}”`,
    shapley(score, row, { columns: columnPlaces(contract), background: mean, backgroundCount: 1, seed: 1 }),
  );
}
