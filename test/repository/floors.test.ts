// Imports point down only: the floors of ARCHITECTURE.md, held against the code's own import lines.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The first prefix that fits names the floor. */
const floors: readonly (readonly [prefix: string, floor: number])[] = [
  ['src/routes/', 7],
  ['src/hooks', 7],
  ['src/app.d.ts', 7],
  ['src/service-worker', 7],
  ['src/lib/components/', 6],
  ['src/lib/styles/', 6],
  ['src/lib/state/', 5],
  ['src/lib/workers/', 4],
  ['server/ports/', 1],
  ['server/adapters/', 3],
  ['server/', 4],
  ['src/lib/adapters/', 3],
  ['src/lib/participant/', 2],
  ['src/lib/ports/', 1],
  ['src/lib/protocol/', 1],
  ['src/lib/modalities/', 0],
  ['src/lib/core/', 0],
];

/**
 * Arrows that a floor number cannot express, each with its reason. Type-only files of an upper floor that a lower one reads
 * would be listed here too; there should be few.
 */
const exceptions: readonly (readonly [from: string, to: string])[] = [];

const floorOf = (path: string): number | undefined => floors.find(([prefix]) => path.startsWith(prefix))?.[1];

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return files(path);
    return /\.(ts|svelte)$/.test(name) && !name.endsWith('.test.ts') ? [path] : [];
  });
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const pattern =
    /(?:^|[\s;])(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}

const everyFile = [...files(join(root, 'src')), ...files(join(root, 'server'))].map((path) =>
  relative(root, path),
);

const arrows = everyFile.flatMap((from) =>
  importsOf(join(root, from)).flatMap((name) => {
    const path = name.split('?')[0] ?? name;
    if (path.startsWith('#lib/')) return [{ from, to: `src/lib/${path.slice(5)}` }];
    if (path.startsWith('.')) return [{ from, to: relative(root, resolve(root, dirname(from), path)) }];
    return [];
  }),
);

test('every file of src and server stands on a floor', () => {
  expect(everyFile.filter((path) => floorOf(path) === undefined)).toEqual([]);
  expect(everyFile.length).toBeGreaterThan(20);
});

test('imports point down the floors', () => {
  const upward = arrows.filter(({ from, to }) => {
    const [own, other] = [floorOf(from), floorOf(to)];
    if (own === undefined || other === undefined || own >= other) return false;
    return !exceptions.some(([a, b]) => from.startsWith(a) && to.startsWith(b));
  });
  expect(upward.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  expect(arrows.length).toBeGreaterThan(20);
});

test('pages reach the server only through the application seam', () => {
  const reached = arrows.filter(
    ({ from, to }) => from.startsWith('src/') && to.startsWith('server/') && to !== 'server/application.ts',
  );
  expect(reached.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

test('the core has no engine, no framework, no input or output', () => {
  const outside = files(join(root, 'src/lib/core')).flatMap((path) =>
    importsOf(path)
      .filter(
        (name) =>
          !name.startsWith('.') &&
          !name.startsWith('#lib/') &&
          name !== 'valibot' &&
          !name.startsWith('@noble/hashes/') &&
          name !== 'fflate',
      )
      .map((name) => `${relative(root, path)} → ${name}`),
  );
  expect(outside).toEqual([]);
  // WebCrypto's digests, ciphers and signatures are functions of what they are given; its random numbers and new keys are not.
  const impure = files(join(root, 'src/lib/core')).filter((path) =>
    /\b(?:Math\.random|Date\.now|new Date\(\)|performance\.now|fetch\(|document\.|window\.|process\.|setTimeout|crypto\.(?!subtle)|getRandomValues|generateKey)/.test(
      readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''),
    ),
  );
  expect(impure.map((path) => relative(root, path))).toEqual([]);
});
