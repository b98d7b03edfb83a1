// Privacy as people meet it: the coordinator sees on the form what ε comes to, participants read what protects them, rounds are made
// with noise, and the run ends when the budget is spent.
import { expect, test } from '@playwright/test';
import { patientsFederation } from '../server/demo/demo-federations.ts';
import { startCommand } from '../test/support/command.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess } from '../test/support/server-process.ts';

const undo: (() => Promise<unknown>)[] = [];
test.afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

test('the form says ε with δ and adjacency, the join page what protects, and a spent budget ends the run', async ({
  page,
}) => {
  const server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  undo.push(() => server.close());
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
  await page.goto(`${server.url}/console/new`);
  await page.getByRole('button', { name: /Patient cohort/ }).click();
  await page.getByRole('link', { name: /Training and rounds/ }).click();
  const protection = page.getByLabel('Protection');
  await protection.selectOption({ label: 'Noise of the server' });
  const means = page.getByText(/loses ε \S+ at δ 0\.00001 .* between a device that takes part/);
  await expect(means).toBeVisible();
  const before = await means.innerText();
  await page.getByLabel('Noise multiplier').fill('8');
  await expect(means).not.toHaveText(before);
  await page.getByLabel('Budget, ε').fill('0.1');
  await expect(page.getByText(/ε 0\.1 at δ 0\.00001 holds 0 updates of each device/)).toBeVisible();

  // Who is drawn can be counted on only where the population is closed; then ε is less, and whom one trusts for it is said.
  await page.getByLabel('Budget, ε').fill('8');
  await page.getByLabel('Drawn by the server').fill('10');
  await page.getByLabel('Drawn by the server').blur();
  await expect(page.getByText(/Only from a closed population can the server draw/)).toBeVisible();
  await page.getByLabel('Who may join').selectOption({ label: 'Invited devices only' });
  await expect(page.getByText(/Only from a closed population/)).toBeHidden();
  await expect(page.getByText(/Devices must trust this server to draw so/)).toBeVisible();

  // Under a secure sum the noise is the devices' own, and groups are for strategies that compare.
  await page.getByLabel('Updates', { exact: true }).selectOption({ label: 'Their sum alone' });
  await expect(protection.locator('option:checked')).toContainText(
    'not where the server reads their sum alone',
  );
  await expect(page.getByLabel('Largest update')).toBeVisible();
  await protection.selectOption({ label: 'Noise of all devices, inside the secure sum' });
  await expect(page.getByLabel('Largest update')).toBeHidden();
  await expect(page.getByText(/and one that sent its noise alone/)).toBeVisible();
  await page.getByLabel('Groups').fill('3');
  await expect(page.getByText(/of \d+, to open that of a group\./)).toBeVisible();
  await page.getByLabel('Groups').fill('');
  await expect(page.getByText(/of \d+, to open the sum\./)).toBeVisible();

  const coordinator = await signedIn(server.signInUrl);
  const { spec } = patientsFederation();
  await coordinator.create(
    {
      ...spec,
      metric: { ...spec.metric, target: null },
      guard: { normFactor: null },
      // One Gaussian release with z 2 at δ 10⁻⁵ costs ε 1.99, two cost 3.01.
      privacy: { type: 'central', clipNorm: 0.5, noiseMultiplier: 2, delta: 1e-5, epsilon: 3.1 },
      rules: { ...spec.rules, goal: 2, minimum: 2, overSelection: 1, pauseMs: 100, maximumRounds: 40 },
    },
    'patients',
  );
  await coordinator.act('patients', 'start');
  await page.goto(`${server.url}/f/patients`);
  await expect(page.getByText(/At most ε 3\.1 at δ 0\.00001, between a device/).first()).toBeVisible();
  await expect(page.getByText(/Single updates are not hidden from the server/).first()).toBeVisible();

  const participants = startCommand(
    `participate --url ${server.url} --federation patients --sample --clients 2 --processes 1 --json`.split(
      ' ',
    ),
  );
  undo.push(() => participants.stop());
  const ended = await coordinator.until('patients', (view) => view.state === 'finished', 90_000);
  expect(ended.head.version).toBe(2);
  expect(ended.status).toMatch(/^The run ended: the privacy budget \(ε 3\.1 at δ 0\.00001\) of 2 devices/);
  expect(ended.privacy).toMatchObject({ releases: 2 });
  // No score and no number of rows has left a device.
  expect(ended.head.evaluation).toBeNull();
  expect(ended.head.examples).toBe(0);
});
