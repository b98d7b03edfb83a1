// Two tabs of one profile are one participant: exactly one trains, the other says so and can take over.
import { expect, test, type Page } from '@playwright/test';
import { bringSample, federationSpec, startContributing } from './errands.ts';
import { signedIn, type CoordinatorClient } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
let coordinator: CoordinatorClient;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  coordinator = await signedIn(server.signInUrl);
});
test.afterAll(() => server.close());

const training = (page: Page) => page.getByRole('heading', { level: 1, name: /^Training, round 1 / });
const elsewhere = (page: Page) =>
  page.getByRole('note').filter({ hasText: 'Training in another tab of this browser.' });

test('of two tabs one trains; “Move here” moves it, and closing that tab hands over', async ({ context }) => {
  await coordinator.create(federationSpec({ localEpochs: 1000, rules: { maximumRounds: 1 } }), 'tabs');
  await coordinator.act('tabs', 'start');
  const base = `${server.url}/f/tabs`;
  const first = await context.newPage();
  await bringSample(first, base, 300);
  await startContributing(first, base, 'Two tabs');
  await expect(training(first)).toBeVisible({ timeout: 60_000 });

  const second = await context.newPage();
  await second.goto(`${base}/train`);
  await expect(elsewhere(second)).toBeVisible();
  await expect(training(first)).toBeVisible();
  // Both tabs are connected, one of them stands for the participant.
  const seen = await coordinator.federation('tabs');
  expect(seen.checkedIn).toBeLessThanOrEqual(1);
  expect(seen.round?.cohort.length).toBe(1);

  await elsewhere(second).getByRole('button', { name: 'Move here' }).click();
  await expect(training(second)).toBeVisible({ timeout: 30_000 });
  await expect(elsewhere(second)).toBeHidden();
  await expect(elsewhere(first)).toBeVisible();
  await expect(training(first)).toBeHidden();

  await second.close();
  await expect(training(first)).toBeVisible({ timeout: 30_000 });
  await expect(elsewhere(first)).toBeHidden();

  await coordinator.until('tabs', (view) => view.state === 'finished', 60_000);
  const [, made, ...more] = await coordinator.versions('tabs');
  expect(more).toEqual([]);
  expect(made?.participants).toBe(1);
  expect((await coordinator.rounds('tabs')).map((round) => round.phase)).toEqual(['committed']);
});
