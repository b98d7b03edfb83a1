// Surveys between coordinators and the server: what is asked, and what came of it. Beside surveys.ts, which every device loads.
//
//   GET    /api/federations/:id/surveys     SurveyView[]                 newest first   (coordinator)
//   POST   /api/federations/:id/surveys     NewSurvey → SurveyView                      (coordinator)
//   PUT    /api/federations/:id/surveys/:survey/shown    SurveyShowing → SurveyView     (coordinator)
//   GET    /api/federations/:id/shown-surveys     ShownSurvey[]              newest first
import * as v from 'valibot';
import { RunNumber, SurveyNumber, VersionNumber } from '../core/ids.ts';
import { Figures } from '../core/statistics/index.ts';
import { Question } from '../core/statistics/survey.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const NewSurvey = v.strictObject({ question: Question });

export const SurveyView = v.strictObject({
  survey: SurveyNumber,
  run: RunNumber,
  question: Question,
  version: VersionNumber,
  askedAt: v.number(),
  endedAt: v.nullable(v.number()),
  state: v.picklist(['asking', 'answered', 'failed']),
  /** Devices that were asked, and those of them that are in the sum; null: it is not open. */
  asked: whole,
  devices: v.nullable(whole),
  /** Devices that do not answer, by what they say of it. */
  declined: v.array(v.string()),
  /** Why there is no total, in a sentence. */
  reason: v.nullable(v.string()),
  /** In the order of the question; null: there are none. */
  figures: v.nullable(v.array(Figures)),
  /** Standard deviation of the noise on each count or sum, by statistic; zeros: the figures are exact. */
  deviations: v.array(v.number()),
  /** Rows that a device counts as at most; null: as many as it has. */
  mostRows: v.nullable(whole),
  /** ε at the federation’s δ of the device that lost most, after this; null: no privacy is promised. */
  epsilon: v.nullable(v.number()),
  /** Whoever takes part may read its figures: the coordinator said so. Records of before have none. */
  isShown: v.optional(v.boolean(), false),
});
export type SurveyView = v.InferOutput<typeof SurveyView>;

export const SurveyShowing = v.strictObject({ isShown: v.boolean() });

/** What a participant is shown of a survey. */
export const ShownSurvey = v.strictObject({
  survey: SurveyNumber,
  question: Question,
  endedAt: v.number(),
  /** In the sum. */
  devices: whole,
  figures: v.array(Figures),
  /** As in SurveyView. */
  deviations: v.array(v.number()),
});
export type ShownSurvey = v.InferOutput<typeof ShownSurvey>;
