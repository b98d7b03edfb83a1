// What one example of a contract is called, to a person.
import type { DataContract } from './contract.ts';

export type Thing = 'picture' | 'recording' | 'row';

const things: Readonly<Record<DataContract['kind'], Thing>> = {
  image: 'picture',
  audio: 'recording',
  table: 'row',
};

export const thingOf = ({ kind }: Pick<DataContract, 'kind'>): Thing => things[kind];
/** "Pictures" */
export const thingsOf = (contract: Pick<DataContract, 'kind'>): string => {
  const thing = thingOf(contract);
  return `${thing.charAt(0).toUpperCase()}${thing.slice(1)}s`;
};
