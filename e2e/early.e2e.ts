// The server sends a page before its script: what a person does until the script listens is done once it does.
import { expect, test, type Page } from '@playwright/test';
import { bringSample, federationSpec, startContributing, unseenErrors } from './errands.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(() => server.close());

/** Opens `path` with its scripts held back; what is returned lets them come. */
async function openUnheard(page: Page, path: string): Promise<() => Promise<void>> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const scripts = '**/_app/immutable/**/*.js';
  await page.route(scripts, (route) => released.then(() => route.continue()));
  await page.goto(`${server.url}${path}`, { waitUntil: 'commit' });
  return async () => {
    release();
    await page.unrouteAll({ behavior: 'wait' });
  };
}

test('what is pressed, typed and ticked on a form that nothing hears yet is taken once its script runs', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
  const listen = await openUnheard(page, '/console/new');
  await page.getByRole('button', { name: /^Patient cohort/ }).click();
  await page.getByLabel('Who runs it').fill('Three clinics');
  await expect(page.getByLabel('Title', { exact: true })).toHaveValue('');
  await listen();
  await expect(page.getByLabel('Title', { exact: true })).not.toHaveValue('');
  await expect(page.getByLabel('Who runs it')).toHaveValue('Three clinics');
  await page.getByRole('button', { name: /^Next: / }).click();
  await expect(page).toHaveURL(/step=/);
  // It is the form, not only its fields, that knows.
  await page.goBack();
  await expect(page.getByLabel('Who runs it')).toHaveValue('Three clinics');
  expect(errors).toEqual([]);
});

test('files that are chosen or dropped before the page hears are read, and Enter in a field is heard', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const csv = 'age,kind\n' + Array.from({ length: 40 }, (_, row) => `${row},${row % 2}`).join('\n');
  const listen = await openUnheard(page, '/me/data/new');
  await page
    .getByRole('button', { name: 'Files', exact: true })
    .setInputFiles({ name: 'early.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await listen();
  const found = page.getByRole('group', { name: 'Check and keep' });
  await expect(found).toContainText('40 rows, 2 columns');

  const again = await openUnheard(page, '/me/data/new');
  const dropped = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'dropped.csv', { type: 'text/csv' }));
    return data;
  }, csv);
  await page
    .getByRole('group', { name: 'Choose or drop files' })
    .dispatchEvent('drop', { dataTransfer: dropped });
  await again();
  await expect(found).toContainText('40 rows, 2 columns');

  const home = await openUnheard(page, '/');
  await page.getByRole('textbox').first().fill(`${server.url}/f/nobody`);
  await page.getByRole('textbox').first().press('Enter');
  await home();
  await page.waitForURL('**/f/nobody');
  expect(errors.filter((text) => !/404/.test(text))).toEqual([]);
});

test('a digit that is drawn before the sheet hears is asked about', async ({ page }) => {
  const errors = unseenErrors(page);
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec({ rules: { maximumRounds: 1 } }), 'digits');
  await coordinator.act('digits', 'start');
  await bringSample(page, `${server.url}/f/digits`, 100);
  await startContributing(page, `${server.url}/f/digits`, 'Draws early');
  await expect(page.getByRole('heading', { level: 1, name: 'The run has ended' })).toBeVisible();
  const listen = await openUnheard(page, '/f/digits/try');
  const box = await page.getByLabel(/Sheet to draw on/).boundingBox();
  if (box === null) throw new Error('no sheet');
  await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.15 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.85 * box.height, { steps: 8 });
  await page.mouse.up();
  await listen();
  await expect(
    page.getByRole('list', { name: 'Probability of each class' }).getByRole('listitem'),
  ).toHaveCount(10);
  expect(errors).toEqual([]);
});
