// A frozen backbone: the first layers of a network that somebody has trained elsewhere, taken as they are, with a head of one's own on them.
// No gradient moves a backbone, so that what it makes of each example is worked out once, and only the head is trained: the same numbers
// as layers whose learning rate is nought, at a fraction of the time (Yosinski et al. 2014, "How transferable are features in deep neural
// networks?", the frozen case).
import type { DataContract } from '../data/contract.ts';
import { fail, ok, type Result } from '../result.ts';
import { headOf } from './families/family.ts';
import { buildNetwork, type Network } from './network.ts';
import type { NetworkSpec } from './spec.ts';

/** The first `layers` layers of a network are frozen, with these parameters, which are the first of the flat buffer. */
export interface Frozen {
  readonly layers: number;
  /** Of the frozen layers alone. */
  readonly parameters: Float32Array;
}

/** The network that gives, of each example, what layer `layers` − 1 of `network` gives, in one row: numbers, not classes. */
export function featureNetwork({ spec }: Network, layers: number): Result<Network, string> {
  const own = spec.layers.slice(0, layers);
  if (own.length === 0) return fail('A backbone has one layer at least.');
  // Squared error, so that no engine makes shares of what it gives.
  const built = buildNetwork(
    { ...spec, layers: [...own, { type: 'flatten' }], loss: 'mean-squared-error' },
    'part',
  );
  return built.ok ? built : fail(built.error.message);
}

/** The network of the layers behind the frozen ones, over one row of features. */
export function headNetwork({ spec, layers: built }: Network, layers: number): Result<Network, string> {
  const first = built[layers];
  if (first === undefined) return fail('Behind the frozen layers there must be a layer that is trained.');
  const made = buildNetwork({
    ...spec,
    inputShape: [...first.inputShape],
    layers: spec.layers.slice(layers),
  });
  return made.ok ? made : fail(made.error.message);
}

/** Parameters of the first `layers` layers: where the head's begin. */
export const frozenLength = ({ layers: built, parameterCount }: Network, layers: number): number =>
  built.slice(layers).find(({ slots }) => slots.length > 0)?.slots[0]?.offset ?? parameterCount;

/** What is taken where nobody names a layer: those that the file marks as not trained, from the first on, or all but the answer. */
export function usualCut({
  network,
  frozen,
}: {
  readonly network: Network;
  readonly frozen: readonly boolean[];
}): number {
  const first = frozen.indexOf(false);
  if (first !== 0) return first < 0 ? network.layers.length : first;
  const answer = network.layers.findLastIndex(({ slots }) => slots.length > 0);
  return Math.max(1, answer);
}

/** A backbone up to layer `layers` − 1 with the usual head for a contract: one dense layer over everything that it gives. */
export function withUsualHead(
  { spec, layers: built }: Network,
  layers: number,
  contract: DataContract,
): Result<NetworkSpec, string> {
  const last = built[layers - 1];
  if (last === undefined)
    return fail(`The backbone has ${built.length} layers: name one from 1 to ${built.length}.`);
  const head = headOf(contract);
  const own = spec.layers.slice(0, layers);
  if ('activation' in last.spec && last.spec.activation === 'softmax')
    return fail('What a softmax gives is an answer, not features: take a layer before it.');
  const whole: NetworkSpec = {
    inputShape: spec.inputShape,
    layers: [...own, ...(last.outputShape.length === 1 ? [] : [{ type: 'flatten' } as const]), head.layer],
    loss: head.loss,
  };
  return ok(whole);
}
