// A run sent to a server that speaks MLflow's REST (mlflow.org/docs/latest/rest-api), this app's own or another: found by the tag that
// says which run it is, or made, and then told what is not there yet. So it may be cut off anywhere and sent again: nothing is there
// twice, and a run that has gone on since is brought up to date.
import * as v from 'valibot';
import type { ExportedRun } from '../../core/run-export/exported-run.ts';
import {
  digestOfRun,
  labelsIn,
  mlflowRun,
  RUN_TAG,
  type MlflowMetric,
  type MlflowRun,
} from '../../core/run-export/mlflow-run.ts';
import { fail, ok, type Result } from '../../core/result.ts';

/** Of one request, as MLflow's servers take them (mlflow/utils/validation.py). */
const MOST_METRICS = 1000;
const MOST_NAMES = 100;
const HISTORY_PAGE = 25_000;

export interface TrackingServer {
  /** "https://mlflow.example", without a slash at its end; empty: where this page comes from. */
  readonly address: string;
  /** What shows who sends; empty where a page's cookie does. */
  readonly headers: Readonly<Record<string, string>>;
  fetch(
    address: string,
    request: {
      readonly method: string;
      readonly headers: Record<string, string>;
      readonly body?: string | Uint8Array<ArrayBuffer>;
      readonly signal: AbortSignal;
      readonly credentials: 'same-origin' | 'omit';
    },
  ): Promise<Response>;
}

/** A file beside the run: by its name there. */
export interface SentFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is remembered of a run that was sent. */
export interface SentRun {
  /** Empty: where the page comes from. */
  readonly server: string;
  readonly experiment: { readonly id: string; readonly name: string };
  /** Its id there. */
  readonly run: string;
  /** Of what was sent: another one now, and it has changed since. */
  readonly digest: string;
}

export interface SendProblem {
  readonly kind:
    | 'offline'
    | 'not-identified'
    | 'not-allowed'
    | 'no-mlflow'
    | 'experiment-deleted'
    | 'run-gone'
    | 'too-large'
    | 'full'
    /** It answers that it cannot now. */
    | 'busy'
    | 'refused';
  /** What to do, in a sentence or two. */
  readonly message: string;
}

export interface SendOptions {
  /** Where it is one run of; made where there is none of that name. */
  readonly experiment: string;
  readonly files?: readonly SentFile[];
  readonly signal: AbortSignal;
  /** 0 to 1. */
  onProgress?(share: number): void;
}

/** Rejects with the signal's reason: what was sent by then is there, and is not sent again. */
export function sendRun(
  exported: ExportedRun,
  server: TrackingServer,
  { experiment: name, files = [], signal, onProgress = () => {} }: SendOptions,
): Promise<Result<SentRun, SendProblem>> {
  return answered(async () => {
    const calls = callsTo(server, signal);
    const run = mlflowRun(exported);
    const experiment = (await findExperiment(calls, name)) ?? (await makeExperiment(calls, name));
    const there = await runsOf(calls, experiment, exported.id);
    // A parameter never changes there: a run that was sent before its search had ended is made anew. What others wrote beside is theirs.
    const fitting = there.find(({ data }) => !clashes(run.params, namesOf(data.params)));
    const target = fitting ?? (await makeRun(calls, experiment, run));
    const { run_id: id, artifact_uri: folder } = target.info;
    const tags = namesOf(target.data.tags);
    const known = namesOf(target.data.params);
    const metrics = await missingMetrics(calls, target, run.metrics);
    const steps: (() => Promise<void>)[] = [
      ...batches(entriesNotIn(run.params, known), MOST_NAMES).map(
        (params) => () => calls.tell('runs/log-batch', { run_id: id, params }),
      ),
      // Before the tag that names them: cut off in between, they are found again.
      ...labelsIn(tags)
        .filter((label) => label in tags && !(label in run.tags))
        .map((key) => () => calls.tell('runs/delete-tag', { run_id: id, key })),
      ...batches(entriesNotIn(run.tags, tags), MOST_NAMES).map(
        (batch) => () => calls.tell('runs/log-batch', { run_id: id, tags: batch }),
      ),
      ...batches(metrics, MOST_METRICS).map(
        (batch) => () => calls.tell('runs/log-batch', { run_id: id, metrics: batch }),
      ),
      ...files.map((file) => () => calls.put(placeOf(folder, file), file.bytes)),
      // Last: until then it says there that it is running.
      () =>
        calls.tell('runs/update', {
          run_id: id,
          run_name: run.name,
          status: STATUS[run.status],
          ...(run.endedAt === null ? {} : { end_time: run.endedAt }),
        }),
      // The former goes, unless somebody has told it more since.
      ...there
        .filter((other) => other !== target && isOurs(run, other))
        .map((other) => () => calls.tell('runs/delete', { run_id: other.info.run_id })),
    ];
    for (const [at, step] of steps.entries()) {
      onProgress(at / steps.length);
      await step();
    }
    onProgress(1);
    return {
      server: server.address,
      experiment: { id: experiment, name },
      run: id,
      digest: digestOfRun(run),
    };
  });
}

