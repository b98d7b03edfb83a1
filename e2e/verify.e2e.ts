// A receipt from “My device”, checked without a connection; and the acts of its coordinator.
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, type Request } from '@playwright/test';
import { bringSample, federationSpec, provedReceipts, startContributing, unseenErrors } from './errands.ts';
import { startCommand } from '../test/support/command.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(() => server.close());

test('a receipt is saved, proved offline, and found false once a figure in it is another', async ({
  page,
  context,
}) => {
  const errors = unseenErrors(page);
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec({ rules: { maximumRounds: 1 } }), 'proved');
  await coordinator.act('proved', 'start');
  const base = `${server.url}/f/proved`;
  await bringSample(page, base, 100);
  await startContributing(page, base, 'Ada');
  await expect(page.getByRole('heading', { level: 1, name: 'The run has ended' })).toBeVisible({
    timeout: 60_000,
  });
  await expect.poll(() => provedReceipts(page)).toBe(1);
  await page.goto(`${server.url}/me`);
  await expect(page.getByText('in version 1, proved')).toBeVisible();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON' }).click();
  const file = await (await saving).path();
  await page.getByRole('link', { name: 'Check a receipt' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Check a receipt' })).toBeVisible();
  await page.waitForLoadState('networkidle');

  await context.setOffline(true);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByLabel('File for “Receipt, as JSON”').setInputFiles(file);
  await expect(
    page.getByText('This update is in version 1, and the server has signed for it.'),
  ).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: ': holds' })).toHaveCount(4);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider).toBeLessThanOrEqual(0);

  const receipts = JSON.parse(await readFile(file, 'utf8')) as { receipt: { examples: number } }[];
  receipts[0]!.receipt.examples += 1;
  await page.getByRole('textbox', { name: 'Receipt, as JSON' }).fill(JSON.stringify(receipts));
  await expect(page.getByText('2 checks failed: do not rely on this receipt.')).toBeVisible();
  await expect(page.getByText(/^The signature does not belong to this receipt/)).toBeVisible();

  // The same history, found so by keyboard.
  await page.getByRole('textbox', { name: 'Your head' }).fill(JSON.stringify(receipts));
  await page.getByRole('textbox', { name: 'Another person’s head' }).fill(JSON.stringify(receipts));
  await page.getByRole('button', { name: 'Compare' }).press('Enter');
  await expect(page.getByText('Both heads stand for the same 2 versions.')).toBeVisible();
  await context.setOffline(false);
  expect(errors).toEqual([]);
});

test('the list of requests says what the browser’s own figures say', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec({ rules: { maximumRounds: 3 } }), 'listed');
  await coordinator.act('listed', 'start');
  const base = `${server.url}/f/listed`;
  await bringSample(page, base, 100);
  const requests: Request[] = [];
  page.on('requestfinished', (request) => {
    if (/\/api\/(parameters|uploads|federations\/listed\/(updates|log))/.test(request.url()))
      requests.push(request);
  });
  await startContributing(page, base, 'Counts');
  await expect(page.getByRole('heading', { level: 1, name: 'The run has ended' })).toBeVisible({
    timeout: 60_000,
  });
  // What proves the last contribution is asked for after the end of its round.
  await expect.poll(() => provedReceipts(page)).toBe(3);
  await page.getByRole('button', { name: 'What leaves this device?' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Every request, one by one').click();
  await expect(dialog.getByRole('table', { name: /Requests and messages/ })).toContainText(
    'The update: what training changed in the model',
  );
  await dialog.getByRole('button', { name: 'Copy the list' }).click();
  await expect(dialog.getByRole('button', { name: 'Copied' })).toBeVisible();
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).split('\n').slice(1);
  const listed = { out: 0, in: 0 };
  for (const line of lines) {
    const [, direction, , what = '', size] = line.split('\t');
    if (['model', 'offer', 'update', 'decision', 'upload-state', 'log'].includes(what))
      listed[direction === 'out' ? 'out' : 'in'] += Number(size);
  }
  const sizes = await Promise.all(requests.map((request) => request.sizes()));
  const out = sizes.reduce((sum, one) => sum + one.requestBodySize + one.requestHeadersSize, 0);
  const came = sizes.reduce((sum, one) => sum + one.responseBodySize + one.responseHeadersSize, 0);
  console.log({ listed, out, came, requests: requests.length });
  expect(out).toBeGreaterThan(100_000);
  expect(Math.abs(listed.out / out - 1)).toBeLessThan(0.02);
  expect(Math.abs(listed.in / came - 1)).toBeLessThan(0.02);
});

test('every act of a coordinator is in the audit log, found by a word, and can be taken away as lines', async ({
  page,
}) => {
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec({ title: 'Acts of the ward' }), 'acted');
  await coordinator.act('acted', 'start');
  await coordinator.act('acted', 'finish');
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
  await page.goto(`${server.url}/console/audit`);
  const acts = page.getByRole('table', { name: /Acts of coordinators/ });
  await page.getByLabel('Federation').selectOption('acted');
  await expect(acts.getByRole('rowheader')).toHaveText([
    'ended the run',
    'started a run',
    'made the federation',
  ]);
  await page.getByLabel('Search').fill('ended');
  await expect(acts.getByRole('rowheader')).toHaveText(['ended the run']);
  const saving = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download all' }).click();
  const lines = (await readFile(await (await saving).path(), 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { act: string }).act)).toContain('signed-in');
});

test('the data of a running server is audited from outside, and an altered byte ends the audit with status 1', async () => {
  const coordinator = await signedIn(server.signInUrl);
  const spec = federationSpec({ title: 'Bytes of the ward' });
  await coordinator.create({ ...spec, plan: { ...spec.plan, seed: 77 } }, 'altered');
  const before = startCommand(['audit', '--data', server.dataFolder, '--json']);
  expect(await once(before.process, 'close')).toEqual([0, null]);
  expect(JSON.parse(before.lines.at(-1) ?? '')).toMatchObject({ findings: [] });

  const digest = (await coordinator.versions('altered'))[0]?.digest ?? '';
  const path = join(server.dataFolder, 'blobs', digest.slice(0, 2), digest);
  const bytes = await readFile(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await chmod(path, 0o600);
  await writeFile(path, bytes);
  const after = startCommand(['audit', '--data', server.dataFolder]);
  expect(await once(after.process, 'close')).toEqual([1, null]);
  expect(after.lines).toContain(
    'ALTERED blobs · altered · version 0, parameters: its bytes are not what their digest says.',
  );
});
