// The runs of this browser as screens have them: found, put in order, compared, taken away and put back; and told in words.
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { memoryRunStore } from '../adapters/memory/runs.ts';
import type { RunFacts } from '../core/run-query/query.ts';
import type { RunRecord, TrainedBench } from '../participant/workbench/run-record.ts';
import { exportedRun } from '../participant/workbench/run-export.ts';
import type { TrackingServer } from '../participant/workbench/send-run.ts';
import { DataLocked } from '../ports/dataset-store.ts';
import { runtimeName } from '../workers/runtime-name.ts';
import { begunRun } from '../../../test/contract/run-store.ts';
import { recipeJson, usualStep, type RecipeStep } from '../core/recipe/recipe.ts';
import { comparedSteps } from './compared-steps.ts';
import { FollowedRun } from './followed-run.svelte.ts';
import { titleOf } from './recipe-words.ts';
import { comparedMetrics, comparedParams, runPicture, trialPicture, unlike } from './run-comparison.ts';
import { bestSoFar, trialSeries } from './run-curves.ts';
import { factsOf } from './run-facts.ts';
import {
  bestFirst,
  cellText,
  readSorting,
  runsAsRows,
  shownColumns,
  sorted,
  sortingText,
} from './run-table.ts';
import { RunPage } from './run-page.svelte.ts';
import { RunSending, sentWords } from './run-sending.svelte.ts';
import { RunsState, tagsOf } from './runs.svelte.ts';

const trial = (model: string, loss: number | null, options = {}, share = 1) => ({
  model,
  options,
  share,
  loss,
  standardError: 0,
});
function searched(trials: readonly ReturnType<typeof trial>[]): RunRecord {
  const run = begunRun('search');
  return { ...run, manifest: { ...run.manifest, trials: [...trials] } };
}

const facts = (id: string, more: Partial<RunFacts> = {}): RunFacts => ({
  ...factsOf({ record: begunRun(id), labels: { tags: [], note: '' } }, false),
  ...more,
});
const forest = facts('forest', {
  params: { model: 'forest', depth: 8, seed: 1 },
  metrics: { accuracy: { value: 0.9, interval: { low: 0.8, high: 0.95 } }, log_loss: { value: 0.5 } },
  started: '2026-11-23 05:41',
});
const line = facts('line', {
  params: { model: 'logistic', seed: 1 },
  metrics: { accuracy: { value: 0.8 }, log_loss: { value: 0.3 }, rows: { value: 40 } },
  started: '2026-11-24 05:41',
  tags: ['best', 'to show'],
});
const cut = facts('cut');

test('a run that no tab trains was cut off; its parameters are what was asked', () => {
  expect(cut).toMatchObject({
    name: 'Search for nests',
    status: 'cut off',
    data: 'heron.csv',
    params: { model: 'auto', target: 'nests', seed: 1, search: 'tpe', trials: 0 },
    metrics: {},
  });
  const run = begunRun('a');
  const { setup } = run.manifest;
  const named = {
    ...run,
    manifest: { ...run.manifest, setup: { ...setup, model: 'forest:trees=20,depth=4' } },
  };
  expect(factsOf({ record: named, labels: { tags: [], note: '' } }, true)).toMatchObject({
    status: 'running',
    params: { model: 'forest', trees: 20, depth: 4 },
  });
  // A recipe of its own by the steps in it; the usual one is not told.
  const steps = [{ step: 'impute', method: 'median' }, { step: 'log' }];
  const prepared = { ...run, manifest: { ...run.manifest, setup: { ...setup, recipe: { steps } } } };
  expect(factsOf({ record: prepared, labels: { tags: [], note: '' } }, true).params['recipe']).toBe(
    'impute, log',
  );
});

