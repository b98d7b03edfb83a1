// A person looks at the data that they brought: what is refused, what stands out, a cell mended in place, and the way back. With
// SHOTS=folder the page is also written there as a picture, light and dark, on a desk and in a hand.
import { expect, test } from '@playwright/test';
import { bringSample, federationSpec, patients, unseenErrors } from './errands.ts';
import { findings } from './findings.ts';
import { patientCohortCsv } from '../src/lib/modalities/table/sample-patient-cohort.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec(patients), 'patients');
  await coordinator.create(federationSpec(), 'digits');
});
test.afterAll(() => server.close());

test('a table is explored where it lies, a cell is mended in place and taken back, and nothing of it is sent', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const sent: string[] = [];
  page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
  await page.goto(`${server.url}/f/patients/data`);
  await page.getByRole('tab', { name: 'Files' }).click();
  const [header = '', ...lines] = patientCohortCsv(5, 300).trim().split('\n');
  // Row 4 of the file: an age in words. Every row as an object to a line: the worker reads NDJSON as it reads CSV.
  const cells = lines.map((line) => line.split(','));
  cells[2]![0] = 'fifty';
  const names = header.split(',');
  const ndjson = cells.map((row) =>
    JSON.stringify(Object.fromEntries(row.map((cell, i) => [names[i], cell]))),
  );
  await page.getByRole('button', { name: 'Files', exact: true }).setInputFiles({
    name: 'ward.ndjson',
    mimeType: 'application/x-ndjson',
    buffer: Buffer.from(ndjson.join('\n')),
  });
  await expect(page.getByText(/^Read 299 rows in/)).toBeVisible();
  await page.getByRole('table', { name: 'Datasets in this browser' }).getByRole('link').click();

  await expect(page.getByRole('heading', { level: 1, name: 'ward.ndjson' })).toBeVisible();
  await expect(page.getByRole('img', { name: /^Histogram of age, / })).toBeVisible();
  const broken = page.getByRole('list', { name: 'Rules that rows of the files broke' });
  await expect(broken.getByRole('listitem').filter({ hasText: 'age: not a number' })).toContainText(
    '“fifty”',
  );
  await expect(page.getByText(/to learn from, \d+ \(\d/)).toBeVisible();
  expect(await findings(page, 'explore-table')).toEqual([]);

  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const age = page.getByRole('textbox', { name: 'age of row 2', exact: true });
  const before = await age.inputValue();
  await age.fill('old');
  await age.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'Not kept' })).toContainText('must be a number');
  await expect(age).toHaveValue(before);
  await age.fill('41');
  await age.press('Enter');
  const states = page.getByRole('region', { name: 'States' });
  await expect(states.getByText('age of row 2: 41', { exact: true })).toBeVisible();
  await states.getByRole('button', { name: 'Show changes of “age of row 2: 41”' }).click();
  await expect(states).toContainText(`Row 2, age: ${before} 41`);
  await page.getByRole('button', { name: 'Remove row 3', exact: true }).click();
  await expect(page.getByText('298 rows ·').first()).toBeVisible();
  expect(await findings(page, 'explore-changing')).toEqual([]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(age).toHaveValue(before);
  await expect(states.getByRole('listitem').filter({ hasText: 'Imported' })).toContainText('in use');
  await page.reload();
  await expect(states.getByRole('button', { name: 'Use this state: “Row 3 removed”' })).toBeVisible();

  // A model of it, alone: by keyboard, in a worker that has no way to the network.
  await page.getByRole('button', { name: 'Train a model on this' }).press('Enter');
  const workbench = page.getByRole('region', { name: 'Train a model on this' });
  await expect(workbench.getByRole('combobox', { name: 'To be foretold' })).toBeFocused();
  await expect(workbench.getByText(/^\d+ rows to learn from, \d+ held out to judge by/)).toBeVisible();
  const model = workbench.getByRole('combobox', { name: 'Model' });
  await model.selectOption({ label: 'Random forest' });
  await workbench.getByRole('button', { name: 'Train', exact: true }).press('Enter');
  await expect(workbench.getByText(/^(There is a signal|No signal)$/)).toBeVisible({ timeout: 30_000 });
  const judged = workbench.getByRole('table', { name: /^On rows held out/ });
  await expect(judged.getByRole('rowheader')).toHaveText([
    'Random forest',
    /^Same answer for all/,
    /^One rule/,
    /^Logistic regression/,
    /^Nearest neighbours/,
  ]);
  await expect(judged.getByRole('row', { name: /^Same answer for all/ })).toContainText(/points \(/);
  await expect(workbench.getByRole('table', { name: /^Confusion matrix/ })).toBeVisible();
  await expect(workbench.getByRole('list', { name: 'What each column is worth to the model' })).toBeVisible();
  expect(await findings(page, 'explore-trained')).toEqual([]);

  await page.goto(`${server.url}/me/data/none`);
  await expect(page.getByText('There is no such dataset in this browser.')).toBeVisible();
  expect(sent).toEqual([]);
  expect(errors).toEqual([]);
});

test('pictures are explored: their brightness, the mean of each class, and a label mended', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  await bringSample(page, `${server.url}/f/digits`, 120);
  await page.getByRole('table', { name: 'Datasets in this browser' }).getByRole('link').click();
  await expect(page.getByRole('img', { name: /^Histogram of brightness, / })).toBeVisible();
  expect(await findings(page, 'explore-pictures')).toEqual([]);
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByRole('combobox', { name: 'Label of picture 1', exact: true }).selectOption('7');
  await expect(page.getByText('label of picture 1: 7')).toBeVisible();
  expect(errors).toEqual([]);
});
