// A cohort of two tabs and five headless participants under secure aggregation, which answers a survey beside its round: Chromium and Node agree on every key and mask, and the
// masks of a tab that is closed after it has shared its keys come off with what the others hold.
import { expect, test, type Browser, type Locator, type Page } from '@playwright/test';
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import { usualStatistics } from '#lib/core/statistics/rules.ts';
import { runParticipants } from '../server/participants/run-participants.ts';
import { held } from '../test/support/held-engines.ts';
import { signedIn, type CoordinatorClient } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';
import { findings } from './findings.ts';
import { bringSample, federationSpec, patients, startContributing, unseenErrors } from './errands.ts';

let server: ServerProcess;
let coordinator: CoordinatorClient;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  coordinator = await signedIn(server.signInUrl);
});
test.afterAll(() => server.close());

/** With patients of their own, who train once `gate` opens. */
const fiveHeadless = (federation: FederationId, gate: Promise<void>): ReturnType<typeof runParticipants> =>
  runParticipants(
    {
      url: server.url,
      federation,
      clients: 5,
      indices: [0, 1, 2, 3, 4],
      data: { type: 'sample' },
      seed: 1,
      tags: [],
      backend: 'cpu',
      state: null,
      invitation: null,
      rounds: null,
    },
    held(gate),
    () => {},
  );
const phrase = async (page: Page): Promise<string> => {
  const line = page
    .getByRole('paragraph')
    .filter({ hasText: 'Summed with 6 other devices: the server can read only the sum' });
  await expect(line).toBeVisible({ timeout: 60_000 });
  return line.locator('strong').last().innerText();
};

/** What the survey said fits a recipe, which begins as a federation of its own: this one has versions. */
async function prepareFrom(office: Page, survey: Locator): Promise<void> {
  await survey.getByRole('button', { name: 'Prepare from these figures' }).click();
  const steps = office.getByRole('region', { name: 'Prepare', exact: true });
  await expect(steps.getByRole('listitem').filter({ hasText: 'Scale numbers' })).toContainText('note');
  await office.getByRole('button', { name: 'Make a new federation with it' }).click();
  await office.waitForURL((url) => /^\/console\/[^/]+$/.test(url.pathname));
  const made = new URL(office.url()).pathname.split('/').at(-1) ?? '';
  const { spec, state } = await coordinator.federation(v.parse(FederationId, made));
  expect(state).toBe('draft');
  expect(spec.recipe).toMatchObject({ from: 'survey 1, the sum of 7 devices' });
  await office.goto(`${server.url}/console/${made}/settings?step=data`);
  await expect(office.getByText(/A recipe of survey 1, the sum of 7 devices/)).toBeVisible();
}

/** What it suggests about the contract is taken one by one, into a federation of its own. */
async function suggestFrom(office: Page, survey: Locator, federation: string): Promise<void> {
  await survey.getByRole('button', { name: 'Use in a contract' }).click();
  const proposals = office.getByRole('region', { name: 'What this survey suggests about the data contract' });
  const first = proposals.getByRole('checkbox').first();
  await expect(proposals.getByRole('button', { name: /^Make a new federation/ })).toBeDisabled();
  await first.check();
  expect(await findings(office, 'contract-suggested')).toEqual([]);
  await proposals.getByRole('button', { name: 'Make a new federation with this (1)' }).click();
  await office.waitForURL((url) => /^\/console\/[^/]+$/.test(url.pathname));
  const made = new URL(office.url()).pathname.split('/').at(-1) ?? '';
  const { spec, state } = await coordinator.federation(v.parse(FederationId, made));
  expect(state).toBe('draft');
  expect(spec.contract).not.toEqual(patients.contract);
  await office.goto(`${server.url}/console/${federation}/statistics`);
}

/** Beside the round, and while all of them train. */
async function askAll(browser: Browser, federation: string): Promise<void> {
  const office = await (await browser.newContext()).newPage();
  await office.goto(server.signInUrl);
  await office.waitForURL('**/console');
  await office.goto(`${server.url}/console/${federation}/statistics`);
  await office.getByRole('button', { name: 'Ask 7 devices' }).click();
  const survey = office.getByRole('region', { name: /^Survey 1: the target, distributions/ });
  await expect(survey).toContainText('The sum over 7 of 7 devices.', { timeout: 30_000 });
  await expect(survey.getByRole('list', { name: 'Rows by age' })).toBeVisible();
  await expect(
    survey.getByRole('region', { name: /^Means, standard deviations and correlations/ }),
  ).toBeVisible();
  await expect(survey.getByRole('list', { name: 'Share of the variance along each axis' })).toContainText(
    'Axis 1: mostly ',
  );
  await survey.getByRole('button', { name: 'Show to participants' }).click();
  await expect(survey).toContainText('can read these figures, beside their own');
  expect(await findings(office, 'survey-shown')).toEqual([]);

  await suggestFrom(office, survey, federation);
  await prepareFrom(office, survey);
  await office.context().close();
}

