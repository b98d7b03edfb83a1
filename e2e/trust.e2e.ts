// What must not be believed: a page over plain HTTP, markup in a federation's words, and parameters changed on their way.
import { chromium, expect, test } from '@playwright/test';
import { drawnDigitsContract } from '#lib/modalities/image/sample-drawn-digits.ts';
import { bringSample, federationSpec, startContributing, unseenErrors } from './errands.ts';
import { launch } from './launch.ts';
import { signedIn, type CoordinatorClient } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';
import { tamperingProxy } from '../test/support/tampering-proxy.ts';

let server: ServerProcess;
let coordinator: CoordinatorClient;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  coordinator = await signedIn(server.signInUrl);
});
test.afterAll(() => server.close());

test('a page opened over plain HTTP from elsewhere says what to do, on every page that needs more', async () => {
  await coordinator.create(federationSpec(), 'elsewhere');
  const browser = await chromium.launch({
    ...launch,
    args: [...launch.args, '--host-resolver-rules=MAP tributary.test 127.0.0.1'],
  });
  try {
    const page = await browser.newPage();
    const errors = unseenErrors(page);
    const origin = `http://tributary.test:${new URL(server.url).port}`;
    for (const path of [
      '/f/elsewhere',
      '/f/elsewhere/data',
      '/f/elsewhere/train',
      '/f/elsewhere/alone',
      '/f/elsewhere/try',
      '/play/alone',
      '/me',
    ]) {
      await page.goto(origin + path);
      expect(await page.evaluate(() => isSecureContext)).toBe(false);
      const notice = page.getByRole('note').filter({ hasText: 'This page needs a secure connection' });
      await expect(notice, path).toBeVisible();
      await expect(notice).toContainText('https://tributary.test');
      await expect(notice).toContainText('--https');
    }
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
});

test('markup in a title, a brief or a class stays text', async ({ page }) => {
  const errors = unseenErrors(page);
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const title = '<img src=x onerror=alert(1)>';
  const script = '</script><script>alert(2)</script>';
  const label = '"><svg onload=alert(3)>';
  const spec = federationSpec({
    title,
    contract: { ...drawnDigitsContract, classes: [label, ...drawnDigitsContract.classes.slice(1)] },
    sample: null,
  });
  await coordinator.create(
    { ...spec, brief: { ...spec.brief, purpose: script, dataWanted: script, coordinator: label } },
    'markup',
  );
  const base = `${server.url}/f/markup`;
  await page.goto(base);
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
  await expect(page.getByText(script).first()).toBeVisible();
  expect(await page.title()).toContain(title);
  await page.goto(`${base}/data`);
  await expect(page.getByText(label).first()).toBeVisible();
  // Files are heard of once the page's scripts are there.
  await page.waitForLoadState('networkidle');
  await page
    .getByRole('button', { name: 'Files', exact: true })
    .setInputFiles({ name: '<b>not a picture<b>.docx', mimeType: 'text/plain', buffer: Buffer.from('x') });
  await expect(page.getByRole('cell', { name: '<b>not a picture<b>.docx' })).toBeVisible();
  for (const path of ['/train', '/try', '/result']) {
    await page.goto(base + path);
    await expect(page.getByRole('main')).toBeVisible();
    await page.waitForLoadState('networkidle');
  }
  expect(dialogs).toEqual([]);
  expect(errors).toEqual([]);
  expect(await page.locator('img[src="x"], svg[onload]').count()).toBe(0);
});

test('parameters that were changed on their way are refused by their digest, and never trained on', async ({
  page,
}) => {
  await coordinator.create(federationSpec({ rules: { maximumRounds: 2 } }), 'changed');
  await coordinator.act('changed', 'start');
  const liar = await tamperingProxy(server.url);
  try {
    const base = `${liar.url}/f/changed`;
    await page.goto(`${base}/try`);
    const sheet = page.getByLabel(/Sheet to draw on/);
    await sheet.click();
    await expect(page.getByRole('note').filter({ hasText: /is not the version .* announced/ })).toBeVisible();
    await bringSample(page, base, 60);
    const before = liar.tampered();
    await startContributing(page, base, 'Careful');
    // Version 0 it makes of the seed itself; what is made of that has to come through the liar.
    await coordinator.until('changed', (view) => (view.round?.round ?? 0) > 1, 60_000);
    await expect(page.getByText(/is not the version .* announced/).first()).toBeVisible({ timeout: 60_000 });
    expect(liar.tampered()).toBeGreaterThan(before);
    expect((await coordinator.federation('changed')).head.version).toBe(1);
  } finally {
    await liar.close();
  }
});
