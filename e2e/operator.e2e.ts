// An operator's errands: HTTPS with the server's own certificate, a reverse proxy, one process a data directory, a clean end in
// mid-round, and sentences where something is not right.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, request as apiRequest, test, type Page } from '@playwright/test';
import { digitsFederation, patientsFederation } from '../server/demo/demo-federations.ts';
import { commands } from '../server/commands/index.ts';
import { Command } from 'commander';
import { ownCertificate } from '../server/tls.ts';
import { startCommand, type RunningCommand } from '../test/support/command.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { reverseProxy } from '../test/support/reverse-proxy.ts';
import { serverProcess } from '../test/support/server-process.ts';

const undo: (() => Promise<unknown>)[] = [];
test.afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});
test.use({ ignoreHTTPSErrors: true });

/** Runs `tributary …` to its end. */
async function tributary(...args: string[]): Promise<{ code: number | null; told: string }> {
  const child = spawn(process.execPath, [resolve('build/server-programs/cli.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, told };
}

/** The errand of a visitor: with the sample of this device, beside one headless participant, until a round has counted both. */
async function takePart(page: Page, base: string, certificate: string): Promise<void> {
  const other: RunningCommand = startCommand([
    'participate',
    '--url',
    base,
    '--federation',
    'patients',
    '--sample',
    '--clients',
    '1',
    '--processes',
    '1',
    '--certificate',
    certificate,
    '--json',
  ]);
  undo.push(() => other.stop());
  await page.goto(`${base}/f/patients/data?from=sample`);
  await page
    .getByRole('tabpanel')
    .getByRole('button', { name: /sample|make/i })
    .click();
  await page
    .getByRole('region', { name: 'Next' })
    .getByRole('button', { name: 'Contribute', disabled: false })
    .click();
  await page.getByRole('checkbox', { name: /I agree/ }).check();
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expect(page.getByText(/version [1-9]/i).first()).toBeVisible({ timeout: 60_000 });
}
const pair = (): ReturnType<typeof patientsFederation>['spec'] => {
  const { spec } = patientsFederation();
  return { ...spec, rules: { ...spec.rules, goal: 2, minimum: 2, overSelection: 1, pauseMs: 100 } };
};

test('a server with a certificate of its own is joined over HTTPS by the name of the machine', async ({
  page,
  context,
}) => {
  const server = await serverProcess({ arguments: ['--https', '--log-level', 'warn'] });
  undo.push(() => server.close());
  const base = server.url.replace('127.0.0.1', 'localhost');
  await page.goto(server.signInUrl.replace('127.0.0.1', 'localhost'));
  await page.waitForURL('**/console');
  expect((await context.cookies())[0]).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Strict' });
  await page.request.post(`${base}/api/federations`, {
    headers: { origin: base },
    data: { id: 'patients', spec: pair() },
  });
  await page.request.post(`${base}/api/federations/patients/actions`, {
    headers: { origin: base },
    data: { action: 'start' },
  });
  await takePart(page, base, join(server.dataFolder, 'tls', 'cert.pem'));
  expect(await page.evaluate(() => isSecureContext)).toBe(true);
});

test('behind a reverse proxy sign-in, sockets and uploads work, and a page of another site is still refused', async ({
  page,
  context,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-proxy-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const proxy = await reverseProxy(await ownCertificate(folder));
  undo.push(() => proxy.close());
  const server = await serverProcess({
    arguments: ['--trust-proxy', '--public-url', proxy.url, '--log-level', 'warn'],
  });
  undo.push(() => server.close());
  proxy.passTo(server.url);

  expect(server.signInUrl).toContain(`${proxy.url}/sign-in?token=`);
  await page.goto(server.signInUrl);
  await page.waitForURL(`${proxy.url}/console`);
  expect((await context.cookies())[0]).toMatchObject({ secure: true });
  const created = await page.request.post(`${proxy.url}/api/federations`, {
    headers: { origin: proxy.url },
    data: { id: 'patients', spec: pair() },
  });
  expect(created.status()).toBe(201);
  const elsewhere = await page.request.post(`${proxy.url}/api/federations/patients/actions`, {
    headers: { origin: 'https://elsewhere.example' },
    data: { action: 'start' },
  });
  expect(elsewhere.status()).toBe(403);
  await page.goto(`${proxy.url}/console/patients`);
  await page.getByRole('button', { name: 'Start', exact: true }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: /Run 1/ })).toBeVisible();
  await takePart(page, proxy.url, join(folder, 'tls', 'cert.pem'));
  await page.goto(`${proxy.url}/console/patients/invite`);
  await expect(page.getByLabel('Invitation link')).toHaveValue(`${proxy.url}/f/patients`);
});

test('who is not behind a proxy does not believe the names that a visitor sends', async () => {
  const server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  undo.push(() => server.close());
  const api = await apiRequest.newContext();
  const token = new URL(server.signInUrl).searchParams.get('token');
  const claimed = await api.post(`${server.url}/api/session`, {
    headers: {
      origin: 'https://elsewhere.example',
      'x-forwarded-host': 'elsewhere.example',
      'x-forwarded-proto': 'https',
    },
    data: { token },
  });
  expect(claimed.status()).toBe(403);
  await api.dispose();
});

test('SIGTERM in mid-round ends with status 0, and the next process ends the same round', async () => {
  const server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  undo.push(() => server.close());
  let coordinator = await signedIn(server.signInUrl);
  const { spec } = digitsFederation(2);
  await coordinator.create(
    {
      ...spec,
      plan: { ...spec.plan, localEpochs: 12 },
      rules: { ...spec.rules, goal: 2, minimum: 2, overSelection: 1, pauseMs: 200, maximumRounds: 3 },
    },
    'digits',
  );
  await coordinator.act('digits', 'start');
  const participants = startCommand([
    'participate',
    '--url',
    server.url,
    '--federation',
    'digits',
    '--sample',
    '--clients',
    '2',
    '--processes',
    '1',
    '--json',
  ]);
  undo.push(() => participants.stop());
  const cut = await coordinator.until(
    'digits',
    (view) => view.head.version >= 1 && view.round?.phase === 'reporting',
    60_000,
    // A round takes less than the usual quarter of a second where the machine is quick.
    20,
  );
  expect(await server.stop()).toBe(0);
  expect(server.output()).toContain('SIGTERM: closing. Open rounds go on at the next start.');
  await server.start();
  coordinator = await signedIn(server.signInUrl);
  await coordinator.until('digits', (view) => view.state === 'finished', 120_000);
  const rounds = await coordinator.rounds('digits');
  expect(rounds.find((round) => round.round === cut.round?.round)).toMatchObject({ phase: 'committed' });
  expect(rounds.filter((round) => round.phase !== 'committed')).toEqual([]);
  expect((await coordinator.versions('digits')).slice(1).map((version) => version.participants)).toEqual([
    2, 2, 2,
  ]);
});

test('what cannot start says why in a sentence, with no stack', async () => {
  const server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  undo.push(() => server.close());
  const folder = await mkdtemp(join(tmpdir(), 'tributary-refused-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'a-file'), '');
  const port = new URL(server.url).port;
  const start = ['start', '--host', '127.0.0.1'];
  const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [
      [...start, '--port', '0', '--data', server.dataFolder],
      /in use by another Tributary process.*Stop that one first/,
    ],
    [
      [...start, '--port', port, '--data', join(folder, 'data')],
      new RegExp(`Port ${port} is taken by another program`),
    ],
    [[...start, '--port', 'eighty', '--data', join(folder, 'data')], /--port \(or PORT\).*“?eighty/],
    [[...start, '--port', '0', '--data', join(folder, 'a-file')], /a-file/],
    [
      [...start, '--port', '0', '--data', join(folder, 'data'), '--tls-cert', join(folder, 'none.pem')],
      /--tls-cert and --tls-key/,
    ],
    [
      [
        ...start,
        '--port',
        '0',
        '--data',
        join(folder, 'data'),
        '--tls-cert',
        join(folder, 'none.pem'),
        '--tls-key',
        join(folder, 'none.pem'),
      ],
      /none\.pem/,
    ],
    [[...start, '--prot', '80'], /unknown option '--prot'/],
    [['begin'], /unknown command 'begin'/],
    [['participate', '--url', 'there', '--federation', 'digits', '--sample'], /address, such as/],
    [['participate', '--url', server.url, '--federation', 'digits'], /--data PATH, or take --sample/],
    [
      ['participate', '--url', server.url, '--federation', 'digits', '--sample', '--clients', '0'],
      /whole number from 1/,
    ],
    [['participate', '--url', server.url, '--federation', 'nowhere', '--sample'], /nowhere/],
    [
      ['evaluate', '--url', server.url, '--federation', 'nowhere', '--data', folder],
      /no federation “nowhere”/,
    ],
  ];
  for (const [args, says] of cases) {
    const { code, told } = await tributary(...args);
    expect.soft(code, args.join(' ')).toBe(1);
    expect.soft(told, args.join(' ')).toMatch(says);
    expect.soft(told, args.join(' ')).not.toMatch(/\n\s+at .*:\d+/);
  }
});

test('every command explains itself', async () => {
  const program = new Command();
  for (const { register } of commands) register(program);
  const whole = await tributary('--help');
  expect(whole.code).toBe(0);
  expect(program.commands.length).toBeGreaterThanOrEqual(4);
  for (const command of program.commands) {
    expect(whole.told).toContain(command.name());
    const told = command.helpInformation();
    // The text is broken where the terminal ends.
    expect(told.replaceAll(/\s+/g, ' ')).toContain(command.description());
    expect(told).not.toMatch(/(\(default: [^)]*\)) \1/);
    for (const option of command.options) expect(told).toContain(option.long ?? option.flags);
  }
  // As a person asks for it, once: a process a command would take half a minute.
  const { code, told } = await tributary('simulate', '--help');
  expect(code).toBe(0);
  expect(told).toContain('--participants');
});