/** Whether runs can be sent there, as far as that can be asked before there is one. */
export const checkTracking = (
  server: TrackingServer,
  experiment: string,
  signal: AbortSignal,
): Promise<Result<void, SendProblem>> =>
  answered(async () => void (await findExperiment(callsTo(server, signal), experiment)));

const STATUS = { running: 'RUNNING', finished: 'FINISHED', failed: 'FAILED', stopped: 'KILLED' } as const;

const Pairs = v.optional(v.array(v.object({ key: v.string(), value: v.optional(v.string(), '') })), []);
/** 64-bit numbers, and those that JSON does not know, come as texts. */
const number = v.pipe(v.union([v.number(), v.string()]), v.transform(Number));
const Metrics = v.optional(
  v.array(
    v.object({
      key: v.string(),
      value: number,
      step: v.optional(number, 0),
    }),
  ),
  [],
);
const NO_DATA = { params: [], tags: [], metrics: [] };
const FoundRun = v.object({
  info: v.object({ run_id: v.string(), artifact_uri: v.optional(v.string(), '') }),
  data: v.optional(v.object({ params: Pairs, tags: Pairs, metrics: Metrics }), NO_DATA),
});
type FoundRun = v.InferOutput<typeof FoundRun>;
const FoundExperiment = v.object({
  experiment: v.object({ experiment_id: v.string(), lifecycle_stage: v.optional(v.string(), 'active') }),
});
const MadeExperiment = v.object({ experiment_id: v.string() });
const FoundRuns = v.object({ runs: v.optional(v.array(FoundRun), []) });
const MadeRun = v.object({ run: FoundRun });
const History = v.object({ metrics: Metrics, next_page_token: v.optional(v.string(), '') });
type History = v.InferOutput<typeof History>;

async function findExperiment(calls: Calls, name: string): Promise<string | undefined> {
  const found = await calls.get(
    'experiments/get-by-name',
    { experiment_name: name },
    FoundExperiment,
    isUnknown,
  );
  if (found === undefined) return undefined;
  if (found.experiment.lifecycle_stage === 'deleted')
    throw new Refused({
      kind: 'experiment-deleted',
      message: `The experiment “${name}” was deleted there, and keeps its name. Restore it, or choose another name.`,
    });
  return found.experiment.experiment_id;
}

async function makeExperiment(calls: Calls, name: string): Promise<string> {
  const made = await calls.post(
    'experiments/create',
    { name },
    MadeExperiment,
    (told) => told.code === 'RESOURCE_ALREADY_EXISTS',
  );
  // Somebody else was quicker.
  const id = made?.experiment_id ?? (await findExperiment(calls, name));
  if (id === undefined) throw new Error(`An experiment called ${name} is there and is not.`);
  return id;
}

/** Those that are this run, newest first. */
async function runsOf(calls: Calls, experiment: string, id: string): Promise<readonly FoundRun[]> {
  const found = await calls.post(
    'runs/search',
    {
      experiment_ids: [experiment],
      filter: `tags.\`${RUN_TAG}\` = '${id}'`,
      run_view_type: 'ACTIVE_ONLY',
      max_results: 100,
      order_by: ['attributes.start_time DESC'],
    },
    FoundRuns,
  );
  return found?.runs ?? [];
}

async function makeRun(calls: Calls, experiment: string, run: MlflowRun): Promise<FoundRun> {
  const made = await calls.post(
    'runs/create',
    {
      experiment_id: experiment,
      run_name: run.name,
      start_time: run.startedAt,
      // By this one it is found if the sending is cut off here.
      tags: [{ key: RUN_TAG, value: run.tags[RUN_TAG] ?? '' }],
    },
    MadeRun,
  );
  if (made === undefined) throw new Error('Nothing of a made run is taken for an answer without one.');
  return made.run;
}

