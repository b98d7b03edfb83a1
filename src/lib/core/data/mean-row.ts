// What is usual of encoded rows: where explanations start from, and what stands in for a value that rows to learn from never lacked.
import type { Examples } from './examples.ts';

/** [F]: of bytes as shares of 255. */
export function meanRow({
  count,
  features,
}: Pick<Examples, 'count' | 'features'>): Float32Array<ArrayBuffer> {
  const size = count === 0 ? 0 : features.length / count;
  const mean = new Float64Array(size);
  const unit = features instanceof Uint8Array ? 1 / 255 : 1;
  for (let at = 0; at < features.length; at += 1) mean[at % size]! += (features[at]! * unit) / count;
  return Float32Array.from(mean);
}
