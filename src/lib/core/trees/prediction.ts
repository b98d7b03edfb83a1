// Using an ensemble, whole or half grown: outputs, class probabilities, and the tally of scored rows.
import type { ModelProblem, ModelRows } from '../aggregation/summed-model.ts';
import type { Tally } from '../metrics/tally.ts';
import { outputScorer } from '../model/scoring.ts';
import { fail, ok, type Result } from '../result.ts';
import { binRows } from './columns.ts';
import { exponential } from './exact-exponential.ts';
import { softmax } from './gradients.ts';
import { margins, rowsProblem } from './own-sums.ts';
import type { TreesState } from './state.ts';

/** Trees that are there at all, in stages; the one being grown counts once its root has split. */
const stagesGrown = ({ phase, stage, layout }: TreesState): number =>
  phase === 'complete' ? layout.spec.stages : stage + 1;

/** The ensemble's raw outputs of rows [count, outputs]: ln odds of the second class, a margin a class, or an encoded number. */
export const rawOutputs = (
  state: TreesState,
  features: Uint8Array | Float32Array,
  count: number,
): Float64Array<ArrayBuffer> =>
  margins(state, binRows(state.layout.columns, state.edges, features, count), count, stagesGrown(state));

/** Class probabilities [count, classes], or encoded numbers [count]. `features` [count, F]. Owns its buffer. */
export function predict(
  state: TreesState,
  features: Uint8Array | Float32Array,
  count: number,
): Float32Array<ArrayBuffer> {
  const raw = rawOutputs(state, features, count);
  const { objective, outputs } = state.layout;
  switch (objective) {
    case 'logistic': {
      const shares = new Float32Array(2 * count);
      for (let row = 0; row < count; row += 1) {
        const second = 1 / (1 + exponential(-raw[row]!));
        shares[2 * row] = 1 - second;
        shares[2 * row + 1] = second;
      }
      return shares;
    }
    case 'softmax': {
      for (let row = 0; row < count; row += 1) {
        const own = raw.subarray(row * outputs, (row + 1) * outputs);
        softmax(own.slice(), own);
      }
      return Float32Array.from(raw);
    }
    case 'squared-error':
      return Float32Array.from(raw);
    default:
      return objective satisfies never;
  }
}

/** The tally of rows, as every model's: counts and sums that add up over devices. */
export function evaluate(state: TreesState, rows: ModelRows): Result<Tally, ModelProblem> {
  const unsuited = rowsProblem(state.layout, rows);
  if (unsuited !== undefined) return fail({ kind: 'unsuited-rows', message: unsuited });
  const { objective, outputs } = state.layout;
  const raw = rawOutputs(state, rows.features, rows.count);
  if (objective !== 'logistic') {
    const scores = outputScorer(outputs, objective === 'softmax');
    scores.add(raw, rows.targets, rows.count);
    return ok(scores.tally());
  }
  // ln odds m of the second class are the logits (0, m).
  const logits = new Float64Array(2 * rows.count);
  for (let row = 0; row < rows.count; row += 1) logits[2 * row + 1] = raw[row]!;
  const scores = outputScorer(2, true);
  scores.add(logits, rows.targets, rows.count);
  return ok(scores.tally());
}