test('columns are those that runs have; the best stand first, and runs without the value last', () => {
  const runs = [cut, line, forest];
  expect(shownColumns(runs, null)).toEqual([
    'status',
    'started',
    'data',
    'metrics.accuracy',
    'params.model',
    'tags',
  ]);
  expect(shownColumns(runs, 'params.depth,metrics.none,note,note')).toEqual(['params.depth', 'note']);
  const order = (column: string): string[] => sorted(runs, bestFirst(column)).map((run) => run.id);
  expect(order('metrics.accuracy')).toEqual(['forest', 'line', 'cut']);
  expect(order('metrics.log_loss')).toEqual(['line', 'forest', 'cut']);
  expect(sorted(runs, { column: 'metrics.accuracy', isDescending: false }).map((run) => run.id)).toEqual([
    'line',
    'forest',
    'cut',
  ]);
  expect(order('params.model')).toEqual(['cut', 'forest', 'line']);
  expect(sortingText(readSorting('-params.x-y'))).toBe('-params.x-y');
  expect([cellText(forest, 'metrics.accuracy'), cellText(forest, 'tags'), cellText(line, 'tags')]).toEqual([
    '90.0\u202f%',
    '–',
    'best, to show',
  ]);
});

test('a saved table has a column of everything, and of each interval two', () => {
  const { header, rows } = runsAsRows([forest, line]);
  const at = (name: string, row: number) => rows[row]?.[header.indexOf(name)];
  expect(header.filter((name) => name.endsWith('.low'))).toEqual(['metrics.accuracy.low']);
  expect([at('metrics.accuracy.high', 0), at('metrics.accuracy.high', 1)]).toEqual([0.95, undefined]);
  expect([at('id', 1), at('params.depth', 0), at('params.depth', 1)]).toEqual(['line', 8, undefined]);
  expect(rows.every((row) => row.length === header.length)).toBe(true);
});

test('what differs between runs stands first; the best of each metric is known where there is one', () => {
  expect(comparedParams([forest, line]).map(({ name, differs }) => [name, differs])).toEqual([
    ['depth', true],
    ['model', true],
    ['seed', false],
  ]);
  expect(comparedMetrics([forest, line]).map(({ name, best }) => [name, best])).toEqual([
    ['accuracy', [0]],
    ['log_loss', [1]],
    ['rows', []],
  ]);
  expect(comparedMetrics([forest, forest]).map(({ best }) => best)).toEqual([[], []]);
  const other = begunRun('b');
  const { manifest } = other;
  expect(unlike([other, begunRun('a')])).toBeUndefined();
  expect(unlike([other, { ...other, manifest: { ...manifest, data: null } }])).toContain('different rows');
  const setup = { ...manifest.setup, target: 'eggs' };
  expect(unlike([other, { ...other, manifest: { ...manifest, setup } }])).toContain('different things');
});

test('recipes are compared step by step, and runs whose recipes leave other columns out are told from each other', () => {
  const withRecipe = (...steps: readonly RecipeStep[]): RunRecord => {
    const run = begunRun('a');
    const recipe = recipeJson({ steps }) as unknown as RunRecord['manifest']['setup']['recipe'];
    return { ...run, manifest: { ...run.manifest, setup: { ...run.manifest.setup, recipe } } };
  };
  const [cast, scale] = [usualStep('cast'), usualStep('scale', { rounded: true })];
  const mean = usualStep('impute', { method: 'mean' });
  const lines = comparedSteps([
    withRecipe(cast, mean, scale),
    withRecipe(cast, scale),
    withRecipe(scale, cast),
  ]);
  expect(lines.map(({ name, differs }) => [name, differs])).toEqual([
    [titleOf(cast), false],
    [titleOf(mean), true],
    [titleOf(scale), false],
    ['In this order', true],
  ]);
  expect(lines[1]?.values).toEqual(['with mean', undefined, undefined]);
  expect(unlike([withRecipe(cast), withRecipe(cast, mean)])).toBeUndefined();
  const drop = (column: string) => usualStep('drop', { columns: [column] });
  expect(unlike([withRecipe(cast, drop('id')), withRecipe(drop('id'))])).toBeUndefined();
  expect(unlike([withRecipe(drop('id')), withRecipe(drop('wing'))])).toContain('leave different columns out');
  // By the borders that they kept it is known for sure.
  const parted = (column: string, below: number) => {
    const one = withRecipe(drop(column));
    const asked = { target: 'digit', heldOut: 0.2, group: null, time: null, columns: null };
    const borders = { type: 'rows' as const, classes: [{ label: null, below }] };
    return { ...one, manifest: { ...one.manifest, split: { ...asked, borders } } };
  };
  expect(unlike([parted('id', 5), parted('wing', 5)])).toBeUndefined();
  expect(unlike([parted('id', 5), parted('id', 6)])).toContain('a split was drawn anew');
  // What a later version has written is no reason to be silent of the rest.
  const later = begunRun('b');
  const setup = { ...later.manifest.setup, recipe: { format: 'tributary-recipe', version: 9, steps: [] } };
  const unread = { ...later, manifest: { ...later.manifest, setup } };
  expect(comparedSteps([withRecipe(cast), unread])[0]?.values[1]).toMatch(/later version/);
});

