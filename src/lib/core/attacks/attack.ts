// What a hostile device can do to a round, for simulations and tests: the measure of a strategy is what it stands. An attack is
// pure: rows or updates in, other rows or another update out, and every draw from the seed that it is given.
// Who is hostile, and putting the result in the place of the honest one, is left to the simulation.
import type { Examples } from '../data/examples.ts';
import type { NumberOption, OptionValues } from '../named-options.ts';
import type { Random } from '../random.ts';
import type { Result } from '../result.ts';

export interface AttackProblem {
  readonly kind:
    'needs-classes' | 'no-such-class' | 'no-such-feature' | 'patch-too-large' | 'too-many-hostile';
  readonly message: string;
}

/** What the rows are: shape of one example ([H, W, C] for images, [F] for tables) and number of classes. */
export interface RowsSetting {
  readonly options: OptionValues;
  readonly exampleShape: readonly number[];
  /** Undefined where the target is a number. */
  readonly classes: number | undefined;
  readonly draw: Random;
}

export interface UpdateSetting {
  readonly options: OptionValues;
  /** n: updates of the round, those of the hostile among them. */
  readonly cohort: number;
  /** f, from 1. */
  readonly hostile: number;
  /** η_s: how far the server goes along the aggregate. */
  readonly serverLearningRate: number;
  readonly draw: Random;
}

interface Described {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly paper: string;
  readonly options: readonly NumberOption[];
}

interface OnRows {
  /**
   * The rows to train on instead. Their hashes stay those of the honest rows: an attack moves no row from one split to another.
   */
  poison(rows: Examples, setting: RowsSetting): Result<Examples, AttackProblem>;
}

interface OnOwnDelta {
  /** [P], owned by the caller: what to report instead of the device's own delta [P], which is not written to. */
  craft(own: Float32Array, setting: UpdateSetting): Float32Array<ArrayBuffer>;
}

/** Acts before training, and then trains and reports as told. */
export interface RowsAttack extends Described, OnRows {
  readonly acts: 'on-rows';
}

/** Acts on the device's own delta after training. */
export interface DeltaAttack extends Described, OnOwnDelta {
  readonly acts: 'on-own-delta';
}

/** Acts before and after training. */
export interface RowsAndDeltaAttack extends Described, OnRows, OnOwnDelta {
  readonly acts: 'on-rows-and-own-delta';
}

/** Knows the round's honest updates, as the papers grant it; all hostile devices report the same. */
export interface OmniscientAttack extends Described {
  readonly acts: 'on-honest-updates';
  /** `honest`: [n − f][P], at least one. The result [P] is owned by the caller. */
  craft(
    honest: readonly Float32Array[],
    setting: UpdateSetting,
  ): Result<Float32Array<ArrayBuffer>, AttackProblem>;
}

export type Attack = RowsAttack | DeltaAttack | RowsAndDeltaAttack | OmniscientAttack;

/** The option of that name, which the attack's spec holds (named-options.ts). */
export function optionOf({ options }: { readonly options: OptionValues }, name: string): number {
  const value = options[name];
  if (value === undefined) throw new RangeError(`The option “${name}” is missing.`);
  return value;
}
