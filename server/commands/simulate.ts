// `tributary simulate`: a federation of up to ten thousand participants in one process tree, with the server's own rounds.
import { Option, type Command } from 'commander';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { NODE_BACKENDS } from '#lib/adapters/engines/node.ts';
import { strategies } from '#lib/core/aggregation/index.ts';
import { attacks } from '#lib/core/attacks/index.ts';
import { plainRounds, SelectionRules } from '#lib/core/federation.ts';
import { roundsNeeded, type SummedSettings } from '#lib/core/summed-models.ts';
import { codecKinds } from '#lib/core/update/codec/index.ts';
import { noPrivacy } from '#lib/core/privacy/rules.ts';
import type { MetricName } from '#lib/core/metrics/metric-name.ts';
import {
  attackOption,
  augmentOption,
  codecOption,
  dataOf,
  guardOf,
  modelOption,
  modeOf,
  numberOf,
  personalOf,
  oneOf,
  optimizerOf,
  partitionOption,
  privacyOf,
  ratesOf,
  strategyOption,
  targetOf,
  tunerOf,
  wholeOf,
  type RatesTried,
  type RateTuner,
} from '../simulate/flags.ts';
import { spokenLine } from '../simulate/lines.ts';
import { readManifest, type SimulationManifest } from '../simulate/manifest.ts';
import { parseModel } from '../simulate/models.ts';
import { UnusableSetup, type SimulationSetup } from '../simulate/setup.ts';
import { USUAL } from '../simulate/shared-recipe.ts';
import { simulate } from '../simulate/simulate.ts';

interface Flags {
  readonly data?: SimulationSetup['data'];
  readonly test?: readonly string[];
  readonly label?: string;
  readonly model?: string;
  readonly participants?: number;
  readonly cohort: number;
  readonly mode?: SimulationSetup['mode'];
  readonly overSelection: number;
  readonly localEpochs: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly tune?: RateTuner;
  readonly tuneLearningRate?: RatesTried;
  readonly optimizer?: SimulationSetup['optimizer'];
  readonly proximal: number;
  readonly augment?: SimulationSetup['augmentation'];
  readonly recipe?: string;
  readonly partition: string;
  readonly strategy?: SimulationSetup['strategy'];
  readonly guard?: number | null;
  readonly privacy?: SimulationSetup['privacy'];
  readonly uplink: string;
  readonly downlink: string;
  readonly attack?: NonNullable<SimulationSetup['attack']>;
  readonly attackers: number;
  readonly dropout: number;
  readonly availability: SimulationSetup['availability'];
  readonly speeds: SimulationSetup['speeds'];
  readonly deadline: number;
  readonly deadlineShare?: number;
  readonly fairness: SimulationSetup['fairness'];
  readonly heldOutDevices?: number;
  readonly personal?: NonNullable<SimulationSetup['personalisation']>;
  readonly references?: number;
  readonly rounds?: number;
  readonly target?: NonNullable<SimulationSetup['metric']>;
  readonly evalEvery: number;
  readonly seed: number;
  readonly backend: SimulationSetup['backend'];
  readonly processes?: number;
  readonly state?: string;
  readonly resume?: string;
  readonly manifest?: string;
  readonly again?: string;
  readonly json?: true;
}

const MOST_PARTICIPANTS = 10_000;
const namesOf = (all: readonly { readonly name: string }[]): string => all.map((one) => one.name).join(', ');
const collected = (path: string, before: readonly string[] = []): readonly string[] => [...before, path];