test('a run is exported with what it was given, its curve and its search; what is on fewer rows is no step of it', () => {
  const run = searched([
    trial('forest', 0.3),
    trial('forest', 0.1, {}, 1 / 3),
    trial('tree', 0.4),
    trial('forest', 0.2),
  ]);
  const record = { ...run, curve: [{ step: 5, loss: 0.7 }], endedAt: 9 };
  const exported = exportedRun({ record, labels: { tags: ['best'], note: 'by hand' } });
  expect(exported).toMatchObject({
    id: 'search',
    name: 'Search for nests',
    experiment: 'heron.csv',
    status: 'stopped',
    tags: ['best'],
    params: { model: 'auto', trials: 4 },
    metrics: { seconds: 0.008 },
  });
  expect(exported.series).toEqual([
    { name: 'train/loss', points: [{ step: 5, value: 0.7 }] },
    {
      name: 'search/loss',
      points: [
        { step: 1, value: 0.3 },
        { step: 3, value: 0.4 },
        { step: 4, value: 0.2 },
      ],
    },
    {
      name: 'search/best',
      points: [
        { step: 1, value: 0.3 },
        { step: 3, value: 0.3 },
        { step: 4, value: 0.2 },
      ],
    },
  ]);
});

test('a run that another tab trains is read again while it goes on, and no longer than it is watched', async () => {
  vi.useFakeTimers();
  try {
    const store = memoryRunStore();
    await store.put(begunRun('a'));
    const nothing = () => Promise.reject(new Error('Nothing is trained here.'));
    const page = new RunPage(
      'a',
      { run: nothing, hand: nothing },
      { store: async () => store, held: async () => new Set(['a']) },
    );
    await page.load();
    const stop = page.watch(() => true);
    await store.put(begunRun('a', { leftOut: ['One rule'] }));
    await vi.advanceTimersByTimeAsync(3000);
    expect(page.record?.leftOut).toEqual(['One rule']);
    stop();
    await store.put(begunRun('a'));
    await vi.advanceTimersByTimeAsync(9000);
    expect(page.record?.leftOut).toEqual(['One rule']);
  } finally {
    vi.useRealTimers();
  }
});

