// Why a model says what it says of one row: what each column adds, from what is usual to this prediction. Trees are looked into, with
// the rows of their leaves as what is usual; any other model is asked, with the mean row in the place of what is not known.
import { classLabels } from '../../core/data/contract.ts';
import { columnPlaces, type Attribution } from '../../core/explanation/black-box.ts';
import { lineEffects, type Line } from '../../core/explanation/line-effects.ts';
import { wordsByLime, type WordEffect } from '../../core/explanation/words-by-lime.ts';
import { localLine } from '../../core/explanation/local-line.ts';
import { shapley } from '../../core/explanation/shapley.ts';
import { boostedShapley, forestShapley } from '../../core/explanation/tree-shapley.ts';
import type { BoostedPredictor } from '../../core/learners/boosted-trees.ts';
import type { ForestPredictor } from '../../core/learners/forest.ts';
import type { LinearPredictor } from '../../core/learners/linear.ts';
import type { LogisticPredictor } from '../../core/learners/logistic.ts';
import { hasTerms } from '../../core/learners/sparse-rows.ts';
import type { Predictor } from '../../core/learners/learner.ts';
import { predictedClass } from '../../core/metrics/class-scores.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { OpenedModel } from './model-file.ts';
import { rowPath } from './network-reasons.ts';

/**
 * shapley: what each column adds over all orders. lime: the straight line that comes closest around the row. gradients: what each adds on
 * the straight way from the mean row, of networks alone.
 */
export const waysToExplain = ['shapley', 'lime', 'gradients'] as const;
export type WayToExplain = (typeof waysToExplain)[number];

export interface Explanation {
  /** What the numbers are of, as a phrase. */
  readonly of: string;
  /** base + Σ effects = score: of the model, or of the line. */
  readonly base: number;
  readonly score: number;
  /** The largest first, whichever way it moves. */
  readonly effects: readonly { readonly column: string; readonly effect: number }[];
  /** Of a line: the share of what the model says around the row that it explains; undefined for Shapley values. */
  readonly fidelity: number | undefined;
  /** Of a model of texts: what each term of this text adds to the same score, the largest first, whichever way it moves. */
  readonly words?: readonly TextEffects[];
}

export interface TextEffects {
  readonly column: string;
  readonly words: readonly WordEffect[];
  /** line: exact, w·x of a linear model. lime: of the line that comes closest where words are left out. */
  readonly by: 'line' | 'lime';
}

const isForest = (predictor: Predictor): predictor is ForestPredictor => 'trees' in predictor;
const isBoosted = (predictor: Predictor): predictor is BoostedPredictor => 'state' in predictor;

export const isLine = (predictor: Predictor): predictor is LogisticPredictor | LinearPredictor =>
  'weights' in predictor;

/** The weights and the intercept behind one margin. */
export function linesOf(predictor: LogisticPredictor | LinearPredictor, output: number): Line {
  if ('intercept' in predictor) return predictor;
  const { weights, outputs } = predictor;
  const own = weights.length / outputs;
  return {
    weights: weights.subarray(output * own, (output + 1) * own - 1),
    intercept: weights[(output + 1) * own - 1]!,
  };
}

const turned = ({ weights, intercept }: Line, sign: 1 | -1): Line =>
  sign === 1 ? { weights, intercept } : { weights: weights.map((one) => -one), intercept: -intercept };

