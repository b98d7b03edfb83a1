// What learns from rows that lie on one device, by a formula or a search of its own rather than by a Trainer: lines, neighbours,
// trees. A learner is pure: the same rows, options and seed give the same bits, whatever runs it. Networks are left to
// model/ and the Trainer port.
import { classLabels, exampleShape, type DataContract } from '../data/contract.ts';
import type { Examples } from '../data/examples.ts';
import type { NumberOption, OptionValues } from '../named-options.ts';

/** Rows as an import leaves them; see core/data/examples.ts. */
export type LearnerRows = Pick<Examples, 'count' | 'features' | 'targets'> & {
  /** So many at the end were added to balance the classes (core/balance): they teach, and judge nothing. */
  readonly added?: number;
};

/** Rows as they came. */
export const ownCount = ({ count, added = 0 }: LearnerRows): number => count - added;

export type Task = { readonly type: 'classes'; readonly classes: number } | { readonly type: 'number' };

export const taskOf = (contract: DataContract): Task => {
  const labels = classLabels(contract);
  return labels === undefined ? { type: 'number' } : { type: 'classes', classes: labels.length };
};

/** Numbers that stand for one row's prediction: a share a class, or the number. */
export const outputsOf = (task: Task): number => (task.type === 'classes' ? task.classes : 1);

/** Something that says what it expects of rows. */
export interface Predictor {
  /** [count, classes] shares that add up to 1, or [count] encoded numbers. `features` [count, F]. Owns its buffer. */
  predict(features: Uint8Array | Float32Array, count: number): Float64Array<ArrayBuffer>;
  /** Everything that was learnt, in a fixed order: what the model's digest is made of, and what a file keeps of it. */
  readonly learnt: readonly LearntPart[];
  /** How far off it was as it grew: by stage on the rows learnt from, or by tree on rows that the trees had not drawn. Not revived. */
  readonly curve?: readonly LearningPoint[];
}

/** `step` from 1; `loss` as a network's: nats of the true class, or half the squared error of the encoded number. */
export interface LearningPoint {
  readonly step: number;
  readonly loss: number;
}

export type LearntPart = Uint8Array | Int32Array | Float32Array | Float64Array;

export interface Lesson {
  readonly contract: DataContract;
  readonly rows: LearnerRows;
  readonly options: OptionValues;
  readonly seed: number;
}

/** A learning under way: yields the share of it that is done, 0–1, often enough for a person's hand; returns what was learnt. */
export type Learning<P extends Predictor = Predictor> = Generator<number, P, undefined>;

export interface Learner {
  readonly name: string;
  readonly title: string;
  /** One sentence: when to choose it. */
  readonly description: string;
  readonly options: readonly NumberOption[];
  /** Why it cannot learn rows of this contract, with these options or its usual ones, in a sentence; undefined where it can. */
  unsuited(contract: DataContract, options?: OptionValues): string | undefined;
  /** It knows columns of terms; any other is given the commonest of them as columns of numbers (terms-as-columns.ts). */
  readonly takesTerms?: true;
  /** `rows.count` is at least 1. */
  learn(lesson: Lesson): Learning;
  /** The predictor of what it had learnt; undefined where the parts do not fit the contract and options. */
  revive(contract: DataContract, options: OptionValues, learnt: readonly LearntPart[]): Predictor | undefined;
}

/** Runs a learning to its end in one go: for tests, and for what takes no time. */
export function learnt<P extends Predictor>(learning: Learning<P>): P {
  for (;;) {
    const step = learning.next();
    if (step.done === true) return step.value;
  }
}

/** F */
export const featuresOf = ({ count, features }: LearnerRows): number => features.length / count;

/** F of a contract. */
export const sizeOf = (contract: DataContract): number =>
  exampleShape(contract).reduce((size, side) => size * side, 1);

/** What one stored value is worth: bytes stand for value / 255. */
export const unitOf = (features: Uint8Array | Float32Array): number =>
  features instanceof Uint8Array ? 1 / 255 : 1;

/** Reads an option that readOptions has filled in. */
export function optionOf(options: OptionValues, name: string): number {
  const value = options[name];
  if (value === undefined) throw new Error(`The option “${name}” was not filled in.`);
  return value;
}
