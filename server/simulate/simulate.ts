// One simulation from its flags to its result: data, federation, devices, pool and laboratory put together, and its state kept.
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import * as v from 'valibot';
import { availableBackends, createTrainer, isOnGraphics, NODE_BACKENDS } from '#lib/adapters/engines/node.ts';
import { strategyOf } from '#lib/core/aggregation/strategy-spec.ts';
import { needsRoot } from '#lib/core/aggregation/strategy.ts';
import { attackNamed } from '#lib/core/attacks/index.ts';
import { classLabels, exampleShape } from '#lib/core/data/contract.ts';
import { joinExamples, selectExamples, type Examples } from '#lib/core/data/examples.ts';
import { bytesOf, digestOfText } from '#lib/core/digest.ts';
import { exactAveraging, type FederationSpec } from '#lib/core/federation.ts';
import { modelContract } from '#lib/core/recipe/model-contract.ts';
import { Digest } from '#lib/core/ids.ts';
import { buildNetwork } from '#lib/core/model/network.ts';
import { random } from '#lib/core/random.ts';
import { tooFewRounds } from '#lib/core/search/fedpop-rounds.ts';
import { measuredEngines } from '#lib/participant/choose-backend.ts';
import { Again, checkAgain } from './again.ts';
import { readCheckpoint, writeCheckpoint, type Begun, type Checkpoint } from './checkpoint.ts';
import { readSimulationData, type SimulationData } from './data.ts';
import { holdingOut, leftOutForSpeed, rootRows, simulatedDevices, type SimulatedDevice } from './devices.ts';
import { Laboratory } from './laboratory.ts';
import type { AgainResultLine, NoVerdictLine, ReferencesLine, ResultLine, SimulationLine } from './lines.ts';
import { beginManifest, writeManifest, type RecordedRound, type SimulationManifest } from './manifest.ts';
import { checkReferences, referencesOf } from './references.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';
import { preparedData, sharedRecipe } from './shared-recipe.ts';
import { simulatedSpec } from './specification.ts';
import { openPool } from './worker-pool.ts';

export interface SimulationOptions {
  /** A setup to begin with, or the state file of a simulation to go on with. */
  readonly begin: SimulationSetup | { readonly resume: string };
  /** Where its state is kept; a simulation that is gone on with keeps it where it was. */
  readonly state?: string;
  /** Where its manifest is written: at the start, and whole at the end or where it is stopped. */
  readonly manifest?: string;
  /** What it is held against, round by round: `begin` is its setup. */
  readonly again?: SimulationManifest;
  /** Default: one a core. */
  readonly processes?: number;
  /** Milliseconds between two writes of the state, at least; 0: after every round. Default 5 s. */
  readonly keepEveryMs?: number;
  /** What it will do is known, and it begins. */
  onBegin?(spec: FederationSpec, setup: SimulationSetup): void;
  onLine(line: SimulationLine): void;
}

/** How its time was spent, which is no part of the result. */
export interface Spent {
  readonly wallMs: number;
  /** Of training and scoring, over all threads. */
  readonly engineMs: number;
  readonly processes: number;
}

export interface RunningSimulation {
  /** Rejects with UnusableSetup. */
  readonly done: Promise<{
    /** Undefined where it was stopped before its end. */
    readonly result: ResultLine | undefined;
    /** Stopped once its rounds were done: the models that its last version is held against are not trained to their end. */
    readonly isCut: boolean;
    /** Of a simulation that is had again. */
    readonly again: AgainResultLine | undefined;
    readonly spent: Spent;
  }>;
  /** It ends after the present round, and its state is kept; or, once its rounds are done, at once. Says which. */
  stop(): 'round' | 'references';
}

const KEEP_EVERY_MS = 5_000;

