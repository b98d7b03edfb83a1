import { readdirSync } from 'node:fs';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { FederationId } from '#lib/core/ids.ts';
import { CONSOLE_PAGES, freeId, whyUnusable } from './federation-ids.ts';

const id = (text: string) => v.parse(FederationId, text);
const nothing = () => false;

test('no federation is made at the address of a page of the console, and every such page is known', () => {
  const pages = readdirSync('src/routes/console', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('['))
    .map(({ name }) => name);
  expect([...CONSOLE_PAGES].sort()).toEqual(pages.sort());
  for (const page of pages) expect(whyUnusable(id(page), nothing)).toMatch(/a page of the console/);
  expect(whyUnusable(id('newer'), nothing)).toBeUndefined();
});

test('an address is made of the title, past those that are taken and those that lead elsewhere', () => {
  expect(freeId('Drawn digits!', nothing)).toBe('drawn-digits');
  expect(freeId('Drawn digits!', (one) => one === 'drawn-digits')).toBe('drawn-digits-2');
  expect(freeId('Émotions — 2', nothing)).toBe('emotions-2');
  expect(freeId('New', nothing)).toBe('new-2');
  expect(freeId('…', nothing)).toBe('federation');
});
