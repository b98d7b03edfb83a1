// `npm test`: every test, the real-browser ones included. Ends with the line "N passed, N failed, N skipped".
//   node test/run.mjs [types] [unit] [browser] [e2e]     only these parts; all of them without arguments
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale, root } from '../server/build.mjs';
import { findChromium } from './chromium.mjs';

const wanted = new Set(process.argv.slice(2));
const wants = (part) => wanted.size === 0 || wanted.has(part);
const reports = mkdtempSync(join(tmpdir(), 'tributary-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };

const heading = (text) => console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 90 - text.length))}`);

/** The exit status. */
function run(program, args, environment = {}) {
  const started = Date.now();
  const child = spawn(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      console.log(`(${((Date.now() - started) / 1000).toFixed(0)} s)`);
      resolve(status ?? 1);
    });
  });
}

/** A part that ends badly without a failed test in its report (it could not start) counts as one failure. */
function count(status, passed, failed, skipped) {
  total.passed += passed;
  total.failed += status !== 0 && failed === 0 ? 1 : failed;
  total.skipped += skipped;
}

/** Titles of what failed once and then passed: worth a look, and no reason to hold a change back. */
function secondTry(suites) {
  return suites.flatMap((suite) => [
    ...(suite.specs ?? [])
      .filter((spec) => spec.tests.some((test) => test.status === 'flaky'))
      .map((spec) => `${spec.file}: ${spec.title}`),
    ...secondTry(suite.suites ?? []),
  ]);
}

function report(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

const titles = {
  node: 'Units, contracts, golden values, simulations, the repository itself (Node)',
  browser: 'Engines and stores in a real Chromium',
};

async function vitest(project) {
  heading(titles[project]);
  const file = join(reports, `${project}.json`);
  const status = await run('vitest/vitest.mjs', [
    'run',
    '--project',
    `${project}*`,
    // What waits for a process or a timer leaves the processor to the other.
    '--maxWorkers=2',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const told = report(file);
  count(
    status,
    told?.numPassedTests ?? 0,
    told?.numFailedTests ?? 0,
    (told?.numPendingTests ?? 0) + (told?.numTodoTests ?? 0),
  );
}

/** Two at a time, since each waits more than it works; those that watch how long the page takes over something come after, alone. */
async function errands() {
  for (const [title, parts] of [
    [
      'Errands of people, in a real Chromium against the real server',
      ['--grep-invert', '@alone', '--workers', '2'],
    ],
    ['Errands that must have the machine to themselves', ['--grep', '@alone', '--workers', '1']],
  ]) {
    heading(title);
    const file = join(reports, `e2e-${parts[0]}.json`);
    const status = await run('@playwright/test/cli.js', ['test', '--reporter=list,json', ...parts], {
      PLAYWRIGHT_JSON_OUTPUT_NAME: file,
    });
    const told = report(file);
    const stats = told?.stats;
    for (const again of secondTry(told?.suites ?? [])) console.log(`Passed at the second try only: ${again}`);
    count(status, (stats?.expected ?? 0) + (stats?.flaky ?? 0), stats?.unexpected ?? 0, stats?.skipped ?? 0);
  }
}

try {
  if (wants('browser') || wants('e2e')) {
    process.env.CHROMIUM_PATH = await findChromium();
    console.log(`Chromium: ${process.env.CHROMIUM_PATH}`);
  }
  buildIfStale(console.log);
  if ((await run('@sveltejs/kit/svelte-kit.js', ['sync'])) !== 0) throw new Error('svelte-kit sync failed.');

  if (wants('types')) {
    heading('Types: svelte-check over the app, the server, the tests and the benchmarks');
    const status = await run('svelte-check/bin/svelte-check', [
      '--tsconfig',
      './tsconfig.json',
      '--fail-on-warnings',
    ]);
    count(status, status === 0 ? 1 : 0, 0, 0);
  }
  if (wants('unit')) await vitest('node');
  if (wants('browser')) await vitest('browser');
  if (wants('e2e')) await errands();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  total.failed += 1;
} finally {
  rmSync(reports, { recursive: true, force: true });
}

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
