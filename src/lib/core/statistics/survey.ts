// A survey: what a coordinator asks of all devices at once, and one release. Its vector is the parts of its statistics one after the other;
// each device measures its own, and the total is read once.
import * as v from 'valibot';
import type { VersionNumber } from '../ids.ts';
import type { DataContract } from '../data/contract.ts';
import { quoted } from '../spoken-list.ts';
import { Asked, askedStatistic, type AskedStatistic, type Figures } from './index.ts';
import type { Measured, Shape, Total } from './statistic.ts';

/** Statistics of one survey. */
const MOST_STATISTICS = 8;

export const Question = v.pipe(v.array(Asked), v.minLength(1), v.maxLength(MOST_STATISTICS));
export type Question = v.InferOutput<typeof Question>;

/** One statistic in the vector. */
export interface Part extends Shape {
  readonly statistic: AskedStatistic;
  /** Of its first value. */
  readonly from: number;
}

export interface Layout {
  readonly parts: readonly Part[];
  /** Values of the vector. */
  readonly length: number;
  /** ‖·‖₂ that one row, or device where it counts once, can change all of it by. */
  readonly reach: number;
}

export function layoutOf(question: Question, contract: DataContract): Layout {
  const parts: Part[] = [];
  let [length, squares] = [0, 0];
  for (const asked of question) {
    const statistic = askedStatistic(asked);
    const shape = statistic.shape(contract);
    parts.push({ ...shape, statistic, from: length });
    length += shape.counts + shape.sums;
    squares += shape.reach ** 2;
  }
  return { parts, length, reach: Math.sqrt(squares) };
}

/** The version that a question is about; undefined: it is of data alone. Two versions are two surveys. */
export function versionAsked(question: Question): VersionNumber | undefined {
  for (const asked of question) if ('version' in asked) return asked.version;
  return undefined;
}

/** Columns whose texts are hashed, each with what its buckets are of, in letters. */
export const hashedColumns = (
  question: Question,
): readonly { readonly column: string; readonly by: string }[] =>
  question.flatMap((asked) =>
    asked.statistic === 'hashed-terms'
      ? asked.columns.map((column) => ({
          column,
          by: [asked.of, asked.longest, asked.buckets, asked.most ?? 'all'].join(' '),
        }))
      : [],
  );

/** What is wrong with a question, in a sentence; undefined: nothing. */
export function checkQuestion(question: Question, contract: DataContract): string | undefined {
  for (const asked of question) {
    const wrong = askedStatistic(asked).check(contract);
    if (wrong !== undefined) return wrong;
  }
  if (new Set(question.map((asked) => JSON.stringify(asked))).size < question.length)
    return 'Ask for each statistic once.';
  // Of two hashings of the same texts, the difference would tell of buckets that few rows hold.
  const texts = hashedColumns(question).map(({ column }) => column);
  const twice = texts.find((column, at) => texts.indexOf(column) < at);
  if (twice !== undefined) return `Ask for the terms of ${quoted(twice)} once, by one hashing.`;
  const versions = question.flatMap((asked) => ('version' in asked ? [asked.version] : []));
  if (new Set(versions).size > 1) return 'Ask about one version at a time.';
  return undefined;
}

/**
 * [length]: this device's own part of the survey. `data`: all its rows, in any pieces; `scored`: its held-out ones, with what the version
 * says of them.
 */
export function measureSurvey(
  { parts, length }: Layout,
  data: readonly Measured[],
  scored: Measured | undefined,
): Float64Array<ArrayBuffer> {
  const values = new Float64Array(length);
  for (const { statistic, from } of parts) {
    if (statistic.of === 'version') {
      if (scored === undefined) throw new Error('The rows were not scored by any version.');
      values.set(statistic.measure(scored), from);
    } else
      for (const piece of data)
        for (const [i, value] of statistic.measure(piece).entries()) values[from + i]! += value;
  }
  return values;
}

/** `values`: [length], and `deviations` of their noise, by part. */
export const readSurvey = (
  { parts }: Layout,
  contract: DataContract,
  {
    values,
    devices,
    deviations,
  }: {
    readonly values: Float64Array;
    readonly devices: number;
    readonly deviations: readonly number[];
  },
): Figures[] =>
  parts.map(({ statistic, from, counts, sums }, index) => {
    const total: Total = {
      values: values.subarray(from, from + counts + sums),
      devices,
      deviation: deviations[index] ?? 0,
    };
    return statistic.read(contract, total);
  });