test('two tabs and five headless participants sum one round; one tab is closed after sharing its keys', async ({
  browser,
}) => {
  const federation = v.parse(FederationId, 'summed');
  await coordinator.create(
    {
      ...federationSpec({
        ...patients,
        localEpochs: 300,
        // 7 devices share keys, any 5 of them open the sum, and 6 close the round.
        rules: { goal: 6, minimum: 5, overSelection: 1.16, maximumRounds: 1 },
      }),
      secureSum: usualSecureSum,
      statistics: usualStatistics,
    },
    federation,
  );
  await coordinator.act(federation, 'start');
  const base = `${server.url}/f/${federation}`;
  const tab = async (rows: number, name: string): Promise<Page> => {
    const page = await (await browser.newContext()).newPage();
    await bringSample(page, base, rows);
    await startContributing(page, base, name);
    return page;
  };
  const staying = await tab(200, 'Who stays');
  const errors = unseenErrors(staying);
  // It trains far longer than the others: its vector is not there when it goes.
  const leaving = await tab(20_000, 'Who goes');
  let train = (): void => {};
  const headless = fiveHeadless(federation, new Promise((resolve) => (train = resolve)));
  try {
    // The same roster on both, and so the same words.
    const words = await phrase(staying);
    expect(words.split(' ').length).toBe(6);
    expect(await phrase(leaving)).toBe(words);
    // What is said to leave is what leaves: no counts of one device.
    await staying.getByRole('button', { name: 'What leaves this device?' }).click();
    const leaves = staying.getByRole('dialog', { name: 'What leaves this device?' });
    await expect(leaves.getByRole('rowheader', { name: 'Keys and shares' })).toBeVisible();
    await expect(leaves.getByRole('rowheader', { name: 'Counts' })).toHaveCount(0);
    await staying.keyboard.press('Escape');
    await askAll(browser, federation);
    const own = await staying.context().newPage();
    await own.goto(`${server.url}/me`);
    await expect(own.getByRole('region', { name: 'Statistics answered' })).toContainText(
      'Distributions of columns',
    );
    // What the office shows lies over one's own columns.
    await own.getByRole('link', { name: 'Sample of patients' }).click();
    await own.getByRole('group', { name: 'Whose figures' }).getByRole('button', { name: 'Both' }).click();
    await expect(
      own.getByRole('img', { name: /^age of all devices: most rows at .* Here: most at / }),
    ).toBeVisible();
    expect(await findings(own, 'explore-cohort')).toEqual([]);
    await own.close();
    train();
    // A vector was taken: by then all have shared their keys.
    await coordinator.until(
      federation,
      (view) => view.round?.cohort.some((member) => member.stage === 'accepted') === true,
      60_000,
    );
    await leaving.context().close();
    await coordinator.until(federation, (view) => view.state === 'finished', 60_000);
    const [, made] = await coordinator.versions(federation);
    expect(made).toMatchObject({ version: 1, participants: 6, evaluation: null });
    const [round] = await coordinator.rounds(federation);
    expect(round?.phase).toBe('committed');
    expect(round?.cohort.map(({ examples }) => examples)).toEqual(Array.from({ length: 7 }, () => null));
    await expect(staying.getByText(/could read only their sums/)).toBeVisible();
    expect(errors).toEqual([]);
  } finally {
    train();
    await headless.stop();
    await staying.context().close();
  }
});

test('five devices say of a version what it does to groups, where it does worse and what it leans on, and whether files kept the contract', async ({
  browser,
}) => {
  const federation = v.parse(FederationId, 'asked');
  const rules = { goal: 5, minimum: 5, overSelection: 1, maximumRounds: 2, pauseMs: 600_000 };
  await coordinator.create(
    { ...federationSpec({ ...patients, rules }), statistics: usualStatistics },
    federation,
  );
  await coordinator.act(federation, 'start');
  const headless = fiveHeadless(federation, Promise.resolve());
  const office = await (await browser.newContext()).newPage();
  try {
    await coordinator.until(federation, ({ head }) => head.version === 1, 60_000);
    await office.goto(server.signInUrl);
    await office.waitForURL('**/console');
    await office.goto(`${server.url}/console/${federation}/statistics`);
    const subjects = [
      ['groups', /^Survey 1: groups/],
      ['slices', /^Survey 2: where a version/],
      ['importance', /^Survey 3: what a version leans/],
      ['rules', /^Survey 4: rules/],
    ] as const;
    for (const [subject, title] of subjects) {
      await office.getByLabel('About').selectOption(subject);
      if (subject === 'groups') await office.getByLabel('Groups by').selectOption('sex');
      await office.getByRole('button', { name: 'Ask 5 devices' }).click();
      await expect(office.getByRole('region', { name: title })).toContainText(
        'The sum over 5 of 5 devices.',
        { timeout: 30_000 },
      );
    }
    await expect(office.getByRole('table', { name: /^Version 1 by sex/ })).toBeVisible();
    const gaps = office.getByRole('table', { name: /^Gaps between groups/ });
    await expect(gaps.getByRole('row')).toHaveCount(3);
    await expect(gaps).toContainText(/four fifths/);
    expect(await findings(office, 'survey-figures')).toEqual([]);
  } finally {
    await headless.stop();
    await office.context().close();
  }
});
