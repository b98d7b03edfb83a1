// A person looks at the data that they brought: what is refused, what stands out, a cell mended in place, and the way back; trains on
// it, and looks after the runs; labels what came without a label. With SHOTS=folder the pages are also written there as pictures,
// light and dark, on a desk and in a hand.
import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { encode as encodePng } from 'fast-png';
import { bringSample, federationSpec, patients, unseenErrors } from './errands.ts';
import { findings } from './findings.ts';
import { writeLayersModel } from '../src/lib/core/model/keras.ts';
import { buildNetwork, initialParameters } from '../src/lib/core/model/network.ts';
import { drawnDigits } from '../src/lib/modalities/image/sample-drawn-digits.ts';
import { patientCohortCsv } from '../src/lib/modalities/table/sample-patient-cohort.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

/** Of what “Save as JSON” writes, and of what MLflow's REST tells. */
interface SavedRun {
  readonly record: {
    readonly id: string;
    readonly outcome: {
      readonly trained: {
        readonly result: {
          readonly model: { readonly report: { readonly accuracy: number; readonly rocArea: number } };
        };
      };
    };
  };
}
interface TrackedRun {
  readonly data: {
    readonly tags: readonly { readonly key: string; readonly value: string }[];
    readonly metrics: readonly { readonly key: string; readonly value: number }[];
  };
}

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

  // Every row a point: by keys to one, and to those beside it; a class is hidden, and what is chosen by a loop is listed.
  const plane = page.getByRole('region', { name: 'In a plane' });
  await plane.getByRole('button', { name: 'Lay them out' }).press('Enter');
  const points = plane.getByRole('application', { name: '299 rows in a plane' });
  await points.press('ArrowRight');
  await expect(plane.getByText(/^heart_disease/)).toContainText(' · age ');
  await points.press('ArrowRight');
  await points.press(' ');
  await expect(plane.getByRole('status')).toHaveText('1 row chosen.');
  await expect(plane.getByRole('list', { name: 'Axes' })).toContainText(/% of how rows differ: mostly /);
  const spread = await points.boundingBox();
  const { x, y, width, height } = spread ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(x + 2, y + 2);
  await page.mouse.down();
  for (const [right, down] of [
    [width - 2, 2],
    [width - 2, height - 2],
    [2, height - 2],
  ] as const)
    await page.mouse.move(x + right, y + down);
  await page.mouse.up();
  await expect(plane.getByRole('status')).toHaveText('299 rows chosen, the first 50 below.');
  expect(await findings(page, 'explore-plane')).toEqual([]);
  await plane.getByText('As a table').click();
  await expect(plane.getByRole('table', { name: /^Where each class lies/ }).getByRole('row')).toHaveCount(3);

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

  // A name for a state, the pointer for DVC, and a column that the federation may not read.
  await states.getByRole('button', { name: 'Name “Imported”' }).click();
  await states.getByLabel('Name of this state').fill('as they came');
  await states.getByRole('button', { name: 'Keep the name' }).click();
  await expect(states.getByRole('listitem').filter({ hasText: 'Imported' })).toContainText('as they came');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'DVC pointer' }).click();
  expect((await download).suggestedFilename()).toMatch(/\.csv\.dvc$/);
  const grants = page.getByRole('region', { name: 'What its federation may read' });
  await expect(grants.getByRole('checkbox', { name: /^age/ })).toBeVisible();
  expect(await findings(page, 'explore-grants')).toEqual([]);

  // Another branch, with another age in the same row: merged, that row is asked about, and the row that is gone there goes here.
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await age.fill('43');
  await age.press('Enter');
  await states.getByRole('button', { name: 'Merge into the state in use: “Row 3 removed”' }).click();
  const merge = page.getByRole('dialog', { name: 'Merge into the state in use' });
  await expect(merge).toContainText('1 row was changed by both');
  await expect(merge).toContainText(/in use left these rows alone: 1 removed/);
  await expect(merge.getByRole('group', { name: `Row 2, age (was ${before})` })).toBeVisible();
  const done = merge.getByRole('button', { name: 'Merge', exact: true });
  await expect(done).toHaveAccessibleDescription('Choose for every row that both changed first.');
  expect(await findings(page, 'explore-merge')).toEqual([]);
  await merge.getByRole('radio', { name: 'Take theirs: 41' }).check();
  await done.click();
  await expect(page.getByText('298 rows ·').first()).toBeVisible();
  await expect(age).toHaveValue('41');
  await expect(
    states.getByText('Merged “Row 3 removed” into “age of row 2: 43”', { exact: true }),
  ).toBeVisible();

  // Without a network what was here once works on: the plane, training and labels. What was not here is named, and comes when asked again.
  const cut = (isOffline: boolean): Promise<void> => page.context().setOffline(isOffline);
  const unloaded = (what: string) =>
    page.getByRole('alert').filter({ hasText: `${what} could not be loaded.` });
  await cut(true);
  await plane.getByRole('button', { name: 'Lay them out' }).click();
  await expect(plane.getByRole('application', { name: '298 rows in a plane' })).toBeVisible();
  await page.getByRole('button', { name: 'Train a model' }).click();
  await expect(unloaded('The workbench')).toBeVisible();
  expect(await findings(page, 'explore-unloaded')).toEqual([]);
  await cut(false);
  await unloaded('The workbench').getByRole('button', { name: 'Try again' }).click();
  const learn = page.getByRole('button', { name: 'Train', exact: true });
  await expect(learn).toBeEnabled();
  await cut(true);
  await page.getByLabel('Model', { exact: true }).selectOption({ label: 'Logistic regression' });
  await learn.click();
  await page.getByRole('button', { name: 'Look closer' }).click();
  await expect(unloaded('This part of the page')).toBeVisible();
  await page.getByRole('link', { name: 'Check the labels' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This page could not be shown');
  await cut(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('combobox', { name: 'Which rows' }).selectOption('All');
  await cut(true);
  await expect(page.getByText('0 of 298')).toBeVisible();
  await page.keyboard.press('1');
  await expect(page.getByText('1 of 298')).toBeVisible();
  await cut(false);

  await page.goto(`${server.url}/me/data/none`);
  await expect(page.getByText('There is no such dataset in this browser.')).toBeVisible();
  expect(sent).toEqual([]);
  expect(errors).toEqual([]);
});

test('a search goes on after its tab was closed; its run is had again to the same bits, compared, noted, deleted, put back, and sent once somebody says so', async ({
  context,
}) => {
  let page = await context.newPage();
  const sent: string[] = [];
  context.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
  const closed = unseenErrors(page);
  await page.goto(`${server.url}/me/runs`);
  await expect(page.getByText('No run in this browser yet.')).toBeVisible();
  await page.goto(`${server.url}/f/patients/data`);
  await page.getByRole('tab', { name: 'Files' }).click();
  await page.getByRole('button', { name: 'Files', exact: true }).setInputFiles({
    name: 'ward.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(patientCohortCsv(5, 120)),
  });
  await page.getByRole('table', { name: 'Datasets in this browser' }).getByRole('link').click();
  // By keyboard, in a worker that has no way to the network.
  await page.getByRole('button', { name: 'Train a model on this' }).press('Enter');
  const workbench = page.getByRole('region', { name: 'Train a model on this' });
  await expect(workbench.getByRole('combobox', { name: 'To predict' })).toBeFocused();
  await expect(workbench.getByText(/^\d+ rows to learn from, \d+ held out\s+to judge by/)).toBeVisible();

  // What is done to the rows first: a step added, one that cannot be, and the way back to the same digest; kept with the dataset.
  const prepare = page.getByRole('region', { name: 'Prepare' });
  const stepList = prepare.getByRole('list', { name: 'Steps' });
  const digests = prepare.getByRole('status');
  await expect(digests).toContainText(
    /96 rows, 9 columns, 40 cells without a value. Steps .*, prepared\s+rows /,
  );
  const usual = await digests.textContent();
  const further = prepare.getByRole('combobox', { name: 'A further step' });
  await further.selectOption('Numbers as bins');
  await prepare.getByRole('button', { name: 'Add' }).press('Enter');
  const form = page.getByRole('dialog');
  await form.getByRole('button', { name: 'Add step' }).press('Enter');
  await expect(form.getByText('Choose a column at least.')).toBeVisible();
  expect(await findings(page, 'explore-step')).toEqual([]);
  // Letter by letter, a number is not touched while it is typed.
  const number = form.getByRole('spinbutton', { name: 'Bins' });
  await number.fill('');
  await number.pressSequentially('-0.5');
  await expect(number).toHaveValue('-0.5');
  await number.fill('5');
  await form.getByRole('checkbox', { name: 'age', exact: true }).check();
  await form.getByRole('button', { name: 'Add step' }).press('Enter');
  const bins = stepList.getByRole('listitem').filter({ hasText: 'Numbers as bins' });
  await expect(bins).toContainText('age');
  await expect(bins).toContainText('as many rows, columns and gaps as before');
  // Before the numbers are read there are none: said beside the step, and nothing is trained on it.
  const up = (at: number) => prepare.getByRole('button', { name: `Move step ${at} up: Numbers as bins` });
  await up(5).press('Enter');
  await up(4).press('Enter');
  await expect(up(3)).toBeFocused();
  await expect(bins.getByRole('alert')).toContainText('“age” holds texts at this step');
  await expect(
    workbench.getByText('A step above cannot be done: mend it, or undo the change.'),
  ).toBeVisible();
  expect(await findings(page, 'explore-prepare')).toEqual([]);
  await prepare.getByRole('button', { name: 'Undo' }).click();
  await prepare.getByRole('button', { name: 'Undo' }).click();
  await prepare.getByRole('button', { name: 'Undo' }).click();
  await expect(digests).toHaveText(usual ?? '');
  await prepare.getByRole('button', { name: 'Redo' }).click();
  await expect(bins).toBeVisible();
  await expect(digests).not.toHaveText(usual ?? '');
  const kept = await digests.textContent();
  await page.reload();
  await page.getByRole('button', { name: 'Train a model on this' }).press('Enter');
  await expect(digests).toHaveText(kept ?? '');

  // How rows are held out, by keyboard, and what that makes of the parts.
  const model = workbench.getByRole('combobox', { name: 'Model' });
  await workbench.getByText(/^How rows are held out: 20\s%/).press('Enter');
  const parts = workbench.getByRole('list', { name: 'Parts' });
  await expect(parts).toContainText(/24 rows held out, 20\s%/);
  const heldOut = workbench.getByRole('slider', { name: 'Held out' });
  await heldOut.press('ArrowRight');
  await expect(parts).toContainText(/31 rows held out, 26\s%/);
  const which = workbench.getByRole('combobox', { name: 'Which' });
  await which.selectOption('Whole groups');
  await workbench.getByRole('combobox', { name: 'Groups by' }).selectOption('smoker');
  await expect(
    workbench.getByText(/^\d groups? to learn from, \d held out; none stands\s+on both/),
  ).toBeVisible();
  await which.selectOption('Classes in proportion');
  await heldOut.press('ArrowLeft');
  await workbench.getByText('Balance of classes: as they come').press('Enter');
  await workbench.getByRole('combobox', { name: 'Classes' }).selectOption('rare classes made up');
  await expect(workbench.getByText(/the class \(SMOTE\)/)).toBeVisible();
  await model.selectOption({ label: 'Search for the best' });
  await expect(parts).toContainText(/to choose settings by.*24 rows held out/);
  expect(await findings(page, 'explore-split')).toEqual([]);
  await workbench.getByRole('combobox', { name: 'Search for' }).selectOption('20 trials');
  await workbench.getByRole('button', { name: 'Train', exact: true }).click();
  await workbench.getByRole('progressbar', { name: /^Trial [1-9]/ }).waitFor();
  // The tab is closed in the middle of it.
  await page.close();

  page = await context.newPage();
  const errors = unseenErrors(page);
  await page.goto(`${server.url}/me/runs`);
  const table = page.getByRole('table', { name: 'Runs in this browser' });
  await expect(table.getByText('cut off')).toBeVisible();
  await table.getByRole('link').click();
  await expect(page.getByRole('note').filter({ hasText: 'Cut off' })).toContainText(
    'and none is tried twice',
  );
  await expect(page.getByRole('button', { name: 'Take the best so far' })).toBeVisible();
  await page.getByRole('button', { name: 'Go on' }).press('Enter');
  await expect(page.getByText(/^(There is a signal|No signal)$/)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('table', { name: /^What the search found in 20 trials/ })).toBeVisible();
  await expect(page.getByText(/^Added to learn from.* as SMOTE does\).*Calibration error/)).toBeVisible();
  const judged = page.getByRole('table', { name: /^On rows held out/ });
  await expect(judged.getByRole('rowheader')).toHaveText([
    /./,
    /^Same answer for all/,
    /^One rule/,
    /^Logistic regression/,
    /^Nearest neighbours/,
  ]);
  await expect(judged.getByRole('row', { name: /^Same answer for all/ })).toContainText(/points \(/);
  await expect(page.getByRole('table', { name: /^Confusion matrix/ })).toBeVisible();
  await expect(page.getByRole('list', { name: 'What each column is worth to the model' })).toBeVisible();

  await page.getByRole('textbox', { name: 'Tags' }).fill('first, ward');
  await page.getByRole('textbox', { name: 'Note' }).fill('Of the first ward.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the model' }).click();
  expect((await saved).suggestedFilename()).toMatch(/^run-[0-9a-f]{8}-model\.json$/);
  await page.getByRole('textbox', { name: 'Rows' }).fill(patientCohortCsv(6, 3));
  await page.getByRole('button', { name: 'Predict' }).click();
  await expect(page.getByRole('table', { name: '3 predictions' }).getByRole('row')).toHaveCount(4);
  expect(await findings(page, 'run-finished')).toEqual([]);

  // Behind the figures: the rows of a cell, why one of them, and what else can be asked, none of it worked out before.
  const cell = page.getByRole('button', { name: /show .+ taken for / }).first();
  const held = Number(/, (\d+): show/.exec((await cell.getAttribute('aria-label')) ?? '')?.[1] ?? 0);
  await cell.press('Enter');
  const closer = page.getByRole('region', { name: 'Look closer' });
  const behind = closer.getByRole('table', { name: 'Rows behind the figure' });
  await expect(behind.getByRole('row')).toHaveCount(Math.min(24, held) + 1);
  await closer
    .getByRole('button', { name: /^Why, of row/ })
    .first()
    .click();
  await expect(closer.getByRole('list', { name: /^From what is usual to/ })).toBeVisible();
  await closer.getByRole('combobox', { name: 'By' }).selectOption('LIME');
  await expect(closer.getByText(/^The line explains \d+/)).toBeVisible();
  expect(await findings(page, 'run-rows')).toEqual([]);
  await closer.getByRole('tab', { name: 'Curves' }).click();
  await expect(closer.getByRole('table', { name: /^Each class against the others/ })).toContainText(
    /0\.\d+ to/,
  );
  await closer.getByRole('tab', { name: 'Fairness' }).click();
  await closer.getByRole('combobox', { name: 'Groups by' }).selectOption('sex');
  await closer.getByRole('button', { name: 'Compare groups' }).click();
  await expect(closer.getByText(/four-fifths rule$|nothing can be compared/)).toBeVisible();
  expect(await findings(page, 'run-fairness')).toEqual([]);
  await closer.getByRole('tab', { name: 'Wrong labels' }).click();
  await closer.getByRole('button', { name: 'Look for wrong labels' }).click();
  await expect(closer.getByText(/look wrong|looks wrong/)).toBeVisible({ timeout: 30_000 });
  await expect(closer.getByRole('link', { name: 'Judge suspected labels' })).toHaveAttribute(
    'href',
    /label\?of=suspected$/,
  );
  await closer.getByRole('tab', { name: 'Columns' }).click();
  await closer.getByRole('combobox', { name: 'How it moves with' }).selectOption({ index: 1 });
  await expect(closer.getByRole('img', { name: /and their mean, which goes from/ })).toBeVisible();
  await closer.getByRole('tab', { name: 'Rows' }).click();
  const [row = ''] = await closer.getByRole('table').getByRole('link').allTextContents();
  await closer.getByRole('table').getByRole('link').first().click();
  // The row has its number on the page that is left, too: back is only back once the other page is there.
  await page.waitForURL(/\/me\/data\/[^/]+\?row=\d+$/);
  await expect(
    page
      .getByRole('region', { name: 'Rows', exact: true })
      .getByRole('rowheader', { name: row, exact: true }),
  ).toBeVisible();
  // The split of the run is kept for the next, unless somebody asks for another.
  await page.getByRole('button', { name: 'Train a model on this' }).press('Enter');
  const next = page.getByRole('region', { name: 'Train a model on this' });
  await next.getByText(/^How rows are held out: 20\s%/).press('Enter');
  const isKept = next.getByRole('note').filter({ hasText: 'Kept since' });
  await isKept.getByRole('button', { name: 'Draw anew' }).press('Enter');
  await expect(next.getByRole('note').filter({ hasText: 'Drawn anew' })).toContainText('not comparable');
  expect(await findings(page, 'explore-split-kept')).toEqual([]);
  const keep = next.getByRole('button', { name: 'Keep the split' });
  await expect(keep).toBeFocused();
  await keep.press('Enter');
  await expect(isKept).toBeVisible();
  await page.goBack();
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(page.getByText('Every bit of the model is as before', { exact: true })).toBeVisible({
    timeout: 60_000,
  });
  await page.getByRole('link', { name: 'The run that was had again' }).click();
  await expect(page.getByRole('note').filter({ hasText: 'The run that it repeats' })).toContainText(
    'Every bit of the model is as before',
  );

  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await expect(table.getByRole('row')).toHaveCount(3);
  const filter = page.getByRole('searchbox', { name: 'Filter' });
  await filter.fill('metrics.acuracy > 0');
  await expect(page.getByRole('alert')).toContainText('Is accuracy meant?');
  await filter.fill('metrics.accuracy > 0 and tags = ward');
  await expect(table.getByRole('row')).toHaveCount(2);
  await page.reload();
  await expect(filter).toHaveValue('metrics.accuracy > 0 and tags = ward');
  await expect(table.getByRole('row')).toHaveCount(2);
  await filter.fill('');
  await page.getByRole('checkbox', { name: 'Choose all runs shown' }).check();
  expect(await findings(page, 'runs')).toEqual([]);
  await page.getByRole('link', { name: 'Compare 2' }).click();
  const metrics = page.getByRole('table', { name: 'Metrics of the runs' });
  await expect(metrics.getByRole('row', { name: /^accuracy/ })).toContainText(/%.* to /);
  await expect(page.getByText('They were given the same.')).toBeVisible();
  await page.getByRole('checkbox', { name: 'Show what is alike too' }).check();
  await expect(page.getByRole('rowheader', { name: 'seed' })).toBeVisible();
  expect(await findings(page, 'runs-compared')).toEqual([]);
  await page.goBack();
  await page.getByRole('checkbox', { name: 'Choose all runs shown' }).check();
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No run in this browser yet.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(table.getByRole('row')).toHaveCount(3);
  expect(sent).toEqual([]);

  // By a person's own hand, and by nothing else, a run leaves: figures and settings, to be read there by MLflow's REST.
  const downloaded = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON' }).click();
  const whole = JSON.parse(await readFile(await (await downloaded).path(), 'utf8')) as SavedRun[];
  await table.getByRole('link').first().click();
  const send = page.getByRole('button', { name: 'Send to this server…' });
  await send.click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText('You are not signed in here');
  await expect(dialog.getByRole('textbox', { name: 'Experiment' })).toHaveValue('ward.csv');
  expect(await findings(page, 'run-sending')).toEqual([]);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(send).toBeFocused();
  const run = page.url();
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
  await page.goto(run);
  await send.click();
  // The connection goes in the middle of it.
  await page.route('**/runs/update', (route) => route.abort(), { times: 1 });
  await dialog.getByRole('button', { name: 'Send the run' }).click();
  await expect(dialog.getByRole('alert')).toContainText('No answer came from this server.');
  await dialog.getByRole('button', { name: 'Try again' }).click();
  await expect(dialog.getByText('Sent', { exact: true })).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(
    page.getByText(/^Sent .* to the experiment “ward\.csv” \(1\) of this server, as run/),
  ).toBeVisible();
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await page.getByRole('checkbox', { name: 'Choose all runs shown' }).check();
  await page.getByRole('button', { name: 'Send 2…' }).click();
  await dialog.getByRole('button', { name: 'Send 2 runs' }).click();
  await expect(dialog.getByText('Sent', { exact: true })).toBeVisible();
  const search = { data: { experiment_ids: ['1'] } };
  const told = await page.request.post(`${server.url}/api/2.0/mlflow/runs/search`, search);
  const there = ((await told.json()) as { readonly runs: readonly TrackedRun[] }).runs;
  expect(there.map(({ data }) => data.tags.find(({ key }) => key === 'tributary.run')?.value).sort()).toEqual(
    whole.map(({ record }) => record.id).sort(),
  );
  for (const { data } of there) {
    const id = data.tags.find(({ key }) => key === 'tributary.run')?.value;
    const { report } = whole.find(({ record }) => record.id === id)!.record.outcome.trained.result.model;
    expect(data.metrics.find(({ key }) => key === 'accuracy')?.value).toBe(report.accuracy);
    expect(data.metrics.find(({ key }) => key === 'auc')?.value).toBe(report.rocArea);
  }
  await page.goto(`${server.url}/me/runs/none`);
  await expect(page.getByText('There is no such run in this browser.')).toBeVisible();
  expect(sent.filter((address) => !/\/api\/(session|2\.0\/mlflow\/.*)$/.test(address))).toEqual([]);
  expect([...closed, ...errors]).toEqual([]);
});

