// Whether it is worth it, before anybody trains: of one's own rows, of the model, of this device, and of all that are here.
import { expect, test, type Page } from '@playwright/test';
import { bringSample, federationSpec, startContributing, unseenErrors } from './errands.ts';
import { findings } from './findings.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(() => server.close());

/** 200 rows of two figures; which class a row is of follows from them, or from nothing. */
const table = (follows: boolean): string =>
  [
    'width,height,kind',
    ...Array.from({ length: 200 }, (_, row) => {
      const width = (row * 37) % 101;
      const height = (row * 53) % 97;
      const isLarge = follows ? width + height > 98 : (row * 7919) % 13 < 6;
      return `${width},${height},${isLarge ? 'large' : 'small'}`;
    }),
  ].join('\n');

async function keep(page: Page, name: string, rows: string): Promise<void> {
  await page.goto(`${server.url}/me/data/new`);
  await page.getByRole('tab', { name: 'Paste' }).click();
  await page.getByLabel('Rows with a header line').fill(rows);
  await page.getByRole('button', { name: 'Look at it' }).click();
  const found = page.getByRole('group', { name: 'Check and keep' });
  await found.getByLabel('What to predict').selectOption('kind');
  await found.getByLabel('Name', { exact: true }).fill(name);
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();
  await page.getByRole('button', { name: 'Train a model on this' }).click();
}

test('rows that say nothing have no signal, rows that do have one, and a network shows on one batch that it can learn', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const ask = page.getByRole('button', { name: 'Is machine learning right for this?' });
  const verdict = page.getByRole('region', { name: 'Is machine learning right for this?' });
  await keep(page, 'By chance', table(false));
  await ask.click();
  await expect(verdict.getByText('no signal', { exact: true })).toBeVisible();
  await keep(page, 'By size', table(true));
  await ask.click();
  await expect(verdict.getByText(/^(local is enough|more rows would help)$/)).toBeVisible();
  await expect(verdict.getByRole('table', { name: 'Baselines' })).toContainText('Logistic regression');
  expect(await findings(page, 'feasible')).toEqual([]);

  await page.getByLabel('Model', { exact: true }).selectOption({ label: 'Multi-layer perceptron' });
  await page.getByRole('button', { name: 'Overfit one batch' }).click();
  await expect(page.getByText(/the loss of one batch fell below 0.05 after \d+ steps/).first()).toBeVisible();
  await expect(page.getByText(/4,482 parameters, .* averaging/)).toBeVisible();

  // A search through what a person lets it try: the line, and trees between bounds of theirs.
  await page.getByLabel('Model', { exact: true }).selectOption('auto');
  await page.getByText('What is tried: as usual').click();
  const tried = page.getByRole('group').filter({ hasText: 'What is tried' });
  const model = (name: string) => tried.getByRole('checkbox', { name: new RegExp(`^${name} `) });
  for (const name of ['Linear regression', 'Boosted trees', 'Random forest', 'Nearest neighbours'])
    if (await model(name).isVisible()) await model(name).uncheck();
  await model('Multi-layer perceptron').uncheck();
  await tried.getByText('Settings of Decision tree').click();
  const depth = tried.getByRole('group', { name: 'Depth of Decision tree' });
  await depth.getByLabel('From').fill('5');
  await depth.getByRole('spinbutton', { name: 'To' }).fill('3');
  await expect(depth.getByRole('alert')).toContainText('the smaller first, and not from 5 to 3');
  await depth.getByLabel('From').fill('2');
  expect(await findings(page, 'search-space')).toEqual([]);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  const board = page.getByRole('table', { name: /^What the search found/ });
  await expect(board).toContainText('Decision tree');
  await expect(board).not.toContainText('Random forest');
  expect(errors).toEqual([]);
});

test('a device is measured on the model before it agrees, reads the whole question, and the fleet is foreseen', async ({
  page,
  browser,
}) => {
  const printed = server.signInUrl;
  const coordinator = await signedIn(printed);
  await expect.poll(() => server.signInUrl).not.toBe(printed);
  const spec = federationSpec({ rules: { maximumRounds: 2 } });
  const brief = { ...spec.brief, decision: 'Which letters a person reads again.', outOfScope: 'Signatures.' };
  await coordinator.create({ ...spec, brief }, 'foreseen');
  const base = `${server.url}/f/foreseen`;
  await bringSample(page, base, 60);
  await page.goto(`${base}/train`);
  await page.getByRole('button', { name: 'Measure this device' }).click();
  const check = page.getByRole('region', { name: 'Can this device train it?' });
  await expect(check.getByText(/Yes/)).toBeVisible();
  await expect(check.getByText('Training in a round')).toBeVisible();
  await expect(check.getByText(/ up, .* down$/)).toBeVisible();
  const joining = page.getByRole('main');
  await expect(joining).toContainText('Which letters a person reads again.');
  await expect(joining).toContainText('Signatures.');
  await startContributing(page, base, 'Foreseen');

  const desk = await browser.newPage();
  await desk.goto(server.signInUrl);
  await desk.waitForURL('**/console');
  await desk.goto(`${server.url}/console/foreseen/participants`);
  const fleet = desk.getByRole('region', { name: 'What these devices can do' });
  await expect(fleet.getByText('A round trains for')).toBeVisible();
  await expect(fleet.getByText('1, of 1 here')).toBeVisible();
  await expect(fleet.getByText('Energy of these hours by phones (2 to 6 W)')).toBeVisible();
  await desk.close();
});
