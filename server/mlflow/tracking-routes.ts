// Experiments and runs as MLflow's clients ask for them (mlflow/protos/service.proto; REST API of mlflow.org/docs/latest/rest-api).
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type * as v from 'valibot';
import { json, type Reply } from '../http/reply.ts';
import type { Caller } from '../people/people.ts';
import type { Clock } from '../ports/clock.ts';
import {
  ParamChanged,
  TrackingFull,
  type Lifecycle,
  type LoggedBatch,
  type TrackedExperiment,
  type TrackedRun,
  type TrackedRunInfo,
  type TrackingStore,
} from '../ports/tracking.ts';
import { mlflowRefusal } from './errors.ts';
import { readFilter, readOrder } from './filter.ts';
import { offsetOf, paged, readMlflow, requests, tokenOf } from './requests.ts';
import {
  experimentJson,
  experimentSubject,
  metricJson,
  metricOf,
  namedOf,
  runJson,
  runSubject,
} from './told.ts';

export type MlflowHandle = (
  request: IncomingMessage,
  query: URLSearchParams,
  caller: Caller | undefined,
) => Promise<Reply>;

const RUN_ATTRIBUTES = [
  'run_id',
  'run_name',
  'status',
  'user_id',
  'start_time',
  'end_time',
  'artifact_uri',
  'experiment_id',
];
const EXPERIMENT_ATTRIBUTES = ['name', 'experiment_id', 'creation_time', 'last_update_time'];
const EMPTY = (): Reply => json(200, {});

