// Overfit one batch: a network that cannot learn thirty rows by heart will not learn from thousands. Nothing is kept of it; dropout, which
// is there against learning by heart, is left out.
import type { Examples } from '../../core/data/examples.ts';
import { initialParameters, buildNetwork, type Network } from '../../core/model/network.ts';
import type { OptionValues } from '../../core/named-options.ts';
import { random } from '../../core/random.ts';
import { unfolded } from '../../core/learners/terms-as-columns.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Engine } from '../engine.ts';
import { startState } from '../train-locally.ts';
import type { BenchData } from './bench-data.ts';
import { unsuitedFor, type ChosenModel } from './models.ts';

/** Nats of classes; squares of the target's standard deviation of a number. */
export const LEARNT_BELOW = 0.05;
export const MOST_STEPS = 200;
/** Rows of the batch at most. */
export const BATCH = 32;
/** Of Adam: two hundred steps are few. */
const USUAL_RATE = 0.01;

/** The learning rate where somebody has set one, as in `mlp:rate=0.1`; else what suits so few steps. */
const overfitRate = (model: string, options: OptionValues): number =>
  /[:,]rate=/.test(model) ? (options['rate'] ?? USUAL_RATE) : USUAL_RATE;

export interface Overfit {
  /** After each step, on the batch itself: the last is below LEARNT_BELOW, or the 200th, or no number. */
  readonly losses: readonly number[];
  readonly rows: number;
  readonly canLearn: boolean;
  /** What came of it and, where it failed, what to look at first. */
  readonly says: string;
}

export interface OverfitTask {
  readonly network: Network;
  /** Encoded rows to learn from; a batch is drawn of them. */
  readonly rows: Examples;
  readonly learningRate: number;
  readonly seed: number;
}

/** What is asked of a model of the workbench, `asked` being its name with the settings that were typed; or why it cannot be. */
export function overfitTask(
  { model, options }: ChosenModel,
  asked: string,
  { contract, training }: Pick<BenchData, 'contract' | 'training'>,
  seed: number,
): Result<OverfitTask, string> {
  if (model.type !== 'network')
    return fail(
      `One batch is learnt by heart step by step, and ${model.title} does not learn so. Choose a network.`,
    );
  const unsuited = unsuitedFor({ model, options }, contract);
  if (unsuited !== undefined) return fail(`${model.title} does not suit these data: ${unsuited}`);
  const columns = unfolded(contract);
  const large = columns?.tooLarge(training.count);
  if (large !== undefined) return fail(`${model.title} does not suit these data: ${large}`);
  const rows =
    columns === undefined
      ? training
      : { ...training, features: columns.rows(training.features, training.count) };
  const network = model.network(columns?.contract ?? contract, options);
  return ok({ network, rows, learningRate: overfitRate(asked, options), seed });
}

/** Rejects with the signal's reason, and with TrainerFailure. */
export async function overfitOneBatch(
  { network, rows, learningRate, seed }: OverfitTask,
  openEngine: (network: Network, batchSize: number) => Promise<Engine>,
  signal: AbortSignal | undefined,
  onLoss: (loss: number, step: number) => void | Promise<void> = () => {},
): Promise<Overfit> {
  const remembering = withoutDropout(network);
  const batch = random(seed, 'overfit')
    .shuffle(Uint32Array.from({ length: rows.count }, (_, index) => index))
    .slice(0, BATCH);
  const engine = await openEngine(remembering, batch.length);
  try {
    const trainer = await engine.trainer();
    const session = await trainer.open(remembering, {
      learningRate,
      optimizer: { type: 'adam' },
      proximalTerm: 0,
      seed,
    });
    const losses: number[] = [];
    try {
      await session.setRows(rows);
      await session.setState(startState(initialParameters(remembering, seed)));
      while (losses.length < MOST_STEPS && !(losses.at(-1)! < LEARNT_BELOW)) {
        signal?.throwIfAborted();
        await session.step(batch);
        const loss = await session.takeLoss();
        losses.push(loss);
        await onLoss(loss, losses.length);
        if (!Number.isFinite(loss)) break;
      }
    } finally {
      session.close();
    }
    const canLearn = losses.at(-1)! < LEARNT_BELOW;
    return { losses, rows: batch.length, canLearn, says: verdict(losses, canLearn, twins(rows, batch)) };
  } finally {
    engine.dispose();
  }
}

function withoutDropout(network: Network): Network {
  const layers = network.spec.layers.map((layer) =>
    layer.type === 'dropout' ? { ...layer, rate: 0 } : layer,
  );
  const built = buildNetwork({ ...network.spec, layers });
  if (!built.ok) throw new Error(`Without dropout a network has the shapes it had: ${built.error.message}`);
  return built.value;
}

/** Two rows of the batch that are alike and yet have another target: no model tells them apart. */
function twins({ features, targets, count }: Examples, batch: Uint32Array): boolean {
  const size = features.length / count;
  const seen = new Map<string, number>();
  for (const row of batch) {
    const key = features.subarray(row * size, (row + 1) * size).join();
    const before = seen.get(key);
    if (before !== undefined && before !== targets[row]) return true;
    seen.set(key, targets[row] ?? 0);
  }
  return false;
}

function verdict(losses: readonly number[], canLearn: boolean, hasTwins: boolean): string {
  const last = losses.at(-1) ?? NaN;
  const first = losses[0] ?? NaN;
  const at = `after ${losses.length} ${losses.length === 1 ? 'step' : 'steps'}`;
  if (canLearn) return `The model can learn: the loss of one batch fell below ${LEARNT_BELOW} ${at}.`;
  if (!Number.isFinite(last))
    return `The loss is no number any more ${at}: the learning rate is too large, or a layer’s values grow without bound. Try a tenth of the rate.`;
  const fell = `The loss of one batch is still ${last.toPrecision(3)} ${at}, from ${first.toPrecision(3)}.`;
  if (hasTwins)
    return `${fell} Two of its rows are alike and have different targets: no model can tell them apart. Look at the data first.`;
  if (last > first)
    return `${fell} It rose: the learning rate is too large for these layers. Try a tenth of it.`;
  if (last > 0.9 * first)
    return `${fell} It hardly moved: look for a layer that lets nothing through (all below zero at a relu, a sigmoid that is full, a layer of one unit), or for a learning rate that is too small.`;
  return `${fell} It falls, but slowly: give the layers more units, or raise the learning rate.`;
}
