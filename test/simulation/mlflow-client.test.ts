// A training script by an MLflow client that somebody else wrote: `mlflow` of npm (2.0.7, Yuhsak Inoue, MIT). It speaks the REST of MLflow
// 1.x, whose calls are fewer and older than those of mlflow.test.ts. All of its calls but one: `setExperimentTag` leaves out a slash of
// its address, and reaches no server.
import { createRequire } from 'node:module';
import type MLflow from 'mlflow';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openMlflowServer, type MlflowServer } from './mlflow-server.ts';

/** Its types say that it is a module's default; what it exports is the class itself. */
const Client = createRequire(import.meta.url)('mlflow') as typeof MLflow;

let server: MlflowServer;
beforeAll(async () => {
  server = await openMlflowServer();
  // It prints what it sends.
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterAll(() => server.close());

const clientOf = (token: string): MLflow =>
  new Client({ endpoint: server.origin, headers: { Authorization: `Bearer ${token}` } });

test('its calls from the first to the last are understood, and what they told is found again', async () => {
  const { Experiments, Runs, Metrics, Artifacts } = clientOf(server.tokens.act);
  const { experiment_id } = await Experiments.create({ name: 'patients', artifact_location: '' });
  await Experiments.update({ experiment_id, new_name: 'patients of 2026' });
  await Experiments.delete({ experiment_id });
  const named = async (): Promise<readonly string[]> =>
    (await Experiments.list()).experiments.map(({ name }) => name);
  expect(await named()).toEqual(['Default']);
  await Experiments.restore({ experiment_id });
  expect(await named()).toContain('patients of 2026');
  expect((await Experiments.get({ experiment_id })).experiment).toMatchObject({
    name: 'patients of 2026',
    lifecycle_stage: 'active',
  });

  const { run } = await Runs.create({
    experiment_id,
    user_id: 'ada',
    start_time: 1000,
    tags: [{ key: 'model', value: 'logistic' }],
  });
  const { run_id } = run.info;
  expect(run.info).toMatchObject({ user_id: 'ada', status: 'RUNNING', start_time: 1000 });
  await Runs.logParameter({ run_id, key: 'learning rate', value: '0.1' });
  for (const [step, value] of [0.7, 0.5, 0.4].entries())
    await Runs.logMetric({ run_id, key: 'loss', value, timestamp: 1001 + step, step });
  await Runs.setTag({ run_id, key: 'note', value: 'first try' });
  await Runs.setTag({ run_id, key: 'ward', value: 'B' });
  await Runs.deleteTag({ run_id, key: 'ward' });
  await Runs.logBatch({
    run_id,
    metrics: [{ key: 'accuracy', value: 0.83, timestamp: 1004, step: 3 }],
    params: [{ key: 'epochs', value: '3' }],
    tags: [{ key: 'data', value: 'v1' }],
  });
  expect((await Metrics.getHistory({ run_id, metric_key: 'loss' })).metrics).toEqual([
    { key: 'loss', value: 0.7, timestamp: 1001, step: 0 },
    { key: 'loss', value: 0.5, timestamp: 1002, step: 1 },
    { key: 'loss', value: 0.4, timestamp: 1003, step: 2 },
  ]);
  const found = async (filter: string): Promise<readonly string[]> => {
    const { runs } = await Runs.search({ experiment_ids: [experiment_id], filter, max_results: 10 });
    return (runs ?? []).map(({ info }) => info.run_id);
  };
  expect(await found("metrics.accuracy > 0.8 and params.epochs = '3' and tags.note = 'first try'")).toEqual([
    run_id,
  ]);
  expect(await found('metrics.accuracy > 0.9')).toEqual([]);
  expect((await Artifacts.list({ run_id, path: '' })).root_uri).toContain(run_id);

  const finished = 'FINISHED' as Parameters<typeof Runs.update>[0]['status'];
  await Runs.update({ run_id, status: finished, end_time: 2000 });
  await Runs.delete({ run_id });
  expect(await found('')).toEqual([]);
  await Runs.restore({ run_id });
  expect((await Runs.get({ run_id })).run).toMatchObject({
    info: { status: 'FINISHED', end_time: 2000, lifecycle_stage: 'active' },
    data: {
      params: expect.arrayContaining([{ key: 'learning rate', value: '0.1' }]) as unknown,
      metrics: expect.arrayContaining([{ key: 'loss', value: 0.4, timestamp: 1003, step: 2 }]) as unknown,
      tags: expect.arrayContaining([{ key: 'data', value: 'v1' }]) as unknown,
    },
  });
});

test('what is refused reaches it in MLflow’s words: a parameter told otherwise, and a token that may only look', async () => {
  const { Experiments, Runs } = clientOf(server.tokens.act);
  const { run } = await Runs.create({ experiment_id: '0', user_id: 'ada', start_time: 1 });
  const { run_id } = run.info;
  await Runs.logParameter({ run_id, key: 'seed', value: '1' });
  await expect(Runs.logParameter({ run_id, key: 'seed', value: '2' })).rejects.toThrow(
    'INVALID_PARAMETER_VALUE',
  );
  const looking = clientOf(server.tokens.view);
  expect((await looking.Experiments.list()).experiments.length).toBeGreaterThan(0);
  await expect(looking.Experiments.create({ name: 'not by me', artifact_location: '' })).rejects.toThrow(
    'PERMISSION_DENIED',
  );
  await expect(Experiments.get({ experiment_id: '999' })).rejects.toThrow('RESOURCE_DOES_NOT_EXIST');
});
