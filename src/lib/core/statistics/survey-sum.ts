// A survey as a secure sum: what the cohort agrees on, this device's words, and what the sum of words says. Exact where the federation
// promises no privacy: counts as whole numbers modulo 2³², sums in steps of 2⁻³⁰ in limbs of 16 bits. Under privacy, of whichever kind,
// each device adds its share of Skellam noise to all values alike (core/privacy/noise-in-sum.ts), sized for one device: its rows count as
// `mostRows` at most, so that it moves the vector by `reach` of one row times that, and everything is in units of it.
import * as v from 'valibot';
import { canonicalText } from '../canonical.ts';
import { digestOfText } from '../digest.ts';
import { secureSumOf, type FederationSpec } from '../federation.ts';
import {
  RoundNumber,
  type Digest,
  type FederationId,
  type RunNumber,
  type SurveyNumber,
  type VersionNumber,
} from '../ids.ts';
import { sensitivityFactor } from '../privacy/budget.ts';
import { noiseInSum, noisyUnits } from '../privacy/noise-in-sum.ts';
import type { DrawBytes } from '../privacy/random-bits.ts';
import type { Noised } from '../privacy/rules.ts';
import { shareVariance } from '../privacy/skellam.ts';
import { random } from '../random.ts';
import { fail, ok, type Result } from '../result.ts';
import { readLimbs, WEIGHT_LIMBS, writeLimbs, type SumFault } from '../secure-sum/encoding.ts';
import type { SumConfig } from '../secure-sum/messages.ts';
import { leavingOf } from '../secure-sum/neighbourhood.ts';
import { colludingOf, LEAST_COHORT, usualSecureSum } from '../secure-sum/rules.ts';
import { MOST_WORDS, statisticsOf, type StatisticsOn } from './rules.ts';
import { layoutOf, type Layout, type Question } from './survey.ts';

/** 64 bits of two's complement: 2·10⁹ rows of 2³⁰ steps. */
const SUM_LIMBS = 4;
const STEP = 2 ** -30;

export interface SurveyTerms {
  readonly federation: FederationId;
  readonly run: RunNumber;
  readonly survey: SurveyNumber;
  readonly question: Question;
  /** The version that it asks about, else the newest. */
  readonly version: VersionNumber;
  readonly digest: Digest;
}

export interface SurveyPlan {
  readonly layout: Layout;
  readonly config: SumConfig;
  readonly rules: StatisticsOn;
}

/**
 * Server and device work it out each for itself, from the spec that the person joined by. The question's digest stands for the version that
 * a round's sum is of: whoever is asked something else makes other keys. A sentence: why there is no such survey.
 */
export function surveyPlan(
  spec: Pick<FederationSpec, 'contract' | 'privacy' | 'statistics' | 'secureSum'>,
  { federation, run, survey, question, version, digest }: SurveyTerms,
  cohort: number,
): Result<SurveyPlan, string> {
  const rules = statisticsOf(spec);
  if (rules === undefined)
    return fail('This federation asks for no statistics: whoever joined was not told of any.');
  const layout = layoutOf(question, spec.contract);
  const { length, reach } = layout;
  const summing = secureSumOf(spec) ?? usualSecureSum;
  const colluding = colludingOf(summing);
  const noise =
    spec.privacy.type === 'none'
      ? undefined
      : noiseInSum(strength(spec.privacy, reach), length, cohort, colluding);
  if (spec.privacy.type !== 'none' && noise === undefined)
    return fail('So much noise on so many numbers does not fit into a secure sum: ask for less at a time.');
  const words = noise === undefined ? wordsOf(layout) : length;
  if (words + WEIGHT_LIMBS > MOST_WORDS)
    return fail(
      `The question makes a vector of ${words} words, and ${MOST_WORDS - WEIGHT_LIMBS} go into one message: ask for fewer columns or bins.`,
    );
  const about = canonicalText(['survey', question, version, digest]);
  return ok({
    layout,
    rules,
    config: {
      suite: 1,
      federation,
      run,
      // Where a round’s stands: `base` says which it is.
      round: v.parse(RoundNumber, survey),
      version,
      base: digestOfText(about),
      bits: 32,
      length,
      words,
      tail: WEIGHT_LIMBS,
      encoding: noise === undefined ? { type: 'whole' } : { type: 'noisy', clipNorm: reach, ...noise },
      profile: summing.profile,
      cohort,
      groups: 1,
      least: LEAST_COHORT,
      colluding,
      leaving: leavingOf({ overSelection: 1 }),
    },
  });
}

