// Examples as a network sees them (core/model/embedding.ts), worked out on an engine. Every model and picture that goes by an embedding
// takes its rows from here. The usual engine gives a row the same bits whichever rows it is asked beside, in training as later.
import { MOST_SEEN, type Embedding } from '../../core/model/embedding.ts';
import type { LearnerRows } from '../../core/learners/learner.ts';
import type { Network } from '../../core/model/network.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Engine } from '../engine.ts';
import { askInto } from './ask-network.ts';
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
    const seen = new Float32Array(count * network.outputSize);
    await askInto(seen, engine, trained, features, count, signal, {
      atOnce: ROWS_AT_ONCE,
      async between(done) {
        onProgress?.(done / count);
        await clock?.tick();
      },
    });
    return seen;
  } finally {
    engine.dispose();
  }
}

/**
 * What `says` makes of what the network sees, [count, outputs]: in pieces, so that any number of rows may be asked about. Rejects with the
 * signal's reason.
 */
export async function saidOfSeen(
  embedding: Pick<Embedding, 'network' | 'parameters'>,
  { features, count }: Pick<LearnerRows, 'features' | 'count'>,
  surroundings: EmbeddingSurroundings,
  says: (seen: Float32Array<ArrayBuffer>, count: number) => Float64Array | Promise<Float64Array>,
  mostNumbers = MOST_SEEN,
): Promise<Float64Array<ArrayBuffer>> {
  const atOnce = Math.max(1, Math.floor(mostNumbers / embedding.network.outputSize));
  const size = count === 0 ? 0 : features.length / count;
  const pieces: Float64Array[] = [];
  for (let from = 0; from < count; from += atOnce) {
    const rows = Math.min(atOnce, count - from);
    const piece = { features: features.subarray(from * size, (from + rows) * size), count: rows };
    pieces.push(await says(await embeddedRows(embedding, piece, surroundings), rows));
  }
  return joined(pieces);
}

function joined(pieces: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  const all = new Float64Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
