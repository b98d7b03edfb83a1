// Surveys that this device answered, as its store keeps them. Beside own-surveys.ts, so that a page which lists them loads nothing else.
import * as v from 'valibot';
import { Digest, RunNumber, SurveyNumber, type FederationId } from '../../core/ids.ts';
import type { ParticipantStore } from '../../ports/participant-store.ts';

const HashedColumn = v.strictObject({ column: v.string(), by: v.string() });
const Answered = v.strictObject({
  survey: SurveyNumber,
  /** Of the question. */
  question: Digest,
  /** As its person reads them. */
  titles: v.array(v.string()),
  at: v.number(),
  bytes: v.number(),
  /** Columns of texts whose terms it counted, and by which hashing. Of earlier records: absent. */
  hashed: v.exactOptional(v.strictObject({ run: RunNumber, columns: v.array(HashedColumn) })),
});
export type Answered = v.InferOutput<typeof Answered>;

export const answersKey = (federation: FederationId): string => `surveyed:${federation}`;

/** In the order in which they were answered. */
export async function answeredSurveys(
  store: Pick<ParticipantStore, 'settings'>,
  federation: FederationId,
): Promise<readonly Answered[]> {
  const kept = v.safeParse(v.array(Answered), await store.settings.get(answersKey(federation)));
  return kept.success ? kept.output : [];
}
