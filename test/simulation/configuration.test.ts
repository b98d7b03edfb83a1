// How the process is told what to do: flags over variables over defaults, HTTPS with a certificate of its own, one owner of
// the data, a port that is taken.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigurationFault, pricesOf, readConfiguration, settings } from '../../server/configuration.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../server/main.ts';
import { watching } from '../support/proven.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});
function folder(): string {
  const data = mkdtempSync(join(tmpdir(), 'tributary-configuration-'));
  undo.push(() => rmSync(data, { recursive: true, force: true }));
  return data;
}
async function serve(options: ServerOptions): Promise<RunningServer> {
  const running = await startServer({
    host: '127.0.0.1',
    port: 0,
    pages: 'none',
    logLevel: 'silent',
    ...options,
  });
  undo.push(() => running.close());
  return running;
}

describe('the configuration', () => {
  test('is what the flags say, else the variables, else the defaults', () => {
    expect(pricesOf(readConfiguration({ priceCpuHour: '0.05' }, { PRICE_GB_OUT: '0.09' }))).toEqual({
      cpuHour: 0.05,
      gigabyteOut: 0.09,
    });
    expect(pricesOf(readConfiguration({}, {}))).toEqual({ cpuHour: null, gigabyteOut: null });
    expect(() => readConfiguration({ priceGbOut: '9 cents' }, {})).toThrow(
      '--price-gb-out (or PRICE_GB_OUT): a price in your currency, such as 0.05, but got "9 cents"',
    );
    expect(readConfiguration({}, {})).toMatchObject({
      port: 3000,
      data: './data',
      https: false,
      trustProxy: false,
      logLevel: 'info',
    });
    expect(
      readConfiguration(
        {},
        { PORT: '8080', TRUST_PROXY: '1', TRIBUTARY_HTTPS: 'no', PUBLIC_URL: 'https://fl.example/x' },
      ),
    ).toMatchObject({
      port: 8080,
      trustProxy: true,
      https: false,
      publicUrl: 'https://fl.example',
    });
    // 0 is a choice, not an absence.
    expect(readConfiguration({ port: '0' }, { PORT: '8080' }).port).toBe(0);
    expect(
      readConfiguration({}, { ALLOWED_ORIGINS: 'https://a.example, https://b.example:8443' }).allowedOrigins,
    ).toEqual(['https://a.example', 'https://b.example:8443']);
  });

  test('that is not right is refused by the name of the flag and of the variable', () => {
    const fault =
      (flags: Record<string, unknown>, environment: Record<string, string> = {}) =>
      () =>
        readConfiguration(flags, environment);
    expect(fault({ port: 'http' })).toThrow(ConfigurationFault);
    expect(fault({ port: 'http' })).toThrow(/--port \(or PORT\).*"http"/);
    expect(fault({}, { PORT: '70000' })).toThrow(/not above 65535/);
    expect(fault({ logLevel: 'loud' })).toThrow(/--log-level/);
    expect(fault({ publicUrl: 'fl.example' })).toThrow(/--public-url.*https:\/\/tributary.example/);
    expect(fault({ tlsCert: 'cert.pem' })).toThrow(/--tls-cert and --tls-key/);
  });

  test('has a flag, a variable and a sentence for every setting', () => {
    const flags = Object.entries(settings).map(([name, { flag }]) => {
      const camel = flag
        .split(' ')[0]!
        .slice(2)
        .replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
      expect(camel).toBe(name);
      return flag;
    });
    expect(new Set(flags).size).toBe(flags.length);
  });
});

describe('HTTPS with a certificate of its own', () => {
  test('serves requests and sockets, marks its cookie Secure, and keeps the certificate over a restart', async () => {
    const data = folder();
    const running = await serve({ data, https: true });
    expect(running.url).toMatch(/^https:/);
    const ca = readFileSync(join(data, 'tls', 'cert.pem'), 'utf8');
    const token = new URL(running.signInUrl).searchParams.get('token');
    const cookie = await new Promise<string>((resolve, reject) => {
      const asked = request(
        `${running.url}/api/session`,
        { method: 'POST', ca, headers: { origin: running.url } },
        (response) => {
          response.resume();
          resolve(response.headers['set-cookie']?.[0] ?? String(response.statusCode));
        },
      );
      asked.on('error', reject);
      asked.end(JSON.stringify({ token }));
    });
    expect(cookie).toMatch(/; Secure$/);
    const socket = io(running.url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ca,
      auth: watching,
    } as Parameters<typeof io>[1]);
    undo.push(() => void socket.close());
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('connect_error', reject);
    });
    socket.close();
    await running.close();
    await serve({ data, https: true });
    expect(readFileSync(join(data, 'tls', 'cert.pem'), 'utf8')).toBe(ca);
  });
});

describe('a server that cannot start says why', () => {
  test('when its data belongs to another process', async () => {
    const data = folder();
    await serve({ data });
    await expect(serve({ data })).rejects.toThrow(/in use by another Tributary process/);
  });

  test('when its port is taken, and gives its data back', async () => {
    const first = await serve({ data: folder() });
    const data = folder();
    await expect(serve({ data, port: first.port })).rejects.toThrow(/taken by another program/);
    expect((await serve({ data })).port).not.toBe(first.port);
  });
});

test('what was made before a clean end is there after it', async () => {
  const data = folder();
  const { exampleSpec } = await import('./example-spec.ts');
  const first = await serve({ data });
  const created = await first.coordinator.create(null, exampleSpec());
  await first.close();
  const second = await serve({ data });
  expect(second.coordinator.summaries()).toMatchObject([{ id: 'two-moons', state: 'draft' }]);
  expect(created.ok && second.coordinator.view(created.value.id)).toEqual(created.ok && created.value);
});
