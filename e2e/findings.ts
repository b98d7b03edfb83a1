// Looks at a page as a stranger and as axe would. With SHOTS=folder it is also written there as pictures, light and dark, on a desk and
// in a hand.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import axe, { type RunOptions } from 'axe-core';

const shots = process.env['SHOTS'];
const tall = 900;
const desk = 1440;
/** The narrowest is looked at for its width alone. */
const widths = [desk, 390, 320];

/** In the dark it is the colours alone that change; they take longest to be looked at. */
const inTheDark: RunOptions = { runOnly: ['color-contrast', 'link-in-text-block'] };

/** One line a finding. Half a megabyte of axe goes to each page once, not with each look. */
async function look(page: Page, options: RunOptions): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  return page.evaluate(
    async (how) => {
      const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(how);
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map((node) => `${id} (${help}) ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`),
      );
    },
    { ...options, resultTypes: ['violations'] } as RunOptions,
  );
}

/** How much wider than the window the page is, and what reaches beyond its edge. */
const beyond = (page: Page): Promise<{ readonly wide: number; readonly by: readonly string[] }> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const wide = scrollWidth - clientWidth;
    if (wide <= 0) return { wide, by: [] };
    // The innermost that reach beyond the edge, less what a scrolling ancestor keeps in.
    const scrolls = (el: Element): boolean => getComputedStyle(el).overflowX !== 'visible';
    const kept = (el: Element): boolean => {
      for (let up = el.parentElement; up !== null && up !== document.body; up = up.parentElement)
        if (scrolls(up) && up.getBoundingClientRect().right <= clientWidth) return true;
      return false;
    };
    const outside = [...document.body.querySelectorAll('*')].filter(
      (el) => el.getBoundingClientRect().right > clientWidth && !kept(el),
    );
    const inner = outside.filter((el) => !outside.some((other) => other !== el && el.contains(other)));
    return { wide, by: inner.slice(0, 3).map((el) => el.outerHTML.slice(0, 120)) };
  });

/** What axe finds, light and dark, on a desk and in a hand, one line a finding; and whether the page is wider than the window. */
export async function findings(page: Page, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: tall });
    const { wide, by } = await beyond(page);
    if (wide > 0) found.push(`${name} at ${width} px: ${wide} px too wide: ${by.join(' | ')}`);
    if (width < 390) continue;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const finding of await look(page, colorScheme === 'dark' ? inTheDark : {}))
        found.push(`${name} at ${width} px, ${colorScheme}: ${finding}`);
      if (shots !== undefined)
        await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: desk, height: tall });
  return found;
}
