// What a build serves, file by file, with the SHA-256 of each: written beside the files, and served with them, so that anybody who
// builds the same sources can compare (server/commands/compare-build.ts). Plain JavaScript, because the build runs it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export const MANIFEST = 'build-manifest.json';

/** Digits of the digest of all sources by which a program is told from others of its version. */
export const SOURCES_SHOWN = 12;

/** Encodings of files that are listed, the manifest itself, and what is never served: names with a dot before them. */
const isLeftOut = (name) => /\.(gz|br)$/.test(name) || name === MANIFEST || name.startsWith('.');

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (isLeftOut(name)) return [];
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

/**
 * @param client the folder that is served
 * @param sources SHA-256 of everything that the build was made of
 */
export function writeManifest(client, { version, sources }) {
  const listed = files(client)
    .map((path) => [
      relative(client, path).split(sep).join('/'),
      createHash('sha256').update(readFileSync(path)).digest('hex'),
    ])
    // By bytes, not by a language's order: the same on every machine.
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const manifest = { version, sources, files: Object.fromEntries(listed) };
  writeFileSync(join(client, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}
