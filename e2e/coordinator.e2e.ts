// A coordinator's errands, whole: in by the printed link, a federation by the form, its rounds, its versions, its files, out again.
import { readFile, rm, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Locator, type Page } from '@playwright/test';
import * as tf from '@tensorflow/tfjs';
import { unzipSync } from 'fflate';
import * as v from 'valibot';
import { readSafetensors } from '#lib/core/model/safetensors.ts';
import { startCommand, type RunningCommand } from '../test/support/command.ts';
import { heartLikeTable } from '../test/support/heart-like-table.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

const id = 'heart-clinics';
const LayersModel = v.object({
  modelTopology: v.looseObject({}),
  weightsManifest: v.array(
    v.object({
      paths: v.array(v.string()),
      weights: v.array(
        v.custom<tf.io.WeightsManifestEntry>((given) => v.is(v.looseObject({ name: v.string() }), given)),
      ),
    }),
  ),
});

let server: ServerProcess;
let folder: string;
let participants: RunningCommand | undefined;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-coordinator-'));
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
});
test.afterAll(async () => {
  await participants?.stop();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function signIn(page: Page): Promise<void> {
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
}
/** As a hand drops a file: what the page gets is the browser's own DataTransfer. */
async function drop(target: Locator, name: string, text: string): Promise<void> {
  const dataTransfer = await target.page().evaluateHandle(
    ({ name, text }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name));
      return transfer;
    },
    { name, text },
  );
  await target.dispatchEvent('drop', { dataTransfer });
}
const next = (page: Page): Promise<void> => page.getByRole('button', { name: /^Next: / }).click();
/** "1,234 parameters": as the layer table says it. */
async function parametersSaid(page: Page): Promise<number> {
  const said = await page
    .getByRole('status')
    .filter({ hasText: /down and up again/ })
    .innerText();
  return Number(/([\d\s,.]+) parameters/.exec(said)?.[1]?.replace(/\D/g, ''));
}

async function sayWhatFor(page: Page): Promise<void> {
  await page.getByLabel('Decision').fill('Who is called for a second look.');
  await page.getByLabel('What is predicted').fill('Whether the heart is ill.');
  await page.getByLabel('One prediction is for').fill('A patient.');
  await page.getByLabel('Whom it affects').fill('Patients.');
  await page.getByLabel('Not to be used for').fill('Dogs.');
}

test('the printed link signs in once: the token leaves the address, the cookie is out of reach, and the link is spent', async ({
  page,
  context,
  browser,
}) => {
  const used = server.signInUrl;
  await page.goto(`${server.url}/console/new`);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expect(page.getByRole('heading', { level: 1, name: /Sign in/ })).toBeVisible();

  await page.goto(used);
  await page.waitForURL(`${server.url}/console`);
  await expect(page.getByRole('heading', { level: 1, name: 'Federations' })).toBeVisible();
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  await page.goBack().catch(() => null);
  expect(page.url()).not.toContain('token=');

  const other = await browser.newContext();
  const late = await other.newPage();
  await late.goto(used);
  await expect(late.getByRole('alert').filter({ hasText: /has been used/ })).toBeVisible();
  await expect(late).not.toHaveURL(/token=/);
  await other.close();

  await page.goto(`${server.url}/console`);
  await page.getByRole('button', { name: 'Sign out' }).and(page.locator(':visible')).click();
  await page.waitForURL('**/sign-in**');
  await page.goto(`${server.url}/console`);
  await expect(page).toHaveURL(/\/sign-in/);
  const refused = await page.request.post(`${server.url}/api/federations`, {
    headers: { origin: server.url },
    data: { id: null, spec: {} },
  });
  expect(refused.status()).toBe(401);
});

