// What a network gives of encoded examples, on an engine: some rows at a time.
import type { Network } from '../../core/model/network.ts';
import type { TrainingPlan } from '../../core/model/spec.ts';
import type { Engine } from '../engine.ts';
import { startState } from '../train-locally.ts';

/** A network as it was trained. */
export interface TrainedNetwork {
  readonly network: Network;
  readonly plan: TrainingPlan;
  readonly parameters: Float32Array<ArrayBuffer>;
}

const ROWS_AT_ONCE = 1024;

/** Its outputs [count, outputSize] as a Fitted gives them. Rejects with the signal's reason. */
export async function askedOnEngine(
  engine: Engine,
  trained: TrainedNetwork,
  features: Uint8Array | Float32Array,
  count: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array<ArrayBuffer>> {
  const all = new Float64Array(count * trained.network.outputSize);
  await askInto(all, engine, trained, features, count, signal);
  return all;
}

/**
 * Fills `all` [count, outputSize]: in single precision where that is what is wanted, for the rows of a dataset twice over are too many.
 * `between` is awaited after each `atOnce` rows, with how many are done. Rejects with the signal's reason.
 */
export async function askInto(
  all: Float32Array | Float64Array,
  engine: Engine,
  { network, plan, parameters }: TrainedNetwork,
  features: Uint8Array | Float32Array,
  count: number,
  signal: AbortSignal | undefined,
  { atOnce = ROWS_AT_ONCE, between }: AskedInPieces = {},
): Promise<void> {
  const session = await (await engine.trainer()).open(network, plan);
  try {
    await session.setState(startState(parameters));
    const size = count === 0 ? 0 : features.length / count;
    for (let from = 0; from < count; from += atOnce) {
      const own = Math.min(atOnce, count - from);
      const piece = await session.predict(features.slice(from * size, (from + own) * size), own);
      all.set(piece, from * network.outputSize);
      await between?.(from + own);
      signal?.throwIfAborted();
    }
  } finally {
    session.close();
  }
}

export interface AskedInPieces {
  readonly atOnce?: number;
  between?(done: number): Promise<void>;
}
