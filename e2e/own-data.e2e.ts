// A person with a table and a question, and no federation: brought, read through, told what is asked, kept, looked into.
import { expect, test } from '@playwright/test';
import { unseenErrors } from './errands.ts';
import { findings } from './findings.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(() => server.close());

const houses = [
  'house,built,rooms,heating,comment,price',
  ...Array.from(
    { length: 240 },
    (_, i) =>
      `H${i},19${20 + (i % 70)}-0${1 + (i % 9)}-11,${2 + (i % 6)},${['gas', 'oil', 'wood'][i % 3]!},seen by ${i} people,${i === 7 ? '' : 90 + (i % 6) * 30 + (i % 3) * 7 + (i % 11)}`,
  ),
].join('\n');

test('a table of one’s own is read through, told what to predict, kept and explored; nothing is sent', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const sent: string[] = [];
  page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
  await page.goto(server.url);
  await page.getByRole('link', { name: 'Bring your own data' }).click();

  const files = page.getByRole('button', { name: 'Files', exact: true });
  await files.setInputFiles({ name: 'empty.csv', mimeType: 'text/csv', buffer: Buffer.from('a,a\n1,2\n') });
  await expect(page.getByRole('alert')).toContainText('The header names “a” twice.');

  await files.setInputFiles({ name: 'houses.csv', mimeType: 'text/csv', buffer: Buffer.from(houses) });
  const found = page.getByRole('group', { name: 'Check and keep' });
  await expect(found).toContainText('240 rows, 6 columns; all were read');
  await expect(found.getByLabel('What to predict')).toHaveValue('price');
  await expect(found.getByLabel('As', { exact: true })).toHaveValue('number');
  const column = (name: string) =>
    found.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
  await expect(column('built')).toContainText('Date or time');
  await expect(column('comment')).toContainText('Left out');
  await found.getByLabel('rooms is taken as').selectOption('Category');
  // Another question, and back: what was chosen of other columns stays.
  await found.getByLabel('What to predict').selectOption('heating');
  await expect(found.getByLabel('As', { exact: true })).toHaveValue('classes');
  await found.getByLabel('What to predict').selectOption('price');
  await expect(found.getByLabel('rooms is taken as')).toHaveValue('category');
  expect(await findings(page, 'own-data')).toEqual([]);

  await found.getByLabel('Name', { exact: true }).fill('Houses of our street');
  await found.getByRole('button', { name: 'Keep it in this browser' }).click();
  await expect(page.getByText('Read 239 rows in')).toBeVisible();
  await expect(page.getByText('Refused: 1')).toBeVisible();
  await page.getByRole('link', { name: 'Explore it and train on it' }).click();
  await expect(page.getByRole('heading', { name: 'Houses of our street', level: 1 })).toBeVisible();
  await expect(page.getByText('239 rows')).toBeVisible();

  await page.goto(`${server.url}/me/data/new`);
  await page.getByRole('tab', { name: 'Paste' }).click();
  await page.getByLabel('Rows with a header line').fill('x\ty\n1\tno\n2\tyes\n3\tno\n');
  await page.getByRole('button', { name: 'Look at it' }).click();
  await expect(page.getByText('3 rows, 2 columns; all were read')).toBeVisible();
  expect(sent).toEqual([]);
  expect(errors).toEqual([]);
});
