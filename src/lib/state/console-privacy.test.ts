import { describe, expect, test } from 'vitest';
import { rdpEpsilon } from '../core/privacy/rdp.ts';
import type { Noised } from '../core/privacy/rules.ts';
import { noiseRatio, privacyChosen, privacyRead, privacySentences, privacyTyped } from './console-privacy.ts';

const central: Noised = { type: 'central', clipNorm: 0.5, noiseMultiplier: 4, delta: 1e-5, epsilon: 8 };

describe('privacy as it is typed', () => {
  test('comes back from a spec, keeps its numbers while it is off, and is read by the schema', () => {
    expect(privacyRead(privacyTyped(central))).toEqual(central);
    const off = { ...privacyTyped(central), type: 'none' as const };
    expect(privacyChosen(off)).toEqual({ type: 'none' });
    expect(privacyRead({ ...privacyTyped(central), clipNorm: null })).toEqual({ type: 'none' });
    expect(privacyChosen({ ...privacyTyped(central), clipNorm: null })).toMatchObject({ clipNorm: null });
  });

  test('says ε by both accountants with δ and adjacency, what the budget holds, and the likely cost', () => {
    const [privacy, budget, accuracy] = privacySentences(central, { goal: 1000, maximumRounds: 20 }, 7850);
    // 20 Gaussian releases of z 4 at δ 10⁻⁵: 4.97 exactly, 5.38 by Rényi divergences.
    expect(privacy?.text).toMatch(
      /^A device in 20 rounds loses ε 4\.9\d at δ 0\.00001 \(by Rényi divergences 5\.3\d\), between a device that takes part/,
    );
    expect(budget?.text).toContain('enough for all 20 rounds');
    // 4 · √7850 / 1000
    expect(noiseRatio(central, 1000, 7850)).toBeCloseTo(0.3544, 4);
    expect(accuracy?.text).toMatch(/^The noise in a round's average is 0\.35 times as long/);
  });

  test('inside a secure sum is accounted by Rényi divergences alone, and is half as much again where all stay', () => {
    const distributed = { ...central, type: 'distributed' as const };
    expect(privacyRead(privacyTyped(distributed))).toEqual(distributed);
    const [privacy] = privacySentences(distributed, { goal: 1000, maximumRounds: 20 }, 7850);
    expect(privacy?.text).toMatch(
      /^A device in 20 rounds loses ε 5\.3\d at δ 0\.00001 \(by Rényi divergences: no/,
    );
    expect(privacy?.text).toContain('one that sent its noise alone');
    expect(noiseRatio(distributed, 1000, 7850) / noiseRatio(central, 1000, 7850)).toBeCloseTo(1.2247, 4);
  });

  test('says where the budget ends before the rounds do', () => {
    const [privacy, budget] = privacySentences(central, { goal: 10, maximumRounds: 1000 }, undefined);
    expect(privacy?.text).toMatch(/^A device in 4\d rounds/);
    expect(budget?.text).toContain('takes part no more');
    expect(privacySentences({ type: 'none' }, { goal: 10, maximumRounds: 10 }, 10)).toEqual([]);
  });

  test('counts the noise of n devices as √n times that of a server, and that of replacing as two', () => {
    const local = noiseRatio({ ...central, type: 'local' }, 100, 400);
    expect(local / noiseRatio(central, 100, 400)).toBeCloseTo(2 * Math.sqrt(100), 9);
  });
});

test('a draw of the server is said with what it is counted on for, what it is divided by, and whom that is to be believed of', () => {
  const drawn: Noised = { ...central, noiseMultiplier: 1, samplingRate: 0.05 };
  expect(privacyRead(privacyTyped(drawn))).toEqual(drawn);
  // Kept while another noise is looked at, and not sent for it.
  expect(privacyChosen({ ...privacyTyped(drawn), type: 'local' })).not.toHaveProperty('samplingRate');
  const [privacy, draw, budget] = privacySentences(drawn, { goal: 20, maximumRounds: 100 }, undefined);
  // q 0.05, σ 1, 100 rounds, δ 10⁻⁵ by Rényi divergences.
  const expected = Number(rdpEpsilon(0.05, 1, 100, 1e-5).epsilon.toPrecision(3));
  expect(privacy?.text).toContain(`loses ε ${expected} at δ 0.00001 by Rényi divergences, between a device`);
  expect(draw?.text).toContain('with a chance of 5 %');
  expect(draw?.text).toContain('divided by 20: that is what comes of 400 admitted devices');
  expect(draw?.text).toContain('must trust this server');
  expect(budget?.text).toContain('enough for all 100');
  // Everywhere else none is claimed.
  const [plain] = privacySentences(central, { goal: 20, maximumRounds: 100 }, undefined);
  expect(plain?.text).toContain('No amplification by sampling is claimed');
});
