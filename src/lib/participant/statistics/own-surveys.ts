// This device's own record of the surveys that it answered, over reloads: what it was asked, and how often. It holds the server to what the
// federation promised when it was joined, and to a few answers to one question, whatever the server says it has asked.
import * as v from 'valibot';
import { canonicalText } from '../../core/canonical.ts';
import { digestOfText } from '../../core/digest.ts';
import { Digest, SurveyNumber, type FederationId } from '../../core/ids.ts';
import type { Question } from '../../core/statistics/survey.ts';
import type { ParticipantStore } from '../../ports/participant-store.ts';

/** Answers to one and the same question: of two, over other devices each time, the difference would be one device's. */
export const MOST_SAME = 3;
/** No federation may promise more (core/statistics/rules.ts). */
const MOST_KEPT = 1000;

const Answered = v.strictObject({
  survey: SurveyNumber,
  /** Of the question. */
  question: Digest,
  /** As its person reads them. */
  titles: v.array(v.string()),
  at: v.number(),
  bytes: v.number(),
});
export type Answered = v.InferOutput<typeof Answered>;

const keyOf = (federation: FederationId): string => `surveyed:${federation}`;

/** In the order in which they were answered. */
export async function answeredSurveys(
  store: Pick<ParticipantStore, 'settings'>,
  federation: FederationId,
): Promise<readonly Answered[]> {
  const kept = v.safeParse(v.array(Answered), await store.settings.get(keyOf(federation)));
  return kept.success ? kept.output : [];
}

export const questionDigest = (question: Question): Digest => digestOfText(canonicalText(question));

/** Why this device answers no more, in a sentence; undefined: it may. */
export function refusesSurvey(
  answered: readonly Answered[],
  question: Question,
  mostSurveys: number,
): string | undefined {
  if (answered.length >= mostSurveys)
    return `This device has answered ${answered.length} surveys, all that the federation promised to ask.`;
  const same = answered.filter((one) => one.question === questionDigest(question)).length;
  return same < MOST_SAME
    ? undefined
    : `This device has answered this very question ${same} times: over other devices each time, one more would say something of it alone.`;
}

/** Durable when it resolves, which is before the answer leaves. */
export async function willAnswerSurvey(
  store: Pick<ParticipantStore, 'settings'>,
  federation: FederationId,
  answer: Answered,
): Promise<readonly Answered[]> {
  const all = [...(await answeredSurveys(store, federation)), answer].slice(-MOST_KEPT);
  await store.settings.put(keyOf(federation), all);
  return all;
}
