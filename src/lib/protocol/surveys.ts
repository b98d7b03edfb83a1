// Surveys as they cross the wire: asked of each device with its place in the secure sum, answered by one masked vector in one message, and
// shown to coordinators. The messages of the sum itself are secure-sum.ts's.
//
//   GET    /api/federations/:id/surveys     SurveyView[]                 newest first   (coordinator)
//   POST   /api/federations/:id/surveys     NewSurvey → SurveyView                      (coordinator)
import * as v from 'valibot';
import { Digest, FederationId, RunNumber, SurveyNumber, VersionNumber } from '../core/ids.ts';
import { textLength } from '../core/secure-sum/bytes.ts';
import { Figures } from '../core/statistics/index.ts';
import { MOST_WORDS, Question } from '../core/statistics/survey.ts';
import { SumTask } from './secure-sum.ts';
import { VersionDelta } from './views.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const of = { federation: FederationId, survey: SurveyNumber };

/** To one device: measure, and take part in the sum. Sent again on reconnection while the survey is open. */
export const SurveyAsked = v.strictObject({
  ...of,
  run: RunNumber,
  question: Question,
  /** The version that is asked about; else the newest, which nothing is done with. */
  base: v.strictObject({
    version: VersionNumber,
    digest: Digest,
    bytes: whole,
    deltas: v.array(VersionDelta),
  }),
  /** Milliseconds left to answer, from the moment of sending. */
  deadlineMs: whole,
  secureSum: SumTask,
});
export type SurveyAsked = v.InferOutput<typeof SurveyAsked>;

export const surveyClientMessages = {
  /** The masked words, little-endian, as base64url. */
  'survey-answer': v.strictObject({
    ...of,
    words: v.pipe(v.string(), v.maxLength(textLength(4 * MOST_WORDS)), v.regex(/^[\w-]+$/)),
  }),
  /** The device does not answer, and says why: the survey need not wait for it. */
  'survey-declined': v.strictObject({ ...of, reason: v.pipe(v.string(), v.maxLength(200)) }),
} as const;

export const surveyServerMessages = {
  survey: SurveyAsked,
  /** It is over; `message`: what became of it, in a sentence. */
  'survey-ended': v.strictObject({ ...of, message: v.string() }),
} as const;

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
});
export type SurveyView = v.InferOutput<typeof SurveyView>;
