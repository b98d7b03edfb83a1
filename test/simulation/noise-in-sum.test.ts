// Whole rounds of a secure sum in which each device adds its share of the noise: real participants against the real server.
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { costOf, epsilonOf, releasesWithin } from '#lib/core/privacy/budget.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import { sqliteRecords } from '../../server/adapters/sqlite/records.ts';
import { securePatients } from '../support/secure-patients.ts';
import { faults, federation, stage } from '../support/secure-stage.ts';

const undoings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undoings.splice(0).reverse()) await undo();
});

const privacy: Noised = {
  type: 'distributed',
  clipNorm: 0.5,
  noiseMultiplier: 3,
  delta: 1e-5,
  epsilon: 2.2,
};
const six = [0, 1, 2, 3, 4, 5];

test('six devices make versions whose noise is the stated one, pay for each before it is opened, and stop where the budget is spent', async () => {
  expect(releasesWithin(privacy)).toBe(2);
  const one = await stage({ ...securePatients(usualSecureSum, 5), privacy }, undoings);
  await one.start(six).done;
  const { versions, lines } = await one.played();
  expect(faults(lines)).toEqual([]);
  // Two rounds, not five.
  expect(versions.length).toBe(3);
  const view = await one.coordinator.federation(federation);
  expect(view.status).toMatch(/^The run ended: the privacy budget .* of 6 devices/);
  expect(view.privacy).toEqual({ releases: 2, epsilon: epsilonOf(2 * costOf(privacy), 1e-5, 'distributed') });
  expect(view.privacy!.epsilon).toBeLessThanOrEqual(2.2);

  // Divided by the six that were expected. All six stay, and five must: 6/5 of the noise. What was learned is beside it no longer than
  // the clip norm, so its mean square is below (0.5/6)²·6²/P.
  const moves = [1, 2].flatMap((at) => [...versions[at]!.map((value, i) => value - versions[at - 1]![i]!)]);
  const square = moves.reduce((sum, value) => sum + value * value, 0) / moves.length;
  const noise = ((3 * 0.5) / 6) ** 2 * (6 / 5);
  const slack = 5 * Math.sqrt(2 / moves.length);
  expect(square / noise).toBeGreaterThan(1 - slack);
  expect(square / noise).toBeLessThan(1 + slack + 0.5 ** 2 / versions[0]!.length / noise);

  const data = await one.stop();
  const records = await sqliteRecords(join(data, 'tributary.sqlite'));
  undoings.push(() => records.close());
  const journal = await records.journal(federation);
  const kinds = journal
    .map(({ type }) => type)
    .filter((type) => /^(privacy-charged|sum-consenting|committed)$/.test(type));
  expect(kinds).toEqual([
    'privacy-charged',
    'sum-consenting',
    'committed',
    'privacy-charged',
    'sum-consenting',
    'committed',
  ]);
  const [charge] = journal.filter(({ type }) => type === 'privacy-charged');
  expect(charge!.payload).toMatchObject({ mechanism: 'distributed', noiseMultiplier: 3 });
  expect((charge!.payload as { participants: string[] }).participants.length).toBe(6);
});
