// Bad input, given by hand: every file is refused by name with what to do, and what was there before stays.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { encode } from 'fast-png';
import { bringSample, federationSpec, patients, startContributing, unseenErrors } from './errands.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { storedZip } from '../test/support/image-fixtures.ts';
import { holds, recordingProxy } from '../test/support/recording-proxy.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
let folder: string;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-bad-'));
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec(patients), 'patients');
  await coordinator.act('patients', 'start');
  await coordinator.create(federationSpec({ sample: null }), 'digits');
});
test.afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Given {
  readonly name: string;
  readonly content: string | Uint8Array;
}
const choose = (page: Page, ...given: readonly Given[]): Promise<void> =>
  page.getByRole('button', { name: 'Files', exact: true }).setInputFiles(
    given.map(({ name, content }) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(content),
    })),
  );
/** Waits for the table of refusals, and checks the row that names `file`. */
async function refused(
  page: Page,
  file: string,
  row: string,
  column: string,
  message: RegExp,
): Promise<void> {
  const told = page
    .getByRole('table', { name: /What was refused/ })
    .getByRole('row')
    .filter({ hasText: file });
  await expect(told.first()).toBeVisible();
  const cells = (await told.first().getByRole('cell').allInnerTexts()).map((text) => text.trim());
  expect(cells.slice(1, 3)).toEqual([row, column]);
  expect(cells[3]).toMatch(message);
}
const nothingKept = (page: Page) =>
  expect(page.getByRole('alert').filter({ hasText: 'Nothing was kept' })).toBeVisible();
const datasets = (page: Page) =>
  page.getByRole('table', { name: 'Datasets in this browser' }).getByRole('rowheader');

const header =
  'age,sex,resting_blood_pressure,cholesterol,body_mass_index,maximum_heart_rate,chest_pain,smoker,st_depression,heart_disease';
const good = '54,female,130,220,26.5,150,none,no,0.4,no';

test('a table that is empty, binary, ragged, wrongly headed or holds unknown words is refused by file, row and column', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const network = await recordingProxy(server.url);
  await bringSample(page, `${network.url}/f/patients`, 40);
  await page.getByRole('tab', { name: 'Files' }).click();

  await choose(page, { name: 'empty.csv', content: '' });
  await nothingKept(page);
  await refused(page, 'empty.csv', '–', '–', /empty.*choose/i);

  await choose(page, {
    name: 'photo.csv',
    content: encode({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 4).fill(77), channels: 4 }),
  });
  await refused(page, 'photo.csv', '–', '–', /not a CSV file.*PNG/i);

  await choose(page, { name: 'header.csv', content: `alter,sex,bp\n54,female,130\n` });
  await refused(page, 'header.csv', '1', 'age', /age/);

  await choose(page, {
    name: 'mixed.csv',
    content: [
      header,
      good,
      '54,female,130',
      good.replace('none', 'crushing'),
      good.replace('54', 'old'),
      good.replace('220', '99999'),
      ...Array.from({ length: 30 }, (_, row) =>
        good.replace('54', String(40 + row)).replace('0.4', `1.${row}`),
      ),
      '',
    ].join('\n'),
  });
  await expect(page.getByText(/^Read 31 rows in/)).toBeVisible();
  await refused(page, 'mixed.csv', '3', '–', /3 .*10|10 .*3/);
  const rows = page.getByRole('table', { name: /What was refused/ }).getByRole('row');
  await expect(rows.filter({ hasText: 'crushing' })).toContainText('chest_pain');
  await expect(rows.filter({ hasText: 'crushing' })).toContainText('typical angina');
  await expect(rows.filter({ hasText: '“old”' })).toContainText('age');
  await expect(rows.filter({ hasText: '99999' }).or(rows.filter({ hasText: '99,999' }))).toContainText(
    'cholesterol',
  );

  await choose(page, {
    name: 'target.csv',
    content: [header, good.replace(/no$/, 'perhaps'), ''].join('\n'),
  });
  await nothingKept(page);
  await refused(page, 'target.csv', '2', 'heart_disease', /must be one of no, yes.*perhaps/);

  await expect(datasets(page)).toHaveText(['mixed.csv', 'Sample of patients']);
  // Taking part with what was kept, the page tells nobody which cells were refused.
  await startContributing(page, `${network.url}/f/patients`, 'Ward 7');
  await expect.poll(() => holds(network.sent(), 'Ward 7')).toBe(true);
  for (const cell of ['crushing', 'perhaps', '99999', 'mixed.csv'])
    expect(holds(network.sent(), cell), cell).toBe(false);
  await network.close();
  expect(errors).toEqual([]);
});