export function trackingRoutes(
  store: TrackingStore,
  clock: Pick<Clock, 'now'>,
  /** The run that was deleted first goes for good; false: there is none. */
  purgeOldest: () => Promise<boolean>,
): Readonly<Record<string, MlflowHandle>> {
  const noExperiment = (id: string): Reply =>
    mlflowRefusal('RESOURCE_DOES_NOT_EXIST', `There is no experiment ${id} on this server.`);
  const noRun = (id: string): Reply =>
    mlflowRefusal('RESOURCE_DOES_NOT_EXIST', `There is no run ${id} on this server.`);
  /** Read by its schema, and handled; what there is no room for, and a parameter of another value, in MLflow's form. */
  const by =
    <S extends v.GenericSchema>(
      schema: S,
      handle: (given: v.InferOutput<S>, caller: Caller | undefined) => Reply,
    ): MlflowHandle =>
    async (request, query, caller) => {
      const read = await readMlflow(request, query, schema);
      if (!read.ok) return read.error;
      const attempt = (): Reply => handle(read.value, caller);
      let isHelped: boolean | undefined;
      for (;;)
        try {
          return attempt();
        } catch (error) {
          if (error instanceof ParamChanged) return mlflowRefusal('INVALID_PARAMETER_VALUE', error.message);
          if (!(error instanceof TrackingFull)) throw error;
          // What was refused has changed nothing: once a deleted run has made way it is tried again. None goes in vain.
          isHelped ??= error.isHelpedByPurging && store.wouldFit(attempt);
          if (!isHelped || !(await purgeOldest()))
            return mlflowRefusal('RESOURCE_LIMIT_EXCEEDED', error.message);
        }
    };
  const withExperiment = (id: string, handle: (found: TrackedExperiment) => Reply): Reply => {
    const found = store.experiment(id);
    return found === undefined ? noExperiment(id) : handle(found);
  };
  interface NamesRun {
    readonly run_id?: string | undefined;
    readonly run_uuid?: string | undefined;
  }
  const found = <T>(
    { run_id: id, run_uuid: old }: NamesRun,
    read: (id: string) => T | undefined,
    handle: (run: T) => Reply,
  ): Reply => {
    const wanted = id ?? old ?? '';
    const one = read(wanted);
    return one === undefined ? noRun(wanted) : handle(one);
  };
  const withRun = (given: NamesRun, handle: (run: TrackedRun) => Reply): Reply =>
    found(given, (id) => store.run(id), handle);
  /** Without what was logged. */
  const withInfo = (given: NamesRun, handle: (run: TrackedRunInfo) => Reply): Reply =>
    found(given, (id) => store.info(id), handle);
  /** Of a run that was deleted nothing is written. */
  const writing = (given: NamesRun, handle: (run: TrackedRunInfo) => Reply): Reply =>
    withInfo(given, (run) =>
      run.lifecycle === 'active'
        ? handle(run)
        : mlflowRefusal('INVALID_PARAMETER_VALUE', `The run ${run.id} was deleted. Restore it first.`),
    );
  const log = (given: NamesRun, batch: Partial<LoggedBatch>): Reply =>
    writing(given, (run) => {
      store.log(run.id, { metrics: [], params: {}, tags: {}, ...batch });
      const name = batch.tags?.['mlflow.runName'];
      if (name !== undefined) store.changeRun(run.id, { name }, clock.now());
      return EMPTY();
    });
  const changeExperiment = (id: string, change: Parameters<TrackingStore['changeExperiment']>[1]): Reply =>
    withExperiment(id, () =>
      store.changeExperiment(id, change, clock.now())
        ? EMPTY()
        : mlflowRefusal('RESOURCE_ALREADY_EXISTS', `Another experiment is called ${change.name ?? ''}.`),
    );

  const searchExperiments: MlflowHandle = by(
    requests.searchExperiments,
    ({ max_results: most, page_token: token, filter, order_by: order, view_type: view }) => {
      const wanted = readFilter(filter, EXPERIMENT_ATTRIBUTES);
      const sorted = readOrder(order.length > 0 ? order : ['creation_time DESC'], EXPERIMENT_ATTRIBUTES);
      if (!wanted.ok) return mlflowRefusal('INVALID_PARAMETER_VALUE', wanted.error);
      if (!sorted.ok) return mlflowRefusal('INVALID_PARAMETER_VALUE', sorted.error);
      const found = store
        .experiments()
        .filter(({ lifecycle }) => LIFECYCLES[view].includes(lifecycle))
        .map((experiment) => ({ experiment, subject: experimentSubject(experiment) }))
        .filter(({ subject }) => wanted.value(subject))
        .toSorted((a, b) => sorted.value(a.subject, b.subject));
      const { rows, next } = paged(found, token, most);
      return json(200, { experiments: rows.map(({ experiment }) => experimentJson(experiment)), ...next });
    },
  );

  return {
    'POST experiments/create': by(requests.createExperiment, ({ name, tags }) => {
      const made = store.createExperiment(name, namedOf(tags), clock.now());
      return made === undefined
        ? mlflowRefusal(
            'RESOURCE_ALREADY_EXISTS',
            `There is an experiment called ${name} already; a deleted one keeps its name.`,
          )
        : json(200, { experiment_id: made.id });
    }),
    'GET experiments/get': by(requests.experiment, ({ experiment_id: id }) =>
      withExperiment(id, (found) => json(200, { experiment: experimentJson(found) })),
    ),
    'GET experiments/get-by-name': by(requests.experimentNamed, ({ experiment_name: name }) => {
      const found = store.experiments().find((one) => one.name === name);
      return found === undefined
        ? mlflowRefusal('RESOURCE_DOES_NOT_EXIST', `There is no experiment called ${name} on this server.`)
        : json(200, { experiment: experimentJson(found) });
    }),
    'GET experiments/search': searchExperiments,
    'POST experiments/search': searchExperiments,
    'GET experiments/list': searchExperiments,
    'POST experiments/delete': by(requests.experiment, ({ experiment_id: id }) =>
      changeExperiment(id, { lifecycle: 'deleted' }),
    ),
    'POST experiments/restore': by(requests.experiment, ({ experiment_id: id }) =>
      changeExperiment(id, { lifecycle: 'active' }),
    ),
    'POST experiments/update': by(requests.updateExperiment, ({ experiment_id: id, new_name: name }) =>
      changeExperiment(id, name === undefined ? {} : { name }),
    ),
    'POST experiments/set-experiment-tag': by(requests.tagExperiment, ({ experiment_id: id, key, value }) =>
      withExperiment(id, () => {
        store.tagExperiment(id, { [key]: value });
        return EMPTY();
      }),
    ),
    'POST runs/create': by(requests.createRun, (given, caller) =>
      withExperiment(given.experiment_id, (experiment) => {
        if (experiment.lifecycle !== 'active')
          return mlflowRefusal(
            'INVALID_PARAMETER_VALUE',
            `The experiment ${experiment.id} was deleted. Restore it first.`,
          );
        const id = randomBytes(16).toString('hex');
        const tags = namedOf(given.tags);
        const name = given.run_name || (tags['mlflow.runName'] ?? `run-${id.slice(0, 8)}`);
        store.createRun(
          {
            id,
            experiment: experiment.id,
            name,
            user: given.user_id || (tags['mlflow.user'] ?? caller?.person.name ?? ''),
            state: 'RUNNING',
            lifecycle: 'active',
            startedAt: given.start_time ?? clock.now(),
            endedAt: null,
          },
          { ...tags, 'mlflow.runName': name },
        );
        return withRun({ run_id: id }, (run) => json(200, { run: runJson(run) }));
      }),
    ),
    'GET runs/get': by(requests.run, (given) => withRun(given, (run) => json(200, { run: runJson(run) }))),
    'POST runs/update': by(requests.updateRun, (given) =>
      writing(given, (run) => {
        const { status, end_time: end, run_name: name } = given;
        const change = {
          ...(status === undefined ? {} : { state: status }),
          ...(end === undefined ? {} : { endedAt: end }),
          ...(name === undefined || name === '' ? {} : { name }),
        };
        store.changeRun(run.id, change, clock.now());
        if (name !== undefined && name !== '')
          store.log(run.id, { metrics: [], params: {}, tags: { 'mlflow.runName': name } });
        return withRun({ run_id: run.id }, (now) => json(200, { run_info: runJson(now).info }));
      }),
    ),
    'POST runs/delete': by(requests.run, (given) =>
      withInfo(given, (run) => {
        store.changeRun(run.id, { lifecycle: 'deleted' }, clock.now());
        return EMPTY();
      }),
    ),
    'POST runs/restore': by(requests.run, (given) =>
      withInfo(given, (run) => {
        store.changeRun(run.id, { lifecycle: 'active' }, clock.now());
        return EMPTY();
      }),
    ),
    'POST runs/search': by(requests.searchRuns, (given) => {
      const wanted = readFilter(given.filter, RUN_ATTRIBUTES);
      const sorted = readOrder([...given.order_by, 'start_time DESC', 'run_id'], RUN_ATTRIBUTES);
      if (!wanted.ok) return mlflowRefusal('INVALID_PARAMETER_VALUE', wanted.error);
      if (!sorted.ok) return mlflowRefusal('INVALID_PARAMETER_VALUE', sorted.error);
      const found = store
        .runs([...new Set(given.experiment_ids)], LIFECYCLES[given.run_view_type])
        .map((run) => ({ id: run.id, subject: runSubject(run, store) }))
        .filter(({ subject }) => wanted.value(subject))
        .toSorted((a, b) => sorted.value(a.subject, b.subject));
      // Only those of the page are read whole.
      const { rows, next } = paged(found, given.page_token, given.max_results);
      const runs = rows.map(({ id }) => store.run(id)).filter((run) => run !== undefined);
      return json(200, { runs: runs.map(runJson), ...next });
    }),
    'POST runs/log-metric': by(requests.logMetric, (given) => log(given, { metrics: [metricOf(given)] })),
    'POST runs/log-parameter': by(requests.logParam, (given) =>
      log(given, { params: { [given.key]: given.value } }),
    ),
    'POST runs/set-tag': by(requests.setTag, (given) => log(given, { tags: { [given.key]: given.value } })),
    'POST runs/log-batch': by(requests.logBatch, (given) =>
      log(given, {
        metrics: given.metrics.map(metricOf),
        params: namedOf(given.params),
        tags: namedOf(given.tags),
      }),
    ),
    'POST runs/delete-tag': by(requests.deleteTag, (given) =>
      writing(given, (run) =>
        store.untagRun(run.id, given.key)
          ? EMPTY()
          : mlflowRefusal('RESOURCE_DOES_NOT_EXIST', `The run ${run.id} has no tag ${given.key}.`),
      ),
    ),
    'GET metrics/get-history': by(requests.history, (given) =>
      withInfo(given, (run) => {
        const from = offsetOf(given.page_token);
        const rows = store.history(run.id, given.metric_key, { from, most: given.max_results + 1 });
        const metrics = rows.slice(0, given.max_results).map(metricJson);
        return json(200, {
          metrics,
          ...(rows.length > metrics.length ? { next_page_token: tokenOf(from + metrics.length) } : {}),
        });
      }),
    ),
  };
}

const LIFECYCLES: Readonly<Record<'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL', readonly Lifecycle[]>> = {
  ACTIVE_ONLY: ['active'],
  DELETED_ONLY: ['deleted'],
  ALL: ['active', 'deleted'],
};
