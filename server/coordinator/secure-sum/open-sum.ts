// Takes the masks off the vectors that a round has kept. No vector is ever without its masks alone: they are added up first, and what
// comes off then is what is left in the sum.
import { createHash } from 'node:crypto';
import type { Digest } from '#lib/core/ids.ts';
import type { Revealing } from '#lib/core/secure-sum/attempt-state.ts';
import { addWords, totalWords } from '#lib/core/secure-sum/masked-words.ts';
import { webPrimitives } from '#lib/core/secure-sum/primitives.ts';
import { recoverSeeds, takeMasksOff } from '#lib/core/secure-sum/recover.ts';
import type { Blobs } from '../../ports/blobs.ts';
import { BlobDamaged, scratchFor } from '../stored-updates.ts';

export type SumOutcome =
  | { readonly type: 'opened'; readonly words: Uint32Array<ArrayBuffer> }
  | { readonly type: 'unfitting'; readonly slots: readonly number[] }
  | { readonly type: 'failed'; readonly reason: string };

/** Throws BlobMissing and BlobDamaged. */
export async function openSum(blobs: Blobs, attempt: Revealing): Promise<SumOutcome> {
  const seeds = await recoverSeeds(attempt, webPrimitives);
  if (!seeds.ok) return { type: 'unfitting', slots: seeds.error.slots };
  const { config, masked } = attempt;
  const words = new Uint32Array(totalWords(config));
  for (const { update } of masked) addWords(words, await readWords(blobs, update, words.length), config, 1);
  await takeMasksOff(words, attempt, seeds.value, webPrimitives);
  return { type: 'opened', words };
}

async function readWords(blobs: Blobs, digest: Digest, length: number): Promise<Uint32Array<ArrayBuffer>> {
  const words = new Uint32Array(length);
  const bytes = new Uint8Array(words.buffer);
  const hash = createHash('sha256');
  await blobs.read(digest, scratchFor(bytes.length), (chunk, offset) => {
    if (offset + chunk.length > bytes.length) throw new BlobDamaged(digest);
    bytes.set(chunk, offset);
    hash.update(chunk);
  });
  if (hash.digest('hex') !== digest) throw new BlobDamaged(digest);
  return words;
}
