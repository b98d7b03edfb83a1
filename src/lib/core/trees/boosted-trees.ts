// Gradient-boosted trees as a model that is learnt from sums (core/aggregation/summed-model.ts): the parts of this folder put
// together for one federation. One round grows one level. Where every participant reports in every round, the trees are those of
// pooled training, bit for bit; where the cohort changes, each level is of those who reported it.
import type { ModelProblem, SummedModel } from '../aggregation/summed-model.ts';
import { WORDS } from '../aggregation/exact-words.ts';
import type { DataContract } from '../data/contract.ts';
import { fail, ok, type Result } from '../result.ts';
import { binnedColumns } from './columns.ts';
import { initialState, treesStrategy } from './growth.ts';
import { ownSums, sumsLength } from './own-sums.ts';
import { evaluate, predict } from './prediction.ts';
import { objectiveOf, outputsOf, roundsNeeded, type TreesSpec } from './spec.ts';
import { readState, treesLayout, type TreesLayout } from './state.ts';

/** 2²⁴ values are 64 MiB: of a version, or of one device's update in one round. */
const MAXIMUM_VALUES = 2 ** 24;

export interface BoostedTrees extends SummedModel {
  readonly layout: TreesLayout;
}

export function boostedTrees(spec: TreesSpec, contract: DataContract): Result<BoostedTrees, ModelProblem> {
  if (contract.kind !== 'table')
    return fail({
      kind: 'unsuited-contract',
      message: 'Boosted trees take tables, and this contract is of pictures. Choose a network.',
    });
  const layout = treesLayout(
    spec,
    binnedColumns(contract, spec.bins),
    objectiveOf(contract.target),
    outputsOf(contract.target),
  );
  const { parameterCount } = layout;
  const updateLength = sumsLength(layout) * WORDS;
  if (Math.max(parameterCount, updateLength) > MAXIMUM_VALUES)
    return fail({
      kind: 'too-large',
      message: `These trees need versions of ${parameterCount} values and updates of ${updateLength}; at most ${MAXIMUM_VALUES} are carried. Choose fewer stages, bins or levels.`,
    });
  const withState = <T>(
    parameters: Float32Array,
    use: (state: ReturnType<typeof initialState>) => Result<T, ModelProblem>,
  ): Result<T, ModelProblem> => {
    const state = readState(layout, parameters);
    return state.ok ? use(state.value) : state;
  };
  return ok({
    layout,
    parameterCount,
    updateLength,
    initial: () => Float32Array.from(initialState(layout).vector),
    update: (parameters, rows) => withState(parameters, (state) => ownSums(state, rows)),
    strategy: treesStrategy(layout),
    progress: (parameters) =>
      withState(parameters, ({ phase, stage, level }) => {
        const needed = roundsNeeded(spec);
        const counted = needed - spec.stages * spec.depth;
        const grown = stage * spec.depth + level;
        return ok({
          rounds: phase === 'counting' ? 0 : counted + grown,
          roundsNeeded: needed,
          isComplete: phase === 'complete',
        });
      }),
    predict: (parameters, features, count) =>
      withState(parameters, (state) => ok(predict(state, features, count))),
    evaluate: (parameters, rows) => withState(parameters, (state) => evaluate(state, rows)),
  });
}
