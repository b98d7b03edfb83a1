// What a network sees in a picture or a recording: the numbers that one of its layers gives, in one row. By these, examples are laid out in
// a plane, and models that learn from numbers learn from them: a network that somebody trained on many pictures tells likeness better than
// pixels do (Donahue et al. 2014, "DeCAF"). Nothing is fitted: the same example and weights give the same row.
import {
  exampleShape,
  isPlane,
  type DataContract,
  type PlaneContract,
  type TableContract,
} from '../data/contract.ts';
import { thingOf } from '../data/example-words.ts';
import { fail, ok, type Result } from '../result.ts';
import { featureNetwork, frozenLength, type Frozen } from './backbone.ts';
import { buildNetwork, type Network } from './network.ts';
import type { NetworkSpec } from './spec.ts';

export interface Embedding {
  /** The layers up to the one that is taken, then a flatten: it gives [width] numbers. */
  readonly network: Network;
  /** Of these layers alone. */
  readonly parameters: Float32Array;
  /** Numbers of one example. */
  readonly width: number;
}

/** Of more numbers the rows of a dataset are gigabytes, and no model here learns better from them. */
export const MOST_NUMBERS = 4096;

/** Of all rows that are learnt from together, a quarter of a gigabyte: what learns from them takes its own room beside it. */
export const MOST_SEEN = 2 ** 26;

/** Why so many rows of so many numbers are too much to learn from, in a sentence; undefined where they are not. */
export const tooMuchSeen = (rows: number, width: number): string | undefined =>
  rows * width <= MOST_SEEN
    ? undefined
    : `What the network sees of ${rows.toLocaleString('en')} examples is ${width.toLocaleString('en')} numbers of each, ${(rows * width).toLocaleString('en')} in all, and ${MOST_SEEN.toLocaleString('en')} are the most. Take a layer that gives fewer, behind a pooling perhaps, or learn from ${Math.floor(MOST_SEEN / width).toLocaleString('en')} examples.`;

/** What the last of the frozen layers gives. Refused in a sentence where that is no row of numbers to learn from. */
export function embeddingOf(network: Network, { layers, parameters }: Frozen): Result<Embedding, string> {
  const seeing = seeingNetwork(network, layers);
  if (!seeing.ok) return seeing;
  const { outputSize: width, parameterCount } = seeing.value;
  if (parameters.length !== parameterCount)
    return fail('The weights are those of other layers. Bring the network again.');
  return ok({ network: seeing.value, parameters, width });
}

function seeingNetwork(network: Network, layers: number): Result<Network, string> {
  const last = network.layers[layers - 1];
  if (last !== undefined && 'activation' in last.spec && last.spec.activation === 'softmax')
    return fail('What a softmax gives is an answer, not what a network sees: take a layer before it.');
  const made = featureNetwork(network, layers);
  if (!made.ok) return made;
  const width = made.value.outputSize;
  if (width > MOST_NUMBERS)
    return fail(
      `This layer gives ${width.toLocaleString('en')} numbers of each example, and ${MOST_NUMBERS.toLocaleString('en')} are the most. Take a later one, behind a pooling perhaps.`,
    );
  return made;
}

/** As it was, of its network's spec as it stands in a file; undefined where the weights are those of another. */
export function embeddingAgain(spec: NetworkSpec, parameters: Float32Array): Embedding | undefined {
  const network = buildNetwork(spec, 'part');
  return network.ok && network.value.parameterCount === parameters.length
    ? { network: network.value, parameters, width: network.value.outputSize }
    : undefined;
}

/** Why it sees nothing of examples of this contract, in a sentence; undefined where it sees something. */
export function unseen({ network }: Embedding, contract: DataContract): string | undefined {
  if (!isPlane(contract)) return 'a network sees pictures and recordings, and these are rows.';
  const [given, taken] = [exampleShape(contract), network.spec.inputShape];
  return given.join() === taken.join()
    ? undefined
    : `the network takes examples of ${taken.join(' × ')}, and these ${thingOf(contract)}s are ${given.join(' × ')}. Bring one that was made for such.`;
}

/** A network up to the layer before its answer; undefined: nothing that was learnt lies there. */
export function beforeAnswer(network: Network, parameters: Float32Array): Frozen | undefined {
  const layers = layersBeforeAnswer(network);
  return layers === undefined
    ? undefined
    : { layers, parameters: parameters.slice(0, frozenLength(network, layers)) };
}

function layersBeforeAnswer(network: Network): number | undefined {
  const answer = network.layers.findLastIndex(({ slots }) => slots.length > 0);
  return network.layers.slice(0, Math.max(0, answer)).some(({ slots }) => slots.length > 0)
    ? answer
    : undefined;
}

/** Whether what the layer before its answer gives can be taken, whatever the weights are. */
export function canBeSeenBy(network: Network): boolean {
  const layers = layersBeforeAnswer(network);
  return layers !== undefined && seeingNetwork(network, layers).ok;
}

/** What a model that learns from numbers is told of the rows: so many columns, and the classes of the examples. */
export const embeddedContract = (
  width: number,
  { classes }: Pick<PlaneContract, 'classes'>,
): TableContract => ({
  kind: 'table',
  columns: Array.from({ length: width }, (_, at) => ({
    type: 'number',
    name: `number ${at + 1}`,
    minimum: null,
    maximum: null,
    missingAllowed: false,
    mean: 0,
    standardDeviation: 1,
  })),
  target: {
    type: 'classes',
    name: 'class',
    classes: classes.map((label) => ({ label, values: [label] })),
  },
});
