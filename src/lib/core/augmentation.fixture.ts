// For tests: an epoch's pictures at once.
import { augmenting } from './augmentation.ts';

export function augmented<Values extends Uint8Array | Float32Array>(
  ...given: Parameters<typeof augmenting<Values>>
): Values {
  const work = augmenting(...given);
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
