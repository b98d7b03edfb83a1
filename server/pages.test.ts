import { expect, test } from 'vitest';
import { scriptPolicy } from './pages.ts';

test('the worker that reads files has no way to the network; the others speak to this server alone', () => {
  expect(scriptPolicy('/_app/immutable/workers/ingest.worker-DmkL3I7V.js')).not.toContain('connect-src');
  expect(scriptPolicy('/_app/immutable/workers/ingest.worker-DmkL3I7V.js')).toContain("default-src 'none'");
  expect(scriptPolicy('/_app/immutable/workers/device.worker-CV9qbrlF.js')).toContain("connect-src 'self'");
});