/** What of the metrics is not there yet. A point is known by its step and value: of a run that went on, times between two may shift. */
async function missingMetrics(
  calls: Calls,
  { info, data }: FoundRun,
  wanted: readonly MlflowMetric[],
): Promise<readonly MlflowMetric[]> {
  const mark = ({ key, step, value }: Pick<MlflowMetric, 'key' | 'step' | 'value'>): string =>
    `${step} ${value} ${key}`;
  const known = new Set<string>();
  const names = new Set(data.metrics.map(({ key }) => key));
  for (const key of new Set(wanted.map((one) => one.key))) {
    if (!names.has(key)) continue;
    let token = '';
    do {
      const told: History | undefined = await calls.get(
        'metrics/get-history',
        {
          run_id: info.run_id,
          metric_key: key,
          max_results: String(HISTORY_PAGE),
          ...(token === '' ? {} : { page_token: token }),
        },
        History,
      );
      for (const one of told?.metrics ?? []) known.add(mark(one));
      token = told?.next_page_token ?? '';
    } while (token !== '');
  }
  return wanted.filter((one) => !known.has(mark(one)));
}

/** Servers that keep artifacts by a proxy of their own say so by the scheme; to others this program has no way. */
function placeOf(folder: string, { name }: SentFile): string {
  const path = /^mlflow-artifacts:\/(?:\/[^/]*\/)?(.+)$/.exec(folder)?.[1];
  if (path === undefined)
    throw new Refused({
      kind: 'refused',
      message: `That server keeps files at ${folder || 'a place that it does not tell'}, where only its own clients reach: send the run without its files.`,
    });
  return `${path}/${name}`;
}

const namesOf = (
  pairs: readonly { readonly key: string; readonly value: string }[],
): Record<string, string> => Object.fromEntries(pairs.map(({ key, value }) => [key, value]));

/** Whether a parameter has another value there than is wanted. */
const clashes = (
  wanted: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>>,
): boolean =>
  Object.entries(wanted).some(([key, value]) => Object.hasOwn(there, key) && there[key] !== value);

/** What a server writes by itself when a run is made. */
const SERVER_TAGS = ['mlflow.runName', 'mlflow.user'];

/** Whether every name on it is one that this program writes: of others it may not know what is lost with the run. */
function isOurs(run: MlflowRun, { data }: FoundRun): boolean {
  const tags = namesOf(data.tags);
  const metrics = new Set(run.metrics.map(({ key }) => key));
  const known = new Set([...Object.keys(run.tags), ...labelsIn(tags), ...SERVER_TAGS]);
  return (
    data.params.every(({ key }) => Object.hasOwn(run.params, key)) &&
    data.metrics.every(({ key }) => metrics.has(key)) &&
    Object.keys(tags).every((key) => known.has(key))
  );
}

const entriesNotIn = (
  wanted: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>>,
): readonly { readonly key: string; readonly value: string }[] =>
  Object.entries(wanted)
    .filter(([key, value]) => there[key] !== value)
    .map(([key, value]) => ({ key, value }));

function batches<T>(all: readonly T[], most: number): readonly (readonly T[])[] {
  const count = Math.ceil(all.length / most);
  return Array.from({ length: count }, (_, at) => all.slice(at * most, (at + 1) * most));
}

/** A refusal on its way out of many calls, to where it becomes a value. */
class Refused extends Error {
  constructor(readonly problem: SendProblem) {
    super(problem.message);
  }
}

async function answered<T>(work: () => Promise<T>): Promise<Result<T, SendProblem>> {
  try {
    return ok(await work());
  } catch (error) {
    if (error instanceof Refused) return fail(error.problem);
    throw error;
  }
}

interface Told {
  readonly status: number;
  /** MLflow's own word for it; empty where it is not MLflow that answers. */
  readonly code: string;
  readonly message: string;
}

