// My device: what this browser keeps is listed, can be deleted one by one, and forgotten whole.
import { expect, test } from '@playwright/test';
import {
  bringSample,
  federationSpec,
  plainRecords,
  startContributing,
  storedRecords,
  unseenErrors,
} from './errands.ts';
import { findings } from './findings.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(() => server.close());

test('data, receipts and room are shown; a dataset is deleted; forgetting the device leaves nothing', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec({ title: 'Wards in spring', rules: { maximumRounds: 2 } }), 'kept');
  await coordinator.act('kept', 'start');
  const base = `${server.url}/f/kept`;
  await bringSample(page, base, 5000);
  await bringSample(page, base, 200);
  // Before anything is sent, an attack on an update of one's own shows what it could give away.
  await page.goto(`${base}/train`);
  const sent: string[] = [];
  page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
  await page.getByRole('button', { name: 'Try it on my pictures' }).click();
  await expect(page.getByText('What this attack found')).toBeVisible();
  const alone = page.getByRole('listitem').filter({ hasText: 'One picture in one step' });
  await expect(alone).toContainText('Rebuilt. Whoever knows this picture would recognise it');
  await expect(alone.getByRole('figure')).toHaveCount(2);
  expect(sent).toEqual([]);
  await startContributing(page, base, 'Forgetful');
  await expect(page.getByRole('heading', { level: 1, name: 'The run has ended' })).toBeVisible({
    timeout: 60_000,
  });

  await page.goto(`${server.url}/me`);
  const data = page.getByRole('table', { name: 'Datasets in this browser' });
  await expect(data.getByRole('rowheader')).toHaveText(['Sample of drawn digits', 'Sample of drawn digits']);
  await expect(
    page
      .getByRole('region', { name: 'Federations' })
      .getByRole('link', { name: 'Wards in spring', exact: true }),
  ).toBeVisible();
  await expect(data.getByRole('link', { name: 'Wards in spring' })).toHaveCount(2);
  const receipts = page.getByRole('table', { name: /Receipts/ });
  await expect(receipts.getByRole('rowheader', { name: 'Wards in spring' })).toHaveCount(2);
  await expect(receipts.getByText('in version 1')).toBeVisible();
  await expect(receipts.getByText('in version 2')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Room in this browser' })).toContainText(/\d.* of .* used/);

  await data
    .getByRole('row')
    .filter({ hasText: '5,000 examples' })
    .getByRole('button', { name: /^Delete/ })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click();
  await expect(data.getByRole('rowheader')).toHaveCount(2);
  await data
    .getByRole('row')
    .filter({ hasText: '5,000 examples' })
    .getByRole('button', { name: /^Delete/ })
    .click();
  await expect(page.getByRole('dialog')).toContainText('They hold no rows');
  const used = (): Promise<number> =>
    page.evaluate(async () => (await navigator.storage.estimate()).usage ?? Number.NaN);
  const before = await used();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(data.getByRole('rowheader')).toHaveCount(1);
  // Chromium keeps values of 64 KiB and more in files of their own, which go with the record; chunks of rows are larger.
  await expect.poll(used).toBeLessThan(before - 1_000_000);

  await expect(data).toContainText('200 examples');
  await expect(page.getByText('Erased: “Sample of drawn digits”')).toBeVisible();
  const receipt = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the receipt' }).click();
  expect((await receipt).suggestedFilename()).toMatch(/^erased-/);
  const limits = page.getByRole('region', { name: 'What taking part may cost' });
  await limits.getByLabel('MB a day').fill('0.001');
  await limits.getByLabel('This device is a').selectOption({ label: 'laptop: 10 to 60 W' });
  await limits.getByRole('button', { name: 'Keep these limits' }).click();
  await expect(limits).toContainText(/of 1(\.0)? kB/);
  await expect(limits).toContainText(/Wh, by 10 to 60 W/);
  expect(await findings(page, 'limits')).toEqual([]);
  const kept = await storedRecords(page);
  expect(kept).toMatchObject({ datasets: 1, receipts: 2, secrets: 1 });

  await page.getByRole('button', { name: 'Forget this device…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/Type “forget”/).fill('forget');
  await dialog.getByRole('button', { name: 'Forget', exact: true }).click();
  await page.waitForURL(`${server.url}/`);
  const left = Object.values(await storedRecords(page));
  expect(left.reduce((sum, count) => sum + count, 0)).toBe(0);
  await page.goto(`${server.url}/me`);
  await expect(page.getByText('No data in this browser.')).toBeVisible();
  await expect(page.getByText('No receipts yet.')).toBeVisible();
  await expect(page.getByText('This device has joined none yet.')).toBeVisible();
  // Taking part does not begin again by itself.
  await page.goto(`${base}/train`);
  await expect(page.getByRole('button', { name: /^Leave/ })).toBeHidden();
  expect(errors).toEqual([]);
});

test('a passphrase locks what is kept in every tab; a wrong one opens nothing, and the right one all of them', async ({
  context,
}) => {
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec(), 'locked');
  const page = await context.newPage();
  await bringSample(page, `${server.url}/f/locked`, 60);
  await page.goto(`${server.url}/me`);
  await page.getByRole('button', { name: 'Set a passphrase…' }).click();
  await page.getByRole('textbox', { name: 'Passphrase' }).fill('four herons by the lake');
  await page.getByLabel('The same again').fill('four herons by the lake');
  await page.getByRole('checkbox', { name: /if I forget it/ }).check();
  await page.getByRole('button', { name: 'Set it' }).click();
  await expect(page.getByText('What this browser keeps is locked with your passphrase.')).toBeVisible();
  expect(await plainRecords(page)).toEqual([]);

  // A second tab asks the first for the key, and reads.
  const other = await context.newPage();
  await other.goto(`${server.url}/f/locked/train`);
  await expect(other.getByLabel('Train on')).toContainText('60 examples');
  await page.getByRole('button', { name: 'Lock now' }).click();
  for (const tab of [page, other])
    await expect(tab.getByRole('heading', { level: 1, name: 'Locked' })).toBeVisible();

  await page.getByRole('textbox', { name: 'Passphrase' }).fill('five herons by the lake');
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(page.getByText('That is not the passphrase.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Passphrase' }).fill('four herons by the lake');
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(page.getByRole('table', { name: 'Datasets in this browser' })).toContainText('60 examples');
  await expect(other.getByLabel('Train on')).toContainText('60 examples');

  // What computes opens it, too.
  await other.getByRole('button', { name: 'Try it on my pictures' }).click();
  await expect(other.getByText('What this attack found')).toBeVisible();

  await page.getByRole('button', { name: 'Take away…' }).click();
  await page.getByLabel('Present passphrase').fill('four herons by the lake');
  await page.getByRole('button', { name: 'Take the lock away' }).click();
  await expect(page.getByText('The lock is gone')).toBeVisible();
  expect(await plainRecords(page)).not.toEqual([]);
});

