// `tributary train`: a model of one's own data, alone: no server, no round, nothing sent.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import * as v from 'valibot';
import { NODE_BACKENDS } from '#lib/adapters/engines/node.ts';
import { balances, type Balance } from '#lib/core/balance/balances.ts';
import { runExports, type RunExport } from '#lib/core/run-export/index.ts';
import { steps } from '#lib/core/recipe/steps/index.ts';
import { wantedBy } from '#lib/core/recipe/fields.ts';
import { readNetworkText } from '#lib/core/model/network-text.ts';
import { benchModels, findsGroups, groupModels, OWN_LAYERS } from '#lib/participant/workbench/models.ts';
import { offeredOnNetwork } from '#lib/participant/workbench/offered-models.ts';
import { numberOf, oneOf, wholeOf } from '../simulate/flags.ts';
import type { ExportWish } from '../train/export-run.ts';
import { spokenLine, type TrainLine } from '../train/lines.ts';
import { runTraining } from '../train/run-training.ts';
import { USUAL_FILL } from '#lib/participant/workbench/series-data.ts';
import { toleranceSentence } from '#lib/participant/workbench/run-again.ts';
import { usuallyHeldOut } from '#lib/participant/workbench/rows-held-out.ts';
import { MOST_FOLDS, type TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { readSpace, SearchSpace } from '#lib/participant/workbench/spaces.ts';
import { backboneAsked } from '../train/backbone.ts';
import { overfit } from '../train/overfit.ts';
import { splitAs } from '../train/split-as.ts';
import { trackWish } from '../train/track-run.ts';
import { encodingFlag, headerFlag, readAs, sheetFlag, type ReadingFlags } from '../reading-flags.ts';
import { UnusableTraining } from '../train/unusable.ts';

interface Flags extends ReadingFlags {
  readonly data?: readonly string[];
  readonly target?: string;
  readonly task?: 'classes' | 'number' | 'groups';
  readonly without?: readonly string[];
  readonly heldOut?: number;
  /** false: --no-stratify. */
  readonly stratify: boolean;
  readonly group?: string;
  readonly time?: string;
  readonly splitAs?: string;
  readonly window?: number;
  readonly horizon?: number;
  readonly fill?: number;
  readonly season?: number;
  readonly series?: string;
  readonly recipe?: string;
  readonly model?: string;
  readonly overfitOneBatch?: true;
  readonly backbone?: string;
  readonly backboneLayer?: string;
  readonly budget?: number;
  readonly trials?: number;
  readonly search?: TrainSetup['search'];
  readonly space?: string;
  readonly recipes: boolean;
  readonly fairness?: string;
  readonly positive?: string;
  readonly checkLabels?: true;
  readonly folds?: number;
  readonly balance?: Balance;
  readonly save?: string;
  readonly seed: number;
  readonly backend?: TrainSetup['backend'];
  readonly state?: string;
  readonly resume?: string;
  readonly again?: string;
  readonly stepView?: true;
  readonly export?: RunExport['name'];
  readonly out?: string;
  readonly mlflow?: string | true;
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
    .option(
      '--data <path>',
      'files of one table, texts in class folders, pictures or recordings; may be given again',
      collected,
    )
    .option('--target <column>', 'the column to predict; num>0 asks whether it lies above a number')
    .addOption(headerFlag)
    .addOption(sheetFlag)
    .addOption(encodingFlag)
    .option(
      '--task <kind>',
      'classes or number, where the values leave it open; groups, to find some: then nothing is predicted, and a --target is what they are held against',
      oneOf('classes', 'number', 'groups'),
    )
    .option('--without <columns>', 'columns to leave out, with commas between', listed)
    .option(
      '--held-out <share>',
      `of the rows, kept to judge by (default: ${usuallyHeldOut.heldOut})`,
      numberOf(0.01, 0.9),
    )
    .option('--no-stratify', 'hold rows out as chance has it, and classes not in proportion')
    .option('--group <column>', 'rows of one group are never on both sides of the split')
    .option(
      '--time <columns>',
      'hold out the latest rows by this column; with --window it may be year,month,day,hour',
    )
    .option(
      '--split-as <path>',
      'the split of an earlier train, of its manifest, its --state directory or its --json lines: rows that have come since fall by the same borders, and none changes sides',
    )
    .option(
      '--window <steps>',
      'the rows are moments: look at so many of them, in the order of --time',
      wholeOf(1),
    )
    .option(
      '--horizon <steps>',
      'with --window: foretell so many steps after the last (default: 1)',
      wholeOf(1),
    )
    .option(
      '--fill <steps>',
      'with --window: gaps that the value before them closes, at most (default: 3)',
      wholeOf(0),
    )
    .option(
      '--season <steps>',
      'with --window: steps of a season (default: a day of hours, a week of days)',
      wholeOf(2),
    )
    .option(
      '--series <column>',
      'with --window: the column that names the series of a row (a station); no window crosses from one into another',
    )
    .option(
      '--recipe <file>',
      'what is done to the rows first, as JSON (tributary data --recipe prints the usual one)',
    )
    .option(
      '--model <name>',
      `auto to search for one; layers:FILE.json for layers of your own; or, with settings as forest:trees=200, one of ${benchModels.map((one) => one.name).join(', ')}; or, to find groups without a target, ${groupModels.map((one) => `${one.name} (${one.name}:${one.options[0]?.name ?? ''}=3)`).join(', ')}`,
    )
    .option('--budget <time>', 'for --model auto: how long to search, as 90s, 5m or 1h', durationOf)
    .option('--trials <number>', 'for --model auto: how many settings to try', wholeOf(1))
    .option(
      '--search <way>',
      'for --model auto: tpe, where what was tried promises most; random; or grid',
      oneOf('tpe', 'random', 'grid'),
    )
    .option(
      '--space <file>',
      'for --model auto: which models are tried and between which bounds, as JSON: {"forest":{"depth":[4,30]},"mlp":{}}',
    )
    .option('--no-recipes', 'for --model auto: the usual recipe, without asking whether a further step helps')
    .option('--fairness <column>', 'compares how groups of people are treated, small ones hidden')
    .option('--positive <class>', 'for --fairness: the class that is compared (default: the last)')
    .option('--check-labels', 'names labels that are probably wrong; fits the model five times more')
    .option(
      '--backbone <file>',
      'a model.json with its weights beside it: its first layers are taken as they are, and a head is trained on them (--model layers:epochs=20 sets how), or a model that learns from numbers (--model k-nn, forest, …), or finds groups (k-means)',
    )
    .option(
      '--backbone-layer <name>',
      'the last layer that is taken, by name or number (default: what the file marks trainable: false, or all but the answer)',
    )
    .option(
      '--overfit-one-batch',
      'only asks whether the model can learn one batch by heart: the losses of 200 steps at most, and what to look at where not',
    )
    .option(
      '--folds <number>',
      'cross-validation as well: every row is judged once, by models of the other parts',
      wholeOf(2, MOST_FOLDS),
    )
    .option(
      '--balance <how>',
      'brings rare classes up to the commonest among the rows to learn from, and nowhere else: synthetic, rows made up between neighbours (SMOTE; of pictures, copies that the model varies anew); repeat, copies; or none',
      oneOf(...balances),
    )
    .option('--save <file>', 'writes the model, for tributary predict')
    .option('--seed <number>', 'the same seed gives the same model, bit for bit', wholeOf(0), 1)
    .option(
      '--backend <name>',
      'what networks are trained on (default: simd; with --again: what the first run was)',
      oneOf(...NODE_BACKENDS, 'reference'),
    )
    .option('--state <directory>', 'keeps the run: its manifest, its trials, checkpoints of networks')
    .option('--resume <directory>', 'goes on with a run that was kept, where it was cut off')
    .option(
      '--again <path>',
      `has a finished run again, of a directory or of a manifest that a page saved, and says whether every bit is as before. ${toleranceSentence}`,
    )
    .option(
      '--step-view',
      'of a network named by --model: what each step takes and moves, layer by layer; several times slower',
    )
    .option(
      '--export <form>',
      `writes what it was given, its figures and curves for another program: ${runExports.map(({ name }) => name).join(', ')}`,
      oneOf(...runExports.map(({ name }) => name)),
    )
    .option('--out <directory>', 'for --export: where to')
    .option(
      '--mlflow [address]',
      'tells what it was given, its figures and curves, and no row, to an MLflow server, this app’s or another; who sends by the variables of its clients: MLFLOW_TRACKING_URI, _TOKEN, _USERNAME and _PASSWORD, MLFLOW_EXPERIMENT_NAME',
    )
    .option('--json', 'one line of JSON a step, the result last')
    .addHelpText('after', () => stepsHelp())
    .action(async (flags: Flags) => {
      const cancel = new AbortController();
      const stop = (): void => cancel.abort(new Error(stoppedSentence(flags)));
      process.once('SIGINT', stop).once('SIGTERM', stop);
      const say = flags.json === true ? sayJson : sayPlainly;
      try {
        if (flags.overfitOneBatch === true) {
          const asked = await askedOf(flags);
          if (asked.type !== 'new')
            throw new UnusableTraining('--overfit-one-batch keeps nothing: give --data and --model with it.');
          const { canLearn } = await overfit(asked.setup, { signal: cancel.signal, say, split: asked.split });
          if (!canLearn) process.exitCode = 1;
          return;
        }
        const result = await runTraining(await askedOf(flags), {
          signal: cancel.signal,
          say,
          stepView: flags.stepView,
          exports: exportsOf(flags),
          tracked: flags.mlflow === undefined ? undefined : trackWish(flags.mlflow),
        });
        if (result.isWithin === false) process.exitCode = 1;
      } catch (error) {
        if (error instanceof UnusableTraining && flags.json === true)
          console.log(JSON.stringify({ type: 'refused', message: error.message }));
        throw error;
      } finally {
        process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
      }
    });
}

function exportsOf({ export: form, out }: Flags): ExportWish | undefined {
  if ((form === undefined) !== (out === undefined))
    throw new UnusableTraining('--export says for which program, --out in which directory: give both.');
  return form === undefined || out === undefined ? undefined : { form, directory: resolve(out) };
}

/** Follows from the list of steps. */
const stepsHelp = (): string => `
Steps of a recipe, {"format":"tributary-recipe","version":1,"steps":[{"step":"impute","columns":["age"],"method":"median"}, …]}:
${steps
  .map(
    ({ name, description, fields }) =>
      `  ${name}: ${description}${Object.entries(fields)
        .map(([setting, field]) => `\n      ${setting}: ${wantedBy(field)}`)
        .join('')}`,
  )
  .join('\n')}`;

const stoppedSentence = ({ state, resume }: Flags): string => {
  const directory = state ?? resume;
  return directory === undefined
    ? 'Stopped.'
    : `Stopped. It goes on with: tributary train --resume ${directory}`;
};

function durationOf(text: string): number {
  const read = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  const ms = Number(read?.[1]) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[read?.[2] ?? ''] ?? NaN);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('A time as 90s, 5m or 1h.');
}

