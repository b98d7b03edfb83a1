// `tributary feasible`: whether machine learning is right for one's own data, before anything large is trained.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import * as v from 'valibot';
import { createTrainer } from '#lib/adapters/engines/node.ts';
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { createEngine } from '#lib/participant/engine.ts';
import { assess, type Feasibility } from '#lib/participant/workbench/feasibility.ts';
import { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { encodingFlag, headerFlag, readAs, sheetFlag, type ReadingFlags } from '../reading-flags.ts';
import { numberOf, oneOf, wholeOf } from '../simulate/flags.ts';
import { readTrainData } from '../train/read-data.ts';
import { UnusableTraining } from '../train/unusable.ts';

interface Flags extends ReadingFlags {
  readonly data: readonly string[];
  readonly target?: string;
  readonly task?: 'classes' | 'number';
  readonly without?: readonly string[];
  readonly heldOut: number;
  readonly group?: string;
  readonly time?: string;
  readonly seed: number;
  readonly json?: true;
}

const collected = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
const listed = (text: string): readonly string[] => text.split(',').map((one) => one.trim());

export function register(program: Command): void {
  program
    .command('feasible')
    .description(
      'say whether machine learning is right for your data: no signal, enough here, or more would help',
    )
    .requiredOption(
      '--data <path>',
      'files of one table, texts in class folders, or pictures; may be given again',
      collected,
    )
    .option('--target <column>', 'the column to predict; num>0 asks whether it lies above a number')
    .addOption(headerFlag)
    .addOption(sheetFlag)
    .addOption(encodingFlag)
    .option('--task <kind>', 'classes or number, where the values leave it open', oneOf('classes', 'number'))
    .option('--without <columns>', 'columns to leave out, with commas between', listed)
    .option('--held-out <share>', 'of the rows, kept to judge by', numberOf(0.01, 0.9), 0.2)
    .option('--group <column>', 'rows of one group are never on both sides of the split')
    .option('--time <column>', 'hold out the latest rows by this column')
    .option('--seed <number>', 'the same seed gives the same verdict', wholeOf(0), 1)
    .option('--json', 'the verdict as JSON')
    .action(async ({ json, seed, ...flags }: Flags) => {
      const cancel = new AbortController();
      const stop = (): void => cancel.abort(new Error('Stopped.'));
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        const setup = v.parse(TrainSetup, {
          data: flags.data.map((path) => resolve(path)),
          ...readAs(flags),
          target: flags.target ?? null,
          task: flags.task ?? null,
          without: [...(flags.without ?? [])],
          heldOut: flags.heldOut,
          group: flags.group ?? null,
          time: flags.time ?? null,
          // Of training a model there is nothing to say.
          model: null,
          budgetMs: null,
          trials: null,
          fairness: null,
          checkLabels: false,
          save: null,
          seed,
          backend: 'simd',
        });
        const data = await readTrainData(setup, cancel.signal);
        const told = await assess(
          data,
          seed,
          {
            clock: createSystemClock(),
            signal: cancel.signal,
            openEngine: async () =>
              createEngine(
                { backend: 'simd', description: 'simd', reason: 'The command’s own.', reports: [] },
                createTrainer,
              ),
          },
          () => {},
        );
        if (!told.ok) throw new UnusableTraining(told.error);
        if (json === true) console.log(JSON.stringify(told.value));
        else for (const line of spokenFeasibility(told.value)) console.log(line);
      } finally {
        process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
      }
    });
}

/** The verdict, the baselines behind it, and the curve, a line each. */
export function spokenFeasibility({ verdict, says, pValue, baselines, curve }: Feasibility): string[] {
  const figures = baselines.map(({ title, report }) =>
    report.type === 'classes'
      ? `  ${title}: accuracy ${percent(report.accuracy)}${range(report.accuracyInterval, percent)}`
      : `  ${title}: RMSE ${plain(report.rmse)}${range(report.rmseInterval, plain)}`,
  );
  const value = (loss: number): string => (curve?.of === 'wrong' ? percent(loss) : plain(loss));
  return [
    `Verdict: ${verdict} (permutation test: p ${pValue < 0.01 ? '< 0.01' : `= ${plain(pValue)}`})`,
    says,
    'Baselines on held-out rows (95 % interval):',
    ...figures,
    ...(curve === null
      ? []
      : [
          `${curve.of === 'wrong' ? 'Wrong answers' : 'RMSE'} of ${curve.title} by rows to learn from:`,
          ...curve.points.map(({ rows, loss }) => `  ${rows}: ${value(loss)}`),
          ...curve.foreseen
            .slice(1)
            .map(
              ({ rows, loss, interval }) => `  ${rows}: ${value(loss)}${range(interval, value)}, foreseen`,
            ),
        ]),
  ];
}

const plain = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const range = (
  interval: { readonly low: number; readonly high: number } | undefined,
  words: (value: number) => string,
): string => (interval === undefined ? '' : ` (${words(interval.low)} to ${words(interval.high)})`);
