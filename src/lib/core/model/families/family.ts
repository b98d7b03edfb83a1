// What a model family is: a few settings that a coordinator types, and the network that they make for a data contract.
import * as v from 'valibot';
import { classLabels, targetSize, type DataContract } from '../../data/contract.ts';
import { fail, ok, type Result } from '../../result.ts';
import type { LayerSpec, NetworkSpec } from '../spec.ts';

export interface FamilyDefinition<Name extends string, Options extends v.GenericSchema> {
  readonly name: Name;
  readonly title: string;
  /** One sentence for the coordinator. */
  readonly description: string;
  /** Whether data of this contract can be learnt by this family. */
  suits(contract: DataContract): boolean;
  /** Every setting has a default: parsing `{}` gives them all. */
  readonly options: Options;
  network(contract: DataContract, options: v.InferOutput<Options>): NetworkSpec;
}

export interface Family<Name extends string, Options extends v.GenericSchema> extends FamilyDefinition<
  Name,
  Options
> {
  /** As typed or sent: unknown settings are refused by name, missing ones take their defaults. */
  networkFrom(contract: DataContract, options: unknown): Result<NetworkSpec, string>;
}

/** A setting that counts: 1 to `most`. */
export const whole = (most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(most));

/** The layer at the end, and its loss: what is predicted of a flat input. */
export function headOf(contract: DataContract): Pick<NetworkSpec, 'loss'> & { readonly layer: LayerSpec } {
  const classifies = classLabels(contract) !== undefined;
  return {
    loss: classifies ? 'categorical-crossentropy' : 'mean-squared-error',
    layer: {
      type: 'dense',
      units: targetSize(contract),
      activation: classifies ? 'softmax' : 'linear',
      useBias: true,
    },
  };
}

/** What stands behind a linear layer without bias, whose place β takes (Ioffe & Szegedy 2015, §3.2); Keras's momentum and ε. */
export const normalisedRelu: readonly LayerSpec[] = [
  { type: 'batch-normalisation', momentum: 0.99, epsilon: 1e-3 },
  { type: 'activation', activation: 'relu' },
];

export const defineFamily = <Name extends string, Options extends v.GenericSchema>(
  definition: FamilyDefinition<Name, Options>,
): Family<Name, Options> => ({
  ...definition,
  networkFrom(contract, options) {
    const parsed = v.safeParse(definition.options, options);
    if (parsed.success) return ok(definition.network(contract, parsed.output));
    const [issue] = parsed.issues;
    return fail(`${definition.title}: ${v.getDotPath(issue) ?? 'options'}: ${issue.message}.`);
  },
});
