import { expect, test } from 'vitest';
import type { Digest, RoundNumber, VersionNumber } from '#lib/core/ids.ts';
import { originOf } from './version-origin.ts';

const version = (parent: number | null, digest: string, round: number | null = null) => ({
  parent: parent as VersionNumber | null,
  digest: digest as Digest,
  round: round as RoundNumber | null,
});

test('a version is of a round, of the seed, repeated after damage, or handed down from above', () => {
  const versions = [version(null, 'a'), version(0, 'b', 1), version(0, 'a'), version(2, 'c')];
  expect(versions.map((one) => originOf(one, versions))).toEqual(['seed', 'round', 'restored', 'adopted']);
});
