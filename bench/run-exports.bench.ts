// Do other programs read the runs that are exported for them? TensorBoard's own reader, and `wandb sync` itself against a server on
// loopback that keeps what it is told. Both are Python's:
//   python3 -m venv python && python/bin/pip install tensorboard==2.21.0 wandb==0.30.0
//   PYTHON=python/bin/python npm run bench -- run-exports
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { random } from '../src/lib/core/random.ts';
import type { Row } from './row.ts';
import { wandbServer } from './run-exports/wandb-server.ts';

const start = promisify(execFile);
const python = process.env['PYTHON'] ?? 'python3';

type Points = Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>;

function madeUpRows(): string {
  const draw = random(1, 'rows of two kinds');
  const rows = Array.from({ length: 300 }, (_, at) => {
    const kind = at % 2;
    return `${(draw.normal() + kind).toFixed(3)},${(draw.normal() - kind).toFixed(3)},${kind === 0 ? 'no' : 'yes'}`;
  });
  return ['a,b,kind', ...rows].join('\n');
}

/** The file under `folder` whose name holds `part`. */
const fileIn = (folder: string, part: string): string =>
  join(
    folder,
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) =>
      name.slice(name.lastIndexOf('/') + 1).includes(part),
    ) ?? part,
  );

function written(csv: string): Points {
  const points: Record<string, [number, number][]> = {};
  for (const line of csv.trim().split('\n').slice(1)) {
    const [name = '', step, value] = line.split(',');
    // Each form is of a run of its own, the same but for how long it took.
    if (name !== 'seconds') (points[name] ??= []).push([Number(step), Number(value)]);
  }
  return points;
}

/** Points of `wanted` that are in `found`, to the digits that 32 bits hold. */
const shared = (wanted: Points, found: Points): number =>
  Object.entries(wanted).flatMap(([name, points]) =>
    points.filter(([step, value]) =>
      found[name]?.some(
        ([other, read]) => other === step && Math.abs(read - value) <= Math.abs(value) * 1e-6,
      ),
    ),
  ).length;

const all = (points: Points): number => Object.values(points).flat().length;

function historyOf(lines: readonly string[]): Points {
  const points: Record<string, [number, number][]> = {};
  for (const line of lines) {
    const { _step: step, ...values } = JSON.parse(line) as Record<string, number>;
    for (const [name, value] of Object.entries(values)) (points[name] ??= []).push([step ?? 0, value]);
  }
  return points;
}

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-run-exports-'));
  const server = await wandbServer();
  try {
    writeFileSync(join(folder, 'rows.csv'), madeUpRows());
    for (const form of ['csv', 'tensorboard', 'wandb']) {
      const data = ['--data', join(folder, 'rows.csv'), '--target', 'kind', '--model', 'mlp', '--seed', '1'];
      const out = ['--export', form, '--out', join(folder, form)];
      await start(process.execPath, ['server/tributary.mjs', 'train', ...data, ...out]);
    }
    const points = written(readFileSync(fileIn(join(folder, 'csv'), '-points.csv'), 'utf8'));
    const events = dirname(fileIn(join(folder, 'tensorboard'), 'tfevents'));
    const { stdout } = await start(python, ['bench/run-exports/tensorboard-reads.py', events]);
    const read = shared(points, JSON.parse(stdout) as Points);

    const offline = dirname(fileIn(join(folder, 'wandb'), '.wandb'));
    await start(python, ['-m', 'wandb', 'sync', offline], {
      env: {
        ...process.env,
        WANDB_BASE_URL: server.url,
        WANDB_API_KEY: '0'.repeat(40),
        WANDB_ERROR_REPORTING: 'false',
        HOME: folder,
      },
    });
    const synced = shared(points, historyOf(server.lines.get('wandb-history.jsonl') ?? []));
    const hasConfig = server.config()?.includes('"model":{"value":"mlp"}') === true;
    const hasSummary =
      server.lines.get('wandb-summary.json')?.some((line) => line.includes('accuracy')) === true;
    const target = `all ${all(points)}`;
    return [
      { name: 'points that TensorBoard reads', value: read, unit: '', target, ok: read === all(points) },
      { name: 'points that wandb sync sends', value: synced, unit: '', target, ok: synced === all(points) },
      {
        name: 'wandb sync: settings, last figures and the end, of 3',
        value: Number(hasConfig) + Number(hasSummary) + Number(server.isComplete()),
        unit: '',
        target: '3',
        ok: hasConfig && hasSummary && server.isComplete(),
      },
    ];
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
