// What the workbench worker does with a request, apart from being a worker: every request is answered exactly once.
import { classLabels } from '../core/data/contract.ts';
import { summariseNumbers, type Histogram } from '../core/exploration/number-summary.ts';
import type { DatasetVersion, Digest } from '../core/ids.ts';
import type { RecipeProblem } from '../core/recipe/fit.ts';
import { readRecipe, recipeDigest } from '../core/recipe/recipe.ts';
import { createEngine } from '../participant/engine.ts';
import { analyse } from '../participant/workbench/analyse.ts';
import type { BenchData } from '../participant/workbench/bench-data.ts';
import { benchModelNamed, benchModels, chosenWith, usualModel } from '../participant/workbench/models.ts';
import { runBench, type BenchRun } from '../participant/workbench/run-bench.ts';
import { storedData } from '../participant/workbench/stored-data.ts';
import type { Clock } from '../ports/clock.ts';
import { DataLocked, type DatasetStore } from '../ports/dataset-store.ts';
import type { BackendName, Trainer } from '../ports/trainer.ts';
import type {
  BenchReply,
  BenchRequest,
  OpenedBench,
  OpenRequest,
  TrainedBench,
  TrainingWishes,
  TrainRequest,
} from './bench-messages.ts';
import { QuestionRefused } from './question-refused.ts';

export interface BenchDependencies {
  /** Rejects when the browser gives no storage. */
  store(): Promise<DatasetStore>;
  createTrainer(backend: BackendName): Promise<Trainer>;
  readonly clock: Clock;
  reply(message: BenchReply): void;
}

/** Progress goes out at most this often. */
const PROGRESS_EVERY_MS = 100;
/** Networks train on what the command line trains them on, so that they come out the same to the bit. */
const BACKEND = 'simd';

interface Kept {
  readonly dataset: string;
  readonly version: DatasetVersion;
  readonly target: string;
  /** Its digest; null: the usual one. */
  readonly recipe: Digest | null;
  readonly data: BenchData;
}

/** Rows that cannot be learnt from. */
class Unusable extends Error {
  override readonly name = 'Unusable';
  constructor(
    message: string,
    readonly recipe?: RecipeProblem,
  ) {
    super(message);
  }
}

export function bench(dependencies: BenchDependencies): (request: BenchRequest) => Promise<void> {
  const running = new Map<number, AbortController>();
  /** What was opened last: training it costs no second reading. */
  let kept: Kept | undefined;

  const opened = async ({
    dataset: id,
    target,
    recipe: given,
  }: Pick<OpenRequest, 'dataset' | 'target' | 'recipe'>): Promise<Kept> => {
    const read = given === null ? undefined : readRecipe(given);
    if (read?.ok === false) throw new Unusable(read.error);
    const recipe = read === undefined ? null : recipeDigest(read.value);
    const store = await dependencies.store();
    const record = await store.record(id);
    if (record === undefined) throw gone();
    if (
      kept?.dataset === id &&
      kept.version === record.version &&
      kept.target === target &&
      kept.recipe === recipe
    )
      return kept;
    const examples = await store.read(id);
    if (examples === undefined) throw gone();
    const data = storedData(record.contract, examples, target, read?.value);
    if (!data.ok) throw new Unusable(withoutFlags(data.error.message), data.error.recipe);
    kept = { dataset: id, version: record.version, target, recipe, data: data.value };
    return kept;
  };

  const work = async (request: OpenRequest | TrainRequest, signal: AbortSignal): Promise<BenchReply> => {
    const { id } = request;
    if (request.name === 'open') return { type: 'opened', id, opened: openedOf(await opened(request)) };
    const here = await opened(request);
    if (here.version !== request.version)
      throw new Unusable('This dataset was changed in another tab. Look at it again, then train on it.');
    return { type: 'trained', id, trained: await train(here, request, signal, dependencies) };
  };

  return async (request) => {
    if (request.name === 'cancel') return running.get(request.request)?.abort();
    const { id } = request;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const reply = await work(request, controller.signal);
      // Whoever has cancelled waits for that, and for nothing else.
      dependencies.reply(controller.signal.aborted ? { type: 'cancelled', id } : reply);
    } catch (error) {
      if (controller.signal.aborted) dependencies.reply({ type: 'cancelled', id });
      else if (error instanceof Unusable) dependencies.reply(refusalOf(id, error));
      else dependencies.reply({ type: 'failure', id, message: sentenceOf(error) });
    } finally {
      running.delete(id);
    }
  };
}

