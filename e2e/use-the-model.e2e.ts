// Using a model: draw, drop a picture, fill in a row; and how versions and models trained alone do on one's own held-out rows.
import { encode } from 'fast-png';
import * as v from 'valibot';
import { expect, test, type Page } from '@playwright/test';
import { softmaxRows } from '#lib/core/model/head.ts';
import { buildNetwork } from '#lib/core/model/network.ts';
import { asNumbers } from '#lib/core/model/reference/batches.ts';
import { forward } from '#lib/core/model/reference/passes.ts';
import { drawnDigits } from '#lib/modalities/image/sample-drawn-digits.ts';
import { VersionView } from '#lib/protocol/views.ts';
import { bringSample, federationSpec, patients, startContributing, unseenErrors } from './errands.ts';
import { signedIn, type CoordinatorClient } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
let coordinator: CoordinatorClient;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  coordinator = await signedIn(server.signInUrl);
});
test.afterAll(() => server.close());

/** The probabilities on screen, in per cent; they are those of all classes, so they add up. */
async function probabilities(page: Page): Promise<readonly number[]> {
  const items = page.getByRole('list', { name: 'Probability of each class' }).getByRole('listitem');
  await expect(items.first()).toBeVisible();
  return (await items.locator('.value').allInnerTexts()).map((text) => Number.parseFloat(text));
}
const total = (shares: readonly number[]): number => shares.reduce((sum, share) => sum + share, 0);
const pictureOf = (pixels: Uint8Array): Uint8Array =>
  encode({ width: 28, height: 28, data: pixels, channels: 1 });

/** Probabilities of the ten digits by a version of the federation “digits”, fetched and computed without a browser. */
async function askedHere(version: number): Promise<(pixels: Uint8Array) => readonly number[]> {
  const network = buildNetwork(federationSpec().network);
  if (!network.ok) throw new Error(network.error.message);
  const listed = await fetch(`${server.url}/api/federations/digits/versions`);
  const versions = v.parse(v.array(VersionView), await listed.json());
  const digest = versions.find((one) => one.version === version)?.digest;
  const parameters = await fetch(`${server.url}/api/parameters/${digest}`);
  const values = new Float32Array(await parameters.arrayBuffer());
  return (pixels) => {
    const outputs = Float32Array.from(forward(network.value, values, asNumbers(pixels), 1).at(-1) ?? []);
    softmaxRows(outputs, 10);
    return [...outputs];
  };
}
const answer = (page: Page) => page.locator('.answer .display');

test('a digit is drawn, another dropped, and versions stand beside the model trained alone', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const rounds = 3;
  await coordinator.create(federationSpec({ localEpochs: 10, rules: { maximumRounds: rounds } }), 'digits');
  await coordinator.act('digits', 'start');
  const base = `${server.url}/f/digits`;
  await bringSample(page, base, 500);
  await startContributing(page, base, 'Tries it');
  await expect(page.getByRole('heading', { level: 1, name: 'The run has ended' })).toBeVisible({
    timeout: 60_000,
  });
  await page
    .getByRole('navigation', { name: 'This federation' })
    .getByRole('link', { name: 'Train alone' })
    .click();
  await page.getByLabel('Epochs', { exact: true }).fill('5');
  await page.getByLabel('Engine').selectOption({ label: 'WebAssembly' });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Trained', exact: true })).toBeVisible({ timeout: 60_000 });

  await page.goto(`${base}/try`);
  await expect(page.getByLabel('Model')).toHaveValue(`v${rounds}`);
  const sheet = page.getByLabel(/Sheet to draw on/);
  const box = await sheet.boundingBox();
  if (box === null) throw new Error('no sheet');
  await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.15 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.85 * box.height, { steps: 8 });
  await page.mouse.up();
  const drawn = await probabilities(page);
  expect(drawn).toHaveLength(10);
  expect(total(drawn)).toBeGreaterThan(98);
  expect(total(drawn)).toBeLessThan(102);
  await expect(answer(page)).toHaveText(/^\d$/);
  // The untrained version is asked about the same drawing at once, and is less sure.
  await page.getByLabel('Model').selectOption('v0');
  await expect(page.getByRole('heading', { name: /version 0 says/ })).toBeVisible();
  await expect.poll(async () => Math.max(...(await probabilities(page)))).toBeLessThan(Math.max(...drawn));
  await page.getByLabel('Model').selectOption(`v${rounds}`);

  // Pictures by another hand: the page says what the version's own parameters say, computed here by the plain loops.
  await page.getByRole('tab', { name: 'Picture' }).click();
  const says = await askedHere(rounds);
  for (const { pixels } of drawnDigits(4242, 8)) {
    const dropped = await page.evaluateHandle(
      (bytes) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], 'digit.png', { type: 'image/png' }));
        return data;
      },
      [...pictureOf(pixels)],
    );
    await page
      .getByRole('group', { name: 'Choose or drop a picture' })
      .dispatchEvent('drop', { dataTransfer: dropped });
    await expect(page.getByAltText('Your own choice')).toBeVisible();
    await expect(page.locator('.says')).toHaveAttribute('aria-busy', 'false');
    const shares = says(pixels);
    const most = Math.max(...shares);
    await expect(answer(page)).toHaveText(String(shares.indexOf(most)));
    expect(Math.abs((await probabilities(page))[0]! - 100 * most)).toBeLessThan(1);
  }
  await page
    .getByLabel('Picture', { exact: true })
    .and(page.locator('input'))
    .setInputFiles({
      name: 'broken.png',
      mimeType: 'image/png',
      buffer: Buffer.from(pictureOf(new Uint8Array(784)).subarray(0, 50)),
    });
  await expect(
    page.getByRole('note').filter({ hasText: /damaged|could not be read|cannot be read/i }),
  ).toBeVisible();

  await page.getByRole('button', { name: /^Score \d+ models$/ }).click();
  await expect(page.getByRole('button', { name: 'All are scored' })).toBeVisible({ timeout: 30_000 });
  const scores = page.getByRole('table', { name: 'Scores on your held-out data' }).getByRole('row');
  const accuracy = async (name: RegExp): Promise<number> =>
    Number.parseFloat(
      await scores
        .filter({ has: page.getByRole('rowheader', { name }) })
        .getByRole('cell')
        .first()
        .innerText(),
    );
  for (const name of [/Version 3 \(live\)/, /Version 1/, /trained here/])
    expect(await accuracy(name)).toBeGreaterThan(await accuracy(/Version 0/));
  await expect(page.getByText(/^On your own \d+ held-out rows .*version 3 \(live\)/)).toBeVisible();
  expect(errors).toEqual([]);
});

test('a row is filled in for a table, and a cell that the contract does not take is named', async ({
  page,
}) => {
  await coordinator.create(federationSpec(patients), 'patients');
  await page.goto(`${server.url}/f/patients/try`);
  await page.getByLabel('age').fill('71');
  await page.getByLabel('sex').selectOption('male');
  await page.getByRole('button', { name: 'Ask' }).click();
  const shares = await probabilities(page);
  expect(shares).toHaveLength(2);
  expect(Math.abs(total(shares) - 100)).toBeLessThan(1);
  await page.getByRole('button', { name: 'Why?' }).click();
  await expect(page.getByRole('list', { name: /^From what is usual to the share of/ })).toContainText('age');
  await page.getByLabel('age').fill('old');
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(page.getByRole('note').filter({ hasText: /age.*“old”/ })).toBeVisible();
});
