// Every page, light and dark, on a desk and in a hand: axe finds nothing, nothing scrolls sideways, and the keyboard is enough
// to join. With SHOTS=folder each page is also written there as a picture.
import { expect, test, type Browser, type BrowserContext, type Page } from '@playwright/test';
import type { Gate } from '#lib/core/gates/gate.ts';
import { patientsFederation } from '../server/demo/demo-federations.ts';
import { commandResult } from '../test/support/command.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { findings } from './findings.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;

test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  const coordinator = await signedIn(server.signInUrl);
  const gates: Gate[] = [
    { kind: 'quality', metric: 'auc', threshold: 0.5 },
    { kind: 'quality', metric: 'accuracy', slice: { column: 'sex', part: null }, threshold: 0.1 },
    { kind: 'class', metric: 'recall', label: null, slice: { column: 'age', part: null }, threshold: 0 },
  ];
  const spec = { ...patientsFederation().spec, gates };
  const rules = { ...spec.rules, goal: 2, minimum: 2, pauseMs: 100, maximumRounds: 3 };
  await coordinator.create({ ...spec, rules }, 'patients');
  await coordinator.act('patients', 'start');
  const rounds = ['--clients', '2', '--processes', '1', '--rounds', '3', '--json'];
  await commandResult([
    'participate',
    '--url',
    server.url,
    '--federation',
    'patients',
    '--sample',
    ...rounds,
  ]);
  await coordinator.until('patients', (view) => view.state === 'finished', 30_000);
  // A second, still open, to be joined.
  await coordinator.create({ ...spec, rules: { ...spec.rules, minimum: 2 } }, 'open');
  await coordinator.act('open', 'start');
  await coordinator.create(spec, 'draft');
});
test.afterAll(() => server.close());

const reading = async (browser: Browser): Promise<{ context: BrowserContext; page: Page }> => {
  const context = await browser.newContext({
    reducedMotion: 'reduce',
    viewport: { width: 1440, height: 900 },
  });
  return { context, page: await context.newPage() };
};

async function tour(page: Page, routes: Readonly<Record<string, string>>): Promise<string[]> {
  const found: string[] = [];
  for (const [name, path] of Object.entries(routes)) {
    await page.goto(server.url + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForLoadState('networkidle');
    found.push(...(await findings(page, name)));
  }
  return found;
}

// Some fifty looks at pages each, beside whatever else the machine does.
test.describe.configure({ timeout: 480_000 });

test('a participant’s pages hold in both colours and both widths, before and after joining', async ({
  browser,
}) => {
  const { context, page } = await reading(browser);
  const found = await tour(page, {
    home: '/',
    join: '/f/open',
    finished: '/f/patients',
    data: '/f/open/data',
    'train-before': '/f/open/train',
    alone: '/f/open/alone',
    try: '/f/patients/try',
    me: '/me',
    play: '/play?participants=4&b.strategy=median&liars=0.3',
    'play-alone': '/play/alone',
    'play-try': '/play/try',
    'sign-in': '/sign-in',
    verify: '/verify',
    'not-found': '/f/nowhere',
  });
  await page.goto(`${server.url}/f/open/data?from=sample`);
  await page
    .getByRole('tabpanel')
    .getByRole('button', { name: /sample|make/i })
    .click();
  await expect(
    page
      .getByRole('region', { name: 'In this browser' })
      .getByText(/\d+ (rows|examples)/)
      .first(),
  ).toBeVisible();
  found.push(...(await findings(page, 'data-with-rows')));
  await page.goto(`${server.url}/f/open/train`);
  await expect(page.getByRole('checkbox', { name: /I agree/ })).toBeVisible();
  await page.getByRole('button', { name: 'Try it on my rows' }).click();
  await expect(page.getByText('What this attack found')).toBeVisible();
  await page.getByText('Column by column').last().click();
  found.push(...(await findings(page, 'train-ready')));
  await page.getByRole('checkbox', { name: /I agree/ }).check();
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /Waiting/ })).toBeVisible();
  found.push(...(await findings(page, 'train-joined')));
  found.push(
    ...(await tour(page, {
      result: '/f/patients/result',
      'me-after': '/me',
      'alone-ready': '/f/open/alone',
    })),
  );
  // The lock on what is kept here: being set, open, and locked.
  await page.goto(`${server.url}/me`);
  await page.getByRole('button', { name: 'Set a passphrase…' }).click();
  found.push(...(await findings(page, 'lock-being-set')));
  await page.getByRole('textbox', { name: 'Passphrase' }).fill('four herons by the lake');
  await page.getByLabel('The same again').fill('four herons by the lake');
  await page.getByRole('checkbox', { name: /if I forget it/ }).check();
  await page.getByRole('button', { name: 'Set it' }).click();
  await expect(page.getByText('What this browser keeps is locked with your passphrase.')).toBeVisible();
  found.push(...(await findings(page, 'lock-open')));
  await page.getByRole('button', { name: 'Lock now' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Locked' })).toBeVisible();
  found.push(...(await findings(page, 'locked')));
  expect(found).toEqual([]);
  await context.close();
});

