// MLflow's REST over real HTTP, call by call as its clients 2.17 and 3.x make them (mlflow/store/tracking/rest_store.py,
// mlflow_artifacts_repo.py, store/model_registry/rest_store.py): a training script from its first call to its last, searched, restored,
// with artifacts; models of the registry; who may; and what is refused, in MLflow's form.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExportedRun } from '#lib/core/run-export/exported-run.ts';
import { sendRun, type TrackingServer } from '#lib/participant/workbench/send-run.ts';
import { sqliteTracking } from '../../server/adapters/sqlite/tracking.ts';
import { openArtifacts } from '../../server/mlflow/artifacts.ts';
import { readFilter, subjectOf } from '../../server/mlflow/filter.ts';
import { trackingRoutes } from '../../server/mlflow/tracking-routes.ts';
import { ParamChanged, TrackingFull } from '../../server/ports/tracking.ts';
import { listening } from '../support/listening.ts';
import { openMlflowServer } from './mlflow-server.ts';
import { federation, type World } from './world.ts';

let folder = '';
const undo: (() => void)[] = [];
afterAll(() => {
  for (const one of undo.reverse()) one();
});

type Body = Record<string, unknown>;
let origin = '';
let world: World;
let tokens: { readonly act: string; readonly view: string };

beforeAll(async () => {
  const opened = await openMlflowServer();
  undo.push(opened.close);
  ({ origin, world, tokens, folder } = opened);
});

/** As the client sends it: a GET with its query, anything else with JSON; the token as MLFLOW_TRACKING_TOKEN is sent. */
async function call(
  method: string,
  path: string,
  given: Body = {},
  token: string | undefined = tokens.act,
): Promise<{ readonly status: number; readonly body: Body }> {
  const query = Object.entries(given).flatMap(([key, value]) =>
    Array.isArray(value) ? value.map((one) => [key, String(one)]) : [[key, String(value)]],
  );
  const response = await fetch(
    `${origin}/api/${path}${method === 'GET' && query.length > 0 ? `?${new URLSearchParams(query)}` : ''}`,
    {
      method,
      headers: {
        'user-agent': 'mlflow-python-client/3.6.0',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(given) }),
    },
  );
  return { status: response.status, body: (await response.json()) as Body };
}
const mlflow = (method: string, path: string, given?: Body, token?: string) =>
  call(method, `2.0/mlflow/${path}`, given, token);
async function done(method: string, path: string, given?: Body): Promise<Body> {
  const { status, body } = await mlflow(method, path, given);
  expect(body, `${method} ${path}`).not.toHaveProperty('error_code');
  expect(status).toBe(200);
  return body;
}
const inside = (body: unknown, ...path: (string | number)[]): unknown =>
  path.reduce((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], body);

