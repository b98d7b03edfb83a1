// Training alone: from the sample to a model, with pause, stop, and a reload in the middle that changes nothing.
import { expect, test, type Page } from '@playwright/test';
import { bringSample, federationSpec, localModels, unseenErrors } from './errands.ts';
import { findings } from './findings.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
let base: string;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(federationSpec(), 'alone');
  base = `${server.url}/f/alone`;
});
test.afterAll(() => server.close());

/** Long enough for a person to press Pause and reload in its middle. */
async function startOnCpu(page: Page, epochs: number): Promise<void> {
  await page.getByLabel('Model').selectOption({ value: 'mlp' });
  await page.getByLabel('Hidden layers').fill('24');
  await page.getByLabel('Epochs', { exact: true }).fill(String(epochs));
  await page.getByLabel('Seed').fill('11');
  await page.getByLabel('Engine').selectOption({ label: 'Plain CPU' });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
}
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });
const figureOf = async (page: Page, name: RegExp): Promise<string> =>
  (await page.locator('.stat').filter({ hasText: name }).innerText()).trim();
const steps = (page: Page): Promise<string | null> =>
  page.getByRole('progressbar', { name: 'Training' }).getAttribute('aria-valuenow');
const untilHalf = (page: Page): Promise<void> =>
  expect.poll(async () => Number(await steps(page)), { timeout: 60_000 }).toBeGreaterThan(40);

test('a run alone shows its loss and accuracy, stands still when paused, and ends in a model that can be tried', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  await bringSample(page, base, 300);
  await page.getByRole('button', { name: 'Train alone' }).click();
  await startOnCpu(page, 1000);
  await expect(heading(page, 'Training alone')).toBeVisible();
  await expect.poll(() => figureOf(page, /Training loss/)).toMatch(/\d\.\d/);
  await expect.poll(() => figureOf(page, /held out/)).toMatch(/\d\s%/);
  await expect.poll(() => figureOf(page, /Speed/)).toMatch(/\d.*examples\/s/s);

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(heading(page, 'Paused')).toBeVisible();
  const loss = await figureOf(page, /Training loss/);
  const stood = await steps(page);
  // Ninety frames of the screen: time in which a run that did not stand still would have moved on.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 90; frame += 1) await new Promise(requestAnimationFrame);
  });
  expect(await figureOf(page, /Training loss/)).toBe(loss);
  expect(await steps(page)).toBe(stood);

  await page.getByRole('button', { name: 'Single step' }).click();
  await expect(page.getByRole('heading', { name: /^Step [\d,]+, on \d+ examples$/ })).toBeVisible();
  await expect(page.getByRole('row', { name: /^dense_2 / })).toContainText('[');
  expect(await findings(page, 'step-view')).toEqual([]);

  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(heading(page, 'Training alone')).toBeVisible();
  await expect.poll(() => figureOf(page, /Training loss/)).not.toBe(loss);

  // A branch that runs away pauses by itself and says what to do.
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(heading(page, 'Paused')).toBeVisible();
  await page
    .getByRole('button', { name: /^Branch from step/ })
    .last()
    .click();
  await page.getByLabel('Learning rate of the branch').fill('10');
  await page.getByRole('button', { name: /^Branch from step [\d,]+$/ }).click();
  const alarm = page.getByRole('alert').filter({ hasText: 'lower learning rate' });
  await expect(alarm).toBeVisible({ timeout: 30_000 });
  await expect(heading(page, 'Paused')).toBeVisible();
  await page.getByRole('button', { name: 'Stop and keep' }).click();
  await expect(heading(page, 'Stopped')).toBeVisible();
  await page.getByRole('link', { name: 'Try this model' }).click();
  await expect(page.getByRole('heading', { name: 'Try the model' })).toBeVisible();
  await expect(page.getByLabel('Model')).toHaveValue(/^local:/);
  await page.goto(`${server.url}/me/runs`);
  const branched = page.getByRole('row').filter({ hasText: /step [\d,]+ of/ });
  await expect(branched).toContainText(/learning rate [\d.]+ → 10/);
  await expect(branched.getByRole('link')).toHaveAttribute('href', /^#run-/);
  expect(errors).toEqual([]);
});

