// Surveys between server and devices: asked of each device with its place in the secure sum, answered by one masked vector in one message.
// The messages of the sum itself are secure-sum.ts's; what coordinators are shown is survey-views.ts's.
import * as v from 'valibot';
import { Digest, FederationId, RunNumber, SurveyNumber, VersionNumber } from '../core/ids.ts';
import { bytesTextUpTo } from '../core/secure-sum/messages.ts';
import { MOST_WORDS } from '../core/statistics/rules.ts';
import { SumTask } from './secure-sum.ts';
import { VersionDelta } from './views.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const of = { federation: FederationId, survey: SurveyNumber };

/** To one device: measure, and take part in the sum. Sent again on reconnection while the survey is open. */
export const SurveyAsked = v.strictObject({
  ...of,
  run: RunNumber,
  /** A Question (core/statistics/survey.ts): read where it is answered, which is loaded with the first. */
  question: v.unknown(),
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
    words: v.pipe(bytesTextUpTo(4 * MOST_WORDS), v.nonEmpty()),
  }),
  /** The device does not answer, and says why: the survey need not wait for it. */
  'survey-declined': v.strictObject({ ...of, reason: v.pipe(v.string(), v.maxLength(200)) }),
} as const;

export const surveyServerMessages = {
  survey: SurveyAsked,
  /** It is over; `message`: what became of it, in a sentence. */
  'survey-ended': v.strictObject({ ...of, message: v.string() }),
} as const;
