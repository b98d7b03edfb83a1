// A federation's model as its coordinator works with it: a network that devices train, or a model that is learnt from sums over
// their rows. Both are one vector of parameters a version; they differ in who makes an update and what the sum becomes.
import { strategyOf } from './aggregation/strategy-spec.ts';
import type { Strategy } from './aggregation/strategy.ts';
import type { SummedModel } from './aggregation/summed-model.ts';
import { classLabels, type DataContract } from './data/contract.ts';
import type { FederationSpec } from './federation.ts';
import type { TallyShape } from './metrics/tally-sums.ts';
import { buildNetwork, initialParameters, type Network } from './model/network.ts';
import { fail, ok, type Result } from './result.ts';
import { summedModel } from './summed-models.ts';

export type FederatedModel =
  | { readonly type: 'network'; readonly parameterCount: number; readonly network: Network }
  | { readonly type: 'sums'; readonly parameterCount: number; readonly sums: SummedModel };

/** Why there is none, in a sentence, and the field of the spec that it is about. */
export interface UnbuildableModel {
  readonly path: string;
  readonly message: string;
}

export function federatedModel(spec: FederationSpec): Result<FederatedModel, UnbuildableModel> {
  if ('network' in spec) {
    const network = buildNetwork(spec.network);
    if (!network.ok)
      return fail({ path: `network.layers.${network.error.layer}`, message: network.error.message });
    const { parameterCount } = network.value;
    return ok({ type: 'network', parameterCount, network: network.value });
  }
  const sums = summedModel(spec);
  if (!sums.ok) return fail({ path: 'family', message: sums.error.message });
  return ok({ type: 'sums', parameterCount: sums.value.parameterCount, sums: sums.value });
}

/** Version 0, [P]. Owns its buffer. */
export const firstParameters = (
  model: FederatedModel,
  { plan }: FederationSpec,
): Float32Array<ArrayBuffer> =>
  model.type === 'network' ? initialParameters(model.network, plan.seed) : model.sums.initial();

/** What makes a version of a round's updates: the strategy that was chosen, or the model's own. */
export const strategyFor = (model: FederatedModel, { strategy }: FederationSpec): Strategy =>
  model.type === 'network' ? strategyOf(strategy) : model.sums.strategy;

/** How the run of a model ends that needs no further round, in a sentence; undefined where it goes on. */
export function completion(model: FederatedModel, parameters: Float32Array): string | undefined {
  if (model.type === 'network') return undefined;
  const progress = model.sums.progress(parameters);
  if (!progress.ok) throw new Error(progress.error.message);
  return progress.value.isComplete ? 'The model is complete: another round would change nothing.' : undefined;
}

/** What tallies of its versions are. */
export function tallyShapeOf(spec: FederationSpec): TallyShape {
  if (spec.family === 'k-means') return { type: 'clustering', clusters: spec.clusters.clusters };
  return shapeOfTarget(spec.contract);
}

function shapeOfTarget(contract: DataContract): TallyShape {
  const classes = classLabels(contract)?.length;
  return classes === undefined ? { type: 'regression' } : { type: 'classification', classes };
}
