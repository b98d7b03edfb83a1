// A person labels pictures that came without labels: fifty by keyboard, a reload in the middle, one taken back, a model's suggestion taken,
// a second pass held against the first, and the labels put into the dataset. With SHOTS=folder the pages are written there as pictures.
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import axe from 'axe-core';
import { encode as encodePng } from 'fast-png';
import { drawnDigits } from '../src/lib/modalities/image/sample-drawn-digits.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';
import { federationSpec, unseenErrors } from './errands.ts';

const shots = process.env['SHOTS'];
let server: ServerProcess;
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  await (await signedIn(server.signInUrl)).create(federationSpec(), 'digits');
});
test.afterAll(() => server.close());

const PICTURES = 60;

test('fifty pictures are labelled by keyboard; undo and a reload in the middle lose nothing', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  const sent: string[] = [];
  const digits = [...drawnDigits(11, PICTURES)];
  const files = digits.map(({ pixels }, row) => ({
    name: `scan-${String(row).padStart(2, '0')}.png`,
    mimeType: 'image/png',
    buffer: Buffer.from(encodePng({ width: 28, height: 28, channels: 1, data: Uint8Array.from(pixels) })),
  }));
  await page.goto(`${server.url}/f/digits/data`);
  page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
  await page.getByRole('button', { name: 'Files', exact: true }).setInputFiles(files);
  await page.getByRole('button', { name: 'Keep them without a label' }).click();
  await page.getByRole('link', { name: 'Label them' }).click();

  const bench = page.getByRole('region', { name: 'The picture to label' });
  const picture = bench.getByRole('img', { name: /^Picture \d+$/ });
  const progress = (done: number) => expect(bench.getByText(`${done} of ${PICTURES}`)).toBeVisible();
  /** Looks, and presses the key of the digit that is there: rows stand in the order of the files. */
  const label = async (): Promise<void> => {
    const name = (await picture.getAttribute('aria-label')) ?? '';
    await page.keyboard.press(String(digits[Number(name.split(' ')[1]) - 1]!.digit));
  };
  await progress(0);
  for (let done = 0; done < 25; done += 1) {
    await label();
    await progress(done + 1);
  }
  await page.keyboard.press('u');
  await progress(24);
  await page.reload();
  await progress(24);
  for (let done = 24; done < 50; done += 1) {
    await label();
    await progress(done + 1);
  }
  // A model of the labels so far suggests one by now; Enter takes it.
  await expect(bench.getByText(/^suggested, \d+/)).toBeVisible();
  await page.keyboard.press('Enter');
  await progress(51);
  await expect(bench.getByText(/ left$/)).toBeVisible();

  // A version of the federation suggests: it knows nothing yet, and says so.
  await page.getByRole('combobox', { name: 'Suggested by' }).selectOption('Version 0 (live)');
  await expect(bench.getByText(/^suggested, [12]\d\s?%/)).toBeVisible();

  await page.evaluate(axe.source);
  for (const [width, colorScheme] of [
    [390, 'light'],
    [390, 'dark'],
    [1440, 'dark'],
    [1440, 'light'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wide, `${width} px`).toBe(0);
    if (width === 1440)
      expect(
        await page.evaluate(async () => {
          const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
          return violations.flatMap(({ id, nodes }) =>
            nodes.map((node) => `${id} ${node.html.slice(0, 160)}`),
          );
        }),
      ).toEqual([]);
    if (shots !== undefined)
      await page.screenshot({ path: join(shots, `label-${width}-${colorScheme}.png`), fullPage: true });
  }

  // A second pass, by pointer, and how far it agrees.
  await page.getByRole('combobox', { name: 'Pass' }).selectOption('2');
  await expect(bench.getByText('0 of 51')).toBeVisible();
  for (let done = 0; done < 3; done += 1) {
    const name = (await picture.getAttribute('aria-label')) ?? '';
    const { digit } = digits[Number(name.split(' ')[1]) - 1]!;
    await bench.getByRole('list', { name: 'Classes' }).getByRole('button').nth(digit).click();
    await expect(bench.getByText(`${done + 1} of 51`)).toBeVisible();
  }
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByRole('row', { name: /^Me · Me, pass 2 3 / })).toBeVisible();

  await page.getByRole('combobox', { name: 'Pass' }).selectOption('1');
  await page.getByRole('combobox', { name: 'Which pictures' }).selectOption('Without a label');
  await page.getByRole('button', { name: 'Put my labels into the dataset' }).click();
  await expect(bench.getByText('0 of 9')).toBeVisible();
  await page
    .getByRole('navigation')
    .or(page.getByRole('main'))
    .getByRole('link', { name: /^60 files/ })
    .click();
  await expect(page.getByRole('region', { name: 'States' })).toContainText('Labels of Me: 51 pictures');
  await expect(page.getByText('9 pictures without a label are left out.')).toBeVisible();
  expect(sent).toEqual([]);
  expect(errors).toEqual([]);
});
