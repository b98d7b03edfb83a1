import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ParticipantId } from '#lib/core/ids.ts';
import { noPrivacy, type Noised } from '#lib/core/privacy/rules.ts';
import { ok } from '#lib/core/result.ts';
import type { LedgerView } from '#lib/protocol/ledger.ts';
import { ConsoleLedger } from './console-ledger.svelte.ts';

const central: Noised = { type: 'central', clipNorm: 1, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 };
const id = (letter: string) => v.parse(ParticipantId, letter.repeat(32));
const ledger = async (view: LedgerView): Promise<ConsoleLedger> => {
  const shown = new ConsoleLedger({ ledger: async () => ok(view) }, 'digits');
  await shown.read();
  return shown;
};

test('what each device spent is said with its releases, its budget, δ and what ε compares', async () => {
  const shown = await ledger({
    delta: 1e-5,
    epsilon: 8,
    participants: [
      { participant: id('a'), releases: 3, epsilon: 1.234 },
      { participant: id('b'), releases: 1, epsilon: 0.5 },
    ],
  });
  expect(shown.words(id('a'))).toMatch(/^1\.2\d*, 3 releases$/);
  expect(shown.words(id('b'))).toMatch(/^0\.50?, 1 release$/);
  expect(shown.words(id('c'))).toBe('0');
  expect(shown.meaning(central)).toMatch(/of 8 at δ 0.00001, between a device that takes part/);
  expect(shown.meaning({ ...central, type: 'local' })).toMatch(/between any two updates/);
});

test('a federation that promises no privacy has no ledger', async () => {
  const shown = await ledger(null);
  expect(shown.words(id('a'))).toBeUndefined();
  expect(shown.meaning(noPrivacy)).toBeUndefined();
});