function refusalOf(id: number, { message, recipe }: Unusable): BenchReply {
  if (recipe === undefined) return { type: 'refused', id, message };
  const { step, reports, found } = recipe;
  return { type: 'refused', id, message, recipe: { step, reports, found } };
}

const gone = (): QuestionRefused =>
  new QuestionRefused('no-dataset', 'This dataset is not in this browser any more.');

/** Sentences of the workbench name the flags of the command line, which are not to be had here. */
const withoutFlags = (sentence: string): string => sentence.replaceAll(/ \(--[a-z-]+(?: [a-z]+)?\)/g, '');

function openedOf({ version, target, data }: Kept): OpenedBench {
  const { contract, training, heldOut, split, notes, preparation } = data;
  return {
    version,
    target,
    training: training.count,
    heldOut: heldOut.count,
    split,
    classes: classLabels(contract) ?? null,
    notes,
    preparation:
      preparation === undefined
        ? null
        : {
            recipe: recipeDigest(preparation.fitted.recipe),
            digest: preparation.digest,
            reports: preparation.reports,
            found: preparation.found,
          },
    models: benchModels
      .filter((model) => model.unsuited(contract) === undefined)
      .map(({ name, title, description }) => ({ name, title, description })),
    usual: usualModel(contract).model.name,
  };
}

/** Rejects with Unusable, and with the signal's reason. */
async function train(
  { data, target }: Kept,
  { id, training }: TrainRequest,
  signal: AbortSignal,
  { clock, createTrainer, reply }: BenchDependencies,
): Promise<TrainedBench> {
  let toldAt = -Infinity;
  const done = await runBench(
    { data, chosen: chosenBy(training), seed: training.seed },
    {
      clock,
      signal,
      openEngine: async () =>
        createEngine(
          {
            backend: BACKEND,
            description: BACKEND,
            reason: 'It is what the command line uses.',
            reports: [],
          },
          createTrainer,
        ),
    },
    (event) => {
      if (event.type === 'progress') {
        if (clock.monotonic() - toldAt < PROGRESS_EVERY_MS) return;
        toldAt = clock.monotonic();
      }
      reply({ type: 'event', id, event });
    },
  );
  if (!done.ok) throw new Unusable(withoutFlags(done.error));
  const { result, fitted, outputs } = done.value;
  try {
    reply({ type: 'event', id, event: { type: 'asking' } });
    await clock.tick();
    signal.throwIfAborted();
    return {
      result,
      analysis: await analyse(data, fitted, outputs, training.seed),
      residuals: residualsOf(data, outputs),
      standardDeviation: numberTarget(data)?.standardDeviation ?? null,
      classes: classLabels(data.contract) ?? null,
      target,
      seed: training.seed,
      data: data.digest,
    };
  } finally {
    fitted.close();
  }
}

function chosenBy({ model: name, budgetMs, trials }: TrainingWishes): BenchRun['chosen'] {
  if (name === 'auto') return { type: 'search', budgetMs, mostTrials: trials, known: [] };
  const model = benchModelNamed(name);
  if (model === undefined) throw new Unusable(`There is no model “${name}” in the catalogue.`);
  return chosenWith(model, {});
}

const numberTarget = ({ contract }: BenchData) =>
  contract.kind === 'table' && contract.target.type === 'number' ? contract.target : undefined;

function residualsOf(data: BenchData, outputs: Float64Array): Histogram | null {
  const target = numberTarget(data);
  if (target === undefined) return null;
  const errors = outputs.map(
    (output, row) => (output - data.heldOut.targets[row]!) * target.standardDeviation,
  );
  return summariseNumbers(errors)?.histogram ?? null;
}

function sentenceOf(error: unknown): string {
  if (error instanceof DataLocked || error instanceof QuestionRefused) return error.message;
  return `The training ended with an error: ${error instanceof Error ? error.message : String(error)}`;
}