export function register(program: Command): void {
  const command = program
    .command('simulate')
    .description('a federation of up to 10,000 participants in one process tree: how would it learn?')
    .option(
      '--data <path>',
      'files or folders that a person would drop, may be given again; or sample, sample:patient-cohort, sample:300 (rows each)',
      dataOf,
    )
    .option(
      '--test <path>',
      'rows that judge every version, may be given again (default: the data’s own test files, else a fifth of the rows)',
      collected,
    )
    .option(
      '--label <column>',
      'the column of a table that the other columns are to tell (default: inferred)',
    )
    .option(
      '--model <name>',
      'softmax-regression, linear-regression, mlp, mlp:200,200, cnn-mcmahan; with normalisation mlp:200,bn, cnn-mcmahan:bn; from sums boosted-trees, boosted-trees:stages=20,depth=3, k-means, k-means:8 (default: the regression for the target)',
      modelOption,
    )
    .option(
      '--participants <number>',
      'of the federation (default: 100, or one a file with --partition by-file)',
      wholeOf(1, MOST_PARTICIPANTS),
    )
    .option('--cohort <share>', 'of all participants, whose reports close a round', numberOf(0, 1, true), 0.1)
    .option(
      '--mode <how>',
      'synchronous, or asynchronous:concurrency=20: so many devices always train, each from the newest version, and a cohort’s reports fill a buffer (FedBuff) (default: synchronous)',
      modeOf,
    )
    .option('--over-selection <factor>', 'devices picked for each report that is wanted', numberOf(1, 3), 1)
    .option('--local-epochs <number>', 'over its own rows, that a device trains', wholeOf(1, 1000), 1)
    .option('--batch <number>', 'rows a step', wholeOf(1, 4096), 10)
    .option('--learning-rate <rate>', 'of local training', numberOf(0, 10, true), 0.1)
    .option(
      '--tune-learning-rate <rates>',
      'instead of one rate, as 0.01,0.1,1 or 0.001..1: each device is drawn one, by what earlier rounds came to on rows that devices keep apart',
      ratesOf,
    )
    .option(
      '--tune <how>',
      'fedex: the rates of a list, the better ones likelier with each round; or fedpop, fedpop:population=8: of a range some at a time, of which the worse take after the better (default: fedex)',
      tunerOf,
    )
    .option(
      '--optimizer <name>',
      'of local training: sgd, sgd:momentum=0.9, adam, adamw:decay=0.01, rmsprop (default: sgd)',
      optimizerOf,
    )
    .option('--proximal <mu>', 'keeps local training near the base (FedProx)', numberOf(0, 100), 0)
    .option(
      '--recipe <file>',
      'devices prepare the rows of a table alike: steps as JSON, fitted to sums over the rows of those that train, or a recipe that was fitted; usual: numbers scaled, categories told apart, dates taken apart (default: as the contract encodes them)',
    )
    .option(
      '--augment <settings>',
      'devices vary their pictures anew in each pass, as flip=1,shift=0.125; also turn (degrees), light and cutout (shares) (default: as they are)',
      augmentOption,
    )
    .option(
      '--partition <how>',
      'iid, shards:2, dirichlet:0.5, dirichlet-participant:0.5, labels:2, quantity:0.5 or by-file',
      partitionOption,
      'iid',
    )
    .option(
      '--strategy <name>',
      `${namesOf(strategies)}; with options as fedyogi:lr=0.01,tau=0.001 (default: fedavg; in asynchronous rounds fedbuff)`,
      strategyOption,
    )
    .option(
      '--guard <factor>',
      'refuse a version that moves the model further than so many times the median of the last twenty, as 3; or off (default: off)',
      guardOf,
    )
    .option(
      '--privacy <how>',
      'central:clip=0.5,noise=1 (the server’s noise) or local:… (each device’s own); with delta=1e-5, epsilon=8 as the budget of each participant, quantile=0.5 for a clip norm that follows the updates, and rate=0.1 for cohorts that the server draws by that chance, instead of --cohort, which ε then counts on (default: no privacy)',
      privacyOf,
    )
    .option('--uplink <codec>', codecKinds.map((one) => one.usage).join(', '), codecOption, 'f32')
    .option('--downlink <codec>', 'the same, for what devices download', codecOption, 'f32')
    .option(
      '--attack <name>',
      `what hostile devices do: ${namesOf(attacks)}; with options as signflip:scale=5`,
      attackOption,
    )
    .option('--attackers <share>', 'of all participants, that is hostile', numberOf(0, 1), 0)
    .option('--dropout <chance>', 'of a device to leave in the middle of a round', numberOf(0, 1), 0)
    .option(
      '--availability <how>',
      'always, or day-night: each device is there for eight hours a day, most of them at night',
      oneOf('always', 'day-night'),
      'always',
    )
    .option(
      '--speeds <how>',
      'uniform, or heavy-tailed: log-normal, so that some devices are many times slower',
      oneOf('uniform', 'heavy-tailed'),
      'uniform',
    )
    .option('--deadline <seconds>', 'simulated, that a cohort has to report', wholeOf(5, 86_400), 600)
    .option(
      '--deadline-share <share>',
      'of the deadline: leave out devices that are expected to train longer, as 0.5 (default: none is left out)',
      numberOf(0.01, 1),
    )
    .option(
      '--held-out-devices <share>',
      'of the devices, by lot: they never train, and judge each version by all their rows; with --personal by a fifth, which they keep from training for themselves',
      numberOf(0.01, 0.5),
    )
    .option(
      '--personal <how>',
      'what each device makes for itself of the shared model, judged by a fifth of its rows, which it does not learn from: fedper:layers=1, fedbn, ditto:lambda=0.1 or finetune:epochs=1',
      personalOf,
    )
    .option(
      '--fairness <how>',
      'whose turn it is: random; least-recent; least-recent-by-speed: slow devices less often, and none never',
      oneOf(...SelectionRules.entries.fairness.options),
      plainRounds.selection.fairness,
    )
    .addOption(
      new Option(
        '--references [devices]',
        'after the rounds, is it worth them? The same training, without noise or codec, of all rows in one place, and of so many devices alone (2 to 100), each judged on the test rows by accuracy or RMSE (default: none)',
      )
        .preset('10')
        .argParser(wholeOf(2, 100)),
    )
    .option(
      '--rounds <number>',
      'committed, after which the run ends (default: 100; for boosted-trees and k-means as many as they take at most)',
      wholeOf(1, 100_000),
    )
    .option('--target <metric>', "on the test rows, that ends the run, as 'accuracy>=0.97'", targetOf)
    .option('--eval-every <rounds>', 'score every so many versions, and the last', wholeOf(1), 1)
    .option(
      '--seed <number>',
      'of everything that chance decides: the same seed makes the same bytes',
      wholeOf(0),
      1,
    )
    .option(
      '--backend <name>',
      'gpu and jax-webgpu (where the package webgpu is installed), simd, jax-wasm, wasm, cpu, reference (plain loops), or auto: the fastest that passes the self-test',
      oneOf('auto', ...NODE_BACKENDS, 'reference'),
      'simd',
    )
    .option(
      '--processes <number>',
      'threads that train (default: one a core; one with gpu and jax-webgpu); the result is the same for any',
      wholeOf(1, 256),
    )
    .option('--state <file>', 'keep where it stands there, so that it can be gone on with')
    .option('--resume <file>', 'go on with the simulation of this state file, to the same bytes')
    .option(
      '--manifest <file>',
      'writes there what it was made of (settings, seed, spec, the hash of each device’s rows, program and libraries, engine) and, for each round, which devices took part, in which order their updates were added, and the SHA-256 of the weights',
    )
    .option(
      '--again <file>',
      'has the simulation of a manifest again, and says round by round whether its weights are the same; with --data, --test and --backend where these are others now. It ends with status 1 at the first round that differs',
    )
    .option('--json', 'one line of JSON a round, and one with the result');

  command.action(async (flags: Flags) => {
    const { resume, state, manifest, again } = flags;
    const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
    const given = command.options.filter((option) => isGiven(option.attributeName()));
    checkTogether(given.flatMap(({ long }) => long ?? []));
    if (resume === undefined && again === undefined) checkModelFlags(flags, isGiven);
    for (const [flag, path] of [['--state', state] as const, ['--manifest', manifest] as const])
      if (path !== undefined && existsSync(path))
        throw new UnusableSetup(
          `${flag} ${path}: there is a file already. ${flag === '--state' ? `Go on with it by --resume ${path}, or delete it.` : 'Name another, or delete it.'}`,
        );
    const first = again === undefined ? undefined : await readManifest(again);
    let metric: MetricName = 'accuracy';
    let rounds = 0;
    const running = simulate({
      begin:
        first !== undefined
          ? setupAgain(first, flags, isGiven)
          : resume === undefined
            ? { ...setupOf(flags), ...(await recipeOf(flags)) }
            : { resume },
      ...(state === undefined ? {} : { state }),
      ...(manifest === undefined ? {} : { manifest }),
      ...(first === undefined ? {} : { again: first }),
      ...(flags.processes === undefined ? {} : { processes: flags.processes }),
      onBegin(spec, setup) {
        metric = spec.metric.name;
        rounds = setup.rounds;
      },
      onLine(line) {
        if (flags.json === true && line.type !== 'note') console.log(JSON.stringify(line));
        else (line.type === 'note' ? console.error : console.log)(spokenLine(line, metric, rounds));
      },
    });
    let isEnding = false;
    const end = (): void => {
      // Asked twice, it ends where it stands: its state file holds an earlier round.
      if (isEnding) process.exit(130);
      isEnding = true;
      console.error(
        running.stop() === 'round'
          ? 'Ending after this round. Once more ends at once.'
          : 'Ending without the models that the last version is held against.',
      );
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
    try {
      const { result, isCut, again: verdict } = await running.done;
      if (verdict?.verdict === 'differs') process.exitCode = 1;
      else if (isCut) process.exitCode = 130;
      // Had again, it also ends where there is nothing more to be learnt.
      if (result !== undefined || (verdict !== undefined && !isEnding)) return;
      const kept = resume ?? state;
      console.error(
        kept === undefined
          ? 'Stopped. Nothing was kept.'
          : `Stopped. Go on with: tributary simulate --resume ${kept}`,
      );
      process.exitCode ??= 130;
    } finally {
      process.removeListener('SIGINT', end);
      process.removeListener('SIGTERM', end);
    }
  });
}

/** Flags that say all by themselves leave no room for others. */
function checkTogether(given: readonly string[]): void {
  const [flag, why, allowed] = given.includes('--resume')
    ? ([
        '--resume',
        'goes on with the settings of its file, which does not tell in which order earlier rounds added their updates',
        ['--resume', '--json', '--processes'],
      ] as const)
    : ([
        '--again',
        'has the settings of its manifest',
        ['--again', '--data', '--test', '--backend', '--processes', '--manifest', '--json'],
      ] as const);
  const others = given.filter((one) => !allowed.some((name) => name === one));
  if (given.includes(flag) && others.length > 0)
    throw new UnusableSetup(`${flag} ${why}; leave out ${others.join(', ')}.`);
  if (!['--resume', '--again', '--data'].some((one) => given.includes(one)))
    throw new UnusableSetup('name your data with --data PATH, or take --data sample.');
}

/** The first run's, on the engine that `auto` had become, with what lies elsewhere now. */
function setupAgain(
  { setup, backend }: SimulationManifest,
  { data, test, backend: wanted }: Flags,
  isGiven: (name: string) => boolean,
): SimulationSetup {
  return {
    ...setup,
    ...(data === undefined ? {} : { data }),
    ...(test === undefined ? {} : { test: [...test] }),
    backend: isGiven('backend') ? wanted : backend,
  };
}

/** What stands in the file: a state file has it again whatever becomes of it. */
async function recipeOf({ recipe }: Flags): Promise<Pick<SimulationSetup, 'recipe'>> {
  if (recipe === undefined || recipe === USUAL) return recipe === undefined ? {} : { recipe };
  try {
    return { recipe: await readFile(recipe, 'utf8') };
  } catch (cause) {
    throw new UnusableSetup(
      `--recipe ${recipe} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function setupOf(flags: Flags): SimulationSetup {
  const mode = flags.mode ?? plainRounds.mode;
  if (flags.data === undefined) throw new Error('The data was asked for before.');
  return {
    data: flags.data,
    test: flags.test === undefined ? null : [...flags.test],
    label: flags.label ?? null,
    model: flags.model ?? null,
    participants: flags.participants ?? null,
    cohort: flags.cohort,
    mode,
    overSelection: flags.overSelection,
    localEpochs: flags.localEpochs,
    batchSize: flags.batch,
    learningRate: flags.learningRate,
    ...tuningOf(flags),
    optimizer: flags.optimizer ?? optimizerOf('sgd'),
    proximalTerm: flags.proximal,
    ...(flags.augment === undefined ? {} : { augmentation: flags.augment }),
    partition: flags.partition,
    strategy: flags.strategy ?? strategyOption(usualStrategy(mode, flags.model)),
    guard: flags.guard ?? null,
    privacy: flags.privacy ?? noPrivacy,
    uplink: flags.uplink,
    downlink: flags.downlink,
    attack: flags.attack ?? null,
    attackers: flags.attackers,
    dropout: flags.dropout,
    availability: flags.availability,
    speeds: flags.speeds,
    deadlineSeconds: flags.deadline,
    deadlineShare: flags.deadlineShare ?? null,
    fairness: flags.fairness,
    ...(flags.heldOutDevices === undefined ? {} : { heldOutDevices: flags.heldOutDevices }),
    ...(flags.personal === undefined ? {} : { personalisation: flags.personal }),
    ...(flags.references === undefined ? {} : { references: flags.references }),
    rounds: flags.rounds ?? usualRounds(flags.model),
    metric: flags.target ?? null,
    evaluateEvery: flags.evalEvery,
    seed: flags.seed,
    backend: flags.backend,
  };
}

/** What is tried and how, together: alone each was read before. */
function tuningOf({
  tune,
  tuneLearningRate: rates,
}: Flags): Pick<SimulationSetup, 'tunedRates' | 'evolvedRates'> {
  if (rates === undefined) {
    if (tune === undefined) return {};
    throw new UnusableSetup(
      `--tune ${tune.name} says how rates are tried, and none are named: add --tune-learning-rate ${tune.name === 'fedex' ? '0.01,0.1,1' : '0.001..1'}.`,
    );
  }
  const isRange = 'least' in rates;
  if (tune?.name === 'fedpop') {
    if (isRange) return { evolvedRates: { ...rates, population: tune.population } };
    throw new UnusableSetup(
      `--tune-learning-rate ${rates.join(',')} is a list, and FedPop looks within a range: write ${Math.min(...rates)}..${Math.max(...rates)}, or leave out --tune fedpop.`,
    );
  }
  if (!isRange) return { tunedRates: [...rates] };
  throw new UnusableSetup(
    `--tune-learning-rate ${rates.least}..${rates.most} is a range, and FedEx tries the rates of a list: name them with commas between, as 0.01,0.1,1, or add --tune fedpop.`,
  );
}

const USUAL_ROUNDS = 100;

const sumsOf = (model: string | undefined): SummedSettings | undefined => {
  const chosen = model === undefined ? undefined : parseModel(model);
  return chosen?.ok === true && chosen.value.type === 'sums' ? chosen.value.settings : undefined;
};

function usualRounds(model: string | undefined): number {
  const sums = sumsOf(model);
  return sums === undefined ? USUAL_ROUNDS : roundsNeeded(sums);
}

/** What is summed brings its own way, which the plainest strategy stands for. */
const usualStrategy = (mode: SimulationSetup['mode'], model: string | undefined): string =>
  mode.type === 'asynchronous' && sumsOf(model) === undefined ? 'fedbuff' : 'fedavg';

/** Flags of training, where nothing is trained by steps. */
function checkModelFlags({ model }: Flags, isGiven: (name: string) => boolean): void {
  const chosen = model === undefined ? undefined : parseModel(model);
  if (chosen?.ok !== true || chosen.value.type === 'network') return;
  const flags = { localEpochs: '--local-epochs', batch: '--batch', learningRate: '--learning-rate' };
  const more = {
    optimizer: '--optimizer',
    proximal: '--proximal',
    augment: '--augment',
    backend: '--backend',
  };
  const given = Object.entries({ ...flags, ...more }).flatMap(([name, flag]) =>
    isGiven(name) ? [flag] : [],
  );
  if (given.length > 0)
    throw new UnusableSetup(
      `${chosen.value.settings.family} adds up rows, and trains nothing by steps: leave out ${given.join(', ')}.`,
    );
}
