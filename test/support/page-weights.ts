// What each page loads, by the errand that leads to it: for the budgets of CI and for the benchmark's table.
import type { BrowserContext } from '@playwright/test';
import { digitsFederation } from '../../server/demo/demo-federations.ts';
import { signedIn } from './coordinator-client.ts';
import { weighPage } from './page-weight.ts';
import type { ServerProcess } from './server-process.ts';

export interface WeighedPage {
  readonly name: string;
  /** Gzipped bytes of JavaScript. */
  readonly bytes: number;
  /** The most that the interface allows. */
  readonly budget: number;
}

const kB = 1000;
const consolePages = [
  '/console',
  '/console/new',
  '/console/digits',
  '/console/digits/models',
  '/console/digits/invite',
];

/** Every budgeted page and worker, in a fresh profile. */
export async function weighPages(context: BrowserContext, server: ServerProcess): Promise<WeighedPage[]> {
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(digitsFederation(1).spec, 'digits');
  await coordinator.act('digits', 'start');
  const weighed: WeighedPage[] = [];

  const join = await weighPage(context, `${server.url}/f/digits`, async () => {});
  weighed.push({ name: 'join page', bytes: join.page, budget: 60 * kB });

  const play = await weighPage(context, `${server.url}/play`, async () => {});
  weighed.push({ name: 'playground', bytes: play.page, budget: 125 * kB });

  const data = await context.newPage();
  await data.goto(`${server.url}/f/digits/data?from=sample`);
  await data
    .getByRole('tabpanel')
    .getByRole('button', { name: /sample|make/i })
    .click();
  await data.getByRole('region', { name: 'In this browser' }).getByText(/600/).first().waitFor();
  await data.close();
  const live = await weighPage(context, `${server.url}/f/digits/train`, async (page) => {
    await page.getByRole('checkbox', { name: /I agree/ }).check();
    await page.getByRole('button', { name: 'Start contributing' }).click();
    // The self-test is over: every back end that this device has was loaded and measured.
    await page
      .getByRole('heading', { level: 1, name: /Resting|Waiting|Training|Receiving/ })
      .waitFor({ timeout: 60_000 });
    await page.waitForLoadState('networkidle');
  });
  weighed.push({ name: 'live page', bytes: live.page, budget: 125 * kB });
  for (const [address, bytes] of live.workers) {
    const name = address.split('/').at(-1)?.split('.')[0] ?? 'worker';
    weighed.push({ name: `${name} worker, with every back end that was measured`, bytes, budget: 210 * kB });
  }

  const signIn = await context.newPage();
  await signIn.goto(server.signInUrl);
  await signIn.waitForURL('**/console');
  await signIn.close();
  for (const path of consolePages) {
    const weight = await weighPage(context, `${server.url}${path}`, async () => {});
    weighed.push({ name: `console page ${path}`, bytes: weight.page, budget: 180 * kB });
  }
  return weighed;
}
