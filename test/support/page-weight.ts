// The JavaScript that a page really loads, gzipped, told apart from what its workers load. Measured in a browser, so that
// what is imported lazily counts only where it is loaded.
import { gzipSync } from 'node:zlib';
import type { BrowserContext, Page, Request } from '@playwright/test';

export interface PageWeight {
  /** Gzipped bytes of JavaScript that the page itself loaded. */
  readonly page: number;
  /** Gzipped bytes of JavaScript that its workers loaded, by the worker's entry file. */
  readonly workers: ReadonlyMap<string, number>;
}

const isScript = (url: string): boolean => /\.m?js(\?|$)/.test(new URL(url).pathname);

/** Opens `path` in a fresh page, lets `use` work with it, and weighs what was loaded until then. */
export async function weighPage(
  context: BrowserContext,
  url: string,
  use: (page: Page) => Promise<void>,
): Promise<PageWeight> {
  const page = await context.newPage();
  const sizes = new Map<string, Promise<number>>();
  const workerEntries = new Set<string>();
  page.on('worker', (worker) => workerEntries.add(worker.url()));
  const weigh = (request: Request): void => {
    if (!isScript(request.url()) || sizes.has(request.url())) return;
    sizes.set(
      request.url(),
      request
        .response()
        .then(async (response) => (response === null ? 0 : gzipSync(await response.body()).byteLength)),
    );
  };
  page.on('requestfinished', weigh);
  await page.goto(url);
  await page.waitForLoadState('networkidle');
  await use(page);
  // What comes from here on is not weighed: its response may end with the page.
  page.off('requestfinished', weigh);

  // A worker's own imports are reported as the page's requests: they are told apart by what the page itself has in its
  // resource timeline, which lists no more of workers than their entries and what these import at once, out of a folder of their own.
  const ownResources = new Set(
    await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name)),
  );
  let own = 0;
  const workers = new Map<string, number>();
  const entry = [...workerEntries][0] ?? 'worker';
  for (const [address, size] of sizes) {
    const bytes = await size;
    if (workerEntries.has(address)) workers.set(address, (workers.get(address) ?? 0) + bytes);
    else if (ownResources.has(address) && !address.includes('/workers/')) own += bytes;
    else workers.set(entry, (workers.get(entry) ?? 0) + bytes);
  }
  await page.close();
  return { page: own, workers };
}
