// The weights of a whole federation, round by round, must never change by accident: data, partition, the draws of who takes part, local
// training in plain loops and the server's exact sums all lie in them. Source: this program. Whoever changes one of these on purpose
// changes them here, and says in the commit what no longer is had again to the same bits.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readManifest } from '../../server/simulate/manifest.ts';
import { simulate } from '../../server/simulate/simulate.ts';
import { smallSetup } from '../support/small-simulation.ts';

test('eight devices with digits, four a round, make these versions', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-golden-'));
  try {
    const manifest = join(folder, 'manifest.json');
    const begin = { ...smallSetup, backend: 'reference' } as const;
    await simulate({ begin, processes: 1, manifest, onLine: () => {} }).done;
    const { rounds, data } = await readManifest(manifest);

    expect(data).toBe('0a679f38eae1fcb921f05a2fe014e181fc314f6b26e3e9c4b210e3bf14dbdfe3');
    expect(rounds.map(({ added, weights }) => [added, weights])).toEqual([
      [[1, 6, 4, 7], 'c572b201b77739c4b6fe7ef373a7ef551f19e1b29281df9f8fed254a04993cde'],
      [[2, 1, 6, 0], '760fed56554abf212771779e194e24bd03434d40c8f5636a36a963770a3d81ef'],
      [[3, 0, 6, 2], '0e9bf8e7d71b38c7d809260715a6aa26a763bcd1a3ea367a9ffa585e39ee8465'],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