test('settings and outcome are lines over axes that vary; wide ones are drawn by logarithms', () => {
  const record = searched([
    trial('forest', 0.3, { depth: 4, rate: 0.001, leaf: 1 }),
    trial('forest', 0.2, { depth: 8, rate: 1, leaf: 1 }),
    trial('forest', 0.1, { depth: 8, rate: 1, leaf: 1 }, 1 / 3),
    trial('forest', null, { depth: 9, rate: 1, leaf: 1 }),
    trial('logistic', 0.4, { lambda: 1 }),
  ]);
  expect(trialPicture(record, 'forest')).toEqual({
    axes: [
      { name: 'depth', isLog: false },
      { name: 'rate', isLog: true },
      { name: 'loss', isLog: false },
    ],
    lines: [
      { id: '1', name: 'Trial 1', values: [4, 0.001, 0.3] },
      { id: '2', name: 'Trial 2', values: [8, 1, 0.2] },
    ],
  });
  expect(trialPicture(record, 'logistic')).toBeUndefined();
  // An axis that all runs stand at in one place tells nothing.
  expect(runPicture([forest, line], 'accuracy')).toBeUndefined();
  const deeper = { ...line, params: { ...line.params, depth: 9 } };
  expect(runPicture([forest, deeper], 'accuracy')?.axes.map((axis) => axis.name)).toEqual([
    'depth',
    'accuracy',
  ]);
  // Fewer rows tell less: a trial on a third of them is no best.
  expect(bestSoFar(record).map(({ y }) => y)).toEqual([0.3, 0.2, 0.2, 0.2, 0.2]);
  expect(trialSeries(record).map(({ points }) => points.length)).toEqual([5, 4]);
  expect(trialSeries(begunRun('none'))).toEqual([]);
});

test('runs are read, found, tagged, taken away and put back; one that a tab trains stays', async () => {
  const store = memoryRunStore();
  await store.put(begunRun('a', { startedAt: 1 }));
  await store.put(begunRun('b', { startedAt: 2 }), Uint8Array.of(7));
  const held = new Set(['a']);
  const runs = new RunsState({
    store: async () => store,
    held: async () => held,
    hasDataset: async () => true,
  });
  await runs.load();
  expect(runs.facts.map(({ id, status }) => [id, status])).toEqual([
    ['b', 'cut off'],
    ['a', 'running'],
  ]);
  await runs.label('b', { tags: tagsOf(' ward, first,, ward '), note: '' });
  runs.query = 'tags = ward and params.seed = 1';
  expect(runs.found.map(({ id }) => id)).toEqual(['b']);
  runs.chosen = new Set(['a', 'b']);
  expect(runs.picked.map(({ id }) => id)).toEqual(['b']);
  runs.query = 'params.sed = 1';
  expect(runs.refusal?.message).toContain('Is seed meant?');
  expect(runs.found).toHaveLength(2);

  expect(await runs.remove(['a', 'b'])).toBe(1);
  expect(runs.facts.map(({ id }) => id)).toEqual(['a']);
  expect(await store.model('b')).toBeUndefined();
  await runs.undo();
  expect(runs.removed).toEqual([]);
  expect((await store.read('b'))?.labels.tags).toEqual(['first', 'ward']);
  expect(await store.model('b')).toEqual(Uint8Array.of(7));
});

