// A federation with another data contract of the same columns: what is made of rows is made of them as they are encoded then.
import * as v from 'valibot';
import { exampleShape, FederationContract, type TableContract } from '../data/contract.ts';
import type { FederationSpec } from '../federation.ts';
import { fail, ok, type Result } from '../result.ts';
import { readFitted } from './fit.ts';
import { jsonOf } from './json-of.ts';
import { modelContract } from './model-contract.ts';
import { pinRecipe } from './pinned.ts';

/** Its network is the same from the first layer on. Refused in a sentence where its recipe cannot be done to such rows. */
export function specWithContract(
  spec: FederationSpec,
  contract: TableContract,
): Result<FederationSpec, string> {
  const read = v.safeParse(FederationContract, contract);
  if (!read.success) return fail(`This is no data contract: ${v.summarize(read.issues)}`);
  // A sample was made for the contract as it was.
  let changed: FederationSpec = { ...spec, contract: read.output, sample: null };
  if (spec.recipe !== undefined) {
    const fitted = readFitted(jsonOf(spec.recipe.text));
    const pinned = fitted.ok ? pinRecipe(fitted.value, contract, spec.recipe.from) : fitted;
    if (!pinned.ok)
      return fail(`The recipe of this federation does not fit the contract then: ${pinned.error}`);
    changed = { ...changed, recipe: pinned.value };
  }
  return ok(
    'network' in changed
      ? { ...changed, network: { ...changed.network, inputShape: exampleShape(modelContract(changed)) } }
      : changed,
  );
}
