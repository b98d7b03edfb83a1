// A person's own table of 1,000,000 rows and 20 columns, in a real tab by the app's own pages: read through, kept, explored, and learnt
// from by boosted trees and by a network. Time, memory and the longest task of the page; beside it DuckDB for the statistics, where it is
// installed beside the app (npm install --no-save @duckdb/duckdb-wasm@1.32.0), and TensorFlow.js's own `model.fit` for the network.
//   npm run bench -- table-of-a-million        ROWS=50000 for fewer rows
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { chromium, type Page } from 'playwright';
import { random } from '#lib/core/random.ts';
import { findChromium } from '../test/chromium.mjs';
import { serverProcess } from '../test/support/server-process.ts';
import { rounded } from './measure.ts';
import { networkBesideFit } from './table-of-a-million/plain-fit.ts';
import type { Row } from './row.ts';

const ROWS = Number(process.env['ROWS'] ?? 1_000_000);
const NUMBERS = 15;
/** Above this a person may notice that a page stands still (https://web.dev/articles/optimize-long-tasks). */
const LONGEST_TASK_MS = 50;
const ONE_HOUR = 3_600_000;

/** Fifteen numbers, four categories, a class that depends on some of both. Returns its bytes. */
async function writeTable(path: string): Promise<number> {
  const draw = random(1, 'bench', 'a million');
  const [colours, towns, kinds, levels] = [
    ['red', 'green', 'blue', ''],
    40,
    ['a', 'b', 'c', 'd', 'e'],
    3,
  ] as const;
  const stream = createWriteStream(path);
  let block = `${Array.from({ length: NUMBERS }, (_, i) => `x${i}`).join(',')},colour,town,kind,level,y\n`;
  for (let row = 0; row < ROWS; row += 1) {
    const x = Array.from({ length: NUMBERS }, () => draw.normal());
    const [colour, town, kind, level] = [draw.below(4), draw.below(towns), draw.below(5), draw.below(levels)];
    const score =
      1.2 * x[0]! -
      x[1]! +
      x[2]! * x[3]! +
      (colour === 0 ? 0.8 : 0) +
      (town % 7) * 0.15 +
      level * 0.5 +
      0.8 * draw.normal();
    const cells = x.map((value, i) =>
      i % 5 === 4 && draw.below(20) === 0 ? '' : value.toFixed(i % 3 === 0 ? 5 : 3),
    );
    block += `${cells.join(',')},${colours[colour]},town${town},${kinds[kind]},l${level},${score > 1 ? 'yes' : 'no'}\n`;
    if (block.length > 1 << 20) {
      if (!stream.write(block)) await once(stream, 'drain');
      block = '';
    }
  }
  stream.end(block);
  await finished(stream);
  return stream.bytesWritten;
}

/** The longest task of the page, of 50 ms and more as the browser reports them, among those that began since the last look; 0 for none. */
async function longTasks(page: Page): Promise<() => Promise<number>> {
  const watch = await page.evaluateHandle(() => {
    const found: PerformanceEntry[] = [];
    const observer = new PerformanceObserver((list) => {
      found.push(...list.getEntries());
    });
    observer.observe({ type: 'longtask' });
    return { found, observer, since: performance.now() };
  });
  return () =>
    watch.evaluate((watch) => {
      const all = [...watch.found.splice(0), ...watch.observer.takeRecords()];
      const lengths = all.filter((task) => task.startTime >= watch.since).map((task) => task.duration);
      watch.since = performance.now();
      return Math.max(0, ...lengths);
    });
}

/** Waits for an element with this text, by a look that takes the page next to no time: finding roles in a long page takes tens of ms. */
const shows = (page: Page, selector: string, text: string): Promise<unknown> =>
  page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll(wanted.selector)].some((one) => one.textContent?.includes(wanted.text)),
    { selector, text },
    { polling: 250 },
  );

/**
 * Memory of a process and all that it started, bytes: what is its own and what is shared in memory, each process's counted (proc(5),
 * status). The kernel keeps these sums; smaps_rollup, which would share out what is shared, walks every page under the lock that the
 * browser's own threads need to get memory, and made the page wait for up to 90 ms.
 */
async function memoryOf(root: number): Promise<number> {
  const processes = new Map<number, { readonly parent: number; readonly bytes: number }>();
  for (const name of await readdir('/proc'))
    if (/^\d+$/.test(name)) {
      const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
      const field = (key: string): number =>
        Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      processes.set(Number(name), {
        parent: field('PPid'),
        bytes: 1024 * (field('RssAnon') + field('RssShmem')),
      });
    }
  const isOf = (process: number): boolean =>
    process === root || (process > 1 && isOf(processes.get(process)?.parent ?? 0));
  return [...processes].reduce((sum, [process, { bytes }]) => sum + (isOf(process) ? bytes : 0), 0);
}

