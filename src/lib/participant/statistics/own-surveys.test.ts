// What a device remembers of surveys, and when it answers no more.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { createMemoryParticipantStore } from '../../adapters/memory/participant-store.ts';
import { FederationId, RunNumber, SurveyNumber } from '../../core/ids.ts';
import { answeredSurveys } from './answered-surveys.ts';
import type { Question } from '../../core/statistics/survey.ts';
import {
  hashedIn,
  MOST_SAME,
  questionDigest,
  refusesSurvey,
  willAnswerSurvey,
  withAnswer,
} from './own-surveys.ts';

const federation = v.parse(FederationId, 'wards');
const question: Question = [{ statistic: 'target' }];
const other: Question = [{ statistic: 'distributions', columns: ['age'], bins: 16 }];

const run = v.parse(RunNumber, 1);

test('a device answers one question three times, and no more surveys than its federation promised: also after a reload', async () => {
  const store = createMemoryParticipantStore();
  const answer = async (asked: Question): Promise<void> => {
    const survey = v.parse(SurveyNumber, (await answeredSurveys(store, federation)).length + 1);
    const about = { survey, question: questionDigest(asked), titles: ['Target'], at: 1, bytes: 12 };
    await willAnswerSurvey(store, federation, withAnswer(await answeredSurveys(store, federation), about));
  };
  for (let time = 0; time < MOST_SAME; time += 1) {
    expect(refusesSurvey(await answeredSurveys(store, federation), { question, run }, 5)).toBeUndefined();
    await answer(question);
  }
  const kept = await answeredSurveys(store, federation);
  expect(refusesSurvey(kept, { question, run }, 5)).toMatch(/very question 3 times/);
  expect(refusesSurvey(kept, { question: other, run }, 5)).toBeUndefined();
  await answer(other);
  await answer(other);
  expect(refusesSurvey(await answeredSurveys(store, federation), { question: other, run }, 5)).toMatch(
    /answered 5 surveys, all/,
  );
  expect(refusesSurvey([], { question, run }, 0, false)).toMatch(/no rows of its own/);
  expect(refusesSurvey([], { question, run }, 0)).toMatch(/When this device joined.* no statistics/);
  expect(await answeredSurveys(store, v.parse(FederationId, 'elsewhere'))).toEqual([]);
});

test('texts are counted by one hashing in a run, and three times whatever else is asked along, over reloads', async () => {
  const store = createMemoryParticipantStore();
  const asks = (buckets: number, ...more: Question): Question => [
    { statistic: 'hashed-terms', columns: ['note'], of: 'words', longest: 1, buckets },
    ...more,
  ];
  const refusal = async (asked: Question, during = 1) => {
    const answered = await answeredSurveys(store, federation);
    return refusesSurvey(answered, { question: asked, run: v.parse(RunNumber, during) }, 9);
  };
  const along: Question[] = [[], question, other];
  for (const more of along) {
    const asked = asks(64, ...more);
    expect(await refusal(asked)).toBeUndefined();
    const before = await answeredSurveys(store, federation);
    const survey = v.parse(SurveyNumber, before.length + 1);
    const about = { survey, question: questionDigest(asked), titles: [], at: 1, bytes: 12 };
    await willAnswerSurvey(store, federation, withAnswer(before, { ...about, ...hashedIn(asked, run) }));
  }
  expect(await refusal(asks(63))).toMatch(/terms of “note” by another hashing in this run/);
  expect(await refusal(asks(63), 2)).toBeUndefined();
  expect(await refusal(asks(64, ...question, ...other))).toMatch(/terms of “note” 3 times/);
  expect(await refusal(question)).toBeUndefined();
});