const wordsOf = ({ parts }: Layout): number =>
  parts.reduce((sum, { counts, sums }) => sum + counts + SUM_LIMBS * sums, 0);

/** Under local noise another device's data may stand in the place of one's own: that moves twice what to come or to go does. */
const strength = (
  privacy: Noised,
  reach: number,
): { readonly clipNorm: number; readonly noiseMultiplier: number } => ({
  clipNorm: reach,
  noiseMultiplier: privacy.noiseMultiplier * sensitivityFactor(privacy),
});

/** This device's rows: of its data, and of those that a version was scored on. */
export interface RowsOf {
  readonly data: number;
  readonly version: number;
}

export interface Drawn {
  /** The fewest devices of a sum that this one helps to open. */
  readonly survivors: number;
  /** Another text each time. */
  readonly rounding: string;
  /** For its share of noise: of the platform's CSPRNG. */
  readonly draw: DrawBytes;
}

/** The words to be masked. `values`: [length], as measured. */
export function surveyWords(
  { layout, config, rules }: SurveyPlan,
  values: Float64Array,
  rows: RowsOf,
  { survivors, rounding, draw }: Drawn,
): Uint32Array<ArrayBuffer> {
  const { encoding, words, tail } = config;
  const out = new Uint32Array(words + tail);
  if (encoding.type === 'noisy') {
    const scaled = Float32Array.from(values);
    for (const { statistic, from, counts, sums } of layout.parts) {
      if (statistic.per === 'device') continue;
      const factor = 1 / Math.max(rules.mostRows, rows[statistic.of]);
      for (let i = from; i < from + counts + sums; i += 1) scaled[i] = scaled[i]! * factor;
    }
    const draws = random(0, 'rounding of a survey', rounding);
    out.set(noisyUnits(scaled, encoding, survivors, draws, draw));
  } else {
    let at = 0;
    for (const { from, counts, sums } of layout.parts) {
      for (let i = from; i < from + counts; i += 1, at += 1) out[at] = values[i]!;
      for (let i = from + counts; i < from + counts + sums; i += 1, at += SUM_LIMBS)
        writeLimbs(out, at, BigInt(Math.round(values[i]! / STEP)), SUM_LIMBS);
    }
  }
  writeLimbs(out, words, 1n, WEIGHT_LIMBS);
  return out;
}

export interface SurveyTotal {
  /** [length] */
  readonly values: Float64Array;
  /** Standard deviation of the noise on each value, by part. */
  readonly deviations: readonly number[];
}

/** `words`: the sum without its masks, of `devices`; `survivors`: what each of them shared the noise by. */
export function surveyTotal(
  { layout, config, rules }: SurveyPlan,
  words: Uint32Array<ArrayBuffer>,
  devices: number,
  survivors: number,
): Result<SurveyTotal, SumFault> {
  const { encoding, length } = config;
  const weight = Number(readLimbs(words, config.words, WEIGHT_LIMBS));
  // Each device says 1: else somebody wrote what no device writes, or masks are left over.
  if (weight !== devices) return fail({ kind: 'weights', got: weight, least: devices, most: devices });
  const values = new Float64Array(length);
  if (encoding.type !== 'noisy') {
    let at = 0;
    for (const { from, counts, sums } of layout.parts) {
      for (let i = from; i < from + counts; i += 1, at += 1) values[i] = words[at]!;
      for (let i = from + counts; i < from + counts + sums; i += 1, at += SUM_LIMBS)
        values[i] = Number(readLimbs(words, at, SUM_LIMBS)) * STEP;
    }
    return ok({ values, deviations: layout.parts.map(() => 0) });
  }
  const units = new Int32Array(words.buffer, words.byteOffset, length);
  const { quantum, variance } = encoding;
  // Whoever stays adds its share: more devices than the fewest, more noise. Rounding to whole units adds a quarter of one each at most.
  const deviation = quantum * Math.sqrt(devices * (shareVariance(variance, survivors) + 0.25));
  const deviations = layout.parts.map(({ statistic, from, counts, sums }) => {
    const unit = statistic.per === 'row' ? rules.mostRows : 1;
    for (let i = from; i < from + counts + sums; i += 1) values[i] = units[i]! * quantum * unit;
    return deviation * unit;
  });
  return ok({ values, deviations });
}
