// Boosted trees and clusters as a federation's model, from the form to a prediction: headless participants and a tab take them to
// their end.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import * as v from 'valibot';
import { FederationSpec } from '#lib/core/federation.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { commandResult, startCommand, type RunningCommand } from '../test/support/command.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';
import { bringSample, federationSpec, patients, unseenErrors } from './errands.ts';

let server: ServerProcess;
let participants: RunningCommand | undefined;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(async () => {
  await participants?.stop();
  await server.close();
});

const next = (page: Page): Promise<void> => page.getByRole('button', { name: /^Next: / }).click();

test('trees are chosen on the form, grown by two participants and a tab, and tell a row on the page to try them', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
  await page.goto(`${server.url}/console/new`);
  await page.getByRole('button', { name: /^Patient cohort/ }).click();
  await page.getByLabel('Title', { exact: true }).fill('Patient trees');
  await page.getByLabel('Who runs it').fill('Three clinics');
  await next(page);
  await next(page);

  await page.getByRole('radio', { name: /^Boosted trees/ }).check();
  await page.getByLabel('Stages').fill('3');
  await page.getByLabel('Depth').fill('2');
  await expect(page.getByRole('status').filter({ hasText: 'at most 7 rounds' })).toBeVisible();
  await next(page);
  await expect(page.getByText('Nothing to train')).toBeVisible();
  await expect(page.getByRole('radio', { name: 'SCAFFOLD' })).toHaveCount(0);
  await expect(page.getByLabel('Stop after')).toHaveValue('7');
  await page.getByLabel('Updates that close a round').fill('3');
  await page.getByLabel('At least', { exact: true }).fill('3');
  await page.getByLabel('Devices asked').fill('100');
  await page.getByLabel('Pause between rounds', { exact: true }).fill('0');
  await next(page);
  await expect(page.getByText(/In\s+each round sums over/)).toBeVisible();
  await page.getByRole('button', { name: 'Create the federation' }).click();
  await page.waitForURL('**/console/patient-trees');
  await page.getByRole('button', { name: 'Start', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByText('Boosted trees · exact sums')).toBeVisible();

  const joins = ['participate', '--url', server.url, '--federation', 'patient-trees', '--sample'];
  participants = startCommand([...joins, '--clients', '2', '--processes', '1']);
  const base = `${server.url}/f/patient-trees`;
  await bringSample(page, base, 80);
  // Nobody agrees to what the sums show before it is shown.
  const parts = '**/_app/immutable/chunks/*.js';
  await page.route(parts, async (route) => {
    const response = await route.fetch();
    await ((await response.text()).includes('What your sums show')
      ? route.abort()
      : route.fulfill({ response }));
  });
  await page.goto(`${base}/train`);
  const unloaded = page.getByRole('alert').filter({ hasText: 'This part of the page could not be loaded.' });
  await expect(unloaded).toBeVisible();
  await expect(page.getByRole('checkbox', { name: /I agree/ })).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Start contributing' })).toHaveAccessibleDescription(
    'A part of what you would agree to is not shown yet.',
  );
  await page.unroute(parts);
  await unloaded.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'What your sums show' })).toBeVisible();
  await page.getByRole('checkbox', { name: /I agree/ }).check();
  await page.getByLabel(/Your name/).fill('A tab');
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'The run has ended' })).toBeVisible();
  await expect(page.getByText(/The model is complete/).first()).toBeVisible();

  await page.goto(`${base}/try`);
  await page.getByLabel('age').fill('81');
  await page.getByRole('button', { name: 'Ask' }).click();
  const shares = page.getByRole('list', { name: 'Probability of each class' }).locator('.value');
  await expect(shares).toHaveCount(2);
  const [first = 0, second = 0] = (await shares.allInnerTexts()).map((text) => Number.parseFloat(text));
  expect(first).toBeGreaterThan(50);
  expect(Math.abs(first + second - 100)).toBeLessThan(0.5);

  const file = await page.request.get(`${server.url}/api/federations/patient-trees/versions/7/export`);
  expect(await file.json()).toMatchObject({ format: 'tributary-trees', progress: { phase: 'complete' } });
  // The same version, scored on a table from the command line.
  const table = join(server.dataFolder, 'patients.csv');
  const head =
    'age,sex,resting_blood_pressure,cholesterol,body_mass_index,maximum_heart_rate,chest_pain,smoker';
  await writeFile(
    table,
    `${head},st_depression,heart_disease\n82,male,170,300,31,100,none,yes,2.5,yes\n30,female,110,180,22,185,,no,0,no\n`,
  );
  const trees = ['evaluate', '--url', server.url, '--federation', 'patient-trees', '--data', table, '--json'];
  expect(await commandResult(trees)).toMatchObject({
    version: 7,
    count: 2,
    tally: { type: 'classification', confusion: [1, 0, 0, 1] },
    areas: [{ label: 'disease', area: 1, interval: null }],
  });
  await page.goto(`${server.url}/console/patient-trees/models/7`);
  await expect(page.getByRole('region', { name: 'Curves' })).toContainText('ROC curve of disease');
  await expect(page.getByRole('link', { name: 'JSON' })).toHaveAttribute('href', /export\?format=json$/);
  expect(errors).toEqual([]);
});

test('clusters are found by two participants, a row is told its own, and how rows lie is shown', async ({
  page,
}) => {
  const coordinator = await signedIn(server.signInUrl);
  const { brief, contract, rules, sample } = federationSpec(patients);
  const spec = v.parse(FederationSpec, {
    ...{ brief, contract, sample },
    metric: { name: 'inertia', target: null },
    family: 'k-means',
    clusters: { clusters: 3, iterations: 3 },
    rules: { ...rules, goal: 2, minimum: 2, maximumRounds: 20 },
  });
  await coordinator.create(spec, 'patient-groups');
  await coordinator.act('patient-groups', 'start');
  await participants?.stop();
  const joins = ['participate', '--url', server.url, '--federation', 'patient-groups', '--sample'];
  participants = startCommand([...joins, '--clients', '2', '--processes', '1']);
  await coordinator.until(
    'patient-groups',
    (view) => view.state === 'finished' && view.head.evaluation?.participants === 2,
    60_000,
  );
  await page.goto(`${server.url}/f/patient-groups/try`);
  await page.getByLabel('age').fill('81');
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(page.locator('.answer .display')).toHaveText(/^Cluster [1-3]$/);
  await expect(page.getByRole('list', { name: 'Distance to each centre' }).getByRole('listitem')).toHaveCount(
    3,
  );
  await page.goto(`${server.url}/f/patient-groups/result`);
  await expect(page.getByRole('list', { name: 'Rows in each cluster' }).getByRole('listitem')).toHaveCount(3);
  await expect(page.getByRole('link', { name: 'Download as JSON' })).toBeVisible();
});
