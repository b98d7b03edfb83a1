// The same sources, built in two folders of different depth, one after the other: every byte of what is served must be the same.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readBuildManifest } from '../server/page-integrity.ts';
import type { Row } from './row.ts';

/** The sources as git knows them, in a folder of their own, and the build's list of what it serves. */
function builtIn(folder: string): Readonly<Record<string, string>> {
  mkdirSync(folder, { recursive: true });
  const sources = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0');
  for (const path of sources) if (path !== '') cpSync(path, join(folder, path));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, ['node_modules/@sveltejs/kit/svelte-kit.js', 'sync'], { cwd: folder });
  execFileSync(process.execPath, ['server/build.mjs'], { cwd: folder, stdio: 'ignore' });
  return readBuildManifest(join(folder, 'build', 'client')).files;
}

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-twice-'));
  try {
    const first = builtIn(join(folder, 'one'));
    const second = builtIn(join(folder, 'another', 'and', 'deeper'));
    const paths = [...new Set([...Object.keys(first), ...Object.keys(second)])];
    const differing = paths.filter((path) => first[path] !== second[path]);
    for (const path of differing) console.error(`differs: ${path}`);
    return [
      {
        name: `files that differ between two builds, of ${paths.length}`,
        value: differing.length,
        unit: 'files',
        target: 'none',
        ok: differing.length === 0 && paths.length > 100,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