export async function run(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-million-'));
  const server = await serverProcess({ arguments: ['--log-level', 'warn'] });
  const own = await chromium.launchServer({
    executablePath: await findChromium(console.error),
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-sync',
    ],
  });
  const rows: Row[] = [];
  try {
    const path = join(folder, 'million.csv');
    const bytes = await writeTable(path);
    rows.push({
      name: `The table: ${ROWS.toLocaleString('en')} rows, 20 columns`,
      value: rounded(bytes / 1e6, 0),
      unit: 'MB',
      target: null,
      ok: true,
    });
    const browser = await chromium.connect(own.wsEndpoint());
    const page = await browser.newPage();
    page.setDefaultTimeout(ONE_HOUR);
    let bodies = 0;
    page.on('request', (request) => (bodies += request.postData() === null ? 0 : 1));
    page.on('websocket', (socket) => socket.on('framesent', () => (bodies += 1)));
    // Its scripts have begun once no more of them are on their way: a person has not chosen a file before.
    await page.goto(`${server.url}/me/data/new`, { waitUntil: 'networkidle' });
    let longest = await longTasks(page);
    const pid = own.process().pid ?? 0;
    const measured = async (name: string, work: () => Promise<void>): Promise<number> => {
      let most = 0;
      let isOver = false;
      const watching = (async () => {
        while (!isOver) {
          most = Math.max(most, await memoryOf(pid));
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      })();
      await longest();
      const begun = performance.now();
      await work();
      const seconds = (performance.now() - begun) / 1000;
      isOver = true;
      await watching;
      const task = await longest();
      rows.push(
        { name, value: rounded(seconds, 1), unit: 's', target: null, ok: true },
        {
          name: '  memory of the whole browser at most',
          value: rounded(most / 1e9, 2),
          unit: 'GB',
          target: null,
          ok: true,
        },
        {
          name: '  longest task of the page',
          value: rounded(task, 0),
          unit: 'ms',
          target: `under ${LONGEST_TASK_MS}`,
          ok: task < LONGEST_TASK_MS,
        },
      );
      return seconds;
    };

    await measured('Read through to the end, contract drafted', async () => {
      await page.getByRole('button', { name: 'Files', exact: true }).setInputFiles(path);
      await shows(page, '[role=group][aria-label="Check and keep"]', '');
    });
    await measured('Read against it, hashed, kept in IndexedDB', async () => {
      await page.getByRole('button', { name: 'Keep it in this browser' }).click();
      await shows(page, 'main a', 'Explore it and train on it');
    });
    const kept = await page.getByText(/^Read .* on this device/).innerText();
    rows.push({
      name: `  "${kept}"`,
      value: bodies,
      unit: 'requests with a body',
      target: 'none, and every row',
      ok: bodies === 0 && kept.includes(`${ROWS.toLocaleString('en')} rows`),
    });
    const exploring = await measured(
      'Explored: every column, what goes with what, what gives the target away',
      async () => {
        await page.getByRole('link', { name: 'Explore it and train on it' }).click();
        await shows(page, 'h2, h3', 'Worth a look');
      },
    );
    longest = await longTasks(page);
    await page.getByRole('button', { name: 'Train a model on this' }).click();
    await page.getByText(/rows to learn from,/).waitFor();
    for (const [model, title, settings] of [
      ['boosted-trees', 'Boosted trees', {}],
      ['mlp', 'A network of two layers of 64', { Epochs: String(EPOCHS) }],
    ] as const) {
      await page.getByLabel('Model', { exact: true }).selectOption(model);
      for (const [name, value] of Object.entries(settings)) {
        await page.getByText('Settings as usual').click();
        await page.getByLabel(name, { exact: true }).fill(value);
      }
      await measured(`${title}, with all baselines, judged and asked why`, async () => {
        await page.getByRole('button', { name: 'Train', exact: true }).click();
        await shows(page, 'main a', 'This run is kept');
      });
    }
    rows.push(...(await besideDuckDb(path, exploring)), ...(await networkBesideFit()));
    await browser.close();
    return rows;
  } finally {
    await own.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const EPOCHS = 3;

/** Count, mean, deviation, quartiles and distinct values of every column by SQL, the file read for it. */
async function besideDuckDb(path: string, exploring: number): Promise<Row[]> {
  const name = '@duckdb/duckdb-wasm/dist/duckdb-node-blocking.cjs';
  interface Connection {
    query(sql: string): { toArray(): unknown[] };
  }
  interface Blocking {
    createDuckDB(
      bundles: unknown,
      logger: unknown,
      runtime: unknown,
    ): Promise<{ instantiate(): Promise<unknown>; connect(): Connection }>;
    VoidLogger: new () => unknown;
    NODE_RUNTIME: unknown;
  }
  const duckdb = await import(/* @vite-ignore */ name).then(
    (module: Blocking | { readonly default: Blocking }) => ('default' in module ? module.default : module),
    () => undefined,
  );
  if (duckdb === undefined) {
    console.error('DuckDB is not installed beside the app: npm install --no-save @duckdb/duckdb-wasm@1.32.0');
    return [];
  }
  const dist = join(process.cwd(), 'node_modules', '@duckdb', 'duckdb-wasm', 'dist');
  const bundle = (kind: string) => ({
    mainModule: join(dist, `duckdb-${kind}.wasm`),
    mainWorker: join(dist, `duckdb-node-${kind}.worker.cjs`),
  });
  const database = await duckdb.createDuckDB(
    { mvp: bundle('mvp'), eh: bundle('eh') },
    new duckdb.VoidLogger(),
    duckdb.NODE_RUNTIME,
  );
  await database.instantiate();
  const connection = database.connect();
  const begun = performance.now();
  connection.query(`SUMMARIZE SELECT * FROM read_csv('${path}')`).toArray();
  const seconds = (performance.now() - begun) / 1000;
  return [
    {
      name: 'DuckDB-wasm: SUMMARIZE of the file',
      value: rounded(seconds, 1),
      unit: 's',
      target: null,
      ok: true,
    },
    {
      name: '  exploring in the tab against it',
      value: rounded(exploring / seconds),
      unit: '×',
      target: null,
      ok: true,
    },
  ];
}
