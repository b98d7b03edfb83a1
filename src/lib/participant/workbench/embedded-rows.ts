// Examples as a network sees them (core/model/embedding.ts), worked out on an engine. Every model and picture that goes by an embedding
// takes its rows from here. The usual engine gives a row the same bits whichever rows it is asked beside, in training as later.
import type { Embedding } from '../../core/model/embedding.ts';
import type { LearnerRows } from '../../core/learners/learner.ts';
import type { Network } from '../../core/model/network.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Engine } from '../engine.ts';
import { askedOnEngine } from './ask-network.ts';
import { planOf } from './models.ts';

/** A person's hand is felt after so many. */
const ROWS_AT_ONCE = 256;

export interface EmbeddingSurroundings {
  openEngine(network: Network, batchSize: number): Engine | Promise<Engine>;
  /** Without it messages that wait for this thread are heard when all is done. */
  readonly clock?: Pick<Clock, 'tick'> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** [count, width]. Rejects with the signal's reason. */
export async function embeddedRows(
  { network, parameters }: Pick<Embedding, 'network' | 'parameters'>,
  { features, count }: Pick<LearnerRows, 'features' | 'count'>,
  { openEngine, clock, signal }: EmbeddingSurroundings,
  onProgress?: (share: number) => void,
): Promise<Float32Array<ArrayBuffer>> {
  const engine = await openEngine(network, ROWS_AT_ONCE);
  try {
    // Of the plan nothing counts where nothing is trained.
    const trained = { network, plan: planOf({}, 0), parameters: Float32Array.from(parameters) };
    const outputs = await askedOnEngine(engine, trained, features, count, signal, {
      atOnce: ROWS_AT_ONCE,
      async between(done) {
        onProgress?.(done / count);
        await clock?.tick();
      },
    });
    return Float32Array.from(outputs);
  } finally {
    engine.dispose();
  }
}
