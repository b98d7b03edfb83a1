// What makes one model of a round's updates. A strategy is pure but for the state it owns: same updates in, in any
// order, same bytes out. Reading updates (from spooled files, in chunks) is the coordinator's work.
import type { Result } from '../result.ts';

/** Fixed when the round is configured, and part of its record. */
export interface AggregationSetting {
  /** P */
  readonly parameterCount: number;
  /** The unit that coordinates are rounded to, a power of two. */
  readonly quantum: number;
}

/** Part of one update: `values` stand at `offset` of the flat delta [P]. */
export interface UpdateChunk {
  readonly offset: number;
  readonly values: Float32Array;
  /** n_k */
  readonly examples: number;
}

export type AggregationFailure =
  { readonly kind: 'no-updates' } | { readonly kind: 'not-finite'; readonly index: number };

export interface Strategy<State> {
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  /** `sum`: the weighted sum of the updates is all it sees. `individual`: it must see each one, so secure aggregation is out. */
  readonly needs: 'sum' | 'individual';
  /** Memory: O(P), whatever the cohort. */
  init(setting: AggregationSetting): State;
  /** Folds in a chunk, in place. Every chunk of an update is added exactly once, then `end` is called for it. */
  add(state: State, chunk: UpdateChunk): void;
  end(state: State, examples: number): void;
  /** The new parameters [P], from those of the base; the state is not used again. */
  finish(state: State, base: Float32Array): Result<Float32Array<ArrayBuffer>, AggregationFailure>;
}