async function askedOf(flags: Flags): Promise<Parameters<typeof runTraining>[0]> {
  const directory = flags.resume ?? flags.again;
  if (directory !== undefined) {
    const given = [
      'target',
      'recipe',
      'model',
      'state',
      'budget',
      'trials',
      'search',
      'space',
      'balance',
      'splitAs',
      'header',
      'sheet',
      'encoding',
      ...(flags.again === undefined ? ['data'] : []),
    ];
    if (given.some((name) => name in flags) || (flags.resume !== undefined && flags.again !== undefined))
      throw new UnusableTraining(
        'A run that was kept knows its own settings: give --resume alone, or --again with --data alone where the rows lie elsewhere.',
      );
    if (flags.resume !== undefined) return { type: 'resume', directory };
    return {
      type: 'again',
      directory,
      data: flags.data?.map((path) => resolve(path)) ?? null,
      backend: flags.backend ?? null,
    };
  }
  if (flags.stepView === true && flags.model === 'auto')
    throw new UnusableTraining(
      '--step-view is for one network: name it by --model. A search takes thousands of steps.',
    );
  if (flags.data === undefined) throw new UnusableTraining('Name the data: --data PATH.');
  checkGroups(flags);
  if (
    flags.model !== 'auto' &&
    [flags.budget, flags.trials, flags.search, flags.space].some((flag) => flag !== undefined)
  )
    throw new UnusableTraining(
      '--budget, --trials, --search and --space are for --model auto: a model by name is trained once.',
    );
  if (!flags.recipes && flags.model !== 'auto')
    throw new UnusableTraining(
      '--no-recipes is for --model auto: a model by name asks no other recipe than the usual one, or that of --recipe.',
    );
  if (flags.backbone === undefined && flags.backboneLayer !== undefined)
    throw new UnusableTraining('--backbone-layer is for --backbone: name the model.json that has it.');
  if (flags.backbone !== undefined)
    checkOnBackbone(
      flags,
      flags.model ?? (flags.task === 'groups' ? groupModels[0]?.name : undefined) ?? OWN_LAYERS,
    );
  if (
    flags.window === undefined &&
    [flags.horizon, flags.fill, flags.season, flags.series].some((flag) => flag !== undefined)
  )
    throw new UnusableTraining(
      '--horizon, --fill, --season and --series are of windows: say how many steps one has by --window.',
    );
  if (flags.positive !== undefined && flags.fairness === undefined)
    throw new UnusableTraining('--positive is for --fairness: name the column whose groups are compared.');
  const setup = await setupOf(flags, flags.data);
  const split = flags.splitAs === undefined ? undefined : await splitAs(flags.splitAs, setup);
  return { type: 'new', directory: flags.state ?? null, setup, split };
}

