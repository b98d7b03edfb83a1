// What may be asked of devices beside training, as it is being typed: the numbers are kept while it is off.
import * as v from 'valibot';
import type { FederationSpec } from '#lib/core/federation.ts';
import { usualStatistics, type StatisticsRules } from '#lib/core/statistics/rules.ts';

const number = v.nullable(v.number());

export const DraftStatistics = v.object({
  type: v.picklist(['off', 'on']),
  mostSurveys: number,
  mostRows: number,
});
export type DraftStatistics = v.InferOutput<typeof DraftStatistics>;

export const plainStatistics = (): DraftStatistics => ({ ...usualStatistics, type: 'off' });

/** Typed again from a spec. */
export const statisticsFrom = ({ statistics }: Pick<FederationSpec, 'statistics'>): DraftStatistics =>
  statistics?.type === 'on' ? { ...statistics } : plainStatistics();

/** As the schema reads it; nothing where it is off. */
export const statisticsTyped = (draft: DraftStatistics): { readonly statistics?: unknown } =>
  draft.type === 'on' ? { statistics: draft } : {};

/** For a list of what was chosen. */
export const statisticsWords = (rules: StatisticsRules | undefined): string =>
  rules?.type === 'on'
    ? `devices answer up to ${rules.mostSurveys} surveys with masked sums`
    : 'devices are asked for none';
