import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { digestOfText } from '#lib/core/digest.ts';
import { compareBuild } from './compare-build.ts';
import { importMapOf, readBuildManifest } from './page-integrity.ts';
import { writeManifest } from './write-manifest.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tributary-build-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, '_app/immutable/chunks'), { recursive: true });
for (const [path, text] of [
  ['theme.js', 'theme'],
  ['_app/immutable/chunks/b.js', 'b'],
  ['_app/immutable/chunks/a.js', 'a'],
  ['theme.js.br', 'an encoding'],
  ['theme.js.gz', 'an encoding'],
  ['.sources', 'never served'],
] as const)
  writeFileSync(join(folder, path), text);
writeManifest(folder, { version: '1.0.0', sources: digestOfText('sources') });
const own = readBuildManifest(folder);

test('the list names what is served, in one order, and neither encodings nor itself, however often it is made', () => {
  expect(Object.entries(own.files)).toEqual([
    ['_app/immutable/chunks/a.js', digestOfText('a')],
    ['_app/immutable/chunks/b.js', digestOfText('b')],
    ['theme.js', digestOfText('theme')],
  ]);
  const before = readFileSync(join(folder, 'build-manifest.json'), 'utf8');
  writeManifest(folder, { version: '1.0.0', sources: digestOfText('sources') });
  expect(readFileSync(join(folder, 'build-manifest.json'), 'utf8')).toBe(before);
});

const page = `<script type="importmap">${importMapOf(own.files)}</script><script src="./theme.js"></script>`;
/** A server of this build, but for what is given; null: it has no such file. */
const serving =
  (others: Readonly<Record<string, string | null>> = {}) =>
  async (address: string): Promise<Response> => {
    const path = new URL(address).pathname.slice(1);
    const other = others[path];
    if (other === null) return new Response('nothing', { status: 404 });
    return new Response(other ?? (path === '' ? page : readFileSync(join(folder, path), 'utf8')));
  };
const compared = async (others?: Readonly<Record<string, string | null>>) => {
  const outcome = await compareBuild(own, 'https://tributary.example', serving(others));
  if (!outcome.ok) throw new Error(outcome.error);
  return outcome.value;
};

test('a server of the same build differs in nothing', async () => {
  expect(await compared()).toEqual({ files: 3, isSameSources: true, differences: [] });
});

test('a file that is another, is missing, or is one more is named, whatever the server’s own list says', async () => {
  expect((await compared({ 'theme.js': 'other' })).differences).toEqual([
    {
      path: 'theme.js',
      problem: `is ${digestOfText('other')} there, and ${digestOfText('theme')} in this build.`,
    },
  ]);
  expect((await compared({ '_app/immutable/chunks/a.js': null })).differences).toEqual([
    { path: '_app/immutable/chunks/a.js', problem: 'is answered 404 there.' },
  ]);
  const more = { ...own, sources: digestOfText('x'), files: { ...own.files, 'spy.js': digestOfText('spy') } };
  expect(await compared({ 'build-manifest.json': JSON.stringify(more) })).toMatchObject({
    isSameSources: false,
    differences: [{ path: 'spy.js', problem: 'is served there, and is no file of this build.' }],
  });
});

test('a page that lets in other modules, or names another script, is named', async () => {
  const { differences } = await compared({ '': '<script src="https://elsewhere.example/spy.js"></script>' });
  expect(differences.map(({ problem }) => problem)).toEqual([
    expect.stringMatching(/its import map is another/),
    expect.stringMatching(/no file of this build: .*spy.js/),
  ]);
  // Nor is one that is called as a property of any object is.
  expect((await compared({ '': `${page}<script src="./constructor"></script>` })).differences).toEqual([
    { path: 'a page', problem: 'names a script that is no file of this build: constructor' },
  ]);
});

test('a server without a list is told from one that differs', async () => {
  expect(
    await compareBuild(own, 'https://tributary.example', serving({ 'build-manifest.json': null })),
  ).toEqual({ ok: false, error: expect.stringMatching(/is answered 404/) });
});
