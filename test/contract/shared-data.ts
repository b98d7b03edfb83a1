// Where the public data sets lie that some tests read; they are not part of the project.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = process.env['SHARED_DATA'] ?? join(import.meta.dirname, '../../../shared/data');

/** The path of a data set; undefined, with a warning that says what is left out, where it is not there. */
export function sharedData(path: string): string | undefined {
  const full = join(root, path);
  if (existsSync(full)) return full;
  console.warn(
    `LEFT OUT: tests on ${path}, which is not at ${full}. Set SHARED_DATA to the folder that holds it.`,
  );
  return undefined;
}
