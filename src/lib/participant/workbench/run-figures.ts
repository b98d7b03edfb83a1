// What a run was given and what it came to, by name: scikit-learn's names where it has one.
import * as v from 'valibot';
import type { RunFacts, RunMetric } from '../../core/run-query/query.ts';
import type { Interval } from '../../core/metrics/wilson.ts';
import type { FoundGroups } from './grouping/find-groups.ts';
import type { Report } from './judge.ts';
import type { BenchResult } from './run-bench.ts';
import { splitOf, usuallyHeldOut } from './rows-held-out.ts';
import type { RunRecord } from './run-record.ts';

/** What a run's figures are read of: a record, or a run of the command line. */
export interface RunSource {
  readonly manifest: Pick<RunRecord['manifest'], 'setup' | 'trials' | 'finished'>;
  readonly curve: RunRecord['curve'];
  /** undefined while nothing has come of it. */
  readonly result: BenchResult | undefined;
  /** Of a run that finds groups, likewise. */
  readonly groups?: FoundGroups | undefined;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export const sourceOfRecord = (record: RunRecord): RunSource => ({
  ...record,
  result: record.outcome.type === 'finished' ? record.outcome.trained.result : undefined,
  groups: record.outcome.type === 'grouped' ? record.outcome.found : undefined,
});

/** "Random forest for diagnosis" */
export function nameOf({
  result,
  groups,
  manifest: { setup },
}: Pick<RunSource, 'result' | 'groups' | 'manifest'>): string {
  if (groups !== undefined) return `${groups.groups.length} groups by ${groups.title}`;
  if (setup.task === 'groups') return `Groups by ${setup.model?.split(':')[0] ?? ''}`;
  const model =
    result !== undefined
      ? result.model.title
      : setup.model === 'auto'
        ? 'Search'
        : (setup.model?.split(':')[0] ?? 'Usual model');
  return setup.target === null ? model : `${model} for ${setup.target}`;
}

/** What was chosen, then what was set of the model that came out. */
export function paramsOf({
  manifest: { setup, finished, trials },
}: Pick<RunSource, 'manifest'>): RunFacts['params'] {
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
    ...recipeOf(finished?.recipe ?? setup.recipe),
    ...(setup.task === 'groups' ? {} : heldOutOf(setup)),
    ...(isSearch ? { search: setup.search, trials: trials.length } : {}),
    ...(isSearch && setup.budgetMs !== null ? { budget_s: setup.budgetMs / 1000 } : {}),
    ...(setup.balance === undefined ? {} : { balance: setup.balance }),
  };
}

/** All that is asked of a recipe here: pages that list runs know no step. */
const StepsByName = v.object({ steps: v.array(v.object({ step: v.string() })) });

/** Where rows are prepared otherwise than usual: its steps, in order. */
function recipeOf(written: Readonly<Record<string, unknown>> | null): RunFacts['params'] {
  const read = v.safeParse(StepsByName, written);
  return read.success ? { recipe: read.output.steps.map(({ step }) => step).join(', ') } : {};
}

/** Where other rows are held out than usual: the figures of such runs are not of the same rows. */
function heldOutOf(setup: RunSource['manifest']['setup']): RunFacts['params'] {
  const { heldOut, stratify, group, time } = splitOf(setup);
  return {
    ...(heldOut === usuallyHeldOut.heldOut ? {} : { held_out: heldOut }),
    ...(stratify === false ? { stratify: 'no' } : {}),
    ...(group === null ? {} : { group }),
    ...(time === null ? {} : { time }),
  };
}

export function metricsOf({ result, groups, startedAt, endedAt }: RunSource): RunFacts['metrics'] {
  const ended = endedAt === null ? {} : { seconds: { value: (endedAt - startedAt) / 1000 } };
  if (groups !== undefined) return { ...figuresOfGroups(groups), ...ended };
  if (result === undefined) return ended;
  return {
    ...figuresOf(result.model.report),
    ...gainOf(result),
    bytes: { value: result.model.bytes },
    ...ended,
  };
}

function figuresOfGroups(found: FoundGroups): RunFacts['metrics'] {
  const { target } = found;
  const held = found.comparisons.find(({ name }) => name === target);
  return {
    silhouette: { value: found.silhouette },
    inertia: { value: found.inertia },
    groups: { value: found.groups.length },
    ...(held === undefined ? {} : { adjusted_rand: { value: held.adjustedRand } }),
    rows: { value: found.rows },
    bytes: { value: found.bytes },
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
function gainOf(result: BenchResult): Readonly<Record<string, RunMetric>> {
  const floor = result.baselines.find((one) => one.model === 'constant')?.comparison;
  return floor === undefined ? {} : { gain: { value: floor.gain, interval: floor.interval } };
}
