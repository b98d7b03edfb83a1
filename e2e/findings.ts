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
      const { wide, by } = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        // The innermost that reach beyond the edge, less what a scrolling ancestor keeps in.
        const scrolls = (el: Element): boolean => getComputedStyle(el).overflowX !== 'visible';
        const kept = (el: Element): boolean => {
          for (let up = el.parentElement; up !== null && up !== document.body; up = up.parentElement)
            if (scrolls(up) && up.getBoundingClientRect().right <= clientWidth) return true;
          return false;
        };
        const beyond = [...document.body.querySelectorAll('*')].filter(
          (el) => el.getBoundingClientRect().right > clientWidth && !kept(el),
        );
        const inner = beyond.filter((el) => !beyond.some((other) => other !== el && el.contains(other)));
        return {
          wide: scrollWidth - clientWidth,
          by: inner.slice(0, 3).map((el) => el.outerHTML.slice(0, 120)),
        };
      });
      if (wide > 0) found.push(`${name} at ${width} px: ${wide} px too wide: ${by.join(' | ')}`);
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