export function simulate(options: SimulationOptions): RunningSimulation {
  let laboratory: Laboratory | undefined;
  let isStopped = false;
  let areRoundsDone = false;
  let cutShort = (): void => {};
  const cut = new Promise<'cut'>((resolve) => (cutShort = () => resolve('cut')));

  const run = async () => {
    const { begin } = options;
    const earlier = 'resume' in begin ? await readCheckpoint(begin.resume) : undefined;
    const setup = earlier?.begun.setup ?? ('resume' in begin ? undefined : begin);
    if (setup === undefined) throw new Error('There is neither a setup nor a state.');
    const keptAt = 'resume' in begin ? begin.resume : options.state;
    checkAttackers(setup);
    checkMode(setup, keptAt);
    checkTuning(setup);
    checkPersonal(setup);
    const data = await readSimulationData(setup);
    const digest = digestOfData(data);
    if (earlier !== undefined && earlier.begun.data !== digest)
      throw new UnusableSetup(
        '--resume: the data is not what the simulation was begun with. Put it back, or begin anew with --state PATH.',
      );
    const root = needsRoot(strategyOf(setup.strategy))
      ? rootRows(setup.seed, data.training.count)
      : undefined;
    checkHeldOut(setup, root !== undefined);
    const isPersonal = (setup.personalisation ?? exactAveraging.personalisation).type !== 'none';
    const devices = simulatedDevices(setup, data.parts, root).map((device) =>
      isPersonal ? holdingOut(device, data.training.hashes) : device,
    );
    const apart = devices.filter(({ isHeldOut }) => isHeldOut);
    if (apart.length === data.parts.length)
      throw new UnusableSetup(
        `--held-out-devices ${setup.heldOutDevices}: all ${apart.length} devices would be held out. Use a smaller share or more participants.`,
      );
    const learning = devices.filter(({ isHeldOut }) => !isHeldOut);
    const recipe = sharedRecipe(
      setup,
      data,
      // A root's rows are others' too.
      learning.filter(({ isRoot }) => !isRoot).map(({ rows }) => rows),
    );
    const spec = simulatedSpec(setup, data.contract, data.parts.length - apart.length, recipe);
    const prepared = preparedData(spec, data);
    checkAttack(setup, prepared.training, spec);
    checkReferences(setup, spec);
    const backend = earlier?.begun.backend ?? (await backendFor(setup, spec));
    const begun: Begun = { setup, data: digest, backend };
    const { manifest: writtenTo, again: first } = options;
    const record =
      writtenTo === undefined && first === undefined ? undefined : beginManifest(begun, spec, data, devices);
    const rounds: RecordedRound[] = [];
    let finished: SimulationManifest['finished'] = null;
    const writeDown = async (): Promise<void> => {
      if (writtenTo !== undefined && record !== undefined)
        await writeManifest(writtenTo, { ...record, finished, rounds });
    };
    const changed = first === undefined || record === undefined ? [] : checkAgain(first, record);
    const again = first === undefined || record === undefined ? undefined : new Again(first, record);
    // Before any round: where it cannot be written nothing is simulated in vain.
    await writeDown();
    options.onBegin?.(spec, setup);
    const leftOut = leftOutForSpeed(learning, spec, setup);
    const few = tooFewRounds(spec);
    for (const message of [...changed, ...data.notes, leftOut, few].filter((one) => one !== undefined))
      options.onLine({ type: 'note', message });

    const processes = isOnGraphics(backend) ? 1 : Math.max(1, options.processes ?? availableParallelism());
    const pool = openPool(processes, {
      spec,
      backend,
      training: prepared.training,
      test: withRowsOf(devices, prepared),
      attack: setup.attack,
      seed: setup.seed,
    });
    const started = performance.now();
    let keptLast = -Infinity;
    const keep = async (at: Checkpoint): Promise<void> => {
      if (keptAt === undefined) return;
      try {
        await writeCheckpoint(keptAt, begun, at);
      } catch (cause) {
        throw new UnusableSetup(`--state ${keptAt}: it cannot be written: ${String(cause)}.`, { cause });
      }
      keptLast = performance.now();
    };
    try {
      laboratory = new Laboratory({
        setup,
        spec,
        devices,
        testRows: data.test.count,
        pool,
        from: earlier?.at,
        onRound(line, round) {
          options.onLine(line);
          rounds.push(round);
          if (again === undefined) return;
          options.onLine(again.round(round));
          if (again.isDone) laboratory?.stop();
        },
        async onBoundary(checkpoint, isLast) {
          if (isLast || isStopped || performance.now() - keptLast >= (options.keepEveryMs ?? KEEP_EVERY_MS))
            await keep(checkpoint());
        },
      });
      if (isStopped) laboratory.stop();
      const result = await laboratory.run();
      let references: ReferencesLine | NoVerdictLine | undefined;
      let isCut = false;
      if (result !== undefined) {
        options.onLine(result);
        areRoundsDone = true;
        // Whoever stopped it in its last round wants no more of it, and where nothing more is to be learnt there is no need.
        if ((isStopped || again?.isDone) && setup.references !== undefined) isCut = true;
        else {
          const asked = referencesOf({
            setup,
            spec,
            devices: learning,
            ...prepared,
            pool,
            parameters: await laboratory.lastParameters(),
            rounds: result.rounds,
          });
          const answer = await Promise.race([asked, cut]);
          if (answer === 'cut') isCut = true;
          else references = answer;
        }
        if (references !== undefined) options.onLine(references);
        if (!isCut)
          finished = {
            rounds: result.rounds,
            weights: v.parse(Digest, result.versionDigest),
            outcome: result.outcome,
            figures: { ...result.metrics },
            references: references === undefined ? null : digestOfText(JSON.stringify(references)),
          };
      }
      const verdict = again?.result(isCut ? undefined : result?.metrics, finished?.references ?? null);
      if (verdict !== undefined) options.onLine(verdict);
      const { engineMs } = laboratory;
      const spent = { wallMs: performance.now() - started, engineMs, processes };
      return { result, isCut, again: verdict, spent };
    } finally {
      await pool.close();
      await writeDown();
    }
  };
  return {
    done: run(),
    stop() {
      isStopped = true;
      laboratory?.stop();
      if (!areRoundsDone) return 'round';
      cutShort();
      return 'references';
    },
  };
}

