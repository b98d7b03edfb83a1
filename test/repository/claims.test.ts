// No claim without its test: every test that docs/security.md and docs/workflow.md name is there, in the file and in the words given.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = readFileSync('docs/security.md', 'utf8');
const stages = readFileSync('docs/workflow.md', 'utf8');

test.each([
  ['security', page, 150],
  ['workflow', stages, 150],
])('every test and benchmark that the %s page names is there', (_, text, fewest) => {
  const named = namedIn(text);
  expect(named.length).toBeGreaterThan(fewest);
  const missing = named
    .filter(([file, words]) => !existsSync(file) || !readFileSync(file, 'utf8').includes(words))
    .map(([file, words]) => `${file} "${words}"`);
  expect(missing).toEqual([]);
  const benches = [...text.matchAll(/npm run bench -- ([a-z\d-]+)/g)].map(([, name = '']) => name);
  expect(benches.filter((name) => !existsSync(`bench/${name}.bench.ts`))).toEqual([]);
});

test('no named test is left out of a run by its own file, and none is run alone', () => {
  const files = new Set(
    [...(page + stages).matchAll(/`((?:src|server|test|e2e)\/[\w/.-]+\.ts)`/g)].map(([, file = '']) => file),
  );
  expect(files.size).toBeGreaterThan(100);
  const left = [...files].filter(
    (file) => LEFT_OUT.test(readFileSync(file, 'utf8')) && !NEEDS.includes(file),
  );
  expect(left).toEqual([]);
});

/** Each file with each of the titles that follow it; in a table a bar is written with a stroke before it. */
const namedIn = (text: string): (readonly [string, string])[] =>
  [...text.matchAll(/`((?:src|server|test|e2e)\/[\w/.-]+\.ts)`((?:,? "[^"\n]+")+)/g)].flatMap(
    ([, file = '', titles = '']) =>
      [...titles.matchAll(/"([^"]+)"/g)].map(
        ([, words = '']) => [file, words.replaceAll('\\|', '|')] as const,
      ),
  );

test('every title that follows a file is held, not the first alone', () => {
  const line = '`src/b.test.ts` "one", "two"; `e2e/c.e2e.ts` "three \\| 3" says “four”, and "five" too';
  expect(namedIn(line)).toEqual([
    ['src/b.test.ts', 'one'],
    ['src/b.test.ts', 'two'],
    ['e2e/c.e2e.ts', 'three | 3'],
  ]);
});

/** Words of Vitest and Playwright by which a test is not run. */
const LEFT_OUT = /\b(?:test|describe)(?:\.\w+)*\.(?:skip|only|todo|fixme|fails|skipIf|runIf)\b/;
/** The first looks into the memory of a process by /proc, which Linux alone has (CI is Linux); the others, in single tests, at public data sets. */
const NEEDS: readonly string[] = [
  'test/processes/secure-sum.test.ts',
  'src/lib/participant/workbench/feasibility.test.ts',
  'test/simulation/clusters.test.ts',
];

test('every claim and every fault names a test or a benchmark that is there', () => {
  const claims = page.split('\n').filter((line) => line.startsWith('- ') && !isMissing(line));
  const faults = page.split('\n').filter((line) => /^\| F\d/.test(line));
  for (const line of [...claims, ...faults]) expect(line).toMatch(/`[\w/.-]+\.(test|e2e|bench)\.ts`/);
  const ids = faults.flatMap((line) => idsOf(line));
  expect(ids).toEqual(Array.from({ length: 56 }, (_, i) => i + 1));
});

test('every stage is there, and no line of it is without a test', () => {
  const lines = stages.split('\n').filter((line) => /^\| (?!what|\||promised)/.test(line));
  for (const line of lines) expect(namedIn(line), line.slice(0, 60)).not.toHaveLength(0);
  const ids = new Set(lines.map((line) => line.split('|')[1]!.trim()));
  const wanted = [
    ...['P1', 'P2', 'P3', 'P4', 'D1', 'D2', 'D3', 'D4', 'E1', 'E2', 'E3', 'E4', 'E5'],
    ...['M1', 'M2', 'M3', 'M4', 'M5', 'R1', 'T1', 'T2', 'T3a–d', 'T4', 'T5', 'B1', 'B5'],
    ...['V1', 'V2', 'V4', 'V5'],
  ];
  expect(wanted.filter((id) => !ids.has(id))).toEqual([]);
});

const isMissing = (line: string): boolean => page.indexOf(line) > page.indexOf('## Missing');

/** "F31, F32" and "F23–F25" name what they name. */
function idsOf(line: string): number[] {
  const text = line.split('|')[1] ?? '';
  const [first = 0, last = first] = [...text.matchAll(/F(\d\d)/g)].map(([, id]) => Number(id));
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
