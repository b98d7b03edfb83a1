// Large tables: the page answers while one is read, and a tab closed in the middle leaves what can go on to the same end.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { patientCohortCsv } from '#lib/modalities/table/sample-patient-cohort.ts';
import { federationSpec, patients } from './errands.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { holds, recordingProxy, type RecordingProxy } from '../test/support/recording-proxy.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

const rows = 1_000_000;
/** No task of the page may take longer: above this a person notices that it stands still. */
const longestTaskMs = 200;
let server: ServerProcess;
let folder: string;
let table: string;
let base: string;
let network: RecordingProxy;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-large-'));
  table = join(folder, 'ward.csv');
  const text = patientCohortCsv(77, rows);
  // What a hospital exports is long: many columns that the contract does not ask for.
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const wide = lines.map((line, index) => `${line},"note ${index}, as written",${index}`);
  await writeFile(table, `${header},note,number\n${wide.join('\n')}\n`);
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec(patients), 'patients');
  network = await recordingProxy(server.url);
  base = `${network.url}/f/patients/data`;
});
test.afterAll(async () => {
  await network.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const files = (page: Page) => page.getByRole('button', { name: 'Files', exact: true });
const datasetRow = (page: Page) =>
  page.getByRole('table', { name: 'Datasets in this browser' }).getByRole('row', { name: /ward\.csv/ });
const chunks = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const request = indexedDB.open('tributary');
        request.onerror = () => reject(request.error ?? new Error('IndexedDB'));
        request.onsuccess = () => {
          const counting = request.result.transaction('chunks').objectStore('chunks').count();
          counting.onsuccess = () => {
            request.result.close();
            resolve(counting.result);
          };
        };
      }),
  );
const version = async (page: Page): Promise<string | null> =>
  datasetRow(page).locator('.mono').getAttribute('title');

test(
  'a million rows are read while the page goes on answering, and none is sent; closed at half of them, the same file completes it',
  {
    tag: '@alone',
  },
  async ({ context }) => {
    const page = await context.newPage();
    await page.goto(base);
    await expect(page.getByText('No data yet.')).toBeVisible();
    const tasks = await page.evaluateHandle(async () => {
      const lengths: number[] = [];
      let seen = (): void => {};
      new PerformanceObserver((list) => {
        lengths.push(...list.getEntries().map((entry) => entry.duration));
        seen();
      }).observe({ type: 'longtask' });
      // The observer is shown one task that it must see.
      await new Promise<void>((resolve) => {
        seen = resolve;
        setTimeout(() => {
          const until = performance.now() + 80;
          while (performance.now() < until);
        });
      });
      lengths.length = 0;
      return lengths;
    });
    await files(page).setInputFiles(table);
    await expect(page.getByText(/^Read 1,000,000 rows in .* on this device/)).toBeVisible({
      timeout: 120_000,
    });
    const longest = Math.max(0, ...(await tasks.jsonValue()));
    console.info(`longest task of the page while ${rows} rows were read: ${longest} ms`);
    expect(longest).toBeLessThan(longestTaskMs);
    const whole = {
      version: await version(page),
      row: await datasetRow(page).getByRole('cell').first().innerText(),
    };
    expect(whole.row).toContain('1,000,000');
    const all = await chunks(page);
    await page.getByRole('button', { name: 'Delete ward.csv' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByText('No data yet.')).toBeVisible();

    await files(page).setInputFiles(table);
    while (2 * (await chunks(page)) < all);
    // Pages and their scripts are asked for; no row is in what was sent.
    const sent = network.sent();
    expect(holds(sent, 'GET /f/patients/data')).toBe(true);
    expect(holds(sent, 'as written')).toBe(false);
    expect(sent.length).toBeLessThan(200_000);
    await page.close();

    const again = await context.newPage();
    await again.goto(base);
    const cutOff = again.getByRole('note').filter({ hasText: 'An import of “ward.csv” was cut off' });
    await expect(cutOff).toContainText(/[1-9][\d,]* examples are safe/);
    await cutOff.getByRole('button', { name: 'Go on' }).click();
    await expect(again.getByText('Choose the same files as before.')).toBeVisible();
    await files(again).setInputFiles(table);
    await expect(again.getByText(/^Read .* on this device/)).toBeVisible({ timeout: 120_000 });
    await expect(cutOff).toBeHidden();
    expect({
      version: await version(again),
      row: await datasetRow(again).getByRole('cell').first().innerText(),
    }).toEqual(whole);
  },
);
