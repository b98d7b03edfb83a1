// Runs beside each other: what they were given differently, what came of each, and whether they may be compared at all.
import type { RunFacts, RunMetric } from '../core/run-query/query.ts';
import type { RunRecord } from '../participant/workbench/run-record.ts';
import { splitWarning } from './compared-steps.ts';
import { isLowerBetter } from './run-facts.ts';
import { namesOf } from './run-table.ts';

export interface ComparedParam {
  readonly name: string;
  /** In the order of the runs; undefined where a run has none. */
  readonly values: readonly (string | number | undefined)[];
  readonly differs: boolean;
}

export interface ComparedMetric {
  readonly name: string;
  readonly values: readonly (RunMetric | undefined)[];
  /** Which runs are the best; none where fewer than two have it, all have the same, or better means nothing (bias, rows). */
  readonly best: readonly number[];
}

/** Those that differ first, then by the alphabet. */
export const comparedParams = (runs: readonly RunFacts[]): readonly ComparedParam[] =>
  namesOf(runs, 'params')
    .map((name): ComparedParam => {
      const values = runs.map((run) => run.params[name]);
      return { name, values, differs: new Set(values).size > 1 };
    })
    .toSorted((a, b) => Number(b.differs) - Number(a.differs));

const neitherWay = new Set(['bias', 'rows', 'seconds', 'bytes']);

export const comparedMetrics = (runs: readonly RunFacts[]): readonly ComparedMetric[] =>
  namesOf(runs, 'metrics').map((name) => {
    const values = runs.map((run) => run.metrics[name]);
    const known = values.flatMap((one) => (one === undefined ? [] : [one.value]));
    const top = isLowerBetter(name) ? Math.min(...known) : Math.max(...known);
    const isRanked = !neitherWay.has(name) && new Set(known).size > 1;
    return {
      name,
      values,
      best: isRanked ? values.flatMap((one, at) => (one?.value === top ? [at] : [])) : [],
    };
  });

/** Why the figures of these runs are not about the same thing, in a sentence; undefined where they are. */
export function unlike(records: readonly RunRecord[]): string | undefined {
  const differ = (of: (record: RunRecord) => unknown): boolean => new Set(records.map(of)).size > 1;
  if (differ(({ manifest }) => manifest.setup.target))
    return 'These runs predict different things: their figures are not about the same question.';
  if (differ(({ manifest }) => manifest.data))
    return 'These runs are of different rows: they were judged on other held-out rows too, and a better figure may be the rows’ luck.';
  return splitWarning(records);
}

export interface ParallelAxis {
  readonly name: string;
  readonly isLog: boolean;
}
export interface ParallelLine {
  readonly id: string;
  readonly name: string;
  /** By axis; undefined: the line is broken there. */
  readonly values: readonly (number | undefined)[];
}
export interface ParallelPicture {
  readonly axes: readonly ParallelAxis[];
  /** The last axis is what came out. */
  readonly lines: readonly ParallelLine[];
}

/** Values over more than two powers of ten are drawn by their logarithms. */
const isWide = (values: readonly number[]): boolean => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low > 0 && high / low > 100;
};

function pictureOf(
  names: readonly string[],
  lines: readonly {
    readonly id: string;
    readonly name: string;
    readonly at: (axis: string) => number | undefined;
  }[],
): ParallelPicture | undefined {
  const valuesOf = (axis: string): number[] =>
    lines.map(({ at }) => at(axis)).filter((value) => value !== undefined);
  const axes = names.filter((name, place) => place === names.length - 1 || new Set(valuesOf(name)).size > 1);
  if (axes.length < 2 || lines.length < 2) return undefined;
  return {
    axes: axes.map((name) => ({ name, isLog: isWide(valuesOf(name)) })),
    lines: lines.map(({ id, name, at }) => ({ id, name, values: axes.map(at) })),
  };
}

/** Models that a search tried more than one setting of. */
export const searchedModels = ({ manifest }: Pick<RunRecord, 'manifest'>): readonly string[] =>
  [...new Set(manifest.trials.map((trial) => trial.model))].filter(
    (model) => trialPicture({ manifest }, model) !== undefined,
  );

/** Trials of one kind of model on all rows: its settings that vary, and the loss. */
export function trialPicture(
  { manifest }: Pick<RunRecord, 'manifest'>,
  model: string,
): ParallelPicture | undefined {
  const trials = manifest.trials.flatMap((trial, at) =>
    trial.model === model && trial.share === 1 && trial.loss !== null
      ? [{ options: trial.options, loss: trial.loss, number: at + 1 }]
      : [],
  );
  const names = Object.keys(trials[0]?.options ?? {});
  return pictureOf(
    [...names, 'loss'],
    trials.map(({ options, loss, number }) => ({
      id: String(number),
      name: `Trial ${number}`,
      at: (axis) => (axis === 'loss' ? loss : options[axis]),
    })),
  );
}

/** Runs by the numbers that they were given and that differ, and one metric. */
export const runPicture = (runs: readonly RunFacts[], metric: string): ParallelPicture | undefined =>
  pictureOf(
    [
      ...namesOf(runs, 'params').filter((name) => runs.some((run) => typeof run.params[name] === 'number')),
      metric,
    ],
    runs
      .filter((run) => run.metrics[metric] !== undefined)
      .map((run) => ({
        id: run.id,
        name: run.name,
        at: (axis) => {
          const value = axis === metric ? run.metrics[metric]?.value : run.params[axis];
          return typeof value === 'number' ? value : undefined;
        },
      })),
  );
