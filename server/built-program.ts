// The programs that the build puts beside the server: run as processes or threads of their own.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bundled program of this name; found from the sources, too, where a build exists. Throws with what to do. */
export function builtProgram(name: string): string {
  const program = join('build', 'server-programs', `${name}.js`);
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const path = join(folder, program);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) throw new Error(`There is no ${program}. Run npm run build first.`);
  }
}