/** The test rows, and behind them those by which devices judge, in the order of the devices. */
const withRowsOf = (
  devices: readonly SimulatedDevice[],
  { test, training }: Pick<SimulationData, 'test' | 'training'>,
): Examples => {
  const judging = devices.filter((one) => one.judging.length > 0);
  return joinExamples([test, ...judging.map((one) => selectExamples(training, one.judging))]) ?? test;
};

function checkHeldOut({ heldOutDevices }: SimulationSetup, hasRoot: boolean): void {
  if (heldOutDevices !== undefined && hasRoot)
    throw new UnusableSetup(
      '--held-out-devices: the root of a simulation is there to train. Choose a strategy that needs none, or hold no device out.',
    );
}

function checkPersonal({ personalisation, references }: SimulationSetup): void {
  if ((personalisation ?? exactAveraging.personalisation).type === 'none') return;
  if (references !== undefined)
    throw new UnusableSetup(
      '--references: they are held against one model for all, and with --personal each device has its own. Leave one of them out.',
    );
}

function checkAttackers({ attack, attackers }: SimulationSetup): void {
  if (attack === null && attackers > 0)
    throw new UnusableSetup('--attackers needs an attack: name one with --attack, as signflip:scale=5.');
  if (attack !== null && attackers === 0)
    throw new UnusableSetup('--attack needs attackers: give their share with --attackers, as 0.2.');
}

/** What goes by a cohort that is picked and closed has no place where there is none. */
function checkMode({ mode, attack, overSelection }: SimulationSetup, keptAt: string | undefined): void {
  if (mode.type === 'synchronous') return;
  if (keptAt !== undefined)
    throw new UnusableSetup(
      '--state: it is written between two rounds, and in asynchronous rounds some device always trains. Leave it out; the same seed makes the same bytes.',
    );
  if (overSelection !== 1)
    throw new UnusableSetup(
      '--over-selection: asynchronous rounds pick no cohort. Leave it out, and say how many devices train at once by --mode asynchronous:concurrency=20.',
    );
  const acts = attack === null ? undefined : attackNamed(attack.name)?.acts;
  if (attack !== null && (acts === 'on-honest-updates' || acts === 'on-rows-and-own-delta'))
    throw new UnusableSetup(
      `--attack ${attack.name} reckons with the other updates of its cohort, and asynchronous rounds have none. Use labelflip, signflip or gaussian, or synchronous rounds.`,
    );
}

/** What else rates cannot be tried with is the federation's own to refuse (core/search/check-tuning.ts). */
function checkTuning({ tunedRates, evolvedRates, attack }: SimulationSetup): void {
  if ((tunedRates ?? evolvedRates) !== undefined && attack !== null)
    throw new UnusableSetup(
      '--tune-learning-rate: who attacks would say what it likes of its losses. Simulate the one or the other.',
    );
}

/** Tries the attack on a row, so that what does not fit the data is refused before anything begins. */
function checkAttack({ attack, seed }: SimulationSetup, training: Examples, spec: FederationSpec): void {
  const chosen = attack === null ? undefined : attackNamed(attack.name);
  if (chosen !== undefined && chosen.acts !== 'on-rows' && !('network' in spec))
    throw new UnusableSetup(
      `--attack ${chosen.name} changes what training made of parameters, and ${spec.family} sends sums of rows. Use an attack on rows, as labelflip.`,
    );
  if (attack === null || chosen === undefined || !('poison' in chosen)) return;
  const tried = chosen.poison(selectExamples(training, [0]), {
    options: attack.options,
    exampleShape: exampleShape(modelContract(spec)),
    classes: classLabels(spec.contract)?.length,
    draw: random(seed, 'poison'),
  });
  if (!tried.ok) throw new UnusableSetup(`--attack ${attack.name}: ${tried.error.message}`);
}

/** `auto` is measured once, here: all threads must work with the same engine. */
async function backendFor(setup: SimulationSetup, spec: FederationSpec): Promise<Begun['backend']> {
  if (setup.backend !== 'auto') return setup.backend;
  // Sums are the same on any: none is ever opened.
  if (!('network' in spec)) return 'cpu';
  const network = buildNetwork(spec.network);
  if (!network.ok) throw new Error(network.error.message);
  const { backend } = await measuredEngines(createTrainer, availableBackends).choose(
    network.value,
    setup.batchSize,
    null,
  );
  return v.parse(v.picklist(NODE_BACKENDS), backend);
}

function digestOfData({ training, test, parts }: SimulationData): Digest {
  const hash = createHash('sha256');
  for (const { hashes } of [training, test]) hash.update(bytesOf(hashes));
  for (const part of parts) hash.update(`${part.length}`).update(bytesOf(part));
  return v.parse(Digest, hash.digest('hex'));
}