test('a run that a reload cut in its middle goes on to the very same model', async ({ page }) => {
  await bringSample(page, base, 300);
  await page.getByRole('button', { name: 'Train alone' }).click();
  await startOnCpu(page, 200);
  await expect(heading(page, 'Trained')).toBeVisible({ timeout: 90_000 });
  const whole = { loss: await figureOf(page, /Training loss/), held: await figureOf(page, /held out/) };

  await page.getByRole('button', { name: 'Train again' }).click();
  await startOnCpu(page, 200);
  await untilHalf(page);
  await page.reload();
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('Went on from the last checkpoint.')).toBeVisible();
  await expect(heading(page, 'Trained')).toBeVisible({ timeout: 90_000 });
  expect({ loss: await figureOf(page, /Training loss/), held: await figureOf(page, /held out/) }).toEqual(
    whole,
  );
  const [first, second, ...more] = await localModels(page);
  expect(more).toEqual([]);
  expect(first?.id).not.toBe(second?.id);
  expect(second?.digest).toBe(first?.digest);
});

test('a run that trains in one tab is not offered in another as cut off, until that tab is closed', async ({
  context,
}) => {
  const first = await context.newPage();
  await bringSample(first, base, 300);
  await first.getByRole('button', { name: 'Train alone' }).click();
  await startOnCpu(first, 1000);
  await expect(heading(first, 'Training alone')).toBeVisible();

  const second = await context.newPage();
  await second.goto(`${base}/alone`);
  const elsewhere = second.getByRole('note').filter({ hasText: 'Training in another tab of this browser' });
  const goOn = second.getByRole('button', { name: 'Go on' });
  await expect(elsewhere).toBeVisible();
  await expect(goOn).toBeHidden();

  await first.getByRole('button', { name: 'Pause' }).click();
  await expect(heading(first, 'Paused')).toBeVisible();
  await expect(elsewhere).toBeVisible();
  await first.close();
  await expect(goOn).toBeVisible();
  await expect(elsewhere).toBeHidden();
  await goOn.click();
  await expect(second.getByText('Went on from the last checkpoint.')).toBeVisible();

  // It can be given up as well, by a person who does not want it any more.
  await second.reload();
  await second.getByRole('button', { name: 'Discard' }).click();
  await expect(second.getByRole('button', { name: 'Discard' })).toBeHidden();
  await second.reload();
  await expect(heading(second, 'Settings')).toBeVisible();
  await expect(goOn).toBeHidden();
});

test('the engine of a run is switched while it is paused and while it trains, and it says so', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  await bringSample(page, base, 300);
  await page.getByRole('button', { name: 'Train alone' }).click();
  await startOnCpu(page, 1000);
  await expect(heading(page, 'Training alone')).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(heading(page, 'Paused')).toBeVisible();
  const stood = await steps(page);
  await page.getByRole('button', { name: /^Use WebAssembly/ }).click();
  await expect(page.getByText(/^Switched to WebAssembly.*no step was lost/)).toBeVisible();
  await expect(heading(page, 'Paused')).toBeVisible();
  await expect(page.getByRole('heading', { name: /^Engine: WebAssembly/ })).toBeVisible();
  expect(await steps(page)).toBe(stood);

  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(heading(page, 'Training alone')).toBeVisible();
  await page.getByRole('button', { name: /^Use .*CPU/ }).click();
  await expect(page.getByText(/^Switched to .*CPU.*no step was lost/)).toBeVisible();
  await expect(heading(page, 'Training alone')).toBeVisible();
  await page.getByRole('button', { name: 'Stop and keep' }).click();
  await expect(heading(page, 'Stopped')).toBeVisible();
  expect(errors).toEqual([]);
});