test('the console’s pages hold in both colours and both widths', async ({ browser }) => {
  const { context, page } = await reading(browser);
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
  const found = await tour(page, {
    console: '/console',
    new: '/console/new',
    'new-data': '/console/new?step=data',
    'new-model': '/console/new?step=model',
    'new-rounds': '/console/new?step=rounds',
    'new-review': '/console/new?step=review',
    draft: '/console/draft',
    overview: '/console/patients',
    runs: '/console/patients/runs',
    round: '/console/patients/runs/1/rounds/2',
    participants: '/console/patients/participants',
    models: '/console/patients/models',
    version: '/console/patients/models/2',
    invite: '/console/patients/invite',
    settings: '/console/patients/settings',
    statistics: '/console/patients/statistics',
    audit: '/console/audit',
    people: '/console/people',
    'no-federation': '/console/nowhere',
    'no-version': '/console/patients/models/99',
  });
  // While the server is waited for, and where it does not do what is asked.
  let answer = (): void => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/api/acts*', async (route) => {
    await held;
    await route.fulfill({ status: 500, body: '' });
  });
  await page.goto(`${server.url}/console/audit`);
  await expect(page.getByText('Reading the log…')).toBeVisible();
  found.push(...(await findings(page, 'log-awaited')));
  answer();
  await expect(page.getByRole('alert').filter({ hasText: 'The log could not be read' })).toBeVisible();
  found.push(...(await findings(page, 'log-failed')));
  expect(found).toEqual([]);
  await context.close();
});

/** Presses Tab until the focus is where it should be; the focus is seen at every stop. */
async function tabTo(page: Page, role: string, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return undefined;
      const style = getComputedStyle(element);
      return {
        html: element.outerHTML.slice(0, 120),
        visible:
          (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none',
      };
    });
    if (focus === undefined) continue;
    seen.push(focus.html);
    expect(focus.visible, `the focus shows on ${focus.html}`).toBe(true);
    const focused = page.locator(':focus');
    const wanted = page.getByRole(role as 'link', { name }).and(focused);
    if ((await wanted.count()) === 1) return;
  }
  throw new Error(`The keyboard does not reach ${role} ${name}:\n${seen.join('\n')}`);
}

test('the keyboard alone goes from the join page to contributing', async ({ browser }) => {
  const { context, page } = await reading(browser);
  await page.goto(`${server.url}/f/open`);
  await page.waitForLoadState('networkidle');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: /skip/i })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  await tabTo(page, 'link', /^Join$/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/train**');
  await tabTo(page, 'link', /Bring data/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/data**');
  await expect(page.getByRole('tablist').first()).toBeVisible();
  const sample = page.getByRole('tab', { name: /sample/i });
  await tabTo(page, 'tab', /./);
  for (let presses = 0; presses < 6 && (await sample.getAttribute('aria-selected')) !== 'true'; presses += 1)
    await page.keyboard.press('ArrowRight');
  await expect(sample).toHaveAttribute('aria-selected', 'true');
  await tabTo(page, 'button', /make|sample/i);
  await page.keyboard.press('Enter');
  await expect(
    page
      .getByRole('region', { name: 'In this browser' })
      .getByText(/\d+ (rows|examples)/)
      .first(),
  ).toBeVisible();
  await tabTo(page, 'button', /Contribute/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/train**');
  await tabTo(page, 'checkbox', /I agree/);
  await page.keyboard.press('Space');
  await tabTo(page, 'button', /Start contributing/);
  await page.keyboard.press('Enter');
  await expect(
    page.getByRole('heading', { level: 1, name: /Waiting|Training|Resting|Receiving/ }),
  ).toBeVisible();
  await context.close();
});

test('the keyboard alone brings a table, keeps it, learns from it, and asks why the model says what it says', async ({
  browser,
}) => {
  const { context, page } = await reading(browser);
  const press = async (role: string, name: RegExp, key = 'Enter'): Promise<void> => {
    await tabTo(page, role, name);
    await page.keyboard.press(key);
  };
  await page.goto(`${server.url}/me/data/new`);
  await page.waitForLoadState('networkidle');
  await tabTo(page, 'tab', /Files/);
  const paste = page.getByRole('tab', { name: 'Paste' });
  for (let presses = 0; presses < 6 && (await paste.getAttribute('aria-selected')) !== 'true'; presses += 1)
    await page.keyboard.press('ArrowRight');
  await tabTo(page, 'textbox', /Rows with a header line/);
  const rows = Array.from({ length: 60 }, (_, at) => `${20 + at},${(at * 7) % 11},${at > 30 ? 'yes' : 'no'}`);
  await page.keyboard.insertText(['age,other,ill', ...rows].join('\n'));
  await press('button', /Look at it/);
  await expect(page.getByRole('group', { name: 'Check and keep' })).toBeFocused();
  await press('button', /Keep it in this browser/);
  await expect(page.getByRole('link', { name: 'Explore it and train on it' })).toBeVisible();
  await press('link', /Explore it and train on it/);
  await page.waitForURL(/\/me\/data\/[^/]+$/);
  await expect(page.getByRole('button', { name: 'Train a model on this' })).toBeVisible();
  await press('button', /Train a model on this/);
  await tabTo(page, 'combobox', /^Model$/);
  await page.keyboard.type('Logistic');
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('logistic');
  await press('button', /^Train$/);
  await expect(page.getByText(/^(There is a signal|No signal)$/)).toBeVisible({ timeout: 60_000 });
  await press('link', /This run is kept/);
  await page.waitForURL(/\/me\/runs\//);
  await tabTo(page, 'textbox', /^Rows$/);
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('age,other\n75,3');
  await press('button', /^Predict$/);
  await press('button', /^Why, of row 1$/);
  await expect(page.getByRole('list', { name: /From what is usual to/ })).toBeVisible();
  await context.close();
});
