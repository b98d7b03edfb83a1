// Where a version comes from: a round, the seed, the disk's damage, or an upper federation (server/edge).
import type { VersionView } from '#lib/protocol/views.ts';

export type VersionOrigin = 'round' | 'seed' | 'restored' | 'adopted';

/** `versions` from 0 on. One that stands in for damaged ones has the bytes of its parent; one from above has others. */
export function originOf(
  { round, parent, digest }: Pick<VersionView, 'round' | 'parent' | 'digest'>,
  versions: readonly Pick<VersionView, 'digest'>[],
): VersionOrigin {
  if (round !== null) return 'round';
  if (parent === null) return 'seed';
  return versions[parent]?.digest === digest ? 'restored' : 'adopted';
}
