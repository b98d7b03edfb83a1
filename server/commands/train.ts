// `tributary train`: a model of one's own data, alone: no server, no round, nothing sent.
import type { Command } from 'commander';
import { benchModels } from '#lib/participant/workbench/models.ts';
import { numberOf, oneOf, wholeOf } from '../simulate/flags.ts';
import { spokenLine, type TrainLine } from '../train/lines.ts';
import type { TrainSetup } from '../train/setup.ts';
import { train } from '../train/train.ts';

interface Flags {
  readonly data: readonly string[];
  readonly target?: string;
  readonly task?: 'classes' | 'number';
  readonly without?: readonly string[];
  readonly heldOut: number;
  readonly group?: string;
  readonly time?: string;
  readonly model?: string;
  readonly fairness?: string;
  readonly seed: number;
  readonly backend: TrainSetup['backend'];
  readonly json?: true;
}

const collected = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
const listed = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text.split(',').map((one) => one.trim()),
];

export function register(program: Command): void {
  program
    .command('train')
    .description('train a model on your own data, alone: baselines first, figures on rows it has not seen')
    .requiredOption('--data <path>', 'CSV files of one table, or pictures; may be given again', collected)
    .option('--target <column>', 'the column to predict; num>0 asks whether it lies above a number')
    .option('--task <kind>', 'classes or number, where the values leave it open', oneOf('classes', 'number'))
    .option('--without <columns>', 'columns to leave out, with commas between', listed)
    .option('--held-out <share>', 'of the rows, kept to judge by', numberOf(0.01, 0.9), 0.2)
    .option('--group <column>', 'rows of one group are never on both sides of the split')
    .option('--time <column>', 'hold out the latest rows by this column')
    .option(
      '--model <name>',
      `with settings as forest:trees=200; one of ${benchModels.map((one) => one.name).join(', ')}`,
    )
    .option('--seed <number>', 'the same seed gives the same model, bit for bit', wholeOf(0), 1)
    .option(
      '--backend <name>',
      'what networks are trained on',
      oneOf('simd', 'jax-wasm', 'wasm', 'cpu', 'reference'),
      'simd',
    )
    .option('--json', 'one line of JSON a step, the result last')
    .action(async (flags: Flags) => {
      const cancel = new AbortController();
      const stop = (): void => cancel.abort(new Error('Stopped.'));
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        await train(setupOf(flags), cancel.signal, flags.json === true ? sayJson : sayPlainly);
      } finally {
        process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
      }
    });
}

const setupOf = (flags: Flags): TrainSetup => ({
  data: [...flags.data],
  target: flags.target ?? null,
  task: flags.task ?? null,
  without: [...(flags.without ?? [])],
  heldOut: flags.heldOut,
  group: flags.group ?? null,
  time: flags.time ?? null,
  model: flags.model ?? null,
  budgetMs: null,
  trials: null,
  fairness: flags.fairness ?? null,
  seed: flags.seed,
  backend: flags.backend,
});

const sayJson = (line: TrainLine): void => console.log(JSON.stringify(line));
const sayPlainly = (line: TrainLine): void => {
  for (const sentence of spokenLine(line)) console.log(sentence);
};