/** What is trained on a backbone: a head, or a model that learns from numbers. */
function checkOnBackbone({ backend }: Flags, model: string): void {
  const [name] = model.split(':');
  if (name === OWN_LAYERS) return;
  // Whichever the classes.
  const learners = [...offeredOnNetwork({ classes: ['one', 'other'] }), ...groupModels].map(
    (one) => one.name,
  );
  if (!learners.some((one) => one === name))
    throw new UnusableTraining(
      `--backbone: ${model} is no model on what a frozen network sees. Leave --model out for a head, set how that is trained, as --model layers:epochs=20, or use one of ${learners.join(', ')}.`,
    );
  if (backend !== undefined)
    throw new UnusableTraining(
      '--backend is of networks that are trained. A frozen one that another model learns from is asked as predict asks it, to the same bits: leave it out.',
    );
}

/** Flags that groups have no use for: nothing is held out, and nothing is predicted. */
const NOT_OF_GROUPS = [
  'heldOut',
  'group',
  'time',
  'splitAs',
  'window',
  'folds',
  'balance',
  'fairness',
  'checkLabels',
  'overfitOneBatch',
  'stepView',
] as const satisfies readonly (keyof Flags)[];

function checkGroups(flags: Flags): void {
  const { task, model = null } = flags;
  if (task === undefined ? !findsGroups(model) : task !== 'groups') {
    if (findsGroups(model))
      throw new UnusableTraining(
        `--task ${task ?? ''}: ${model ?? ''} finds groups, and predicts nothing. Leave --task out, or choose another model.`,
      );
    return;
  }
  if (model !== null && !findsGroups(model))
    throw new UnusableTraining(
      `--task groups: ${model} predicts a target. Models that find groups: ${groupModels.map((one) => one.name).join(', ')}.`,
    );
  if (!flags.stratify)
    throw new UnusableTraining(
      '--no-stratify: groups are found in all rows, and none is held out. Leave it out.',
    );
  const given = NOT_OF_GROUPS.find((name) => flags[name] !== undefined);
  if (given !== undefined)
    throw new UnusableTraining(
      `--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is of models that predict a target, and groups have none. Leave it out.`,
    );
}

