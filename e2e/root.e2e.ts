// A coordinator's errand: updates are measured against a device that is trusted as root, chosen from those that are here, and the
// trust is taken back.
import { expect, test } from '@playwright/test';
import { patientsFederation } from '../server/demo/demo-federations.ts';
import { startCommand } from '../test/support/command.ts';
import { serverProcess } from '../test/support/server-process.ts';

const undo: (() => Promise<unknown>)[] = [];
test.afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

test('a device is trusted as root, rounds make versions, and without it they say what is missing', async ({
  page,
}) => {
  const server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  undo.push(() => server.close());
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
  const { spec } = patientsFederation();
  const own = '/api/federations';
  const ask = (path: string, data: unknown) =>
    page.request.post(`${server.url}${own}${path}`, { headers: { origin: server.url }, data });
  const rooted = {
    ...spec,
    strategy: { name: 'fltrust', options: {} },
    guard: { normFactor: null },
    rules: {
      ...spec.rules,
      goal: 3,
      minimum: 2,
      overSelection: 1,
      selectionDeadlineMs: 60_000,
      pauseMs: 100,
    },
  };
  expect((await ask('', { id: 'patients', spec: rooted })).status()).toBe(201);
  await ask('/patients/actions', { action: 'start' });
  const participants = startCommand([
    'participate',
    '--url',
    server.url,
    '--federation',
    'patients',
    '--sample',
    '--clients',
    '3',
    '--processes',
    '1',
    '--json',
  ]);
  undo.push(() => participants.stop());

  await page.goto(`${server.url}/console/patients/participants`);
  await expect(page.getByText('No device is trusted yet')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Trust .+ as root$/ })).toHaveCount(3, { timeout: 30_000 });
  const first = page.getByRole('button', { name: /^Trust .+ as root$/ }).first();
  const name = /^Trust (.+) as root$/.exec((await first.getAttribute('aria-label')) ?? '')?.[1] ?? '';
  await first.click();
  await expect(page.getByRole('button', { name: `Trust ${name} no longer` })).toBeVisible();
  const newest = async (): Promise<number> => {
    const view: unknown = await (await page.request.get(`${server.url}${own}/patients`)).json();
    return typeof view === 'object' && view !== null
      ? Number(Reflect.get(Reflect.get(view, 'head'), 'version'))
      : -1;
  };
  await expect.poll(newest, { timeout: 60_000 }).toBeGreaterThan(0);

  await page.getByRole('button', { name: `Trust ${name} no longer` }).click();
  await expect(page.getByText('No device is trusted yet')).toBeVisible();
  await page.goto(`${server.url}/console/patients`);
  await expect(page.getByText(/No device is trusted as root/).first()).toBeVisible({ timeout: 30_000 });
});