/** A network of digits that somebody has kept elsewhere. */
function broughtNetwork() {
  const dense = (units: number, activation: 'relu' | 'softmax') =>
    ({ type: 'dense', units, activation, useBias: true }) as const;
  const built = buildNetwork({
    inputShape: [28, 28, 1],
    layers: [{ type: 'flatten' }, dense(8, 'relu'), dense(10, 'softmax')],
    loss: 'categorical-crossentropy',
  });
  if (!built.ok) throw new Error(built.error.message);
  const { modelJson, weights, weightsPath } = writeLayersModel(
    built.value,
    initialParameters(built.value, 1),
    'brought',
  );
  return [
    { name: 'model.json', mimeType: 'application/json', buffer: Buffer.from(modelJson) },
    { name: weightsPath, mimeType: 'application/octet-stream', buffer: Buffer.from(weights) },
  ];
}

test('pictures are explored and a label mended; a layer that does not fit is named before anything is trained; a network is watched, stepped and branched from', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  await bringSample(page, `${server.url}/f/digits`, 120);
  await page.getByRole('table', { name: 'Datasets in this browser' }).getByRole('link').click();
  await expect(page.getByRole('img', { name: /^Histogram of brightness, / })).toBeVisible();
  const plane = page.getByRole('region', { name: 'In a plane' });
  await plane.getByRole('combobox', { name: 'Laid out by' }).selectOption({ index: 1 });
  await plane.getByRole('button', { name: 'Lay them out' }).click();
  await plane.getByRole('application').press('ArrowRight');
  await expect(plane.getByRole('link', { name: /^picture \d+$/ })).toBeVisible();
  expect(await findings(page, 'explore-pictures')).toEqual([]);
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByRole('combobox', { name: 'Label of picture 1', exact: true }).selectOption('7');
  await expect(page.getByText('label of picture 1: 7')).toBeVisible();

  const dataset = page.url();
  await page.getByRole('button', { name: 'Train a model on this' }).press('Enter');
  const workbench = page.getByRole('region', { name: 'Train a model on this' });
  await workbench.getByRole('combobox', { name: 'Model' }).selectOption('Own layers');
  const layers = workbench.getByRole('list', { name: 'Layers in order' });
  await expect(layers.getByRole('listitem')).toHaveCount(2);
  // A layer that does not fit is named before anything is trained.
  await workbench.getByRole('combobox', { name: 'A further layer' }).selectOption('GRU');
  await workbench.getByRole('button', { name: 'Add' }).press('Enter');
  const refusal = /^Layer 2 \(gru\) expected a sequence \[steps, channels\], but got \[784\]\.$/;
  await expect(layers.getByRole('alert')).toHaveText(refusal);
  await expect(workbench.getByRole('button', { name: 'Train', exact: true })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  // The same layers drawn: a box chosen is a row chosen, by pointer and by keys, and the other way round.
  const boxes = workbench.getByRole('list', { name: 'The network, drawn' }).getByRole('button');
  await expect(boxes).toHaveCount(3);
  await boxes.filter({ hasText: 'does not fit' }).click();
  const row = (at: number) => layers.getByRole('listitem').nth(at).getByRole('button').first();
  await expect(row(1)).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('ArrowUp');
  await expect(boxes.first()).toBeFocused();
  await expect(row(0)).toHaveAttribute('aria-pressed', 'true');
  await row(2).press('Enter');
  await expect(boxes.nth(2)).toHaveAttribute('aria-pressed', 'true');
  expect(await findings(page, 'explore-layers')).toEqual([]);

  // Another model of them is asked which it finds hardest, and where in one it looks.
  await workbench
    .getByRole('combobox', { name: 'Model' })
    .selectOption({ label: 'Convolutional network (usual)' });
  await workbench.getByText('Settings as usual').click();
  await workbench.getByRole('spinbutton', { name: 'Cover a square' }).fill('0.3');
  // Four pictures to learn from, in each of four epochs; the settings as they were typed.
  await expect(workbench.getByRole('img', { name: /^Epoch \d: a square of 8 pixels covered$/ })).toHaveCount(
    16,
  );
  await workbench.getByRole('button', { name: 'Train', exact: true }).click();
  await page.getByRole('button', { name: 'Look closer' }).click({ timeout: 60_000 });
  const closer = page.getByRole('region', { name: 'Look closer' });
  await closer
    .getByRole('button', { name: /^Why, of picture/ })
    .first()
    .click();
  await expect(closer.getByRole('img', { name: /^Taken for \d/ })).toBeVisible();
  await closer.getByRole('combobox', { name: 'By' }).selectOption('Grad-CAM');
  await expect(closer.getByRole('img', { name: /^Taken for \d.+speaks for it/ })).toBeVisible();
  expect(await findings(page, 'run-pictures')).toEqual([]);

  // By what that network sees, of which the run keeps the weights.
  await page.goto(dataset);
  await plane.getByRole('combobox', { name: 'Alike in' }).selectOption('What a network sees');
  await expect(plane.getByRole('combobox', { name: 'Network' })).toContainText('Convolutional network');
  await plane.getByRole('button', { name: 'Lay them out' }).click();
  await expect(plane.getByText(/the 512 numbers of its layer 6 \(Dense, relu\)\./)).toBeVisible();
  expect(await findings(page, 'explore-pictures-seen')).toEqual([]);
  // And by one that is brought.
  await plane.getByRole('combobox', { name: 'Network' }).selectOption('One that I bring as files');
  await expect(plane.getByRole('button', { name: 'Lay them out' })).toHaveAttribute('aria-disabled', 'true');
  await plane.getByLabel('model.json and its weights').setInputFiles(broughtNetwork());
  await expect(plane.getByRole('combobox', { name: 'Take what this layer gives' })).toHaveValue('2');
  await plane.getByRole('button', { name: 'Lay them out' }).click();
  await expect(plane.getByText(/“model\.json”, which you brought\): the 8 numbers/)).toBeVisible();

  // Another model learns from the same.
  await page.getByRole('button', { name: 'Train a model on this' }).press('Enter');
  await workbench.getByRole('combobox', { name: 'Learn from' }).selectOption('What a network sees');
  await workbench.getByRole('combobox', { name: 'Model' }).selectOption('Nearest neighbours');
  await workbench.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(workbench.getByRole('row', { name: /^Nearest neighbours on a frozen network/ })).toBeVisible({
    timeout: 60_000,
  });
  expect(await findings(page, 'bench-by-network')).toEqual([]);
  await workbench.getByRole('combobox', { name: 'Learn from' }).selectOption('Every pixel');

  // A network long enough to be watched: its curve grows, it stands, takes one step, and is stopped.
  await workbench.getByRole('combobox', { name: 'Model' }).selectOption('Multi-layer perceptron');
  await workbench.getByText('Settings as usual').click();
  await workbench.getByRole('spinbutton', { name: 'Units of a hidden layer' }).fill('512');
  await workbench.getByRole('spinbutton', { name: 'Epochs' }).fill('1000');
  await expect(workbench.getByRole('combobox', { name: 'Engine' })).toHaveValue('simd');
  await workbench.getByRole('button', { name: 'Train', exact: true }).click();
  const curve = workbench.getByRole('figure', { name: /^loss: / });
  const drawn = async (): Promise<number> =>
    Number(/between step \d+ and (\d+)/.exec((await curve.getAttribute('aria-label')) ?? '')?.[1] ?? 0);
  await expect(curve).toBeVisible({ timeout: 60_000 });
  // Drawn anew only where it is seen.
  await curve.scrollIntoViewIfNeeded();
  const early = await drawn();
  await expect.poll(drawn).toBeGreaterThan(early);
  await workbench.getByRole('button', { name: 'Pause' }).click();
  await expect(workbench.getByText(/^Epoch \d+ of 1000 · on WebAssembly SIMD$/)).toBeVisible();
  await expect(workbench.getByRole('figure', { name: /^accuracy: .*Held-out/ })).toBeVisible();
  await workbench.getByRole('button', { name: 'Single step' }).click();
  await expect(workbench.getByRole('heading', { name: /^Step [\d,]+, on \d+ examples$/ })).toBeVisible();
  await expect(workbench.getByRole('row', { name: /^dense_2 / })).toContainText('[');
  await workbench.getByRole('checkbox', { name: 'Explain each phase' }).check();
  await expect(workbench.getByText(/The loss is [\d.]+: the mean of −ln of the share/)).toBeVisible();
  await workbench.getByRole('button', { name: 'Single step' }).click();
  await expect(workbench.getByText(/The loss is [\d.]+: the mean of −ln of the share/)).toBeVisible();
  expect(await findings(page, 'bench-step')).toEqual([]);
  await workbench.getByRole('button', { name: 'Stop' }).click();
  await workbench.getByRole('link', { name: 'go on with it' }).click();
  // Half the rate, from where it stood, for the rest of that epoch and one more.
  const checkpoints = page.getByRole('region', { name: 'Checkpoints' });
  const newest = checkpoints.getByRole('row').nth(1);
  const epoch = Number((await newest.getByRole('cell').first().textContent())?.replace(',', ''));
  await newest.getByRole('button', { name: /^Branch from step/ }).click();
  await checkpoints.getByLabel('Epochs in all').fill(String(epoch + 2));
  expect(await findings(page, 'bench-checkpoints')).toEqual([]);
  await checkpoints.getByRole('button', { name: /^Branch from step [\d,]+$/ }).click();
  await page.getByRole('link', { name: 'The branch' }).click({ timeout: 60_000 });
  await expect(page.getByText(/learning rate 0.001 → 0.0005/)).toBeVisible();
  await expect(page.getByRole('figure', { name: /^loss: / })).toBeVisible();
  expect(await findings(page, 'bench-branch')).toEqual([]);
  expect(errors).toEqual([]);
});

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
  // The files are chosen while the page's script is still on its way, as on a slow line.
  let arrive = (): void => undefined;
  const script = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/_app/**/*.js', (route) => script.then(() => route.continue()));
  await page.goto(`${server.url}/f/digits/data`, { waitUntil: 'commit' });
  page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
  await page.getByRole('button', { name: 'Files', exact: true }).setInputFiles(files);
  arrive();
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
  await expect(bench.getByText(/saving/)).toBeHidden();
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

  expect(await findings(page, 'label')).toEqual([]);

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

