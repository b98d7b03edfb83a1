// Pictures or recordings as a model without a target takes them: what a frozen network sees in each, all of them. Their labels are what the
// groups are held against.
import type { PlaneContract } from '../../../core/data/contract.ts';
import type { Examples } from '../../../core/data/examples.ts';
import { bytesOf, digestBuilder } from '../../../core/digest.ts';
import { embeddedContract } from '../../../core/model/embedding.ts';
import { MOST_VALUES, type GroupData } from './group-data.ts';

/** What groups of pictures are held against. */
export const LABEL = 'label';

/** `seen` [count, width], which it keeps. */
export function seenGroupData(
  contract: PlaneContract,
  { count, targets, hashes }: Pick<Examples, 'count' | 'targets' | 'hashes'>,
  seen: Float32Array<ArrayBuffer>,
  notes: readonly string[],
): GroupData {
  const labelOf = (index: number): string => contract.classes[targets[index] ?? -1] ?? '';
  return {
    preparation: undefined,
    columns: embeddedContract(seen.length / count, contract).columns,
    areNamed: false,
    count,
    features: seen,
    digest: digestBuilder().update(bytesOf(hashes)).finish(),
    used: ['what the network sees'],
    leftOut: [],
    naming: [],
    comparable:
      contract.classes.length > MOST_VALUES
        ? []
        : [{ name: LABEL, values: contract.classes, codes: Int32Array.from(targets), isUsed: false }],
    notes,
    header: [LABEL],
    cellsOf: (index) => [labelOf(index)],
    placeOf: (index) => index + 1,
    originOf: (index) => index,
  };
}

/** What a model that says a group of each is told of them. */
export const groupedContract = <Contract extends PlaneContract>(
  contract: Contract,
  groups: readonly string[],
): Contract => ({ ...contract, classes: [...groups] });
