// What learns from rows that lie on one device, by a formula or a search of its own rather than by a Trainer: lines, neighbours,
// trees. A learner is pure: the same rows, options and seed give the same bits, whatever runs it. Networks are left to
// model/ and the Trainer port.
import { classLabels, type DataContract } from '../data/contract.ts';
import type { Examples } from '../data/examples.ts';
import type { NumberOption, OptionValues } from '../named-options.ts';

/** Rows as an import leaves them; see core/data/examples.ts. */
export type LearnerRows = Pick<Examples, 'count' | 'features' | 'targets'>;

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
  /** Everything that was learnt, in a fixed order: what the model's digest is made of. */
  readonly learnt: readonly ArrayBufferView[];
}

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
  /** Why it cannot learn rows of this contract, in a sentence; undefined where it can. */
  unsuited(contract: DataContract): string | undefined;
  /** `rows.count` is at least 1. */
  learn(lesson: Lesson): Learning;
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

/** What one stored value is worth: bytes stand for value / 255. */
export const unitOf = (features: Uint8Array | Float32Array): number =>
  features instanceof Uint8Array ? 1 / 255 : 1;

/** Reads an option that readOptions has filled in. */
export function optionOf(options: OptionValues, name: string): number {
  const value = options[name];
  if (value === undefined) throw new Error(`The option “${name}” was not filled in.`);
  return value;
}
