// Apart from the spec, so that the join page does not carry it.
import type { DataContract } from '../data/contract.ts';
import type { FederationSpec } from '../federation.ts';

/** What the model sees of rows: those of the contract, or what the recipe makes of them. */
export const modelContract = ({
  contract,
  recipe,
}: Pick<FederationSpec, 'contract' | 'recipe'>): DataContract =>
  recipe === undefined || contract.kind !== 'table'
    ? contract
    : { kind: 'table', columns: recipe.columns, target: contract.target };