const setupOf = async (flags: Flags, data: readonly string[]): Promise<TrainSetup> => ({
  // A run that is kept is found again from anywhere.
  data: data.map((path) => resolve(path)),
  ...readAs(flags),
  target: flags.target ?? null,
  task: flags.task ?? (findsGroups(flags.model ?? null) ? 'groups' : null),
  without: [...(flags.without ?? [])],
  heldOut: flags.heldOut ?? usuallyHeldOut.heldOut,
  ...(flags.stratify ? {} : { stratify: false }),
  group: flags.group ?? null,
  time: flags.time ?? null,
  series:
    flags.window === undefined
      ? null
      : {
          window: flags.window,
          horizon: flags.horizon ?? 1,
          fill: flags.fill ?? USUAL_FILL,
          season: flags.season ?? null,
          by: flags.series ?? null,
        },
  recipe: flags.recipe === undefined ? null : await recipeAt(flags.recipe),
  ...(await modelAsked(flags.model, flags.backbone !== undefined)),
  backbone:
    flags.backbone === undefined ? null : await backboneAsked(flags.backbone, flags.backboneLayer ?? null),
  budgetMs: flags.budget ?? null,
  trials: flags.trials ?? null,
  search: flags.search ?? 'tpe',
  starts: [],
  recipes:
    flags.recipes && flags.model === 'auto' && flags.recipe === undefined && flags.window === undefined,
  space: flags.space === undefined ? null : await spaceAt(flags.space),
  fairness: flags.fairness ?? null,
  positive: flags.positive ?? null,
  checkLabels: flags.checkLabels === true,
  folds: flags.folds ?? null,
  ...(flags.balance === undefined || flags.balance === 'none' ? {} : { balance: flags.balance }),
  save: flags.save === undefined ? null : resolve(flags.save),
  seed: flags.seed,
  backend: flags.backend ?? 'simd',
});