test('forgetting also ends what trains in another tab, and nothing of it is written back', async ({
  context,
}) => {
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec({ localEpochs: 1000, rules: { maximumRounds: 1 } }), 'busy');
  await coordinator.act('busy', 'start');
  const base = `${server.url}/f/busy`;
  const busy = await context.newPage();
  await bringSample(busy, base, 300);
  await startContributing(busy, base, 'Busy');
  await expect(busy.getByRole('heading', { level: 1, name: /^Training, round 1 / })).toBeVisible({
    timeout: 60_000,
  });

  const page = await context.newPage();
  await page.goto(`${server.url}/me`);
  await page.getByRole('button', { name: 'Forget this device…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/Type “forget”/).fill('forget');
  await dialog.getByRole('button', { name: 'Forget', exact: true }).click();
  await page.waitForURL(`${server.url}/`);
  // The other tab says what happened instead of showing training that is no more.
  await expect(busy.getByRole('alert').filter({ hasText: 'this device forgotten' })).toBeVisible();
  await expect(busy.getByRole('heading', { level: 1, name: /^Training/ })).toBeHidden();
  await coordinator.until('busy', (view) => view.connected === 0, 30_000);
  const left = Object.values(await storedRecords(page));
  expect(left.reduce((sum, count) => sum + count, 0)).toBe(0);
});
