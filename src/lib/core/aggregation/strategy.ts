// What makes one model of a round's updates. A strategy is pure: the same updates in, in any order, give the same bytes out.
// It is one of two kinds. `sum`: a weighted sum of the updates (and of a few numbers beside them) is all that it sees, folded
// in as they arrive in memory O(P), so that secure aggregation can stand in front of it. `individual`: it compares updates
// with each other, block by block, in memory O(cohort · block). Reading updates is the coordinator's work (server/coordinator).
import type { NumberOption, OptionValues } from '../named-options.ts';
import type { Result } from '../result.ts';
import type { FixedPointSum } from './fixed-point-sum.ts';

export type StrategyOption = NumberOption;
export type StrategyOptions = OptionValues;

/** What is known of one update besides its values. Claims of the device, within what it checked in with. */
export interface UpdateFacts {
  /** n_k: rows that it was trained on. */
  readonly examples: number;
  /** τ_k: local optimiser steps that were taken, from 1. */
  readonly steps: number;
  /** F_k(w_t): mean training loss on the device's rows at the base, nats or squared error; null where it was not asked for. */
  readonly baseLoss: number | null;
  /** ‖update‖₂ of all its values. */
  readonly norm: number;
  /** Versions committed since its base; 0 in synchronous rounds. */
  readonly staleness: number;
}

/** Fixed when the round is configured, and part of its record. */
export interface AggregationSetting {
  /** P */
  readonly parameterCount: number;
  readonly options: StrategyOptions;
  /** How a device trains: some strategies undo what their arithmetic did to the update. */
  readonly training: {
    readonly learningRate: number;
    /** 0 for plain SGD. */
    readonly momentum: number;
    /** μ of FedProx. */
    readonly proximalTerm: number;
  };
  /** Participants that the run has seen so far: N of SCAFFOLD. */
  readonly population: number;
}

export type AggregationFailure =
  | { readonly kind: 'no-updates' }
  | { readonly kind: 'not-finite'; readonly index: number }
  /** The strategy cannot work with so few: `needed` updates, got `got`. */
  | { readonly kind: 'too-few-updates'; readonly needed: number; readonly got: number }
  /** The root's update, against which the others are measured, did not come. */
  | { readonly kind: 'no-root' }
  /** It is all zeros: it points nowhere. */
  | { readonly kind: 'root-is-zero' }
  /** None of the `updates` points the way of the root's. */
  | { readonly kind: 'none-trusted'; readonly updates: number }
  /** norm-guard.ts: ‖aggregate delta‖₂ = `norm` > `factor` · `median` of the last `versions` norms. */
  | {
      readonly kind: 'norm-jump';
      readonly norm: number;
      readonly median: number;
      readonly factor: number;
      readonly versions: number;
    };

export function failureSentence(failure: AggregationFailure): string {
  switch (failure.kind) {
    case 'no-updates':
      return 'No update was left to average.';
    case 'not-finite':
      return `Parameter ${failure.index} of the average is not a finite number.`;
    case 'too-few-updates':
      return `The strategy needs ${failure.needed} updates to compare, and the round has ${failure.got}.`;
    case 'no-root':
      return 'The update of a device that is trusted as root is missing, and the others are measured against it.';
    case 'root-is-zero':
      return 'Training on the root’s rows changed nothing, so there is no direction to measure updates against. Give more root rows or a higher learning rate.';
    case 'none-trusted':
      return `None of the ${failure.updates} updates points the way of the root’s. Check that the root’s rows are like the other devices’ data.`;
    case 'norm-jump':
      return `The aggregate moves the model by ${failure.norm.toPrecision(3)}, more than ${failure.factor} times the median ${failure.median.toPrecision(3)} of the last ${failure.versions} versions. Look at this round’s updates before going on.`;
    default:
      return failure satisfies never;
  }
}

/** A new version, and what the strategy remembers with it. Both own their buffers. */
export interface Aggregated {
  /** [P] */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** [stateLength]: moments, controls; part of the version, so that a restart or a rollback goes on exactly. */
  readonly state: Float32Array<ArrayBuffer>;
}