test('boxes and polygons are drawn in pictures by pointer and by keys alone; they stand after a reload, and go out as COCO', async ({
  page,
}) => {
  const errors = unseenErrors(page);
  await bringSample(page, `${server.url}/f/digits`, 40);
  await page.getByRole('table', { name: 'Datasets in this browser' }).getByRole('link').click();
  await page.getByRole('link', { name: 'Draw boxes and polygons' }).click();
  await expect(page.getByRole('tab', { name: 'Boxes and polygons' })).toHaveAttribute(
    'aria-selected',
    'true',
  );
  await page.getByLabel('Classes of shapes').fill('stroke, hole');
  await page.getByLabel('Classes of shapes').press('Tab');

  const bench = page.getByRole('region', { name: 'The picture to draw in' });
  const stage = bench.getByRole('application', { name: /^Picture 1, / });
  const shapes = bench.getByRole('button', { name: /^\d: / });
  /** Of the picture's own 28 by 28 pixels, on the screen. */
  const at = async (x: number, y: number): Promise<readonly [number, number]> => {
    const box = (await stage.boundingBox())!;
    return [box.x + (x * box.width) / 28, box.y + (y * box.height) / 28];
  };
  // By pointer: a box in one stroke, called otherwise, and a polygon point by point.
  await bench.getByRole('button', { name: 'Box', exact: true }).click();
  await page.mouse.move(...(await at(2, 3)));
  await page.mouse.down();
  await page.mouse.move(...(await at(6, 6)));
  await page.mouse.move(...(await at(12, 9)));
  await page.mouse.up();
  await page.keyboard.press('2');
  await expect(shapes).toHaveCount(1);
  await expect(shapes).toHaveAccessibleName('1: hole Box 10 × 6 at 2, 3');
  await bench.getByRole('button', { name: 'Polygon', exact: true }).click();
  for (const [x, y] of [
    [14, 14],
    [24, 14],
    [24, 24],
    [14, 14],
  ] as const)
    await page.mouse.click(...(await at(x, y)));
  await expect(shapes.nth(1)).toHaveAccessibleName('2: hole Polygon 3 points, 50 px² at 14, 14');

  // By keys alone: begun in the middle, moved, widened, called, kept; a point taken away again.
  await page.keyboard.press('b');
  for (const key of ['ArrowLeft', 'ArrowUp', 'Shift+ArrowRight', '1', 'Enter'])
    await page.keyboard.press(key);
  await expect(shapes.nth(2)).toHaveAccessibleName('3: stroke Box 8 × 7 at 9, 9');
  await page.keyboard.press('Delete');
  await expect(shapes).toHaveCount(2);
  await page.keyboard.press('Control+z');
  await expect(shapes).toHaveCount(3);
  await expect(bench.getByRole('status')).toHaveText(/^Taken back\. stroke: Box 8 × 7 at 9, 9/);
  await expect(bench.getByText('kept in this browser')).toBeVisible();
  expect(await findings(page, 'label-shapes')).toEqual([]);

  await page.reload();
  await expect(shapes).toHaveCount(3);
  await stage.focus();
  // Done with it; the next one is gone through and has none.
  await page.keyboard.press('Enter');
  await expect(bench.getByText('1 of 40 pictures done')).toBeVisible();
  await bench.getByRole('button', { name: 'Done, next (Enter)' }).click();
  await expect(bench.getByText('2 of 40 pictures done')).toBeVisible();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as COCO' }).click();
  const coco = JSON.parse(await readFile(await (await saving).path(), 'utf8'));
  expect(coco.images).toMatchObject([
    { id: 1, width: 28, height: 28 },
    { id: 2, width: 28, height: 28 },
  ]);
  expect(coco.categories.map(({ id, name }: { id: number; name: string }) => [id, name])).toEqual([
    [1, 'stroke'],
    [2, 'hole'],
  ]);
  const [box, polygon, byKeys] = coco.annotations;
  expect(coco.annotations).toHaveLength(3);
  expect(box).toMatchObject({ id: 1, image_id: 1, category_id: 2 });
  for (const [i, value] of [2, 3, 10, 6].entries()) expect(box.bbox[i]).toBeCloseTo(value, 0);
  expect(polygon.segmentation[0]).toHaveLength(6);
  expect(polygon.area).toBeCloseTo(50, 0);
  expect(byKeys).toMatchObject({ category_id: 1, bbox: [9, 9, 8, 7], area: 56 });
  // The classes of a file that is read stand in the field, so that typing there drops none.
  await page.getByLabel('COCO file').setInputFiles({
    name: 'theirs.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(coco).replace('"hole"', '"loop"')),
  });
  await expect(page.getByText('2 shapes of that file stand now as yours.').first()).toBeVisible();
  await expect(page.getByLabel('Classes of shapes')).toHaveValue('stroke, hole, loop');
  expect(errors).toEqual([]);
});
