// The JavaScript that each page really loads in a browser, gzipped. CI holds the same figures (e2e/budgets.e2e.ts).
import { chromium } from 'playwright';
import { findChromium } from '../test/chromium.mjs';
import { weighPages } from '../test/support/page-weights.ts';
import { serverProcess } from '../test/support/server-process.ts';
import type { Row } from './row.ts';

export async function run(): Promise<Row[]> {
  const server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  const browser = await chromium.launch({
    executablePath: await findChromium(console.error),
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-sync',
    ],
  });
  try {
    const pages = await weighPages(await browser.newContext(), server);
    return pages.map(({ name, bytes, budget }) => ({
      name,
      value: Number((bytes / 1000).toFixed(1)),
      unit: 'kB',
      target: `≤ ${budget / 1000} kB`,
      ok: bytes <= budget,
    }));
  } finally {
    await browser.close();
    await server.close();
  }
}
