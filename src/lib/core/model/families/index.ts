// The model families that a coordinator can pick, simplest first. A new family is a file here and its line in the list.
// 'imported' is no family of settings: its network comes from a model.json (keras.ts).
import type { DataContract } from '../../data/contract.ts';
import { fail, type Result } from '../../result.ts';
import { buildNetwork, type Network } from '../network.ts';
import { cnnMcMahan } from './cnn-mcmahan.ts';
import { cnnSmall } from './cnn-small.ts';
import { gru } from './gru.ts';
import { linearRegression } from './linear-regression.ts';
import { lstm } from './lstm.ts';
import { mlp } from './mlp.ts';
import { softmaxRegression } from './softmax-regression.ts';
import { transformer } from './transformer.ts';

export const modelFamilies = [
  softmaxRegression,
  linearRegression,
  mlp,
  cnnMcMahan,
  cnnSmall,
  gru,
  lstm,
  transformer,
] as const;
export type FamilyName = (typeof modelFamilies)[number]['name'];

export const familyNamed = (name: string): (typeof modelFamilies)[number] | undefined =>
  modelFamilies.find((family) => family.name === name);

/** The families that can learn data of this contract. */
export const familiesFor = (contract: DataContract): (typeof modelFamilies)[number][] =>
  modelFamilies.filter((family) => family.suits(contract));

export interface FamilyError {
  readonly kind: 'unknown-family' | 'unsuited' | 'options' | 'shape';
  readonly message: string;
}

/** The network of a family with these options (as typed; missing ones take their defaults), its shapes proven. */
export function networkOf(
  name: string,
  contract: DataContract,
  options: unknown = {},
): Result<Network, FamilyError> {
  const family = familyNamed(name);
  if (family === undefined)
    return fail({ kind: 'unknown-family', message: `There is no model family "${name}".` });
  if (!family.suits(contract))
    return fail({ kind: 'unsuited', message: `${family.title} does not suit this data contract.` });
  const spec = family.networkFrom(contract, options);
  if (!spec.ok) return fail({ kind: 'options', message: spec.error });
  const built = buildNetwork(spec.value);
  return built.ok ? built : fail({ kind: 'shape', message: built.error.message });
}
