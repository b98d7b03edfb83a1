// A model that is learnt from sums over rows alone, in rounds: boosted trees, clusters. The server holds its state as one flat
// vector of parameters, a version like any other; a device answers it with sums over its own rows; a `sum` strategy makes the
// next state from the sum of those. What differs from a network is only who computes the update and what the sum becomes.
import type { Examples } from '../data/examples.ts';
import type { Tally } from '../metrics/tally.ts';
import type { Result } from '../result.ts';
import type { SumStrategy } from './strategy.ts';

/** Rows as a device holds them: see core/data/examples.ts. */
export type ModelRows = Pick<Examples, 'count' | 'features' | 'targets'>;

/** Why a model cannot be built, or its state or rows cannot be worked with; `message` is one sentence that says what to do. */
export interface ModelProblem {
  readonly kind: 'unsuited-contract' | 'too-large' | 'foreign-state' | 'unsuited-rows' | 'unreadable-file';
  readonly message: string;
}

export interface RoundProgress {
  /** How far of `roundsNeeded` the state has come. */
  readonly rounds: number;
  /** An upper bound of the rounds that it takes in all: where work falls away, `rounds` leaps. */
  readonly roundsNeeded: number;
  /** Another round would change nothing. */
  readonly isComplete: boolean;
}

export interface SummedModel {
  /** P */
  readonly parameterCount: number;
  /** Values in one update, the same in every round. */
  readonly updateLength: number;
  /** The state before the first round, [P]; made without seeing a row. Owns its buffer. */
  initial(): Float32Array<ArrayBuffer>;
  /**
   * What a device reports: sums over its rows in exact words, [updateLength], each coordinate within ±64. Depends on nothing but
   * its arguments, whatever the engine. Owns its buffer.
   */
  update(parameters: Float32Array, rows: ModelRows): Result<Float32Array<ArrayBuffer>, ModelProblem>;
  /** Makes the next state from the summed updates; each counts once, whatever its rows. */
  readonly strategy: SumStrategy;
  progress(parameters: Float32Array): Result<RoundProgress, ModelProblem>;
  /** Counts and sums of scored rows, which add up over devices. */
  evaluate(parameters: Float32Array, rows: ModelRows): Result<Tally, ModelProblem>;
  /**
   * What it says of rows, [count, outputs]: class probabilities, an encoded number, or the squared distance to each centre (encoded
   * units). `features` [count, F]. Owns its buffer.
   */
  predict(
    parameters: Float32Array,
    features: Uint8Array | Float32Array,
    count: number,
  ): Result<Float32Array<ArrayBuffer>, ModelProblem>;
}