interface Calls {
  /** undefined: it was refused as `mayBe` expects. */
  get<S extends v.GenericSchema>(
    path: string,
    query: Readonly<Record<string, string>>,
    schema: S,
    mayBe?: (told: Told) => boolean,
  ): Promise<v.InferOutput<S> | undefined>;
  post<S extends v.GenericSchema>(
    path: string,
    body: object,
    schema: S,
    mayBe?: (told: Told) => boolean,
  ): Promise<v.InferOutput<S> | undefined>;
  /** Of whose answer nothing is needed. */
  tell(path: string, body: object): Promise<void>;
  put(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

const isUnknown = ({ code }: Told): boolean => code === 'RESOURCE_DOES_NOT_EXIST';

function callsTo(server: TrackingServer, signal: AbortSignal): Calls {
  const where = server.address === '' ? 'this server' : server.address;
  async function ask(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    mayBe: (told: Told) => boolean,
  ): Promise<string | undefined> {
    signal.throwIfAborted();
    let response: Response;
    let text: string;
    try {
      response = await server.fetch(`${server.address}/api/2.0/${path}`, {
        method,
        headers: {
          ...server.headers,
          ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
        },
        ...(body === undefined ? {} : { body }),
        signal,
        credentials: 'authorization' in server.headers ? 'omit' : 'same-origin',
      });
      text = await response.text();
    } catch {
      signal.throwIfAborted();
      throw new Refused({
        kind: 'offline',
        message: `No answer came from ${where}. The run is kept here: send it once the server is to be reached.`,
      });
    }
    if (response.ok) return text;
    const told = toldBy(response.status, text);
    if (mayBe(told)) return undefined;
    throw new Refused(problemOf(told, where));
  }
  function read<S extends v.GenericSchema>(
    schema: S,
    path: string,
    text: string | undefined,
  ): v.InferOutput<S> | undefined {
    if (text === undefined) return undefined;
    const found = v.safeParse(schema, jsonIn(text));
    if (found.success) return found.output;
    const [issue] = found.issues;
    throw new Refused({
      kind: 'no-mlflow',
      message: `What answers at ${where} is no MLflow server: of ${path}, ${v.getDotPath(issue) ?? 'the answer'} was to be ${issue.expected ?? issue.message}. Check the address.`,
    });
  }
  const never = (): boolean => false;
  const post: Calls['post'] = async (path, body, schema, mayBe = never) =>
    read(schema, path, await ask('POST', `mlflow/${path}`, JSON.stringify(body), mayBe));
  return {
    get: async (path, query, schema, mayBe = never) =>
      read(schema, path, await ask('GET', `mlflow/${path}?${new URLSearchParams(query)}`, undefined, mayBe)),
    post,
    async tell(path, body) {
      await post(path, body, v.object({}));
    },
    async put(path, bytes) {
      const encoded = path.split('/').map(encodeURIComponent).join('/');
      await ask('PUT', `mlflow-artifacts/artifacts/${encoded}`, bytes, never);
    },
  };
}

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // A page of some other program, perhaps: the schema refuses it.
    return undefined;
  }
};

const Refusal = v.object({ error_code: v.string(), message: v.optional(v.string(), '') });
function toldBy(status: number, text: string): Told {
  const read = v.safeParse(Refusal, jsonIn(text));
  return read.success
    ? { status, code: read.output.error_code, message: read.output.message }
    : { status, code: '', message: '' };
}

function problemOf({ status, code, message }: Told, where: string): SendProblem {
  const said = message === '' ? `It answered ${status}.` : message;
  if (status === 401)
    return {
      kind: 'not-identified',
      message: `At ${where} nobody is known by what was shown. Sign in there, or give a token that is good still.`,
    };
  if (status === 403) return { kind: 'not-allowed', message: `${where} does not allow it. ${said}` };
  if (code === 'RESOURCE_DOES_NOT_EXIST')
    return { kind: 'run-gone', message: `${said} It was deleted there meanwhile: send the run again.` };
  if (status === 404)
    return { kind: 'no-mlflow', message: `There is no MLflow server at ${where}. Check the address.` };
  if (status === 413)
    return {
      kind: 'too-large',
      message: `${where} takes no request as large as this one. Send it without its files, or ask whoever runs it for more room.`,
    };
  if (code === 'RESOURCE_LIMIT_EXCEEDED' || status === 507)
    return { kind: 'full', message: `${where} has no room for it. ${said}` };
  if (status === 429 || status >= 500)
    return { kind: 'busy', message: `${where} cannot take it now. ${said} Send it again in a while.` };
  return { kind: 'refused', message: `${where} refused it. ${said}` };
}
