// The lock file must install anywhere by `npm ci`: platform packages locked, and nothing below the versions in which
// known holes were closed.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly optionalDependencies?: Record<string, string>;
}
const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Record<string, Locked>;
};
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
};

const resolves = (from: string, name: string): boolean => {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${place === '' ? '' : `${place}/`}node_modules/${name}`] !== undefined) return true;
    if (!place.includes('node_modules')) return false;
    if (place.lastIndexOf('/node_modules/') < 0) return lock.packages[`node_modules/${name}`] !== undefined;
  }
};

test('every optional dependency of every locked package is locked', () => {
  const missing = Object.entries(lock.packages).flatMap(([place, locked]) =>
    Object.keys(locked.optionalDependencies ?? {})
      .filter((name) => !resolves(place, name))
      .map((name) => `${place} → ${name}`),
  );
  expect(missing).toEqual([]);
});

test('dependencies are pinned exactly', () => {
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, range]) => !/^\d+\.\d+\.\d+$/.test(range),
  );
  expect(loose).toEqual([]);
});

/** The first version in which each advisory is closed. */
const advisories: readonly (readonly [name: string, minimum: string, advisory: string])[] = [
  ['socket.io', '4.6.2', 'CVE-2024-38355'],
  ['socket.io-parser', '4.2.7', 'CVE-2026-69185, CVE-2026-33151'],
  ['engine.io', '6.6.9', 'CVE-2026-59725, GHSA-gr94-w7qr-f4j3, GHSA-r635-g3xr-vw7x'],
  ['ws', '8.21.0', 'CVE-2026-48779'],
];

const atLeast = (version: string, minimum: string): boolean => {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
};

test.each(advisories)('%s is locked at %s or later (%s)', (name, minimum) => {
  const locked = Object.entries(lock.packages).filter(([place]) => place.endsWith(`node_modules/${name}`));
  expect(locked.length).toBeGreaterThan(0);
  for (const [place, { version }] of locked)
    expect(`${place} ${atLeast(version ?? '0.0.0', minimum)}`).toBe(`${place} true`);
});