test('what was taken away before can be put back too, and what cannot be put back yet is not forgotten', async () => {
  const store = memoryRunStore();
  for (const id of ['a', 'b', 'c']) await store.put(begunRun(id));
  let isFull = true;
  const restore: typeof store.restore = async (run) => {
    if (isFull && run.record.id === 'b') throw new DOMException('full', 'QuotaExceededError');
    await store.restore(run);
  };
  const runs = new RunsState({
    store: async () => ({ ...store, restore }),
    held: async () => new Set(['c']),
    hasDataset: async () => true,
  });
  await runs.load();
  await runs.remove(['a']);
  await runs.remove(['b']);
  expect(await runs.remove(['c'])).toBe(0);
  expect(runs.removed.map(({ record }) => record.id)).toEqual(['a', 'b']);
  expect(await runs.undo()).toBe(1);
  expect(runs.trouble).not.toBeNull();
  expect(runs.removed.map(({ record }) => record.id)).toEqual(['b']);
  isFull = false;
  expect(await runs.undo()).toBe(1);
  expect(runs.facts.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
});

test('a model made of rows is not put back once its data was erased in another tab: its run is, with its figures', async () => {
  const store = memoryRunStore();
  const ended = (id: string, holdsRows: boolean): RunRecord =>
    begunRun(id, {
      outcome: { type: 'finished', trained: {} as TrainedBench, model: { bytes: 1, holdsRows } },
    });
  await store.put(ended('rows', true), Uint8Array.of(1));
  await store.put(ended('weights', false), Uint8Array.of(2));
  const runs = new RunsState({
    store: async () => store,
    held: async () => new Set(),
    hasDataset: async () => false,
  });
  await runs.load();
  await runs.remove(['rows', 'weights']);
  expect(await runs.undo()).toBe(2);
  expect(runs.trouble?.message).toMatch(/^The model of “Search for nests” was not put back: /);
  expect(await store.model('rows')).toBeUndefined();
  expect((await store.read('rows'))?.record.outcome).toMatchObject({
    model: { erasedAt: expect.any(Number) },
  });
  expect(await store.model('weights')).toEqual(Uint8Array.of(2));
  // Neither in this tab's memory.
  expect(runs.removed).toEqual([]);
});

test('one run: gone, cut off, gone on with and noted; its model is what the store has', async () => {
  const store = memoryRunStore();
  await store.put(begunRun('a'), new TextEncoder().encode('{"format":1}'));
  const asked: unknown[] = [];
  const port = {
    run: async (wish: unknown) => {
      asked.push(wish);
      await store.put(begunRun('a', { outcome: { type: 'failed', message: 'Too few rows.' } }));
      return { type: 'refused' as const, message: 'Too few rows.' };
    },
    hand: () => Promise.reject(new Error('Nothing is trained here.')),
  };
  const ports = { store: async () => store, held: async () => new Set<string>() };
  const gone = new RunPage('none', port, ports);
  await gone.load();
  expect(gone.run).toBeNull();
  const page = new RunPage('a', port, ports);
  await page.load();
  expect(page.status).toBe('cut off');
  expect(await page.model()).toBe('{"format":1}');
  await page.label({ tags: ['x'], note: 'seen' });
  await page.again();
  // It has not finished: there is nothing to have again.
  expect(asked).toEqual([]);
  await page.resume(true);
  expect(asked).toEqual([{ name: 'resume', run: 'a', isEnough: true }]);
  expect(page.followed.following).toEqual({ phase: 'failed', message: 'Too few rows.' });
  expect(page.status).toBe('failed');
  expect(page.run?.labels.note).toBe('seen');
});

test('a hand that does nothing leaves the run as it goes, with Stop, and says why', async () => {
  const run = new FollowedRun(
    {
      run: (_, tell, signal) => {
        tell({ type: 'begun', run: 'a' });
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('Stopped.')));
        });
      },
      hand: () => Promise.reject(new Error('The worker is gone.')),
    },
    (name) => name,
  );
  const followed = run.follow({ name: 'again', engine: null, run: 'a' }, { budgetMs: null, trials: null });
  await run.hand('pause');
  expect([run.following.phase, run.handProblem]).toEqual(['running', 'The worker is gone.']);
  run.stop();
  await followed;
  expect(run.following.phase).toBe('stopped');
});

test('what is locked is told to whoever asks for the passphrase', async () => {
  const told: string[] = [];
  const runs = new RunsState(
    {
      store: () => Promise.reject(new DataLocked()),
      held: async () => new Set(),
      hasDataset: async () => true,
    },
    (one) => told.push(one.kind),
  );
  await runs.load();
  expect(told).toEqual(['locked']);
  expect(runs.runs).toBeUndefined();
  expect(runs.trouble?.message).toContain('Unlock');
});

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0 Safari/537.36',
    'Chrome 156',
  ],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0', 'Edge 150'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0', 'Firefox 148'],
  ['Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/26.1 Mobile/15E148 Safari/604.1', 'Safari 26'],
  ['Something/1', 'Something/1'],
])('%s is %s', (userAgent, name) => {
  expect(runtimeName(userAgent)).toBe(name);
});

