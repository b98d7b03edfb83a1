// Where this program lies, and which version it is: for whoever asks without the program itself.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { SOURCES_SHOWN } from './write-manifest.mjs';

/** The folder that holds package.json: above the sources and above the built programs alike. */
export function projectFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      readFileSync(join(folder, 'package.json'));
      return folder;
    } catch {
      if (dirname(folder) === folder)
        throw new Error('This program is not in its project: no package.json is above it.');
    }
  }
}

export const appVersion = (): string =>
  v.parse(
    v.object({ version: v.string() }),
    JSON.parse(readFileSync(join(projectFolder(), 'package.json'), 'utf8')),
  ).version;

/** As manifests of runs name it: with the digest of the sources that it was built of, the lock of its libraries among them. */
export function programName(): string {
  try {
    const sources = readFileSync(join(projectFolder(), 'build', '.sources'), 'utf8');
    return `${appVersion()}+${sources.slice(0, SOURCES_SHOWN)}`;
  } catch {
    // Run out of its sources, without a build.
    return appVersion();
  }
}
