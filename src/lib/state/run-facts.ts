// A kept run as a table, a filter and an export see it: parameters and metrics by their names, which are scikit-learn's where it has one.
import type { RunFacts, RunMetric, RunStatus } from '../core/run-query/query.ts';
import type { Interval } from '../core/metrics/wilson.ts';
import type { Report } from '../participant/workbench/judge.ts';
import type { KeptRun, RunRecord, TrainedBench } from '../participant/workbench/run-record.ts';
import { sortableDateTime } from './run-words.ts';

/** `isHeld`: some tab trains it now. */
export function factsOf({ record, labels }: KeptRun, isHeld: boolean): RunFacts {
  return {
    id: record.id,
    name: nameOf(record),
    status: statusOf(record, isHeld),
    data: record.dataset.name,
    params: paramsOf(record),
    metrics: metricsOf(record),
    tags: labels.tags,
    note: labels.note,
    started: sortableDateTime(record.startedAt),
  };
}

export function statusOf({ outcome }: Pick<RunRecord, 'outcome'>, isHeld: boolean): RunStatus {
  return outcome.type === 'running' ? (isHeld ? 'running' : 'cut off') : outcome.type;
}

/** "Random forest for diagnosis" */
export function nameOf({ outcome, manifest: { setup } }: Pick<RunRecord, 'outcome' | 'manifest'>): string {
  const model =
    outcome.type === 'finished'
      ? outcome.trained.result.model.title
      : setup.model === 'auto'
        ? 'Search'
        : (setup.model ?? 'Usual model');
  return setup.target === null ? model : `${model} for ${setup.target}`;
}

/** What was chosen, then what was set of the model that came out. */
function paramsOf({ manifest: { setup, finished, trials } }: RunRecord): RunFacts['params'] {
  const isSearch = setup.model === 'auto';
  const [asked, given = ''] = (setup.model ?? '').split(':');
  const typed = given.split(',').flatMap((part) => {
    const [name, value] = part.split('=');
    return name === undefined || value === undefined ? [] : [[name, Number(value)] as const];
  });
  return {
    ...(finished?.options ?? Object.fromEntries(typed)),
    model: finished?.model ?? asked ?? '',
    ...(setup.target === null ? {} : { target: setup.target }),
    seed: setup.seed,
    ...(isSearch ? { search: 'auto', trials: trials.length } : {}),
    ...(isSearch && setup.budgetMs !== null ? { budget_s: setup.budgetMs / 1000 } : {}),
  };
}

function metricsOf(record: RunRecord): RunFacts['metrics'] {
  const { outcome, startedAt, endedAt } = record;
  const ended = endedAt === null ? {} : { seconds: { value: (endedAt - startedAt) / 1000 } };
  if (outcome.type !== 'finished') return ended;
  const { result } = outcome.trained;
  return {
    ...figuresOf(result.model.report),
    ...gainOf(outcome.trained),
    bytes: { value: result.model.bytes },
    ...ended,
  };
}

/** Every figure of a report by its name. */
export function figuresOf(report: Report): Readonly<Record<string, RunMetric>> {
  const all: Readonly<Record<string, RunMetric | undefined>> =
    report.type === 'classes'
      ? {
          accuracy: metric(report.accuracy, report.accuracyInterval),
          balanced_accuracy: metric(report.balancedAccuracy),
          f1: metric(report.macro.f1),
          auc: metric(report.rocArea, report.rocAreaInterval),
          average_precision: metric(report.averagePrecision),
          log_loss: metric(report.logLoss),
          brier: metric(report.brier),
          calibration_error: metric(report.calibrationError),
          rows: metric(report.count),
        }
      : {
          rmse: metric(report.rmse, report.rmseInterval),
          mae: metric(report.mae),
          median_absolute_error: metric(report.medianAbsoluteError),
          r2: metric(report.r2, report.r2Interval),
          bias: metric(report.bias),
          rows: metric(report.count),
        };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, one]) => (one === undefined ? [] : [[name, one]])),
  );
}

const metric = (value: number | undefined, interval?: Interval): RunMetric | undefined =>
  value === undefined ? undefined : { value, interval };

/** How much better the model is than the same answer for all: accuracy, or RMSE spared. */
function gainOf({ result }: TrainedBench): Readonly<Record<string, RunMetric>> {
  const floor = result.baselines.find((one) => one.model === 'constant')?.comparison;
  return floor === undefined ? {} : { gain: { value: floor.gain, interval: floor.interval } };
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
  'seconds',
  'bytes',
]);
export const isLowerBetter = (name: string): boolean => lower.has(name);
