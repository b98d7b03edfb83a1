// A federation of invited devices, with both sides' hands: an invitation made and its link opened, a device without one refused,
// one left out with a reason and let in again.
import { expect, test } from '@playwright/test';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';
import { bringSample, federationSpec, unseenErrors } from './errands.ts';

let server: ServerProcess;
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(() => server.close());

test('a device joins by its invitation, is left out with a reason that it reads, and comes back', async ({
  browser,
}) => {
  const printed = server.signInUrl;
  const coordinator = await signedIn(printed);
  // Each link works once: the next one is printed.
  await expect.poll(() => server.signInUrl).not.toBe(printed);
  const office = await browser.newPage();
  await office.goto(server.signInUrl);
  await office.waitForURL('**/console');
  await coordinator.create({ ...federationSpec(), access: { type: 'invited' } }, 'ward');
  await coordinator.act('ward', 'start');

  await office.goto(`${server.url}/console/ward/invite`);
  await expect(office.getByText('No invitation was made yet')).toBeVisible();
  await office.getByLabel('For whom').fill('Ward 3');
  await office.getByRole('button', { name: 'Make an invitation' }).click();
  const link = await office.getByLabel('Invitation link').inputValue();
  expect(link).toMatch(/\/f\/ward\?invite=[\w-]{22}$/);
  await expect(office.getByRole('img', { name: /^QR code of / })).toBeVisible();

  await office.getByLabel('For whom').fill('Ward 4');
  await office.getByRole('button', { name: 'Make an invitation' }).click();
  const ward4 = office.getByRole('row').filter({ hasText: 'Ward 4' });
  await ward4.getByRole('button', { name: 'Take back: Ward 4' }).click();
  const asked = office.getByRole('dialog', { name: 'Take back: Ward 4?' });
  await asked.getByRole('button', { name: 'Keep it' }).click();
  await expect(ward4).toContainText('Open');
  await ward4.getByRole('button', { name: 'Take back: Ward 4' }).click();
  await asked.getByRole('button', { name: 'Take back' }).click();
  await expect(ward4).toContainText('Taken back');

  const person = await browser.newContext();
  const page = await person.newPage();
  const errors = unseenErrors(page);
  const join = async (): Promise<void> => {
    await page.getByLabel('Your name').fill('Ada');
    await page.getByRole('checkbox', { name: /I agree/ }).check();
    await page.getByRole('button', { name: 'Start contributing' }).click();
  };
  await bringSample(page, `${server.url}/f/ward`, 100);
  await page.goto(`${server.url}/f/ward/train`);
  await join();
  await expect(page.getByText('It takes invited devices only.')).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: /^Leave/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Leave/ })
    .click();

  await page.goto(link);
  await page.getByRole('link', { name: 'Join', exact: true }).click();
  await expect(page.getByLabel('Your invitation')).toHaveValue(/^[\w-]{22}$/);
  await join();
  await coordinator.until('ward', (view) => view.roundsCommitted >= 1, 60_000);
  await office.reload();
  await expect(office.getByText('1 of 1 device')).toBeVisible();
  await expect(office.getByText('Used up')).toBeVisible();

  await office.goto(`${server.url}/console/ward/participants`);
  await office.getByRole('button', { name: 'Leave out Ada' }).click();
  await office.getByLabel('Why').fill('Its rows are doubled');
  await office.getByRole('dialog').getByRole('button', { name: 'Leave out', exact: true }).click();
  await expect(page.getByText('The coordinator left this device out: Its rows are doubled.')).toBeVisible();
  await coordinator.until('ward', (view) => view.checkedIn === 0, 10_000);
  await office.getByRole('button', { name: 'Let Ada in again' }).click();
  await coordinator.until('ward', (view) => view.checkedIn === 1, 40_000);
  expect(errors).toEqual([]);
});
