// Looks at a page as a stranger and as axe would. With SHOTS=folder it is also written there as pictures, light and dark, on a desk and
// in a hand.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import axe from 'axe-core';

const shots = process.env['SHOTS'];

/** What axe finds, light and dark, and whether the page is wider than a hand. */
export async function findings(page: Page, name: string): Promise<string[]> {
  const found: string[] = [];
  await page.evaluate(axe.source);
  for (const width of [1440, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (wide > 0) found.push(`${name} at ${width} px: ${wide} px too wide`);
      if (width === 1440)
        found.push(
          ...(await page.evaluate(async () => {
            const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
            return violations.flatMap(({ id, nodes }) =>
              nodes.map((node) => `${id} ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`),
            );
          })),
        );
      if (shots !== undefined)
        await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}
