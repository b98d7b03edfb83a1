// What MLflow's clients send (mlflow/protos/service.proto as JSON, or in the query of a GET): fields that are not known are passed over,
// for each version of the client sends others. 64-bit numbers come as numbers or as texts.
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { ok, type Result } from '#lib/core/result.ts';
import { readJson } from '../http/body.ts';
import type { Reply } from '../http/reply.ts';
import { runStates } from '../ports/tracking.ts';
import { inMlflowForm, mlflowRefusal } from './errors.ts';

const MOST_NAME = 250;
const MOST_PARAM = 6000;
const MOST_TAG = 8000;
const MOST_EXPERIMENT_NAME = 500;
export const MOST_RESULTS = 50_000;

/** Of a metric, parameter or tag: as MLflow allows them (mlflow/utils/validation.py), and no path that leads elsewhere. */
const Name = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(MOST_NAME),
  v.regex(/^[\w .:/-]+$/, 'letters, digits, _ - . : / and spaces'),
  v.check(
    (name) => !name.split('/').some((part) => part === '' || part === '.' || part === '..'),
    'no empty part',
  ),
);
const id = v.pipe(v.string(), v.maxLength(64));
const whole = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d{1,16}$/), v.transform(Number))]),
  v.safeInteger(),
);
const real = v.pipe(
  v.union([
    v.number(),
    v.picklist(['NaN', 'Infinity', '-Infinity']),
    v.pipe(v.string(), v.regex(/^-?[\d.]+(e[+-]?\d+)?$/i)),
  ]),
  v.transform(Number),
);
const Param = v.object({ key: Name, value: v.pipe(v.string(), v.maxLength(MOST_PARAM)) });
const Tag = v.object({ key: Name, value: v.pipe(v.string(), v.maxLength(MOST_TAG)) });
const Metric = v.object({
  key: Name,
  value: real,
  timestamp: v.pipe(whole, v.minValue(0)),
  step: v.optional(whole, 0),
});
const tags = v.optional(v.pipe(v.array(Tag), v.maxLength(100)), []);
/** Older clients say run_uuid. */
const ofRun = { run_id: v.optional(id), run_uuid: v.optional(id) };
const view = v.optional(v.picklist(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']), 'ACTIVE_ONLY');
const mostOf = (usual: number) => v.optional(v.pipe(whole, v.minValue(1), v.maxValue(MOST_RESULTS)), usual);
const page = v.optional(v.pipe(v.string(), v.maxLength(64)));
const filter = v.optional(v.pipe(v.string(), v.maxLength(10_000)), '');
const order = v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(500))), v.maxLength(20)), []);
const experimentName = v.pipe(v.string(), v.minLength(1), v.maxLength(MOST_EXPERIMENT_NAME));

export const requests = {
  createExperiment: v.object({ name: experimentName, tags }),
  experiment: v.object({ experiment_id: id }),
  experimentNamed: v.object({ experiment_name: experimentName }),
  searchExperiments: v.object({
    max_results: mostOf(1000),
    page_token: page,
    filter,
    order_by: order,
    view_type: view,
  }),
  updateExperiment: v.object({ experiment_id: id, new_name: v.optional(experimentName) }),
  tagExperiment: v.object({ experiment_id: id, ...Tag.entries }),
  createRun: v.object({
    experiment_id: v.optional(id, '0'),
    user_id: v.optional(v.pipe(v.string(), v.maxLength(MOST_NAME)), ''),
    run_name: v.optional(v.pipe(v.string(), v.maxLength(MOST_NAME)), ''),
    start_time: v.optional(v.pipe(whole, v.minValue(0))),
    tags,
  }),
  run: v.object(ofRun),
  updateRun: v.object({
    ...ofRun,
    status: v.optional(v.picklist(runStates)),
    end_time: v.optional(v.pipe(whole, v.minValue(0))),
    run_name: v.optional(v.pipe(v.string(), v.maxLength(MOST_NAME))),
  }),
  searchRuns: v.object({
    experiment_ids: v.optional(v.pipe(v.array(id), v.maxLength(1000)), []),
    filter,
    run_view_type: view,
    max_results: mostOf(1000),
    order_by: order,
    page_token: page,
  }),
  logMetric: v.object({ ...ofRun, ...Metric.entries }),
  logParam: v.object({ ...ofRun, ...Param.entries }),
  setTag: v.object({ ...ofRun, ...Tag.entries }),
  deleteTag: v.object({ ...ofRun, key: Name }),
  logBatch: v.object({
    ...ofRun,
    metrics: v.optional(v.pipe(v.array(Metric), v.maxLength(1000)), []),
    params: v.optional(v.pipe(v.array(Param), v.maxLength(100)), []),
    tags,
  }),
  history: v.object({ ...ofRun, metric_key: Name, max_results: mostOf(25_000), page_token: page }),
  listArtifacts: v.object({ ...ofRun, path: v.optional(v.pipe(v.string(), v.maxLength(1000)), '') }),
  artifactFolder: v.object({ path: v.optional(v.pipe(v.string(), v.maxLength(1000)), '') }),
  model: v.object({ name: id }),
  searchModels: v.object({ filter, max_results: mostOf(100), page_token: page, order_by: order }),
  modelVersion: v.object({ name: id, version: id }),
  alias: v.object({ name: id, alias: id }),
  setAlias: v.object({ name: id, alias: id, version: id }),
} as const;

const LISTS = new Set(['experiment_ids', 'order_by']);

/** Of a GET the query, of anything else the body. */
export async function readMlflow<S extends v.GenericSchema>(
  request: IncomingMessage,
  query: URLSearchParams,
  schema: S,
): Promise<Result<v.InferOutput<S>, Reply>> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const read = await readJson(request, schema);
    return read.ok ? read : { ok: false, error: inMlflowForm(read.error) };
  }
  const given = Object.fromEntries(
    [...new Set(query.keys())].map((key) => [key, LISTS.has(key) ? query.getAll(key) : query.get(key)]),
  );
  const read = v.safeParse(schema, given);
  if (read.success) return ok(read.output);
  const [issue] = read.issues;
  const where = v.getDotPath(issue) ?? 'the request';
  return {
    ok: false,
    error: mlflowRefusal(
      'INVALID_PARAMETER_VALUE',
      `${where}: expected ${issue.expected ?? issue.message}, but got ${issue.received}.`,
    ),
  };
}

/** The rows of a page, and the token of the next: how many came before it. */
export function paged<T>(
  rows: readonly T[],
  token: string | undefined,
  most: number,
): { readonly rows: readonly T[]; readonly next: { readonly next_page_token?: string } } {
  const from = offsetOf(token);
  const next = from + most;
  return { rows: rows.slice(from, next), next: next < rows.length ? { next_page_token: tokenOf(next) } : {} };
}

export const tokenOf = (offset: number): string => Buffer.from(String(offset)).toString('base64url');
export function offsetOf(token: string | undefined): number {
  const offset = Number(Buffer.from(token ?? '', 'base64url').toString());
  return Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
}
