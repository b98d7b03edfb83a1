// What a coordinator may ask of the devices of a federation beside training: a part of its spec, so that whoever joins has read it.
import * as v from 'valibot';
import type { Noised, Privacy } from '../privacy/rules.ts';

const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(minimum), v.maxValue(maximum));

export const StatisticsRules = v.variant('type', [
  v.strictObject({ type: v.literal('off') }),
  v.strictObject({
    type: v.literal('on'),
    /** Surveys that one device answers, ever. Each counts what it is asked itself. */
    mostSurveys: whole(1, 1000),
    /** Under noise a device counts as so many rows at most: with more, it makes each of them smaller. */
    mostRows: whole(1, 100_000),
  }),
]);
export type StatisticsRules = v.InferOutput<typeof StatisticsRules>;
export type StatisticsOn = Extract<StatisticsRules, { type: 'on' }>;

/** Words of a masked vector: it travels as one message (protocol/limits.ts). */
export const MOST_WORDS = 10_000;

/** What the form begins with. */
export const usualStatistics: StatisticsOn = { type: 'on', mostSurveys: 20, mostRows: 100 };

/** What may be asked; undefined: nothing. */
export const statisticsOf = ({
  statistics,
}: {
  readonly statistics?: StatisticsRules | undefined;
}): StatisticsOn | undefined => (statistics?.type === 'on' ? statistics : undefined);

/** What a release of a survey is, whichever kind the federation's rounds have; undefined: it has no noise. */
export const noiseOfSurveys = (privacy: Privacy): Noised | undefined =>
  privacy.type === 'none' ? undefined : { ...privacy, type: 'distributed', samplingRate: undefined };
