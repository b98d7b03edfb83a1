// The main job, whole: three browsers, each with its own third of the data, take a federation through its rounds. One is
// closed and opened again in mid-round, the server is killed and started again, and all that they send is recorded.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, test, type BrowserContext, type Page } from '@playwright/test';
import { figure } from '#lib/core/metrics/figures.ts';
import { exactAveraging, plainRounds, type FederationSpec } from '#lib/core/federation.ts';
import { networkOf } from '#lib/core/model/families/index.ts';
import { drawnDigitsContract } from '#lib/modalities/image/sample-drawn-digits.ts';
import { launch } from './launch.ts';
import { signedIn, type CoordinatorClient } from '../test/support/coordinator-client.ts';
import { writeIdxPair } from '../test/support/idx-files.ts';
import { holds, recordingProxy, type RecordingProxy } from '../test/support/recording-proxy.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

const rounds = 6;
const wantedAccuracy = 0.9;
const pixelMarker = 'heron-4711-in-the-pixels';
const fileMarker = 'kingfisher-ward-3';
const control = 'Lab Control';

function specification(): FederationSpec {
  const network = networkOf('mlp', drawnDigitsContract, { hidden: [256] });
  if (!network.ok) throw new Error(network.error.message);
  return {
    brief: {
      title: 'Digits of three labs',
      purpose: 'Reads digits as three labs write them.',
      coordinator: 'The end-to-end test',
      dataWanted: 'Digits from 0 to 9.',
    },
    metric: { name: 'accuracy', target: null },
    contract: drawnDigitsContract,
    family: 'mlp',
    network: network.value.spec,
    // Long enough for a round to be caught in its middle.
    plan: {
      localEpochs: 150,
      batchSize: 10,
      learningRate: 0.006,
      optimizer: { type: 'sgd', momentum: 0 },
      proximalTerm: 0,
      seed: 5,
    },
    // All three are needed: a round goes on only when whoever went away has come back.
    ...exactAveraging,
    rules: {
      ...plainRounds,
      goal: 3,
      minimum: 3,
      overSelection: 1,
      selectionDeadlineMs: 60_000,
      reportingDeadlineMs: 120_000,
      pauseMs: 500,
      maximumRounds: rounds,
    },
    sample: null,
  };
}

let folder: string;
let server: ServerProcess;
let tap: RecordingProxy;
let coordinator: CoordinatorClient;
const contexts: (BrowserContext | undefined)[] = [];

const open = async (lab: number): Promise<Page> => {
  const context = await chromium.launchPersistentContext(join(folder, `profile-${lab}`), launch);
  contexts[lab] = context;
  return context.pages()[0] ?? (await context.newPage());
};

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-labs-'));
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  tap = await recordingProxy(server.url);
  coordinator = await signedIn(server.signInUrl);
});

test.afterAll(async () => {
  for (const context of contexts) await context?.close();
  await tap.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

test('three browsers take a federation to its accuracy, through a closed tab and a killed server, and no row leaves', async () => {
  const { id } = await coordinator.create(specification(), 'three-labs');
  await coordinator.act(id, 'start');

  const pages: Page[] = [];
  for (let lab = 0; lab < 3; lab += 1) {
    const files = await writeIdxPair(folder, `${fileMarker}-${lab}`, 100 + lab, 240, pixelMarker);
    const page = await open(lab);
    pages.push(page);
    await page.goto(`${tap.url}/f/${id}`);
    await expect(page.getByRole('heading', { name: 'Digits of three labs' })).toBeVisible();
    await page.getByRole('link', { name: 'Join', exact: true }).click();
    await page.getByRole('link', { name: 'Bring data' }).click();
    await page.locator('input[type=file]').first().setInputFiles(files);
    const next = page.getByRole('region', { name: 'Next' });
    await next
      .getByRole('link', { name: 'Contribute' })
      .or(next.getByRole('button', { name: 'Contribute', disabled: false }))
      .click();
    await page.getByRole('checkbox', { name: /I agree/ }).check();
    await page.getByLabel(/Your name/).fill(lab === 0 ? control : `Lab ${lab}`);
    await page.getByRole('button', { name: 'Start contributing' }).click();
  }

  // In the middle of training, one closes its browser, and comes back by the same address: it goes on by itself.
  const leaving = pages[2];
  if (leaving === undefined) throw new Error('no third page');
  await expect(leaving.getByRole('heading', { level: 1, name: /^Training, round/ })).toBeVisible({
    timeout: 60_000,
  });
  const interrupted = (await coordinator.federation(id)).round?.round;
  await contexts[2]?.close();
  pages[2] = await open(2);
  await pages[2].goto(`${tap.url}/f/${id}/train`);
  await coordinator.until(
    id,
    (view) => view.head.round !== null && view.head.round >= (interrupted ?? 1),
    120_000,
  );

  // Later, once some update of a round is acknowledged and others are not, the server is killed.
  await coordinator.until(
    id,
    (view) =>
      view.head.version >= 2 &&
      view.round?.phase === 'reporting' &&
      view.round.cohort.some((one) => one.stage === 'accepted'),
    120_000,
    25,
  );
  const cut = (await coordinator.federation(id)).round;
  await server.kill();
  await server.start();
  coordinator = await signedIn(server.signInUrl);

  await coordinator.until(id, (view) => view.state === 'finished', 180_000);
  const versions = await coordinator.versions(id);
  expect(versions.map((version) => version.version)).toEqual(
    Array.from({ length: rounds + 1 }, (_, index) => index),
  );
  // Every version holds each of the three exactly once: what was acknowledged was kept, and nothing counted twice.
  expect(versions.slice(1).map((version) => version.participants)).toEqual(new Array(rounds).fill(3));
  expect(new Set(versions.slice(1).map((version) => version.examples)).size).toBe(1);
  // The rounds that were cut went on as themselves.
  const told = await coordinator.rounds(id);
  expect(told.filter((round) => round.phase === 'abandoned')).toEqual([]);
  expect(told.find((round) => round.round === interrupted)?.phase).toBe('committed');
  expect(told.find((round) => round.round === cut?.round)?.phase).toBe('committed');

  const scored = (await coordinator.until(id, (view) => view.head.evaluation?.participants === 3, 60_000))
    .head.evaluation;
  expect(scored === null ? 0 : figure(scored.tally, 'accuracy')).toBeGreaterThanOrEqual(wantedAccuracy);

  // Each browser holds a receipt for each round it was counted in.
  for (const page of pages) {
    await page.goto(`${tap.url}/f/${id}/result`);
    await expect(page.getByText(/in version|included in/i).first()).toBeVisible();
  }

  const sent = tap.sent();
  expect(sent.byteLength).toBeGreaterThan(3 * rounds * 100_000);
  expect(holds(sent, control), 'the tap sees what is meant to be sent').toBe(true);
  expect(holds(sent, pixelMarker), 'no pixel of the data was sent').toBe(false);
  expect(holds(sent, fileMarker), 'no file name was sent').toBe(false);
});