/** What a strategy is chosen for: forms and lists show them by it. */
export type StrategyGroup = 'average' | 'adaptive' | 'uneven' | 'robust';

interface Described {
  readonly name: string;
  readonly title: string;
  readonly group: StrategyGroup;
  /** One sentence for a coordinator: when to choose it. */
  readonly description: string;
  readonly paper: string;
  readonly options: readonly StrategyOption[];
  /** Values that it remembers from version to version. A version without state stands for zeros. */
  stateLength(setting: Pick<AggregationSetting, 'parameterCount' | 'options'>): number;
  /** Values in one update for P parameters: P, or 2P where controls travel with the delta. */
  updateLength(parameterCount: number): number;
  /** What a device reports or does beyond training. */
  readonly asks: readonly ('base-loss' | 'controls')[];
}

export interface SumStrategy extends Described {
  readonly needs: 'sum';
  /**
   * How an update enters the sum: coordinates are multiplied by `scale` (|scale| ≤ scaleBound), rounded to the round's
   * quantum and counted `weight` times, a whole number of at most `weightBound(claimed examples)`. `scalars`, finite
   * numbers, are summed unweighted beside the vector. Throws RangeError where a fact that was asked for is missing.
   */
  weigh(
    facts: UpdateFacts,
    setting: AggregationSetting,
  ): { readonly scale: number; readonly weight: number; readonly scalars: readonly number[] };
  scaleBound(setting: AggregationSetting): number;
  weightBound(claimedExamples: number): number;
  /** The new version from the sum, the base [P] and the state of the base's version [stateLength], which is not written to. */
  finish(
    sum: FixedPointSum,
    base: Float32Array,
    state: Float32Array,
    setting: AggregationSetting,
  ): Result<Aggregated, AggregationFailure>;
}

/**
 * Part of every update of a round: values[k][i] is coordinate offset + i of the k-th, in a fixed order of participants. Blocks
 * may be of any length: a rule's bytes do not depend on it.
 */
export interface UpdateBlock {
  readonly offset: number;
  /** One view a participant, each of the same length; valid during the call only. */
  readonly values: readonly Float32Array[];
}

/** One aggregation of all updates of a round, in passes over their blocks. */
export interface BlockRule {
  /** The next pass over all blocks, in order of their offsets; undefined when none is left. */
  next(): ((block: UpdateBlock) => void) | undefined;
  /** Δ̄ [P], the aggregate delta: owned by the caller. Once, after the last pass. */
  delta(): Result<Float64Array<ArrayBuffer>, AggregationFailure>;
}

export interface IndividualStrategy extends Described {
  readonly needs: 'individual';
  /** With so many updates of participants, or more, it always works. What `start` refuses is always fewer. */
  minimumUpdates(options: StrategyOptions): number;
  /**
   * True where it measures updates against one that is trusted, the root's: then the first of the facts, and the first of every
   * block's values, is that one. It is not counted among the updates of participants.
   */
  readonly needsRoot: boolean;
  /** Fails with too-few-updates before any block is read. */
  start(
    updates: readonly UpdateFacts[],
    setting: AggregationSetting,
  ): Result<BlockRule, Extract<AggregationFailure, { kind: 'too-few-updates' }>>;
  finish(
    delta: Float64Array,
    base: Float32Array,
    state: Float32Array,
    setting: AggregationSetting,
  ): Result<Aggregated, AggregationFailure>;
}

export type Strategy = SumStrategy | IndividualStrategy;

/** Whether it measures updates against that of a device that the coordinator trusts. */
export const needsRoot = (strategy: Strategy): boolean =>
  strategy.needs === 'individual' && strategy.needsRoot;

/** Updates that a round must have, the root's among them where it needs one. */
export const leastUpdates = (strategy: Strategy, options: StrategyOptions): number =>
  strategy.needs === 'individual' ? strategy.minimumUpdates(options) + (strategy.needsRoot ? 1 : 0) : 1;
