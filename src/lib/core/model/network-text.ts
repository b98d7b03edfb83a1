// A network as somebody writes it down: JSON of a NetworkSpec. What is wrong is said by layer, counted from 1, before anything is
// trained.
import * as v from 'valibot';
import { classLabels, exampleShape, targetSize, type DataContract } from '../data/contract.ts';
import { fail, ok, type Result } from '../result.ts';
import { buildNetwork, type BuiltLayer, type Network } from './network.ts';
import { NetworkSpec } from './spec.ts';

export interface NetworkProblem {
  /** From 0; null: no layer is to blame. */
  readonly layer: number | null;
  readonly message: string;
  /** The layers before it, whose shapes are proven; none where the text is no network at all. */
  readonly built: readonly BuiltLayer[];
}

/** A layer a line. */
export const networkText = ({ inputShape, layers, loss }: NetworkSpec): string =>
  `{
  "inputShape": ${JSON.stringify(inputShape)},
  "layers": [
${layers.map((layer) => `    ${JSON.stringify(layer)}`).join(',\n')}
  ],
  "loss": ${JSON.stringify(loss)}
}`;

const problem = (message: string, layer: number | null = null, built: readonly BuiltLayer[] = []) =>
  fail<NetworkProblem>({ layer, message, built });

/** Reads what `networkText` writes, or somebody else has. Shapes are proven. */
export function readNetworkText(text: string): Result<Network, NetworkProblem> {
  const spec = readSpecText(text);
  return spec.ok ? proven(spec.value) : spec;
}

/** As buildNetwork, with its refusal as a problem. */
export function proven(spec: NetworkSpec): Result<Network, NetworkProblem> {
  const built = buildNetwork(spec);
  return built.ok ? built : problem(built.error.message, built.error.layer, built.error.built);
}

/** The text as a network by its schema; its shapes may not fit. */
export function readSpecText(text: string): Result<NetworkSpec, NetworkProblem> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return problem(`This is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const read = v.safeParse(NetworkSpec, parsed);
  if (read.success) return ok(read.output);
  const [issue] = read.issues;
  const keys = issue.path?.map(({ key }) => key) ?? [];
  const [part, place, ...rest] = keys;
  if (part === 'layers' && typeof place === 'number') {
    const what = rest.length === 0 ? '' : `${rest.join('.')}: `;
    return problem(`Layer ${place + 1}${nameAt(parsed, place)}: ${what}${issue.message}.`, place);
  }
  const where =
    keys.length === 0 ? 'A network is { "inputShape": […], "layers": […], "loss": … }' : keys.join('.');
  return problem(`${where}: ${issue.message}.`);
}

function nameAt(parsed: unknown, place: number): string {
  const layers: unknown =
    typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'layers') : undefined;
  const layer: unknown = Array.isArray(layers) ? layers[place] : undefined;
  const type: unknown = typeof layer === 'object' && layer !== null ? Reflect.get(layer, 'type') : undefined;
  return typeof type === 'string' ? ` (${type})` : '';
}

/** Why a network cannot learn rows of a contract, naming the layer; undefined where it can. */
export function unfitting(
  { spec, outputSize, layers: built }: Network,
  contract: DataContract,
): NetworkProblem | undefined {
  const shape = exampleShape(contract);
  const text = (sides: readonly number[]): string => `[${sides.join(', ')}]`;
  if (shape.join() !== spec.inputShape.join())
    return {
      layer: 0,
      message: `Layer 1 (${spec.layers[0]?.type ?? 'none'}) is made for an input of ${text(spec.inputShape)}, but an example of these data is ${text(shape)}.`,
      built,
    };
  const last = spec.layers.length - 1;
  const name = `Layer ${last + 1} (${spec.layers[last]?.type ?? 'none'})`;
  const wanted = targetSize(contract);
  const isClassifier = classLabels(contract) !== undefined;
  if (outputSize !== wanted)
    return {
      layer: last,
      message: `${name} gives ${outputSize} ${outputSize === 1 ? 'number' : 'numbers'}, but ${isClassifier ? `there are ${wanted} classes` : 'one number is predicted'}.`,
      built,
    };
  if ((spec.loss === 'categorical-crossentropy') !== isClassifier)
    return {
      layer: null,
      message: `The loss is ${spec.loss}, but ${isClassifier ? 'classes are told: categorical-crossentropy' : 'a number is told: mean-squared-error'} is needed.`,
      built,
    };
  return undefined;
}