const picture = (light: number): Uint8Array =>
  encode({
    width: 28,
    height: 28,
    data: new Uint8Array(28 * 28 * 3).map((_, at) => (at * light) % 256),
    channels: 3,
  });

test('pictures that are broken, of no class, or in an archive that is damaged or a bomb are refused by name, and the good ones kept', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  await page.goto(`${server.url}/f/digits/data`);

  await mkdir(join(folder, 'scans', '3'), { recursive: true });
  await mkdir(join(folder, 'scans', 'seven-ish'), { recursive: true });
  await writeFile(join(folder, 'scans', '3', 'good.png'), picture(3));
  await writeFile(join(folder, 'scans', '3', 'broken.png'), picture(5).subarray(0, 60));
  await writeFile(join(folder, 'scans', 'seven-ish', 'other.png'), picture(7));
  await page.getByLabel('Folder', { exact: true }).setInputFiles(join(folder, 'scans'));
  await expect(page.getByText(/^Read 1 picture in/)).toBeVisible();
  await refused(page, 'broken.png', '–', '–', /damaged|cannot be read|could not be read/i);
  await refused(page, 'other.png', '–', '–', /seven-ish.*class/i);

  const whole = storedZip([
    { path: '4/a.png', bytes: picture(11) },
    { path: '5/b.png', bytes: picture(13) },
  ]);
  await choose(page, { name: 'cut.zip', content: whole.subarray(0, whole.length - 40) });
  await nothingKept(page);
  await refused(page, 'cut.zip', '–', '–', /cut off or damaged.*again/);

  await choose(page, {
    name: 'bomb.zip',
    content: storedZip([{ path: '4/a.png', bytes: picture(11), claimedBytes: 3_000_000_000 }]),
  });
  await nothingKept(page);
  await refused(page, 'bomb.zip', '–', '–', /GB|MB|times|unpack/i);

  await choose(page, { name: 'notes.docx', content: 'hello' });
  await nothingKept(page);
  await refused(page, 'notes.docx', '–', '–', /PNG, JPEG or WebP/);

  await choose(page, { name: 'fine.zip', content: whole });
  await expect(page.getByText(/^Read 2 pictures in/)).toBeVisible();
  await expect(datasets(page)).toHaveText(['fine.zip', 'scans']);
  expect(errors).toEqual([]);
});

test('a full disk is said with what to do, and what was kept before stays', async ({ page, context }) => {
  const browser = await context.newCDPSession(page);
  // Before the first write: Chromium remembers for half a minute how much room there was.
  await browser.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: 700_000 });
  await bringSample(page, `${server.url}/f/patients`, 40);
  await page.getByLabel('How many').fill('19999');
  await page.getByRole('button', { name: /^Make / }).click();
  await expect(page.getByRole('alert').filter({ hasText: /room|full/i })).toContainText(/delete/i);
  await expect(datasets(page)).toHaveText(['Sample of patients']);

  // Once there is room again, the same page reads it.
  await browser.send('Storage.overrideQuotaForOrigin', { origin: server.url });
  await page.getByRole('button', { name: /^Make / }).click();
  await expect(page.getByText(/^Read .* rows in .* on this device/)).toBeVisible();
});
