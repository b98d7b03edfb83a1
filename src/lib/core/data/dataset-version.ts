// The name of a local dataset's content: SHA-256 over the contract that it was read by and its examples, in order.
import * as v from 'valibot';
import { bytesOf, digestBuilder } from '../digest.ts';
import type { DatasetVersion } from '../ids.ts';
import { DataContract } from './contract.ts';

export interface DatasetVersionBuilder {
  /** [count, 2], the hashes of the next examples. */
  add(hashes: Uint32Array): DatasetVersionBuilder;
  finish(): DatasetVersion;
}

/**
 * Examples enter by their 64-bit hashes, which cover encoded bytes and target: a million examples cost 8 MB of SHA-256,
 * and how they were cut into chunks does not matter.
 */
export function datasetVersion(contract: DataContract): DatasetVersionBuilder {
  const digest = digestBuilder();
  // Parsing puts the keys into the schema's order, whoever wrote the contract.
  digest.update(new TextEncoder().encode(`${JSON.stringify(v.parse(DataContract, contract))}\n`));
  const builder: DatasetVersionBuilder = {
    add(hashes) {
      digest.update(bytesOf(hashes));
      return builder;
    },
    finish: () => digest.finish(),
  };
  return builder;
}
