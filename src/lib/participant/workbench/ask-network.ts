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

/**
 * Its outputs [count, outputSize] as a Fitted gives them. `between` is awaited after each `atOnce` rows, with how many are done. Rejects
 * with the signal's reason.
 */
export async function askedOnEngine(
  engine: Engine,
  { network, plan, parameters }: TrainedNetwork,
  features: Uint8Array | Float32Array,
  count: number,
  signal: AbortSignal | undefined,
  { atOnce = ROWS_AT_ONCE, between }: AskedInPieces = {},
): Promise<Float64Array<ArrayBuffer>> {
  const session = await (await engine.trainer()).open(network, plan);
  try {
    await session.setState(startState(parameters));
    const size = count === 0 ? 0 : features.length / count;
    const all = new Float64Array(count * network.outputSize);
    for (let from = 0; from < count; from += atOnce) {
      const own = Math.min(atOnce, count - from);
      const piece = await session.predict(features.slice(from * size, (from + own) * size), own);
      all.set(piece, from * network.outputSize);
      await between?.(from + own);
      signal?.throwIfAborted();
    }
    return all;
  } finally {
    session.close();
  }
}

export interface AskedInPieces {
  readonly atOnce?: number;
  between?(done: number): Promise<void>;
}
