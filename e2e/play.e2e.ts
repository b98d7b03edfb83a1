// A teacher's errand: a federation in one tab, shared by its address; a third of liars breaks a mean and not the median beside it.
import { expect, test, type Page } from '@playwright/test';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(() => server.close());

const everybody = (page: Page, name: RegExp) => page.getByRole('region', { name });
/** Of a card: "Reads new hands 83.4 %". */
async function accuracyIn(page: Page, card: RegExp): Promise<number> {
  const text = await everybody(page, card).innerText();
  return Number(/Reads new hands\s+([\d.]+)/.exec(text)?.[1] ?? NaN);
}
const round = async (page: Page): Promise<number> =>
  Number(
    /Round (\d+)/.exec(
      await page
        .getByRole('status')
        .filter({ hasText: /Round|Ready/ })
        .innerText(),
    )?.[1] ?? 0,
  );

async function playTo(page: Page, wanted: number): Promise<void> {
  for (let played = await round(page); played < wanted; played += 1) {
    await page.getByRole('button', { name: 'One round' }).click();
    await expect.poll(() => round(page)).toBe(played + 1);
  }
}

test('rounds advance and the model learns; the address shared plays the very same', async ({
  page,
  context,
}) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${server.url}/play?participants=6&alpha=10&codec=eden:3&seed=5`);
  await expect(page.getByText('Ready. Nothing has been played yet.')).toBeVisible();
  await expect(page.getByLabel('Participants', { exact: true })).toHaveAttribute('aria-valuetext', '6');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect.poll(() => round(page), { timeout: 60_000 }).toBeGreaterThanOrEqual(3);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'paused' })).toBeVisible();
  await page.getByRole('button', { name: 'Begin again' }).click();
  await expect(page.getByText('Ready. Nothing has been played yet.')).toBeVisible();
  await playTo(page, 12);
  const learned = await accuracyIn(page, /^Everybody/);
  expect(learned).toBeGreaterThan(60);
  const address = await page.getByLabel('Address of this experiment').inputValue();
  const pupil = await context.newPage();
  await pupil.goto(address);
  await playTo(pupil, 12);
  expect(await accuracyIn(pupil, /^Everybody/)).toBe(learned);
  await pupil.getByRole('checkbox', { name: /^Pooled and alone beside it/ }).check();
  await expect(pupil).toHaveURL(/references=1/);
  await expect(pupil.getByText('Alone, mean of 5').first()).toBeVisible();
  expect(errors).toEqual([]);
});

test('a third of liars breaks the mean, and not the median beside it', async ({ page }) => {
  await page.goto(`${server.url}/play?alpha=100`);
  await expect(page.getByText('Ready. Nothing has been played yet.')).toBeVisible();
  const liars = page.getByLabel('Liars', { exact: true });
  await liars.focus();
  for (let presses = 0; presses < 6; presses += 1) await page.keyboard.press('ArrowRight');
  await expect(liars).toHaveAttribute('aria-valuetext', /^30.%, 3 of 10$/);
  await expect(page).toHaveURL(/liars=0\.3/);
  await page.getByRole('button', { name: 'Put a second beside it' }).click();
  await page
    .getByRole('region', { name: 'Setting B' })
    .getByRole('combobox', { name: 'Strategy' })
    .selectOption('Coordinate median');
  await expect(page).toHaveURL(/b\.strategy=median/);
  await expect(everybody(page, /^Everybody in B/)).toBeVisible();
  await expect(page.getByText('Ready. Nothing has been played yet.')).toBeVisible();
  await playTo(page, 15);
  expect(await accuracyIn(page, /^Everybody in A/)).toBeLessThan(30);
  expect(await accuracyIn(page, /^Everybody in B/)).toBeGreaterThan(60);
});

test('an address that is partly wrong says so, and a setting that cannot be played says why', async ({
  page,
}) => {
  await page.goto(`${server.url}/play?participants=1&strategy=fedbuff`);
  await expect(page.getByText('“participants=1” is not used: a whole number from 2 to 50.')).toBeVisible();
  await expect(page.getByText(/choose another strategy/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start' })).toHaveAttribute('aria-disabled', 'true');
});