test('a training script runs from its first call to its last, and what it told is found again', async () => {
  // 1–3: set_experiment looks for the name, makes it, and reads it.
  expect(await mlflow('GET', 'experiments/get-by-name', { experiment_name: 'herons' })).toMatchObject({
    status: 404,
    body: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
  });
  const experiment = (
    await done('POST', 'experiments/create', { name: 'herons', tags: [{ key: 'team', value: 'birds' }] })
  )['experiment_id'] as string;
  const read = await done('GET', 'experiments/get', { experiment_id: experiment });
  expect(read['experiment']).toMatchObject({
    name: 'herons',
    lifecycle_stage: 'active',
    artifact_location: `mlflow-artifacts:/${experiment}`,
    tags: [{ key: 'team', value: 'birds' }],
  });
  // 4: the same name twice.
  expect(await mlflow('POST', 'experiments/create', { name: 'herons' })).toMatchObject({
    status: 400,
    body: { error_code: 'RESOURCE_ALREADY_EXISTS' },
  });
  // 5: a tag of the experiment.
  await done('POST', 'experiments/set-experiment-tag', {
    experiment_id: experiment,
    key: 'season',
    value: '2026',
  });
  // 6: start_run. 64-bit numbers come as numbers from Python and as texts from Java; unknown fields are passed over.
  const made = await done('POST', 'runs/create', {
    experiment_id: experiment,
    user_id: 'ada',
    run_name: 'first',
    start_time: '1700000000000',
    tags: [{ key: 'mlflow.source.name', value: 'train.py' }],
    workspace: 'not known here',
  });
  const run = inside(made, 'run', 'info', 'run_id') as string;
  expect(run).toMatch(/^[0-9a-f]{32}$/);
  expect(inside(made, 'run', 'info')).toMatchObject({
    run_uuid: run,
    run_name: 'first',
    status: 'RUNNING',
    start_time: 1_700_000_000_000,
    artifact_uri: `mlflow-artifacts:/${experiment}/${run}/artifacts`,
  });
  // 7–10: log_param, log_metric twice, set_tag.
  await done('POST', 'runs/log-parameter', { run_id: run, run_uuid: run, key: 'depth', value: '8' });
  for (const [step, value] of [
    [1, 0.5],
    [0, 0.9],
  ] as const)
    await done('POST', 'runs/log-metric', {
      run_id: run,
      key: 'loss',
      value,
      timestamp: 1_700_000_001_000,
      step,
    });
  await done('POST', 'runs/set-tag', { run_id: run, key: 'mlflow.note.content', value: 'by hand' });
  // 11: log_batch, with what JSON has no number for.
  await done('POST', 'runs/log-batch', {
    run_id: run,
    metrics: [
      { key: 'rmse', value: 2.5, timestamp: 1_700_000_002_000 },
      { key: 'odd', value: 'NaN', timestamp: 1_700_000_002_000, step: 3 },
    ],
    params: [{ key: 'model', value: 'forest' }],
    tags: [{ key: 'gone', value: 'soon' }],
  });
  // 12: what is logged twice alike is no change, and what is changed is refused, whole.
  await done('POST', 'runs/log-parameter', { run_id: run, key: 'depth', value: '8' });
  expect(
    await mlflow('POST', 'runs/log-batch', {
      run_id: run,
      metrics: [{ key: 'never', value: 1, timestamp: 1 }],
      params: [{ key: 'depth', value: '9' }],
    }),
  ).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
  // 13: delete_tag.
  await done('POST', 'runs/delete-tag', { run_id: run, key: 'gone' });
  // 14–18: log_artifact by the proxy, listed, had again.
  const files = `2.0/mlflow-artifacts/artifacts`;
  const put = await fetch(`${origin}/api/${files}/${experiment}/${run}/artifacts/plots/ü%20loss.txt`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${tokens.act}` },
    body: 'a picture',
  });
  expect([put.status, await put.json()]).toEqual([200, {}]);
  expect(await done('GET', 'artifacts/list', { run_id: run })).toEqual({
    root_uri: `mlflow-artifacts:/${experiment}/${run}/artifacts`,
    files: [{ path: 'plots', is_dir: true }],
  });
  expect(inside(await done('GET', 'artifacts/list', { run_id: run, path: 'plots' }), 'files')).toEqual([
    { path: 'plots/ü loss.txt', is_dir: false, file_size: 9 },
  ]);
  expect((await call('GET', files, { path: `${experiment}/${run}/artifacts/plots` })).body).toEqual({
    files: [{ path: 'ü loss.txt', is_dir: false, file_size: 9 }],
  });
  const got = await fetch(`${origin}/api/${files}/${experiment}/${run}/artifacts/plots/ü%20loss.txt`, {
    headers: { authorization: `Bearer ${tokens.view}` },
  });
  expect([await got.text(), got.headers.get('content-disposition')]).toEqual(['a picture', 'attachment']);
  // 19: end_run.
  const ended = await done('POST', 'runs/update', {
    run_id: run,
    status: 'FINISHED',
    end_time: 1_700_000_009_000,
  });
  expect(ended['run_info']).toMatchObject({
    status: 'FINISHED',
    end_time: 1_700_000_009_000,
    run_name: 'first',
  });
  // 20–21: get_run and the history of a metric, in pages.
  const whole = await done('GET', 'runs/get', { run_id: run, run_uuid: run });
  expect(inside(whole, 'run', 'data')).toEqual({
    metrics: [
      { key: 'loss', value: 0.5, timestamp: 1_700_000_001_000, step: 1 },
      { key: 'odd', value: 'NaN', timestamp: 1_700_000_002_000, step: 3 },
      { key: 'rmse', value: 2.5, timestamp: 1_700_000_002_000, step: 0 },
    ],
    params: [
      { key: 'depth', value: '8' },
      { key: 'model', value: 'forest' },
    ],
    tags: [
      { key: 'mlflow.note.content', value: 'by hand' },
      { key: 'mlflow.runName', value: 'first' },
      { key: 'mlflow.source.name', value: 'train.py' },
    ],
  });
  const first = await done('GET', 'metrics/get-history', { run_id: run, metric_key: 'loss', max_results: 1 });
  expect(first['metrics']).toEqual([{ key: 'loss', value: 0.9, timestamp: 1_700_000_001_000, step: 0 }]);
  const rest = await done('GET', 'metrics/get-history', {
    run_id: run,
    metric_key: 'loss',
    max_results: 1,
    page_token: first['next_page_token'],
  });
  expect(inside(rest, 'metrics', 0, 'step')).toBe(1);
  expect(rest).not.toHaveProperty('next_page_token');
  // 22–23: another run, and a search over both.
  const second = inside(
    await done('POST', 'runs/create', { experiment_id: experiment, start_time: 1_700_000_100_000 }),
    'run',
    'info',
    'run_id',
  ) as string;
  await done('POST', 'runs/log-batch', {
    run_id: second,
    metrics: [{ key: 'rmse', value: 3, timestamp: 5, step: 0 }],
  });
  const search = async (more: Body): Promise<unknown[]> =>
    (
      inside(await done('POST', 'runs/search', { experiment_ids: [experiment], ...more }), 'runs') as Body[]
    ).map((one) => inside(one, 'info', 'run_id'));
  expect(await search({})).toEqual([second, run]);
  expect(await search({ order_by: ['metrics.rmse ASC'] })).toEqual([run, second]);
  expect(
    await search({
      filter: "metrics.rmse < 2.8 and params.model = 'forest' AND tags.`mlflow.note.content` LIKE 'by%'",
    }),
  ).toEqual([run]);
  expect(await search({ filter: "attributes.status IN ('RUNNING')" })).toEqual([second]);
  const page = await done('POST', 'runs/search', { experiment_ids: [experiment], max_results: 1 });
  expect(await search({ max_results: 1, page_token: page['next_page_token'] })).toEqual([run]);
  // 24–26: deleted, not written to, found among the deleted, restored.
  await done('POST', 'runs/delete', { run_id: second });
  expect(await mlflow('POST', 'runs/set-tag', { run_id: second, key: 'a', value: 'b' })).toMatchObject({
    status: 400,
  });
  expect(await search({})).toEqual([run]);
  expect(await search({ run_view_type: 'DELETED_ONLY' })).toEqual([second]);
  await done('POST', 'runs/restore', { run_id: second });
  // 27: the experiment renamed, deleted, restored, searched for.
  await done('POST', 'experiments/update', { experiment_id: experiment, new_name: 'egrets' });
  await done('POST', 'experiments/delete', { experiment_id: experiment });
  expect(await mlflow('POST', 'runs/create', { experiment_id: experiment })).toMatchObject({ status: 400 });
  await done('POST', 'experiments/restore', { experiment_id: experiment });
  const found = await done('POST', 'experiments/search', {
    filter: "name LIKE 'egr%' AND tags.team = 'birds'",
    max_results: 10,
  });
  expect(inside(found, 'experiments', 0, 'experiment_id')).toBe(experiment);
  expect(inside(await done('GET', 'experiments/search', { max_results: 10 }), 'experiments')).toHaveLength(2);

  // All of it lies on the disk.
  const again = sqliteTracking(join(folder, 'tracking.sqlite'));
  expect(again.run(run)?.params).toEqual({ depth: '8', model: 'forest' });
  expect(again.history(run, 'odd', { from: 0, most: 5 })[0]?.value).toBeNaN();
  again.close();
});

test('the versions of a federation are a registered model, and its alias is live', async () => {
  const model = await done('GET', 'registered-models/get', { name: federation });
  expect(model['registered_model']).toMatchObject({
    name: federation,
    latest_versions: [{ version: '2', status: 'READY', current_stage: 'None' }],
    aliases: [{ alias: 'live', version: '2' }],
  });
  const versions = await done('GET', 'model-versions/search', { filter: `name='${federation}'` });
  expect((versions['model_versions'] as Body[]).map((one) => one['version'])).toEqual(['2', '1']);
  await done('POST', 'registered-models/alias', { name: federation, alias: 'live', version: '1' });
  expect(world.coordinator.view(federation)?.live).toBe(1);
  expect(
    inside(
      await done('GET', 'registered-models/alias', { name: federation, alias: 'live' }),
      'model_version',
    ),
  ).toMatchObject({
    version: '1',
    aliases: ['live'],
  });
  const source = inside(
    await done('GET', 'model-versions/get-download-uri', { name: federation, version: '1' }),
    'artifact_uri',
  );
  expect((await fetch(`${origin}${String(source)}`)).status).toBe(200);
  expect(
    await mlflow('GET', 'registered-models/alias', { name: federation, alias: 'champion' }),
  ).toMatchObject({
    status: 400,
    body: { error_code: 'INVALID_PARAMETER_VALUE' },
  });
  expect(await mlflow('GET', 'model-versions/get', { name: federation, version: '0' })).toMatchObject({
    status: 404,
  });
  expect(await mlflow('POST', 'registered-models/create', { name: 'mine' })).toMatchObject({ status: 403 });
});

test('a version on which predictions take too long is refused the alias, by the same words here and by the server’s own API', async () => {
  const { brief } = world.coordinator.view(federation)!.spec;
  const of = (threshold: number) => ({
    brief,
    gates: [{ kind: 'latency', place: 'worst', threshold } as const],
  });
  await world.coordinator.changeQuestion(federation, of(10));
  const wanted = { name: federation, alias: 'live', version: '2' };
  const refused = await mlflow('POST', 'registered-models/alias', wanted);
  expect(refused).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
  const message = String(refused.body['message']);
  expect(message).toContain(
    'Time of a prediction on the slowest device is 11.31 ms, and at most 10 ms is asked for.',
  );
  const ours = await call('PUT', `federations/${federation}/aliases/live`, { version: 2 });
  expect(ours).toMatchObject({ status: 409, body: { error: 'gate-failed', message } });
  await world.coordinator.changeQuestion(federation, of(12));
  expect((await mlflow('POST', 'registered-models/alias', wanted)).status).toBe(200);
});

describe('a run that lies in a tab, sent here', () => {
  const exported: ExportedRun = {
    id: 'a-run-of-a-tab',
    name: 'Small network for nests',
    experiment: 'heron.csv',
    params: { model: 'mlp', units: 16 },
    metrics: { rmse: 2.5 },
    // More than one request takes.
    series: [
      {
        name: 'train/loss',
        points: Array.from({ length: 1500 }, (_, at) => ({ step: at + 1, value: 1 / (at + 1) })),
      },
    ],
    tags: ['best'],
    note: 'by hand',
    provenance: { data: 'ab'.repeat(32) },
    status: 'finished',
    startedAt: 1_700_000_000_000,
    endedAt: 1_700_000_060_000,
  };
  /** The server, whose connection goes before the answer to the `cutAt`-th request comes; what was asked of it. */
  function server(cutAt = Infinity, token = tokens.act) {
    const asked: string[] = [];
    const to: TrackingServer = {
      address: origin,
      headers: { authorization: `Bearer ${token}` },
      async fetch(address, request) {
        asked.push(`${request.method} ${new URL(address).pathname.replace('/api/2.0/mlflow/', '')}`);
        const answer = await fetch(address, request);
        if (asked.length >= cutAt) throw new TypeError('The answer is lost.');
        return answer;
      },
    };
    return { to, asked };
  }
  const send = (
    one: Partial<ExportedRun> = {},
    to = server().to,
    more: Partial<Parameters<typeof sendRun>[2]> = {},
  ) =>
    sendRun({ ...exported, ...one }, to, {
      experiment: 'sent',
      signal: new AbortController().signal,
      ...more,
    });
  const there = async () => {
    const { experiment } = await done('GET', 'experiments/get-by-name', { experiment_name: 'sent' });
    const ids = [inside(experiment, 'experiment_id')];
    const found = await done('POST', 'runs/search', { experiment_ids: ids });
    return found['runs'] as Body[];
  };
  const points = async (run: string, key: string) =>
    ((await done('GET', 'metrics/get-history', { run_id: run, metric_key: key }))['metrics'] as Body[]).map(
      ({ step, value }) => [step, value],
    );

  test('is cut off at any request, done there and not answered, and has every point once when it is sent again', async () => {
    const whole = server();
    const sent = await send({}, whole.to);
    expect(whole.asked.filter((one) => one === 'POST runs/log-batch')).toHaveLength(2 + 2);
    for (let cutAt = 1; cutAt <= whole.asked.length; cutAt += 1) {
      const cut = { id: `cut-${cutAt}` };
      const elsewhere = { experiment: 'cut' };
      const lost = await send(cut, server(cutAt).to, elsewhere);
      // The first makes the experiment, with one request more than the others.
      if (!lost.ok) expect(lost.error.kind).toBe('offline');
      else expect(cutAt).toBe(whole.asked.length);
      const again = await send(cut, server().to, elsewhere);
      const id = again.ok ? again.value.run : '';
      expect([await points(id, 'train/loss'), await points(id, 'rmse')].map(({ length }) => length)).toEqual([
        1500, 1,
      ]);
    }
    const [run, ...others] = await there();
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      info: {
        run_name: exported.name,
        status: 'FINISHED',
        start_time: 1_700_000_000_000,
        end_time: 1_700_000_060_000,
      },
    });
    const id = inside(run, 'info', 'run_id') as string;
    expect(sent).toMatchObject({ ok: true, value: { run: id, experiment: { name: 'sent' } } });
    expect(inside(run, 'data', 'params')).toEqual([
      { key: 'model', value: 'mlp' },
      { key: 'units', value: '16' },
    ]);
    expect(inside(run, 'data', 'tags')).toEqual(
      expect.arrayContaining([
        { key: 'tributary.run', value: 'a-run-of-a-tab' },
        { key: 'tributary.data', value: 'ab'.repeat(32) },
        { key: 'best', value: 'true' },
        { key: 'mlflow.note.content', value: 'by hand' },
      ]),
    );
    expect(await points(id, 'train/loss')).toEqual(
      exported.series[0]!.points.map(({ step, value }) => [step, value]),
    );
    expect(await points(id, 'rmse')).toEqual([[1500, 2.5]]);
  });

  test('that was noted otherwise since is brought up to date, and one whose search went on takes the place of the former', async () => {
    const changed = { tags: ['to show'], note: '', metrics: { rmse: 2.25 }, endedAt: 1_700_000_090_000 };
    await send(changed);
    const [run, ...others] = await there();
    expect(others).toEqual([]);
    const tags = inside(run, 'data', 'tags') as { readonly key: string }[];
    expect(tags.map(({ key }) => key).filter((key) => /^[a-z_]+$|note/.test(key))).toEqual(['to_show']);
    const id = inside(run, 'info', 'run_id') as string;
    expect(await points(id, 'rmse')).toEqual([
      [1500, 2.5],
      [1500, 2.25],
    ]);
    expect(await points(id, 'train/loss')).toHaveLength(1500);
    await send({ ...changed, params: { model: 'mlp', units: 32 } });
    const [next, ...former] = await there();
    expect(former).toEqual([]);
    expect(inside(next, 'data', 'params')).toContainEqual({ key: 'units', value: '32' });
    expect(inside(next, 'info', 'run_id')).not.toBe(id);
  });

  test('beside which somebody else wrote goes on there, and is kept where its search ended otherwise', async () => {
    const one = { id: 'noted-by-others' };
    const sent = await send(one);
    const id = sent.ok ? sent.value.run : '';
    await done('POST', 'runs/log-parameter', { run_id: id, key: 'ward', value: '7' });
    expect(await send(one)).toMatchObject({ ok: true, value: { run: id } });
    const next = await send({ ...one, params: { model: 'mlp', units: 32 } });
    const ids = (await there()).map((run) => inside(run, 'info', 'run_id'));
    expect(ids).toEqual(expect.arrayContaining([id, next.ok ? next.value.run : '']));
  });

  test.each([
    ['runs/set-tag', { key: 'mlflow.note.content', value: 'Looked at.' }],
    ['runs/log-metric', { key: 'checked', value: 1, timestamp: 1_700_000_000_000 }],
  ])('does not go with what others wrote by %s', async (path, told) => {
    const one = { id: `kept-${path}`, note: '' };
    const sent = await send(one);
    const id = sent.ok ? sent.value.run : '';
    await done('POST', path, { run_id: id, ...told });
    await send({ ...one, params: { model: 'mlp', units: 32 } });
    expect((await there()).map((run) => inside(run, 'info', 'run_id'))).toContain(id);
  });

  test('takes along the files that are given, and none else; a file that is too large is named, and what was sent stays', async () => {
    const bytes = new TextEncoder().encode('{}');
    const sent = await send({ id: 'with-files' }, server().to, { files: [{ name: 'model.json', bytes }] });
    const id = sent.ok ? sent.value.run : '';
    const listed = await done('GET', 'artifacts/list', { run_id: id });
    expect(listed['files']).toEqual([{ path: 'model.json', is_dir: false, file_size: 2 }]);
    const large = [{ name: 'model.json', bytes: new Uint8Array(1001) }];
    expect(await send({ id: 'large' }, server().to, { files: large })).toMatchObject({
      ok: false,
      error: { kind: 'full' },
    });
  });

  test.each([
    ['nobody', { token: 'tributary_wrong' }, 'not-identified'],
    ['who may only look', { token: 'view' }, 'not-allowed'],
    ['an experiment that was deleted', { experiment: 'given up' }, 'experiment-deleted'],
    ['a proxy that takes no such request', { status: 413 }, 'too-large'],
    ['a server of something else', { status: 200 }, 'no-mlflow'],
    ['a server without MLflow', { status: 404 }, 'no-mlflow'],
    ['a server that is overrun', { status: 503 }, 'busy'],
  ] as const)('is refused by its kind: %s', async (_, given, kind) => {
    const token = 'token' in given ? (given.token === 'view' ? tokens.view : given.token) : tokens.act;
    const { to } = server(Infinity, token);
    if ('experiment' in given) {
      const made = await done('POST', 'experiments/create', { name: given.experiment });
      await done('POST', 'experiments/delete', made);
    }
    const other: TrackingServer =
      'status' in given ? { ...to, fetch: async () => new Response('<html>', { status: given.status }) } : to;
    const experiment = 'experiment' in given ? given.experiment : 'refused';
    const refused = await send({}, other, { experiment });
    expect(refused).toMatchObject({ ok: false, error: { kind, message: expect.stringMatching(/\.$/) } });
  });

  test('stops at a person’s hand, and what was told by then is told once', async () => {
    const hand = new AbortController();
    const stopped = send({ id: 'stopped' }, server().to, {
      signal: hand.signal,
      onProgress: (share) => share > 0.5 && hand.abort(new Error('by hand')),
    });
    await expect(stopped).rejects.toThrow('by hand');
    const sent = await send({ id: 'stopped' });
    expect(await points(sent.ok ? sent.value.run : '', 'train/loss')).toHaveLength(1500);
  });
});

describe('what is refused', () => {
  test('whom the server does not know, and who may only look, in MLflow’s form', async () => {
    expect(await mlflow('POST', 'experiments/search', {}, '')).toMatchObject({
      status: 401,
      body: { error_code: 'UNAUTHENTICATED' },
    });
    expect(await mlflow('POST', 'experiments/search', {}, tokens.view)).toMatchObject({ status: 200 });
    expect(await mlflow('POST', 'experiments/create', { name: 'x' }, tokens.view)).toMatchObject({
      status: 403,
      body: { error_code: 'PERMISSION_DENIED' },
    });
  });

  test.each([
    ['POST', '2.0/mlflow/logged-models', {}],
    ['POST', '3.0/mlflow/traces/search', {}],
    ['GET', '2.0/mlflow/runs/none', {}],
  ])('%s %s is not found, as of an older server', async (method, path, given) => {
    expect(await call(method, path, given)).toMatchObject({
      status: 404,
      body: { error_code: 'ENDPOINT_NOT_FOUND' },
    });
  });

  test.each([
    ['runs/log-metric', { run_id: 'none', key: 'a', value: 1, timestamp: 1 }, 404],
    ['runs/log-metric', { run_id: 'none', key: '../a', value: 1, timestamp: 1 }, 400],
    ['runs/log-metric', { run_id: 'none', key: 'a', value: 'much', timestamp: 1 }, 400],
    [
      'runs/log-batch',
      { run_id: 'none', metrics: Array.from({ length: 1001 }, () => ({ key: 'a', value: 1, timestamp: 1 })) },
      400,
    ],
    ['runs/log-parameter', { run_id: 'none', key: 'a', value: 'x'.repeat(6001) }, 400],
    ['runs/search', { experiment_ids: ['0'], filter: 'metrics.a ~ 1' }, 400],
    ['runs/search', { experiment_ids: ['0'], order_by: ['attributes.colour'] }, 400],
    ['experiments/delete', { experiment_id: '9999' }, 404],
  ])('%s that cannot be (%#)', async (path, given, status) => {
    const answer = await mlflow('POST', path, given);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      error_code: expect.any(String),
      message: expect.stringMatching(/\w/),
    });
  });

  test('artifacts that lead elsewhere, are of no run, or are too large; what was cut short leaves nothing', async () => {
    const run = inside(await done('POST', 'runs/create', {}), 'run', 'info', 'run_id') as string;
    const put = async (path: string, body: string): Promise<number> =>
      (
        await fetch(`${origin}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${tokens.act}` },
          body,
        })
      ).status;
    expect(await put(`0/${run}/artifacts/%2e%2e%2f%2e%2e%2fescaped`, 'x')).toBe(404);
    expect(await put(`0/${run}/artifacts/a%5c..%5cb`, 'x')).toBe(404);
    expect(await put(`1/${run}/artifacts/of-another-experiment`, 'x')).toBe(404);
    expect(await put(`0/${run}/elsewhere/a`, 'x')).toBe(404);
    expect(await put(`0/${run}/artifacts/large`, 'x'.repeat(1001))).toBe(429);
    expect(await put(`0/${run}/artifacts/one`, 'x'.repeat(1000))).toBe(200);
    expect(await put(`0/${run}/artifacts/two`, 'x'.repeat(1000))).toBe(429);
    expect(readdirSync(join(folder, 'tracked', '0', run, 'artifacts'))).toEqual(['one']);
    expect(readFileSync(join(folder, 'tracked', '0', run, 'artifacts', 'one'), 'utf8')).toHaveLength(1000);
  });
});

const about = subjectOf({
  attributes: { status: 'FINISHED', start_time: 5, end_time: null },
  metrics: { rmse: 2, odd: Number.NaN },
  params: { model: 'forest', 'my depth': '8' },
  tags: { user: "o'hara" },
});
test.each([
  ['', true],
  ['metrics.rmse >= 2', true],
  ['metrics.rmse != 2', false],
  ['metrics.none < 5', false],
  ['metrics.odd < 5', false],
  ["params.`my depth` = '8'", true],
  ['params."my depth" = "8"', true],
  ["param.model ILIKE 'FOR%'", true],
  ["params.model LIKE '_orest'", true],
  ["params.model LIKE 'FOR%'", false],
  ["params.model NOT IN ('tree', 'line')", true],
  ["tags.user = 'o''hara' and attributes.status = 'FINISHED'", true],
  ['end_time > 1', false],
  ['attr.start_time = 5 AND metrics.rmse = 3', false],
  ["params.constructor != 'a'", false],
])('the filter %s', (text, is) => {
  const read = readFilter(text, ['status', 'start_time', 'end_time']);
  expect(read.ok && read.value(about)).toBe(is);
});
test.each([
  'metrics.rmse',
  'metrics.rmse = ',
  "metrics.rmse = 'a'",
  'colour = 1',
  "constructor.a = 'b'",
  "constructor = 'b'",
  'rmse ?',
  'metrics.a = 1 or metrics.b = 1',
  'metrics.a = 1 AND',
])('the filter “%s” is refused', (text) => {
  expect(readFilter(text, ['status']).ok).toBe(false);
});

test('a store has room for so many, and a batch that is refused has changed nothing', () => {
  const store = sqliteTracking(':memory:', { experiments: 3, runs: 1, points: 3, names: 2, bytes: 1e9 });
  const made = store.createExperiment('a', {}, 1);
  expect(made?.id).toBe('1');
  expect(store.createExperiment('a', {}, 1)).toBeUndefined();
  const info = {
    experiment: '1',
    name: '',
    user: '',
    state: 'RUNNING',
    lifecycle: 'active',
    startedAt: 1,
    endedAt: null,
  } as const;
  store.createRun({ ...info, id: 'r' }, {});
  expect(() => store.createRun({ ...info, id: 's' }, {})).toThrow(TrackingFull);
  const metric = (step: number, value = 1) => ({ key: 'a', value, at: 1, step });
  store.log('r', { metrics: [metric(1), metric(0)], params: { a: '1' }, tags: {} });
  expect(() => store.log('r', { metrics: [metric(2), metric(3)], params: {}, tags: {} })).toThrow(
    TrackingFull,
  );
  expect(() => store.log('r', { metrics: [metric(2)], params: { a: '2' }, tags: {} })).toThrow(ParamChanged);
  expect(() => store.log('r', { metrics: [], params: { b: '1', c: '1' }, tags: {} })).toThrow(TrackingFull);
  expect(store.run('r')).toMatchObject({ params: { a: '1' }, metrics: [metric(1)] });
  expect(store.history('r', 'a', { from: 0, most: 9 })).toEqual([metric(0), metric(1)]);
  store.close();
});

test('runs that were deleted make way, the first first, with their points and files, and what is not deleted never does', async () => {
  const root = join(folder, 'making-way');
  const store = sqliteTracking(':memory:', { experiments: 3, runs: 3, points: 4, names: 2000, bytes: 1e9 });
  const info = (id: string) => ({
    id,
    experiment: '0',
    name: id,
    user: '',
    state: 'RUNNING' as const,
    lifecycle: 'active' as const,
    startedAt: 1,
    endedAt: null,
  });
  const point = { key: 'a', value: 1, at: 1, step: 1 };
  const batch = { metrics: [point], params: { a: '1' }, tags: { b: '2' } };
  for (const id of ['x', 'y', 'z']) {
    store.createRun(info(id), {});
    store.log(id, batch);
    mkdirSync(join(root, '0', id, 'artifacts'), { recursive: true });
    writeFileSync(join(root, '0', id, 'artifacts', 'model'), 'weights');
  }
  store.changeRun('z', { lifecycle: 'deleted' }, 5);
  store.changeRun('y', { lifecycle: 'deleted' }, 6);
  const { purgeOldest } = await openArtifacts(root, store);
  expect(() => store.createRun(info('w'), {})).toThrow(TrackingFull);
  expect(await purgeOldest()).toBe(true);
  store.createRun(info('w'), {});
  expect(['x', 'y', 'z', 'w'].map((id) => store.info(id)?.lifecycle)).toEqual([
    'active',
    'deleted',
    undefined,
    'active',
  ]);
  expect(readdirSync(join(root, '0')).toSorted()).toEqual(['x', 'y']);
  // Its point is none of the four any more.
  store.log('w', { ...batch, metrics: [point, point] });
  expect(() => store.log('w', batch)).toThrow(TrackingFull);
  // Asked by its address, the server makes room by itself; where nothing is left to go it refuses.
  const log = trackingRoutes(store, { now: () => 8 }, purgeOldest)['POST runs/log-metric']!;
  const server = createServer((request, response) => {
    void log(request, new URLSearchParams(), undefined).then(({ status }) => {
      response.statusCode = status;
      response.end();
    });
  });
  const address = await listening(server);
  const body = JSON.stringify({ run_id: 'w', key: 'c', value: 3, timestamp: 1 });
  const asked = async () => (await fetch(address, { method: 'POST', body })).status;
  expect([await asked(), store.info('y'), await asked()]).toEqual([200, undefined, 429]);
  server.close();
  server.closeAllConnections();
  expect(await purgeOldest()).toBe(false);
  expect(store.run('x')).toMatchObject({ params: { a: '1' }, metrics: [point] });
  store.close();
});

test('no deleted run goes in vain: not for what would not fit then either, nor for a file of which nothing came', async () => {
  const root = join(folder, 'in-vain');
  const store = sqliteTracking(':memory:', { experiments: 3, runs: 9, points: 4, names: 2000, bytes: 1e9 });
  const of = { experiment: '0', name: '', user: '', state: 'RUNNING', lifecycle: 'active' } as const;
  const point = { key: 'a', value: 1, at: 1, step: 1 };
  for (const [id, bytes] of [
    ['live', 60],
    ['first', 30],
    ['second', 5],
  ] as const) {
    store.createRun({ ...of, id, startedAt: 1, endedAt: null }, {});
    store.log(id, { metrics: [point], params: {}, tags: {} });
    mkdirSync(join(root, '0', id, 'artifacts'), { recursive: true });
    writeFileSync(join(root, '0', id, 'artifacts', 'model'), 'x'.repeat(bytes));
  }
  store.changeRun('first', { lifecycle: 'deleted' }, 5);
  store.changeRun('second', { lifecycle: 'deleted' }, 6);
  const deleted = () => store.runs(['0'], ['deleted']).map(({ id }) => id);

  // The live run has 60 of 100 bytes.
  const artifacts = await openArtifacts(root, store, { fileBytes: 100, allBytes: 100, files: 9 });
  const put = (told: number, come: 'whole' | 'nothing') => {
    const request = new IncomingMessage(new Socket());
    request.headers['content-length'] = String(told);
    if (come === 'whole') request.push('y'.repeat(told));
    if (come === 'whole') request.push(null);
    else request.destroy(new Error('cut'));
    return artifacts.put(request, '0/live/artifacts/more');
  };
  expect((await put(41, 'whole')).status).toBe(429);
  await expect(put(30, 'nothing')).rejects.toThrow('cut');
  expect(deleted()).toEqual(['second', 'first']);
  expect((await put(30, 'whole')).status).toBe(200);
  expect(deleted()).toEqual(['second']);

  // Of 4 points the live run has one, the deleted one another.
  const batch = (points: number) => ({
    metrics: Array.from({ length: points }, () => point),
    params: {},
    tags: {},
  });
  const log = (points: number) => () => store.log('live', batch(points));
  expect([store.wouldFit(log(4)), store.wouldFit(log(3))]).toEqual([false, true]);
  expect([deleted(), store.history('live', 'a', { from: 0, most: 9 })]).toEqual([['second'], [point]]);
  expect(log(3)).toThrow(TrackingFull);
  const routes = trackingRoutes(store, { now: () => 8 }, artifacts.purgeOldest);
  const ask = async (points: number) => {
    const metrics = Array.from({ length: points }, () => ({ key: 'a', value: 1, timestamp: 1 }));
    const request = new IncomingMessage(new Socket());
    request.method = 'POST';
    request.headers['content-type'] = 'application/json';
    request.push(JSON.stringify({ run_id: 'live', metrics }));
    request.push(null);
    return (await routes['POST runs/log-batch']!(request, new URLSearchParams(), undefined)).status;
  };
  expect([await ask(4), deleted(), await ask(3), deleted()]).toEqual([429, ['second'], 200, []]);
  store.close();
});

test('a store has room for so many bytes, whatever they are of, and what it refuses it does not keep', () => {
  const store = sqliteTracking(':memory:', {
    experiments: 3,
    runs: 9,
    points: 9,
    names: 2000,
    bytes: 300_000,
  });
  const info = {
    name: '',
    user: '',
    state: 'RUNNING',
    lifecycle: 'active',
    startedAt: 1,
    endedAt: null,
  } as const;
  const long = (letter: string) =>
    Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`${letter}${at}`, letter.repeat(6000)]));
  store.createRun({ ...info, id: 'a', experiment: '0' }, {});
  store.createRun({ ...info, id: 'b', experiment: '0' }, {});
  store.log('a', { metrics: [], params: long('p'), tags: {} });
  expect(() => store.log('b', { metrics: [], params: long('p'), tags: long('t') })).toThrow(
    /300,000 bytes of runs at most/,
  );
  expect(store.run('b')).toMatchObject({ params: {}, tags: {} });
  expect(() => store.tagExperiment('0', { ...long('p'), ...long('t') })).toThrow(TrackingFull);
  store.changeRun('a', { lifecycle: 'deleted' }, 1);
  const more = (tags: Record<string, string>) => () =>
    store.log('b', { metrics: [], params: long('p'), tags });
  expect(store.wouldFit(more({ ...long('s'), ...long('t') }))).toBe(false);
  expect(store.wouldFit(more({}))).toBe(true);
  expect(more({ ...long('t') })).toThrow(TrackingFull);
  expect(store.purgeOldest()?.id).toBe('a');
  store.log('b', { metrics: [], params: long('p'), tags: {} });
  store.close();
});
