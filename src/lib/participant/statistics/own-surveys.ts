// This device's own record of the surveys that it answered, over reloads: what it was asked, and how often. It holds the server to what the
// federation promised when it was joined, and to a few answers to one question, whatever the server says it has asked.
import { canonicalText } from '../../core/canonical.ts';
import { digestOfText } from '../../core/digest.ts';
import type { Digest, FederationId, RunNumber } from '../../core/ids.ts';
import { hashedColumns, type Question } from '../../core/statistics/survey.ts';
import { quoted } from '../../core/spoken-list.ts';
import type { ParticipantStore } from '../../ports/participant-store.ts';
import { answersKey, type Answered } from './answered-surveys.ts';

/** Answers to one and the same question: of two, over other devices each time, the difference would be one device's. */
export const MOST_SAME = 3;
/** No federation may promise more (core/statistics/rules.ts). */
const MOST_KEPT = 1000;

export const questionDigest = (question: Question): Digest => digestOfText(canonicalText(question));

/** Why this device answers no more, in a sentence; undefined: it may. */
export function refusesSurvey(
  answered: readonly Answered[],
  { question, run }: { readonly question: Question; readonly run: RunNumber },
  mostSurveys: number,
  hasRows = true,
): string | undefined {
  if (!hasRows) return 'It has no rows of its own: ask its devices at the edge.';
  if (mostSurveys === 0)
    return 'When this device joined, the federation asked for no statistics: its person has to join again to agree.';
  if (answered.length >= mostSurveys)
    return `This device has answered ${answered.length} surveys, all that the federation promised to ask.`;
  const same = answered.filter((one) => one.question === questionDigest(question)).length;
  return same < MOST_SAME
    ? refusesTexts(answered, question, run)
    : `This device has answered this very question ${same} times: over other devices each time, one more would say something of it alone.`;
}

/** Texts counted by two hashings: of the difference, buckets of few rows could be told. And whatever else is asked along, their counts are the same. */
function refusesTexts(answered: readonly Answered[], question: Question, run: RunNumber): string | undefined {
  const before = answered.flatMap(({ hashed }) =>
    (hashed?.columns ?? []).map((one) => ({ ...one, run: hashed?.run })),
  );
  for (const { column, by } of hashedColumns(question)) {
    const own = before.filter((one) => one.column === column);
    if (own.some((one) => one.run === run && one.by !== by))
      return `This device has counted the terms of ${quoted(column)} by another hashing in this run, and counts them by no second one. Ask by the same, or begin a new run.`;
    const same = own.filter((one) => one.by === by).length;
    if (same >= MOST_SAME)
      return `This device has counted the terms of ${quoted(column)} ${same} times: over other devices each time, one more would say something of it alone.`;
  }
  return undefined;
}

/** What a record keeps of the texts that were counted. */
export function hashedIn(question: Question, run: RunNumber): Pick<Answered, 'hashed'> {
  const columns = hashedColumns(question);
  return columns.length === 0 ? {} : { hashed: { run, columns: [...columns] } };
}

/** What it has answered once this is said too. */
export const withAnswer = (answered: readonly Answered[], answer: Answered): readonly Answered[] =>
  [...answered, answer].slice(-MOST_KEPT);

/** Durable when it resolves, which is before the answer leaves. */
export const willAnswerSurvey = (
  store: Pick<ParticipantStore, 'settings'>,
  federation: FederationId,
  answered: readonly Answered[],
): Promise<void> => store.settings.put(answersKey(federation), [...answered]);
