import { afterEach, expect, test, vi } from 'vitest';
import { allowOwnWorkers, isOwnWorker } from './worker-addresses.ts';

const page = 'https://tributary.example';
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

test('the app’s own workers may be started, and no other script', () => {
  vi.stubEnv('DEV', false);
  const own = '/_app/immutable/workers/device.worker-C6SYz-Sk.js';
  expect(isOwnWorker(own, page)).toBe(true);
  expect(isOwnWorker(page + own, page)).toBe(true);
  for (const other of [
    `https://elsewhere.example${own}`,
    '/api/parameters/0',
    '/_app/immutable/workers/../../../theme.js',
    'data:text/javascript,0',
    'blob:https://tributary.example/0',
  ])
    expect(isOwnWorker(other, page), other).toBe(false);
});

test('the policy that says so is made once a page', () => {
  const made: string[] = [];
  const types = {
    defaultPolicy: null as object | null,
    createPolicy(name: string) {
      made.push(name);
      return (types.defaultPolicy = {});
    },
  };
  vi.stubGlobal('trustedTypes', types);
  allowOwnWorkers();
  allowOwnWorkers();
  expect(made).toEqual(['default']);
});
