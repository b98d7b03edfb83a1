// What a model family is: a few settings that a coordinator types, and the network that they make for a data contract.
import * as v from 'valibot';
import type { DataContract } from '../../data/contract.ts';
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
