// What is usual of encoded rows: where explanations start from, and what stands in for a value that rows to learn from never lacked.
import type { DataContract } from '../data/contract.ts';
import type { Examples } from '../data/examples.ts';
import { columnPlaces } from './black-box.ts';

/** [F]: of bytes as shares of 255; of texts the empty one: pairs have no mean. */
export function meanRow(
  contract: DataContract,
  { count, features }: Pick<Examples, 'count' | 'features'>,
): Float32Array<ArrayBuffer> {
  const size = count === 0 ? 0 : features.length / count;
  const mean = new Float64Array(size);
  const unit = features instanceof Uint8Array ? 1 / 255 : 1;
  for (let at = 0; at < features.length; at += 1) mean[at % size]! += (features[at]! * unit) / count;
  if (contract.kind === 'table')
    for (const [at, { from, to }] of columnPlaces(contract).entries())
      if (contract.columns[at]?.type === 'terms') mean.fill(0, from, to);
  return Float32Array.from(mean);
}
