// The model that a queue is ordered by and that suggests labels while a person labels: logistic regression on few features, fitted anew
// every few labels in a blink. It is no model to keep: the workbench trains those.
import type { DataContract } from '../data/contract.ts';
import { learn } from '../learners/logistic.ts';
import type { Learning, Predictor } from '../learners/learner.ts';

const OPTIONS = { lambda: 1, iterations: 60 };

export interface QuickLesson {
  readonly contract: DataContract;
  /** [rows, size]: quick-features.ts. */
  readonly features: Float32Array;
  readonly rows: number;
  /** [rows]: a class index, below 0 where it is not known. */
  readonly labels: ArrayLike<number>;
}

/** Of the rows with a label; undefined where these are not of two classes at least: there is nothing to tell apart. */
export function quickModel({ contract, features, rows, labels }: QuickLesson): Learning | undefined {
  const known = Array.from({ length: rows }, (_, row) => row).filter((row) => labels[row]! >= 0);
  if (new Set(known.map((row) => labels[row]!)).size < 2) return undefined;
  const size = features.length / rows;
  const own = new Float32Array(known.length * size);
  for (const [at, row] of known.entries())
    own.set(features.subarray(row * size, (row + 1) * size), at * size);
  const targets = Int32Array.from(known, (row) => labels[row]!);
  const given = { count: known.length, features: own, targets };
  return learn({ contract, rows: given, options: OPTIONS, seed: 0 });
}

/** [rows given, classes] */
export function quickShares(
  model: Predictor,
  features: Float32Array,
  rows: number,
  of: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const size = features.length / rows;
  const own = new Float32Array(of.length * size);
  for (let at = 0; at < of.length; at += 1)
    own.set(features.subarray(of[at]! * size, (of[at]! + 1) * size), at * size);
  return model.predict(own, of.length);
}