/** `row` [F]. Refused in a sentence. */
export function explainRow(
  model: Pick<OpenedModel, 'chosen' | 'contract' | 'predictor' | 'mean'>,
  row: Float32Array,
  way: WayToExplain,
): Result<Explanation, string> {
  const { contract, predictor, mean } = model;
  if (contract.kind !== 'table')
    return fail('Pixels are no columns: what each adds is asked of rows of a table.');
  const labels = classLabels(contract);
  const output = labels === undefined ? 0 : predictedClass(predictor.predict(row, 1), 0, labels.length);
  const label = labels?.[output] ?? '';
  const { target } = contract;
  // Numbers in the target's own units.
  const [scale, shift] = target.type === 'number' ? [target.standardDeviation, target.mean] : [1, 0];
  const told = (
    of: string,
    { base, score, effects }: Attribution,
    fidelity?: number,
    words?: readonly TextEffects[],
  ): Result<Explanation, string> =>
    ok({
      ...(words === undefined ? {} : { words }),
      of,
      fidelity,
      base: base * scale + shift,
      score: score * scale + shift,
      effects: contract.columns
        .map(({ name }, at) => ({ column: name, effect: (effects[at] ?? 0) * scale }))
        .toSorted((a, b) => Math.abs(b.effect) - Math.abs(a.effect)),
    });
  const places = columnPlaces(contract);
  /** Of each column, what its features come to together. */
  const byColumn = (effectOf: (feature: number) => number): Float64Array<ArrayBuffer> =>
    Float64Array.from(places, ({ from, to }) => {
      let effect = 0;
      for (let i = from; i < to; i += 1) effect += effectOf(i);
      return effect;
    });
  const number = target.name;
  const isOfTexts = hasTerms(contract);
  if (isOfTexts && isLine(predictor)) {
    // One margin for two classes, that of the second: of the first it is the same with its sign turned.
    const isBinary = labels?.length === 2;
    const sign = isBinary && output === 0 ? -1 : 1;
    const margin = linesOf(predictor, isBinary || labels === undefined ? 0 : output);
    const line = lineEffects(contract, turned(margin, sign), row, mean);
    const of = `${isBinary ? 'ln odds' : 'margin'} of “${label}”`;
    const words = line.words.map(({ column, words: own }) => ({
      column,
      words: own.map(({ term, effect }) => ({ term, effect: effect * scale })),
      by: 'line' as const,
    }));
    return told(labels === undefined ? number : of, line, undefined, words);
  }
  const outputs = labels?.length ?? 1;
  const score = (features: Float32Array, count: number): Float64Array => {
    const all = predictor.predict(features, count);
    return Float64Array.from({ length: count }, (_, at) => all[at * outputs + output]!);
  };
  if (isOfTexts) {
    const whole = shapley(score, row, { columns: places, background: mean, backgroundCount: 1, seed: 1 });
    const texts = contract.columns.flatMap((column, at) => {
      const place = places[at];
      if (column.type !== 'terms' || place === undefined) return [];
      const { words, fidelity } = wordsByLime(score, row, { place, terms: column.terms, seed: 1 });
      const own = words.map(({ term, effect }) => ({ term, effect: effect * scale }));
      return [{ text: { column: column.name, words: own, by: 'lime' as const }, fidelity }];
    });
    const of = labels === undefined ? number : `share of “${label}”`;
    return told(
      of,
      whole,
      texts[0]?.fidelity,
      texts.map(({ text }) => text),
    );
  }
  if (way === 'lime') {
    const columns = places.map((place, at) => ({
      ...place,
      type: contract.columns[at]?.type === 'category' ? ('category' as const) : ('number' as const),
    }));
    const line = localLine(score, row, { seed: 1, drawn: { columns, mean } });
    const at = (point: Float32Array): number =>
      line.weights.reduce((sum, weight, i) => sum + weight * point[i]!, line.intercept);
    const effects = byColumn((i) => line.weights[i]! * (row[i]! - mean[i]!));
    const of = labels === undefined ? number : `share of “${label}” by a line`;
    return told(of, { base: at(mean), score: at(row), effects }, line.fidelity);
  }
  if (way === 'gradients') {
    const path = rowPath(model, row, mean, output);
    if (!path.ok) return path;
    const effects = byColumn((i) => path.value.effects[i]!);
    return told(labels === undefined ? number : `share of “${label}”`, { ...path.value, effects });
  }
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
  return told(
    labels === undefined ? number : `share of “${label}”`,
    shapley(score, row, { columns: places, background: mean, backgroundCount: 1, seed: 1 }),
  );
}
