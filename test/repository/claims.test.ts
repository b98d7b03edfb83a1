// No claim without its test: every test that docs/security.md names is there, in the file and in the words given.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = readFileSync('docs/security.md', 'utf8');

test('every test that the security page names is in its file', () => {
  const named = namedIn(page);
  expect(named.length).toBeGreaterThan(150);
  const missing = named
    .filter(([file, words]) => !existsSync(file) || !readFileSync(file, 'utf8').includes(words))
    .map(([file, words]) => `${file} "${words}"`);
  expect(missing).toEqual([]);
});

test('no named test is left out of a run by its own file, and none is run alone', () => {
  const files = new Set([...page.matchAll(/`([\w/.-]+\.(?:test|e2e)\.ts)`/g)].map(([, file = '']) => file));
  expect(files.size).toBeGreaterThan(50);
  const left = [...files].filter(
    (file) => LEFT_OUT.test(readFileSync(file, 'utf8')) && !NEEDS.includes(file),
  );
  expect(left).toEqual([]);
});

/** Each file with each of the titles that follow it. */
const namedIn = (text: string): (readonly [string, string])[] =>
  [...text.matchAll(/`([\w/.-]+\.(?:test|e2e)\.ts)`((?:,? "[^"\n]+")+)/g)].flatMap(
    ([, file = '', titles = '']) =>
      [...titles.matchAll(/"([^"]+)"/g)].map(([, words = '']) => [file, words] as const),
  );

test('every title that follows a file is held, not the first alone', () => {
  const line = '`a/b.test.ts` "one", "two"; `c.e2e.ts` "three" says “four”, and "five" too';
  expect(namedIn(line)).toEqual([
    ['a/b.test.ts', 'one'],
    ['a/b.test.ts', 'two'],
    ['c.e2e.ts', 'three'],
  ]);
});

/** Words of Vitest and Playwright by which a test is not run. */
const LEFT_OUT = /\.(?:skip|only|todo|fixme|fails|skipIf|runIf)\b/;
/** Looks into the memory of a process by /proc, which Linux alone has; CI is Linux. */
const NEEDS: readonly string[] = ['test/processes/secure-sum.test.ts'];

test('every claim and every fault names a test or a benchmark that is there', () => {
  const claims = page.split('\n').filter((line) => line.startsWith('- ') && !isMissing(line));
  const faults = page.split('\n').filter((line) => /^\| F\d/.test(line));
  for (const line of [...claims, ...faults]) expect(line).toMatch(/`[\w/.-]+\.(test|e2e|bench)\.ts`/);
  const ids = faults.flatMap((line) => idsOf(line));
  expect(ids).toEqual(Array.from({ length: 56 }, (_, i) => i + 1));
});

const isMissing = (line: string): boolean => page.indexOf(line) > page.indexOf('## Missing');

/** "F31, F32" and "F23–F25" name what they name. */
function idsOf(line: string): number[] {
  const text = line.split('|')[1] ?? '';
  const [first = 0, last = first] = [...text.matchAll(/F(\d\d)/g)].map(([, id]) => Number(id));
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
