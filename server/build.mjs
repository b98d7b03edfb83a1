// Builds the app and the programs when there is no build of the present sources; does nothing otherwise.
// Plain JavaScript, because it runs before anything has been built.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { writeManifest } from './write-manifest.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'build', '.sources');
const lock = join(root, '.svelte-kit', 'build.lock');

const sources = [
  'src',
  'server',
  'static',
  'package-lock.json',
  'svelte.config.js',
  'vite.config.ts',
  'vite.server.config.ts',
];

/** SHA-256 over the paths and contents of everything that a build is made of, tests left out. */
export function sourcesDigest() {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else if (!path.endsWith('.test.ts')) {
      hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
    }
  };
  for (const source of sources) visit(join(root, source));
  return hash.digest('hex');
}

export const isBuilt = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesDigest();

function vite(...args) {
  const program = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const env = { ...process.env, NODE_ENV: 'production' };
  const result = spawnSync(process.execPath, [program, 'build', '--logLevel', 'warn', ...args], {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  process.stderr.write(result.stdout + result.stderr);
  throw new Error(`The build failed: vite build ${args.join(' ')} ended with status ${result.status}.`);
}

/** One build at a time: a second process waits for the first, and finds its work done. */
function withLock(work) {
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = Number(readFileSync(lock, 'utf8'));
      try {
        process.kill(owner, 0);
      } catch {
        rmSync(lock, { force: true }); // its owner is gone
        continue;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
    }
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

export function buildIfStale(say = (line) => console.error(line)) {
  if (isBuilt()) return;
  withLock(() => {
    if (isBuilt()) return;
    const started = Date.now();
    say('Building the app (once for these sources)…');
    const digest = sourcesDigest();
    rmSync(stamp, { force: true });
    vite();
    vite('--config', 'vite.server.config.ts');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    writeManifest(join(root, 'build', 'client'), { version, sources: digest });
    writeFileSync(stamp, digest);
    say(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  rmSync(stamp, { force: true });
  buildIfStale();
}
