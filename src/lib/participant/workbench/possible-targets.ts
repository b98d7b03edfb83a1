// What of a dataset could be foretold: for a page to offer, so that nothing of the workbench is loaded for it.
import type { DataContract } from '../../core/data/contract.ts';

/** Names of columns, the contract's own target first; pictures and recordings have their labels alone. A moment is not a thing to foretell. */
export const possibleTargets = (contract: DataContract): readonly string[] =>
  contract.kind === 'table'
    ? [
        contract.target.name,
        ...contract.columns
          .filter((column) => column.type !== 'number' || column.reads !== 'time')
          .map((column) => column.name),
      ]
    : ['label'];
