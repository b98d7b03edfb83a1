// A kept run as a table, a filter and an export see it: parameters and metrics by their names, which are scikit-learn's where it has one.
import type { RunFacts, RunStatus } from '../core/run-query/query.ts';
import { metricsOf, nameOf, paramsOf, sourceOfRecord } from '../participant/workbench/run-figures.ts';
import type { KeptRun, RunRecord } from '../participant/workbench/run-record.ts';
import { sortableDateTime } from './run-words.ts';

/** `isHeld`: some tab trains it now. */
export function factsOf({ record, labels }: KeptRun, isHeld: boolean): RunFacts {
  const source = sourceOfRecord(record);
  return {
    id: record.id,
    name: nameOf(source),
    status: statusOf(record, isHeld),
    data: record.dataset.name,
    params: paramsOf(source),
    metrics: metricsOf(source),
    tags: labels.tags,
    note: labels.note,
    started: sortableDateTime(record.startedAt),
  };
}

export function statusOf({ outcome }: Pick<RunRecord, 'outcome'>, isHeld: boolean): RunStatus {
  if (outcome.type === 'running') return isHeld ? 'running' : 'cut off';
  return outcome.type === 'grouped' ? 'finished' : outcome.type;
}

/** Names of metrics that are told in percent. */
const shares = new Set(['accuracy', 'balanced_accuracy']);
export const isShare = (name: string): boolean => shares.has(name);
/** Of which less is better. */
const lower = new Set([
  'rmse',
  'mae',
  'median_absolute_error',
  'log_loss',
  'brier',
  'calibration_error',
  'inertia',
  'seconds',
  'bytes',
]);
export const isLowerBetter = (name: string): boolean => lower.has(name);
