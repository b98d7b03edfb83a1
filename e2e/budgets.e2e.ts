// The JavaScript that pages and workers load, gzipped, against the budgets of the interface.
import { expect, test } from '@playwright/test';
import { weighPages } from '../test/support/page-weights.ts';
import { serverProcess } from '../test/support/server-process.ts';

test('no page and no worker loads more JavaScript than its budget', async ({ context }) => {
  const server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  try {
    const weighed = await weighPages(context, server);
    expect(weighed.map((page) => page.name)).toEqual(
      expect.arrayContaining([
        'join page',
        'live page',
        expect.stringMatching(/^device worker/),
        'console page /console/new',
      ]),
    );
    for (const { name, bytes, budget } of weighed) {
      console.log(`${name}: ${(bytes / 1000).toFixed(1)} of ${budget / 1000} kB`);
      expect(bytes, name).toBeGreaterThan(10_000);
      expect(bytes, name).toBeLessThanOrEqual(budget);
    }
  } finally {
    await server.close();
  }
});