test('a run is sent to the server of the page, which is remembered with it, and said to be an older one once it is noted otherwise', async () => {
  const store = memoryRunStore();
  await store.put(begunRun('a'));
  await store.label('a', { tags: ['first'], note: '' });
  const asked: string[] = [];
  let status = 401;
  const answers: Readonly<Record<string, unknown>> = {
    'experiments/get-by-name': { experiment: { experiment_id: '7' } },
    'runs/search': { runs: [] },
    'runs/create': { run: { info: { run_id: 'f00d' } } },
  };
  const answer: TrackingServer['fetch'] = async (address, request) => {
    const path = address.replace(/^.*mlflow\/|\?.*$/g, '');
    asked.push(`${path} ${request.headers['authorization'] ?? 'by cookie'}`);
    return status === 200 ? Response.json(answers[path] ?? {}) : new Response('{}', { status });
  };
  const ports = { store: async () => store, held: async () => new Set<string>() };
  const sending = new RunSending(await store.list(), ports, answer, () => 5);
  await sending.ask();
  expect(sending.phase).toMatchObject({ type: 'failed', kind: 'not-identified', run: undefined });
  sending.token = ' tributary_token ';
  status = 503;
  await sending.send();
  expect(sending.phase).toMatchObject({ type: 'failed', kind: 'busy', run: 'Search for nests' });
  expect((await store.read('a'))?.labels.sent).toBeUndefined();
  status = 200;
  await sending.send();
  expect(sending.phase).toEqual({ type: 'sent' });
  expect(asked[0]).toBe('experiments/get-by-name by cookie');
  expect(asked.at(-1)).toBe('runs/update Bearer tributary_token');
  const kept = (await store.read('a'))!;
  expect(kept.labels).toMatchObject({
    tags: ['first'],
    sent: { server: '', experiment: { id: '7', name: 'heron.csv' }, run: 'f00d', at: 5 },
  });
  expect(sentWords(kept)).toMatch(/to the experiment “heron.csv” \(7\) of this server, as run f00d\.$/);
  expect(sentWords({ ...kept, labels: { ...kept.labels, note: 'Looked at.' } })).toContain('changed since');
});

test('runs of which one failed are sent to the experiment that is written there when they are sent again', async () => {
  const store = memoryRunStore();
  await store.put(begunRun('a'));
  await store.put(begunRun('b'));
  const made: string[] = [];
  let failing = 'b';
  const answer: TrackingServer['fetch'] = async (address, { body }) => {
    const path = address.replace(/^.*mlflow\/|\?.*$/g, '');
    if (path === 'experiments/get-by-name')
      return Response.json({
        experiment: { experiment_id: new URLSearchParams(address.split('?')[1]).get('experiment_name') },
      });
    if (path !== 'runs/create') return Response.json({});
    const Made = v.object({ experiment_id: v.string(), tags: v.array(v.object({ value: v.string() })) });
    const { experiment_id: experiment, tags } = v.parse(Made, JSON.parse(String(body)));
    const id = tags[0]?.value ?? '';
    if (id === failing) return new Response('{}', { status: 503 });
    made.push(`${id} in ${experiment}`);
    return Response.json({ run: { info: { run_id: 'f00d' } } });
  };
  const ports = { store: async () => store, held: async () => new Set<string>() };
  const runs = (await store.list()).toSorted((one, other) => one.record.id.localeCompare(other.record.id));
  const sending = new RunSending(runs, ports, answer, () => 5);
  await sending.send();
  await sending.send();
  expect(made).toEqual(['a in heron.csv']);
  sending.experiment = 'herons';
  failing = '';
  await sending.send();
  expect(sending.phase).toEqual({ type: 'sent' });
  expect(made).toEqual(['a in heron.csv', 'a in herons', 'b in herons']);
  expect((await store.read('a'))?.labels.sent?.experiment.name).toBe('herons');
});
