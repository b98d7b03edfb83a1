// `npm run bench`: every benchmark, as ratios within one run. Prints a table; `--json` prints one line for programs.
//   node bench/run.mjs [--json] [name …]      names: see `benchmarks` below; all of them without names
// A benchmark is a TypeScript file that exports `run(): Promise<Row[]>`; it is bundled by Vite, and runs in a process of
// its own, so that none warms or burdens another. `npm run bench` passes `--expose-gc` to it.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { buildIfStale, root } from '../server/build.mjs';

const json = process.argv.includes('--json');
const names = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const benchmarks = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
  .sort();

if (process.argv.includes('--help')) {
  console.log(`npm run bench -- [--json] [name …]\n\nBenchmarks: ${benchmarks.join(', ')}`);
  process.exit(0);
}
const unknown = names.filter((name) => !benchmarks.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${benchmarks.join(', ')}.`);
  process.exit(2);
}
const chosen = names.length === 0 ? benchmarks : names;

buildIfStale();
const out = join(root, 'build', 'bench');
const { build } = await import('vite');
await build({
  configFile: false,
  root,
  publicDir: false,
  logLevel: 'error',
  build: {
    ssr: true,
    outDir: out,
    emptyOutDir: true,
    target: 'node20',
    rollupOptions: {
      input: Object.fromEntries(chosen.map((name) => [name, join(root, 'bench', `${name}.bench.ts`)])),
      output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
    },
  },
});

/** Runs one benchmark in its own process; its rows come back on the IPC channel. */
function rowsOf(name) {
  const script = `import(${JSON.stringify(join(out, `${name}.mjs`))}).then(async (b) => { process.send(await b.run()); process.disconnect(); }).catch((error) => { console.error(error); process.exit(1); });`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', script], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let rows;
    child.on('message', (message) => (rows = message));
    child.on('exit', (code, signal) =>
      rows === undefined
        ? reject(new Error(`The benchmark ${name} ended with ${signal ?? `status ${code}`}.`))
        : resolve(rows),
    );
  });
}

const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 2 ** 30),
};
const results = [];
let failed = false;
for (const name of chosen) {
  if (!json) console.log(`\n${name}`);
  try {
    const rows = await rowsOf(name);
    results.push({ benchmark: name, rows });
    if (!json)
      for (const row of rows) {
        const verdict =
          row.target === null || row.target === undefined
            ? ''
            : row.ok
              ? `reached (${row.target})`
              : `MISSED (${row.target})`;
        console.log(
          `  ${row.name.padEnd(76)} ${String(row.value).padStart(10)} ${(row.unit ?? '').padEnd(10)} ${verdict}`,
        );
      }
  } catch (error) {
    failed = true;
    console.error(error.message);
  }
}
if (json) console.log(JSON.stringify({ date: new Date().toISOString(), machine, results }));
else console.log(`\n${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, Node ${machine.node}`);
process.exitCode = failed ? 1 : 0;
