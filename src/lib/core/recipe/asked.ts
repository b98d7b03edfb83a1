// By which recipe a model takes rows of which contract: what a model needs beside its parameters where rows are prepared first.
import * as v from 'valibot';
import { FederationContract } from '../data/contract.ts';
import { PinnedRecipe, type FederationSpec } from '../federation.ts';

export const AskedRecipe = v.strictObject({ contract: FederationContract, pinned: PinnedRecipe });
export type AskedRecipe = v.InferOutput<typeof AskedRecipe>;

/** undefined: the model takes rows as the contract encodes them. */
export const askedRecipe = ({
  contract,
  recipe,
}: Pick<FederationSpec, 'contract' | 'recipe'>): AskedRecipe | undefined =>
  recipe === undefined ? undefined : { contract, pinned: recipe };