test('a federation is made by the form, runs its rounds, and its versions are moved, compared and taken away', async ({
  page,
  context,
}) => {
  await signIn(page);

  await page.getByRole('link', { name: 'New federation' }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'New federation' })).toBeVisible();
  // What was passed over is pointed out where it stands, in words.
  await next(page);
  const steps = page.getByRole('navigation', { name: 'Steps' });
  await expect(steps.getByRole('link', { name: /Goal/ })).toContainText(/to put right/);
  await page.getByRole('button', { name: 'Back' }).click();
  const title = page.getByLabel('Title', { exact: true });
  await expect(title).toHaveAttribute('aria-invalid', 'true');
  await title.fill('Heart clinics');
  await expect(title).not.toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Purpose').fill('Tells who needs a second look.');
  await page.getByLabel('Who runs it').fill('The clinic in the valley');
  await sayWhatFor(page);
  await next(page);

  await page.getByRole('radio', { name: /A table/ }).check();
  await drop(
    page.getByRole('group', { name: 'Choose an example file' }),
    'clinic.csv',
    heartLikeTable(1, 120),
  );
  await expect(page.getByText(/Read 120 rows of “clinic.csv”/)).toBeVisible();
  await page.getByRole('combobox', { name: 'Target' }).selectOption('disease');
  await expect(page.getByLabel('Class 1', { exact: true })).toHaveValue(/ill|well/);
  await next(page);

  // The size of the model follows each layer as it is typed.
  await page.getByRole('textbox', { name: 'Hidden layers' }).fill('8');
  await expect.poll(() => parametersSaid(page)).toBeGreaterThan(0);
  const small = await parametersSaid(page);
  await page.getByRole('textbox', { name: 'Hidden layers' }).fill('8, 6');
  // 8→2 becomes 8→6→2: 9·2 parameters go, 9·6 + 7·2 come.
  await expect.poll(() => parametersSaid(page)).toBe(small - 18 + 54 + 14);
  await page.getByRole('textbox', { name: 'Hidden layers' }).fill('8, nought');
  await expect(page.getByRole('textbox', { name: 'Hidden layers' })).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('textbox', { name: 'Hidden layers' }).fill('8');
  await expect.poll(() => parametersSaid(page)).toBe(small);
  await next(page);

  await page.getByLabel('Updates that close a round').fill('2');
  await page.getByLabel('At least', { exact: true }).fill('3');
  // With two clinics in all, nobody is waited for beyond them.
  await page.getByLabel('Devices asked').fill('100');
  await page.getByLabel('Stop after').fill('400');
  await page.getByLabel('Pause between rounds', { exact: true }).fill('0');

  // A strategy is chosen by what it is for; what does not go with the plan says why.
  const scaffold = page.getByRole('radio', { name: 'SCAFFOLD' });
  await expect(scaffold).toBeEnabled();
  await page.getByRole('combobox', { name: 'Optimizer' }).selectOption('Adam');
  await expect(scaffold).toBeDisabled();
  await expect(scaffold).toHaveAccessibleDescription(/choose SGD without momentum/);
  await page.getByRole('combobox', { name: 'Optimizer' }).selectOption('sgd');
  await expect(scaffold).toBeEnabled();
  await page.getByRole('radio', { name: 'FedYogi' }).check();
  const serverRate = page
    .getByRole('group', { name: 'Options of FedYogi' })
    .getByLabel('Server learning rate');
  await serverRate.fill('20');
  await serverRate.blur();
  await expect(serverRate).toHaveAttribute('aria-invalid', 'true');
  await serverRate.fill('0.02');
  await expect(serverRate).not.toHaveAttribute('aria-invalid', 'true');
  // The bytes follow the codec.
  const up = page.getByRole('status', { name: 'Bytes up' });
  await expect(up).toContainText(/^\d\.\d bits a parameter: .* up instead of .* × less\.$/);
  await page.getByRole('combobox', { name: 'Updates, up' }).selectOption('Exact, 32 bits a parameter');
  await expect(up).toContainText(/^32 bits a parameter: [\d.]+ k?B up\.$/);
  await page
    .getByRole('combobox', { name: 'Updates, up' })
    .selectOption('Rotated and quantised, 3 bits a parameter');
  await expect(up).toContainText('× less');
  // Of two clinics none can be held out that would say much.
  const heldOut = page.getByLabel('Devices that never train');
  await heldOut.fill('20');
  await expect(page.getByText('about 0.4 would be held out, and fewer than two say little')).toBeVisible();
  await heldOut.fill('');
  await next(page);
  const create = page.getByRole('button', { name: 'Create the federation' });
  await expect(create).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(page.getByLabel('At least', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('At least', { exact: true }).fill('2');
  // The run finds its own learning rate: of one there is nothing to find.
  await page.getByLabel('Devices train by').selectOption('Settings that rounds try');
  const tried = page.getByLabel('What is tried');
  await tried.selectOption('Within a range (FedPop)');
  const ends = page.getByLabel('Lowest and highest learning rate');
  await ends.fill('0.1');
  await ends.blur();
  await expect(ends).toHaveAccessibleDescription(/Two numbers are needed here/);
  await ends.fill('0.02, 0.1');
  await next(page);
  await expect(
    page.getByText('a population of 6 between learning rate 0.02 and learning rate 0.1'),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Back' }).click();
  await tried.selectOption('Values of a list (FedEx)');
  const rates = page.getByLabel('Learning rates to try');
  await rates.fill('0.1');
  await rates.blur();
  await expect(rates).toHaveAttribute('aria-invalid', 'true');
  await rates.fill('0.02, 0.1');
  await expect(rates).not.toHaveAttribute('aria-invalid', 'true');
  await next(page);
  await expect(page.getByText('FedYogi: server learning rate 0.02')).toBeVisible();
  await expect(page.getByText('rounds try 2: learning rate 0.02; learning rate 0.1')).toBeVisible();
  await create.click();
  await page.waitForURL(`**/console/${id}`);

  await page.getByRole('button', { name: 'Start', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: /Run 1/ })).toBeVisible();
  await expect(page.getByText('FedYogi · eden:3 up, eden:4 down')).toBeVisible();

  const clinics: string[] = [];
  for (const clinic of [1, 2]) {
    const path = join(folder, `clinic-${clinic}.csv`);
    await writeFile(path, heartLikeTable(clinic, 120));
    clinics.push('--data', path);
  }
  participants = startCommand([
    'participate',
    '--url',
    server.url,
    '--federation',
    id,
    ...clinics,
    '--partition',
    'by-file',
    '--processes',
    '1',
    '--json',
  ]);

  // Round after round is seen to come in, without a reload.
  const openRound = page.getByRole('link', { name: /^Open round \d+$/ });
  await expect(openRound).toHaveText(/Open round ([3-9]|\d\d)/, { timeout: 60_000 });
  await expect(page.getByRole('figure', { name: /^Round \d+/ })).toBeVisible();
  await page
    .getByRole('region', { name: 'Round timeline' })
    .getByRole('button', { name: 'Show as table' })
    .click();
  await expect(page.getByRole('table', { name: /^Round \d+/ }).getByRole('row')).toHaveCount(3);
  await expect(page.getByRole('region', { name: 'Global model' })).toBeVisible();
  const chances = page.getByRole('table', { name: 'In the next round' }).getByRole('row');
  await expect(chances).toHaveCount(3);
  await expect(chances.nth(1)).toContainText(/^0\.02 ?1 ?\d+/);

  await page.getByRole('button', { name: /^Pause/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Pause/ })
    .click();
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByRole('button', { name: /^Pause/ })).toBeVisible();
  const before = Number(/\d+/.exec(await openRound.innerText())?.[0]);
  await expect
    .poll(async () => Number(/\d+/.exec(await openRound.innerText())?.[0]), { timeout: 30_000 })
    .toBeGreaterThan(before);

  // What it is for changes in mid-run, and what a version must reach: the run keeps its own brief.
  const places = page.getByRole('navigation', { name: 'Heart clinics' });
  await places.getByRole('link', { name: 'Settings' }).click();
  const saves = page.getByRole('button', { name: 'Save brief and conditions' });
  await expect(saves).toHaveAttribute('aria-disabled', 'true');
  await page.getByLabel('Not to be used for').fill('Children.');
  await page.getByRole('button', { name: 'Add a condition' }).click();
  const condition = page.getByRole('group', { name: 'Condition 1' });
  await condition.getByRole('combobox', { name: 'Figure' }).selectOption('Rounds');
  await condition.getByLabel('At most').fill('400');
  await saves.click();
  await expect(page.getByText('Saved: version 2 of the brief.').first()).toBeVisible();
  await expect(saves).toHaveAttribute('aria-disabled', 'true');
  await places.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('button', { name: 'Finish…' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Finish run 1/ })
    .click();
  await expect(page.getByRole('button', { name: 'Start a new run' })).toBeVisible();
  await participants.stop();

  // Every version has its metric; a round that was committed can be opened.
  await places.getByRole('link', { name: 'Runs' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Runs' })).toBeVisible();
  await page.getByText(/^Version 1: run 1/).click();
  await expect(page.getByText('Dogs.')).toBeVisible();
  await expect(page.getByText(/^Version 2: no run yet/)).toBeVisible();
  await places.getByRole('link', { name: 'Models' }).click();
  const versions = page.getByRole('table', { name: 'Versions, newest first' });
  const stands = async (): Promise<{ live: number; head: { version: number } }> =>
    v.parse(
      v.object({ live: v.number(), head: v.object({ version: v.number() }) }),
      await (await page.request.get(`${server.url}/api/federations/${id}`)).json(),
    );
  const newest = (await stands()).head.version;
  const earlier = newest - 2;
  await expect(
    versions.getByRole('row').filter({ has: page.getByRole('link', { name: `v${earlier}`, exact: true }) }),
  ).toContainText(/\d\s%/);

  // `live` goes back to an earlier version, and forward again to the newest.
  await versions.getByRole('link', { name: `v${earlier}`, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: `Version ${earlier}` })).toBeVisible();
  await page.getByRole('button', { name: `Roll back live to v${earlier}…` }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Roll back to v${earlier}` })
    .click();
  await expect(page.getByText('This version is live already.')).toBeAttached();
  expect((await stands()).live).toBe(earlier);
  await places.getByRole('link', { name: 'Models' }).click();
  const history = page.getByRole('region', { name: 'What was live when' });
  await expect(history.getByText(/rolled back from v\d+ by the coordinator/)).toBeVisible();
  await page.getByRole('link', { name: 'Open the newest' }).click();
  await page.getByRole('button', { name: /^Make v\d+ live/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Make v\d+ live/ })
    .click();
  await places.getByRole('link', { name: 'Models' }).click();
  await expect(history.getByRole('listitem').first()).toContainText(/until now.*by the coordinator/);

  // The files of a version open in other tools, and hold the same numbers.
  await versions.getByRole('link', { name: `v${earlier}`, exact: true }).click();
  const taken = async (name: string): Promise<Uint8Array> => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name }).click(),
    ]);
    return readFile(await download.path());
  };
  const files = unzipSync(await taken('TF.js'));
  const layers = v.parse(LayersModel, JSON.parse(new TextDecoder().decode(files['model.json'])));
  const manifest = layers.weightsManifest[0];
  const weights = new Uint8Array(files[manifest?.paths[0] ?? ''] ?? []);
  await tf.setBackend('cpu');
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: layers.modelTopology,
      weightSpecs: manifest?.weights ?? [],
      weightData: weights.buffer,
    }),
  );
  expect(model.countParams()).toBe(small);
  const width = model.inputs[0]?.shape[1] ?? 0;
  const told = model.predict(tf.ones([1, width]));
  const shares = Array.isArray(told) ? [] : [...(await told.data())];
  expect(shares).toHaveLength(2);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  const tensors = readSafetensors(new Uint8Array(await taken('safetensors')));
  const values = tensors.ok ? tensors.value.tensors.flatMap((tensor) => [...tensor.values]) : [];
  expect(values).toEqual([...new Float32Array(weights.buffer)]);

  const card = new TextDecoder().decode(await taken('Model card'));
  expect(card).toMatch(/brief, version 1[^]*\*\*Not to be used for:\*\* Dogs\.[^]*Rounds \| rounds/);

  // No version that fails a condition becomes live: not by the page, and not by a request.
  await expect(page.getByText('✓passes').first()).toBeVisible();
  const { spec } = v.parse(
    v.object({ spec: v.object({ brief: v.unknown() }) }),
    await (await page.request.get(`${server.url}/api/federations/${id}`)).json(),
  );
  const gates = [{ kind: 'quality', metric: 'loss', threshold: 1e-9 }];
  const question = { data: { brief: spec.brief, gates } };
  expect((await page.request.put(`${server.url}/api/federations/${id}/question`, question)).ok()).toBe(true);
  await expect(page.getByText('1 of 1 fails').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'May not be live' })).toHaveAccessibleDescription(
    /^Loss is [\d.]+, and at most 1e-9 is asked for\.$/,
  );
  const asked = await page.request.put(`${server.url}/api/federations/${id}/aliases/live`, {
    data: { version: earlier },
  });
  expect([asked.status(), await asked.json()]).toMatchObject([409, { error: 'gate-failed' }]);

  // The invitation leads to the join page.
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await places.getByRole('link', { name: 'Invite' }).click();
  await expect(page.getByLabel('Invitation link')).toHaveValue(/\/f\/heart-clinics$/);
  const link = await page.getByLabel('Invitation link').inputValue();
  await expect(page.getByRole('img', { name: `QR code of ${link}` })).toBeVisible();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  await page.goto(`${server.url}${new URL(link).pathname}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Heart clinics' })).toBeVisible();
  await page.getByText('The whole brief').click();
  await expect(page.getByText('Children.')).toBeVisible();
});

test('a model.json of TensorFlow.js becomes the model, and a layer that cannot be trained here is named', async ({
  page,
}) => {
  await signIn(page);
  await page.goto(`${server.url}/console/new`);
  await page.getByRole('button', { name: /Patient cohort/ }).click();
  // A page that is left before its script runs has heard nothing.
  await expect(page.getByLabel('Title', { exact: true })).not.toHaveValue('');
  await page.goto(`${server.url}/console/new?step=model`);
  const table = page.getByRole('table', { name: 'Layers of the model' });
  await expect(table).toBeVisible();
  const width = Number(await table.getByRole('row').nth(1).getByRole('cell').nth(1).innerText());
  const saved = async (model: tf.LayersModel): Promise<string> => {
    let text = '';
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        text = JSON.stringify({ ...artifacts, weightData: undefined });
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    return text;
  };
  await page.getByRole('radio', { name: /My own layers/ }).check();
  const target = page.getByRole('group', { name: 'Choose a model.json' });

  const unsupported = tf.sequential({
    layers: [
      tf.layers.dense({ units: 4, inputShape: [width] }),
      tf.layers.gaussianNoise({ stddev: 0.1 }),
      tf.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
  await drop(target, 'model.json', await saved(unsupported));
  await expect(page.getByRole('alert').filter({ hasText: /GaussianNoise/ })).toBeVisible();

  const own = tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, activation: 'relu', inputShape: [width] }),
      tf.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
  await drop(target, 'mine.json', await saved(own));
  await expect(page.getByText('The layers of “mine.json” are used')).toBeVisible();
  await expect.poll(() => parametersSaid(page)).toBe(own.countParams());

  await page.goto(`${server.url}/console/new?step=brief`);
  await page.getByLabel('Title', { exact: true }).fill('Own layers');
  await page.getByLabel('Who runs it').fill('The clinic in the valley');
  await sayWhatFor(page);
  await page.goto(`${server.url}/console/new?step=review`);
  await page.getByRole('button', { name: 'Create the federation' }).click();
  await page.waitForURL('**/console/own-layers');
  const view = await (await page.request.get(`${server.url}/api/federations/own-layers`)).json();
  expect(v.parse(v.object({ head: v.object({ bytes: v.number() }) }), view).head.bytes).toBe(
    4 * own.countParams(),
  );
});