/** `layers:FILE.json`, with settings as `layers:FILE.json,epochs=5`: what stands in the file goes with the run. */
async function modelAsked(
  text: string | undefined,
  hasBackbone: boolean,
): Promise<Pick<TrainSetup, 'model' | 'layers'>> {
  if (hasBackbone || text?.startsWith(`${OWN_LAYERS}:`) !== true)
    return { model: text ?? null, layers: null };
  const [path = '', ...settings] = text.slice(OWN_LAYERS.length + 1).split(',');
  let written: string;
  try {
    written = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UnusableTraining(
      `--model ${text}: ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  const network = readNetworkText(written);
  if (!network.ok) throw new UnusableTraining(`--model ${text}: ${network.error.message}`);
  return {
    model: settings.length === 0 ? OWN_LAYERS : `${OWN_LAYERS}:${settings.join(',')}`,
    layers: network.value.spec,
  };
}

/** What stands in the file: a run that is kept has it again whatever becomes of the file. */
const recipeAt = async (path: string): Promise<TrainSetup['recipe']> =>
  v.parse(v.record(v.string(), v.unknown()), await jsonAt('--recipe', path));

/** Refused before a row is read, and read once more where the rows are there. */
async function spaceAt(path: string): Promise<TrainSetup['space']> {
  const written = v.safeParse(SearchSpace, await jsonAt('--space', path));
  if (!written.success)
    throw new UnusableTraining(
      `--space ${path}: ${v.summarize(written.issues)}. Write it as {"forest":{"depth":[4,30]},"mlp":{}}: models, and of each the bounds of what is varied.`,
    );
  const space = readSpace(written.output, benchModels);
  if (!space.ok) throw new UnusableTraining(`--space ${path}: ${space.error}`);
  return written.output;
}

async function jsonAt(flag: string, path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new UnusableTraining(
      cause instanceof SyntaxError
        ? `${flag} ${path} is no JSON: ${cause.message}`
        : `${flag} ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

const sayJson = (line: TrainLine): void => console.log(JSON.stringify(line));
const sayPlainly = (line: TrainLine): void => {
  for (const sentence of spokenLine(line)) console.log(sentence);
};
