// A page runs the bytes of its build and no others, and no text becomes a script in it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test, type Page } from '@playwright/test';
import { federationSpec } from './errands.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

let server: ServerProcess;
test.beforeAll(async () => {
  server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  await (await signedIn(server.signInUrl)).create(federationSpec(), 'sealed');
});
test.afterAll(() => server.close());

/** Everything that a policy of the page refused, and whatever the browser could not load. */
async function troubleOf(page: Page): Promise<readonly string[]> {
  const trouble: string[] = [];
  await page.exposeFunction('told', (what: string) => void trouble.push(what));
  await page.addInitScript(() => {
    const { told } = window as unknown as { told(what: string): void };
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample, sourceFile }) =>
      told(`${violatedDirective} ${blockedURI} ${sample} ${sourceFile}`),
    );
  });
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') trouble.push(message.text());
  });
  return trouble;
}

test('every script and style of every page comes with its hash, and no page breaks its own policy', async ({
  page,
}) => {
  const trouble = await troubleOf(page);
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
  for (const path of [
    '/',
    '/play',
    '/f/sealed/data?from=sample',
    '/f/sealed/train',
    '/console/sealed/settings',
  ]) {
    const response = await page.goto(server.url + path);
    const headers = response?.headers() ?? {};
    expect(headers['content-security-policy'], path).toMatch(
      /require-trusted-types-for 'script'; trusted-types svelte-trusted-html default/,
    );
    expect(headers['integrity-policy'], path).toBe('blocked-destinations=(script)');
    await page.waitForLoadState('networkidle');
    const bare = await page
      .locator('script[src]:not([integrity]), link[rel="stylesheet"]:not([integrity])')
      .evaluateAll((all) => all.map((one) => one.outerHTML));
    expect(bare, path).toEqual([]);
    // What was loaded is in the import map, or names its hash itself.
    const unknown = await page.evaluate(() => {
      const text = document.querySelector('script[type="importmap"]')?.textContent ?? '{}';
      const { integrity = {} } = JSON.parse(text) as { integrity?: Record<string, string> };
      return performance
        .getEntriesByType('resource')
        .map(({ name }) => new URL(name).pathname)
        .filter((name) => /\/(entry|nodes|chunks)\//.test(name) && !name.includes('/workers/'))
        .filter((name) => integrity[name] === undefined);
    });
    expect(unknown, path).toEqual([]);
  }
  expect(trouble).toEqual([]);
});

test('a script or a style that is not the build’s is not run, also where it is imported later', async ({
  page,
}) => {
  await page.route(/\/_app\/immutable\/(nodes|chunks)\/.*\.js$/, async (route) => {
    const response = await route.fetch();
    const body = `globalThis.tampered = true;${await response.text()}`;
    await route.fulfill({ response, body });
  });
  const refused: string[] = [];
  page.on('console', (message) => {
    if (/integrity/i.test(message.text())) refused.push(message.text());
  });
  await page.goto(server.url);
  await expect.poll(() => refused.length).toBeGreaterThan(0);
  await page.unrouteAll({ behavior: 'ignoreErrors' });

  await page.goto(server.url);
  await page.waitForLoadState('networkidle');
  await page.route(/\/_app\/immutable\/nodes\/.*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `globalThis.tampered = true;${await response.text()}` });
  });
  const before = refused.length;
  await page.getByRole('link', { name: 'My device' }).click();
  await expect.poll(() => refused.length).toBeGreaterThan(before);
  expect(await page.evaluate(() => 'tampered' in globalThis)).toBe(false);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('what the server hands out is what the build lists, file by file', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    'build/server-programs/cli.js',
    'compare-build',
    server.url,
    '--json',
  ]);
  const { files, isSameSources, differences } = JSON.parse(stdout) as Record<string, unknown>;
  expect({ isSameSources, differences }).toEqual({ isSameSources: true, differences: [] });
  expect(files).toBeGreaterThan(100);
});

test('text becomes no markup and no worker, whoever asks', async ({ page }) => {
  await page.goto(`${server.url}/play`);
  await page.waitForLoadState('networkidle');
  const outcomes = await page.evaluate(() => {
    const tried = (work: () => unknown): string => {
      try {
        work();
        return 'done';
      } catch (error) {
        return error instanceof Error ? error.name : 'else';
      }
    };
    return [
      tried(() => (document.body.innerHTML = '<b>text</b>')),
      tried(() => document.createElement('script').setAttribute('src', '/_app/other.js')),
      tried(() => new Worker('/theme.js')),
      tried(() => (document.createElement('script').text = 'globalThis.tampered = true')),
    ];
  });
  expect(outcomes).toEqual(['TypeError', 'TypeError', 'TypeError', 'TypeError']);
});
