// A survey that has ended asks for nothing more: what of it waited in the queue finds it over.
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import {
  Digest,
  FederationId,
  ParticipantId,
  RoundNumber,
  RunNumber,
  SurveyNumber,
  VersionNumber,
} from '#lib/core/ids.ts';
import { usualStatistics } from '#lib/core/statistics/rules.ts';
import { surveyPlan } from '#lib/core/statistics/survey-sum.ts';
import type { Question } from '#lib/core/statistics/survey.ts';
import { exampleSpec } from '../../../test/simulation/example-spec.ts';
import { handClock } from '../../../test/simulation/hand-clock.ts';
import { memoryServerKey } from '../../adapters/ed25519.ts';
import { memoryBlobs } from '../../adapters/memory-blobs.ts';
import { OpenSurvey } from './open-survey.ts';

const spec = { ...exampleSpec(), statistics: usualStatistics };
const question: Question = [{ statistic: 'target' }];
const digest = v.parse(Digest, '0'.repeat(64));
const participants = [0, 1, 2, 3, 4].map((index) => v.parse(ParticipantId, `${index}`.repeat(32)));

function opened() {
  const about = {
    federation: v.parse(FederationId, 'wards'),
    run: v.parse(RunNumber, 1),
    survey: v.parse(SurveyNumber, 1),
    question,
  };
  const base = { version: v.parse(VersionNumber, 0), digest, bytes: 24, deltas: [] };
  const plan = surveyPlan(spec, { ...about, ...base }, participants.length);
  if (!plan.ok) throw new Error(plan.error);
  const clock = handClock(1);
  const works: { readonly name: string; readonly work: () => Promise<void> }[] = [];
  const failed = vi.fn();
  const survey = new OpenSurvey({ ...about, base }, plan.value, spec, participants, v.parse(RoundNumber, 1), {
    clock,
    key: memoryServerKey(),
    blobs: memoryBlobs(),
    connectionOf: () => undefined,
    enqueue: (name, work) => void works.push({ name, work }),
    blamed: () => {},
    warn: () => {},
    charge: async () => undefined,
    opened: () => {},
    failed,
    changed: () => {},
  });
  survey.begin();
  const turn = async (): Promise<void> => {
    for (const { work } of works.splice(0)) await work();
  };
  return { survey, works, failed, turn, clock };
}

test('with all devices gone there are too few, and the survey fails once', async () => {
  const { survey, works, failed, turn } = opened();
  for (const participant of participants) await survey.left(participant);
  // No name of a round's secure sum: where the disk is full works of one name take each other's place.
  expect(new Set(works.map(({ name }) => name))).toEqual(new Set(['survey-sum']));
  await turn();
  expect(failed).toHaveBeenCalledTimes(1);
});

test('what waited in the queue when it ended does nothing any more', async () => {
  const { survey, failed, turn, clock } = opened();
  for (const participant of participants) await survey.left(participant);
  await survey.stop();
  await turn();
  await clock.advance(600_000);
  await turn();
  expect(failed).not.toHaveBeenCalled();
});
