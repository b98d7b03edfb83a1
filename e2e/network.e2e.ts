// What can go wrong on the way: a lost connection, a reload, a frozen tab and a paused federation cost nothing.
import { expect, test, type Browser, type Page } from '@playwright/test';
import { bringSample, federationSpec, startContributing } from './errands.ts';
import { findings } from './findings.ts';
import { signedIn, type CoordinatorClient } from '../test/support/coordinator-client.ts';
import { recordingProxy, type RecordingProxy } from '../test/support/recording-proxy.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
let network: RecordingProxy;
let coordinator: CoordinatorClient;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  network = await recordingProxy(server.url);
  coordinator = await signedIn(server.signInUrl);
});
test.afterAll(async () => {
  await network.close();
  await server.close();
});

async function rendererProcesses(browser: Browser): Promise<readonly number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter((one) => one.type === 'renderer').map((one) => one.id);
}
const training = (page: Page, round: number) =>
  page.getByRole('heading', { level: 1, name: new RegExp(`^Training, round ${round} `) });
const done = (page: Page) => page.getByRole('heading', { level: 1, name: 'The run has ended' });
const share = async (page: Page): Promise<number> =>
  Number(await page.getByRole('progressbar', { name: /^Training/ }).getAttribute('aria-valuenow'));
const countedOnce = async (id: string, rounds: number): Promise<void> => {
  expect((await coordinator.rounds(id)).map((round) => round.phase)).toEqual(
    new Array(rounds).fill('committed'),
  );
  const versions = await coordinator.versions(id);
  expect(versions.slice(1).map((version) => version.participants)).toEqual(new Array(rounds).fill(1));
};

test('without a connection training goes on, and the update waits, is sent afterwards and counts once', async ({
  page,
}) => {
  await coordinator.create(federationSpec({ localEpochs: 400, rules: { maximumRounds: 1 } }), 'cut');
  await coordinator.act('cut', 'start');
  const base = `${network.url}/f/cut`;
  await bringSample(page, base, 300);
  await startContributing(page, base, 'Cut off');
  await expect(training(page, 1)).toBeVisible({ timeout: 60_000 });
  const before = await share(page);
  network.cut();
  await expect(page.getByText(/No connection\. Training goes on; the update waits/)).toBeVisible();
  await expect.poll(() => share(page)).toBeGreaterThan(before);
  await expect(page.getByText(/No connection\. The update is kept and waits/)).toBeVisible({
    timeout: 60_000,
  });
  expect(await findings(page, 'without-connection')).toEqual([]);
  expect((await coordinator.federation('cut')).head.version).toBe(0);
  network.restore();
  await expect(done(page)).toBeVisible({ timeout: 60_000 });
  await countedOnce('cut', 1);
  await page.goto(`${base}/result`);
  await expect(page.getByRole('table', { name: /Receipts/ }).getByText('in version 1')).toHaveCount(1);
});

test('a reload in mid-round goes on with the same round', async ({ page }) => {
  await coordinator.create(federationSpec({ localEpochs: 500, rules: { maximumRounds: 1 } }), 'reload');
  await coordinator.act('reload', 'start');
  const base = `${network.url}/f/reload`;
  await bringSample(page, base, 300);
  await startContributing(page, base, 'Reloads');
  await expect(training(page, 1)).toBeVisible({ timeout: 60_000 });
  await page.reload();
  await expect(training(page, 1)).toBeVisible({ timeout: 60_000 });
  await expect(done(page)).toBeVisible({ timeout: 60_000 });
  await countedOnce('reload', 1);
});

test('a tab that is frozen whole comes back to its round, says what happened, and counts once', async ({
  page,
  browser,
}) => {
  await coordinator.create(federationSpec({ localEpochs: 500, rules: { maximumRounds: 1 } }), 'frozen');
  await coordinator.act('frozen', 'start');
  const base = `${network.url}/f/frozen`;
  await bringSample(page, base, 300);
  await startContributing(page, base, 'Frozen');
  await expect(training(page, 1)).toBeVisible({ timeout: 60_000 });
  // As a phone does it: page, workers and sockets stand still. (Page.setWebLifecycleState stops the page alone.)
  const renderers = await rendererProcesses(browser);
  expect(renderers.length).toBeGreaterThan(0);
  for (const id of renderers) process.kill(id, 'SIGSTOP');
  try {
    // It answers no heartbeat: the server notices, and the round waits for it.
    await coordinator.until('frozen', (view) => view.connected === 0, 60_000);
    expect((await coordinator.federation('frozen')).round?.phase).toBe('reporting');
  } finally {
    for (const id of renderers) process.kill(id, 'SIGCONT');
  }
  await expect(page.getByText(/Your browser froze this tab for \d+ s/)).toBeVisible({ timeout: 30_000 });
  await expect(done(page)).toBeVisible({ timeout: 60_000 });
  await countedOnce('frozen', 1);
});

test('a federation that its coordinator paused says so, and goes on when it does', async ({ page }) => {
  await coordinator.create(federationSpec({ rules: { goal: 2, minimum: 2 } }), 'paused');
  await coordinator.act('paused', 'start');
  const base = `${network.url}/f/paused`;
  await bringSample(page, base, 100);
  await startContributing(page, base, 'Waits');
  await expect(page.getByRole('heading', { level: 1, name: 'Waiting for a round' })).toBeVisible({
    timeout: 60_000,
  });
  await coordinator.act('paused', 'pause');
  await expect(page.getByRole('note').filter({ hasText: 'The coordinator paused this run.' })).toBeVisible();
  await coordinator.act('paused', 'resume');
  await expect(page.getByText('The coordinator paused this run.')).toBeHidden();
});
