// What a device remembers of surveys, and when it answers no more.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { createMemoryParticipantStore } from '../../adapters/memory/participant-store.ts';
import { FederationId, SurveyNumber } from '../../core/ids.ts';
import { answeredSurveys } from './answered-surveys.ts';
import type { Question } from '../../core/statistics/survey.ts';
import { MOST_SAME, questionDigest, refusesSurvey, willAnswerSurvey, withAnswer } from './own-surveys.ts';

const federation = v.parse(FederationId, 'wards');
const question: Question = [{ statistic: 'target' }];
const other: Question = [{ statistic: 'distributions', columns: ['age'], bins: 16 }];

test('a device answers one question three times, and no more surveys than its federation promised: also after a reload', async () => {
  const store = createMemoryParticipantStore();
  const answer = async (asked: Question): Promise<void> => {
    const survey = v.parse(SurveyNumber, (await answeredSurveys(store, federation)).length + 1);
    const about = { survey, question: questionDigest(asked), titles: ['Target'], at: 1, bytes: 12 };
    await willAnswerSurvey(store, federation, withAnswer(await answeredSurveys(store, federation), about));
  };
  for (let time = 0; time < MOST_SAME; time += 1) {
    expect(refusesSurvey(await answeredSurveys(store, federation), question, 5)).toBeUndefined();
    await answer(question);
  }
  const kept = await answeredSurveys(store, federation);
  expect(refusesSurvey(kept, question, 5)).toMatch(/very question 3 times/);
  expect(refusesSurvey(kept, other, 5)).toBeUndefined();
  await answer(other);
  await answer(other);
  expect(refusesSurvey(await answeredSurveys(store, federation), other, 5)).toMatch(
    /answered 5 surveys, all/,
  );
  expect(refusesSurvey([], question, 0, false)).toMatch(/no rows of its own/);
  expect(refusesSurvey([], question, 0)).toMatch(/When this device joined.* no statistics/);
  expect(await answeredSurveys(store, v.parse(FederationId, 'elsewhere'))).toEqual([]);
});
