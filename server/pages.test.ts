import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { Site } from './http/site.ts';
import { scriptPolicy, setPageHeaders } from './pages.ts';

test('the workers that read files and train alone have no way to the network, the one that fetches asks others, and the rest speak to this server alone', () => {
  for (const name of ['ingest', 'bench']) {
    const policy = scriptPolicy(`/_app/immutable/workers/${name}.worker-DmkL3I7V.js`);
    expect(policy).not.toContain('connect-src');
    expect(policy).toContain("default-src 'none'");
  }
  const fetches = scriptPolicy('/_app/immutable/workers/fetch.worker-B2kq0.js');
  expect(fetches).toContain('connect-src https: http://localhost:* http://127.0.0.1:*');
  expect(scriptPolicy('/_app/immutable/chunks/fetch.worker.js')).not.toContain('https:');
  expect(scriptPolicy('/_app/immutable/workers/device.worker-CV9qbrlF.js')).toContain("connect-src 'self'");
});

test('no worker may start another, and so send rows out in the addresses that the one which fetches asks for', () => {
  for (const name of ['ingest', 'bench', 'fetch', 'device', 'play'])
    expect(scriptPolicy(`/_app/immutable/workers/${name}.worker-DmkL3I7V.js`)).toContain("worker-src 'none'");
});

const headersOf = (site: Partial<Site>, path = '/', headers: Record<string, string> = {}) => {
  const request = Object.assign(new IncomingMessage(new Socket()), { url: path });
  Object.assign(request.headers, headers);
  const response = new ServerResponse(request);
  setPageHeaders(
    { trustProxy: false, tls: false, publicUrl: undefined, allowedOrigins: [], ...site },
    request,
    response,
  );
  return response.getHeaders();
};

test('every page and file is isolated, and says nothing of where its reader came from', () => {
  expect(headersOf({}, '/app.js')).toEqual({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'permissions-policy':
      'camera=(self), microphone=(self), accelerometer=(self), gyroscope=(self), geolocation=()',
    'content-security-policy': scriptPolicy('/app.js'),
  });
});

test('browsers are told to come by HTTPS alone where the operator says that the server is reached so, and nowhere else', () => {
  const publicUrl = 'https://tributary.example';
  const name = 'strict-transport-security';
  expect(headersOf({ publicUrl, tls: true })[name]).toBe('max-age=31536000');
  expect(headersOf({ publicUrl, trustProxy: true }, '/', { 'x-forwarded-proto': 'https' })[name]).toBe(
    'max-age=31536000',
  );
  expect(headersOf({ publicUrl })[name]).toBeUndefined();
  expect(headersOf({ tls: true })[name]).toBeUndefined();
});
