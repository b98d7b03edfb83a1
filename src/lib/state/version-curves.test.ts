import * as v from 'valibot';
import { expect, test } from 'vitest';
import { SurveyNumber } from '../core/ids.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { ApiError } from '../protocol/http.ts';
import type { VersionCurves } from '../protocol/version-curves.ts';
import type { Evaluated } from '../protocol/views.ts';
import { ShownCurves, whyNoCurves } from './version-curves.svelte.ts';

type Scored = Pick<Evaluated, 'participants' | 'tally' | 'survey'>;
/** Of ten rows, by so many devices. */
const scored = (participants: number, areas: (number | null)[] = [0.8]): Scored => ({
  participants,
  tally: { type: 'classification', count: 10, lossSum: 1, confusion: [4, 1, 1, 4], scores: { areas } },
});

test('curves that are shown stay until those of more devices are read, and while they cannot be', async () => {
  let now = scored(1);
  const answers: ((read: Result<VersionCurves, ApiError>) => void)[] = [];
  const shown = new ShownCurves(
    () => new Promise((resolve) => answers.push(resolve)),
    () => now,
  );
  // Of one device none are asked for.
  await shown.look();
  expect(answers).toHaveLength(0);
  now = scored(2);
  const first = shown.look();
  answers[0]!(ok({ rows: 20, curves: [] }));
  await first;
  await shown.look();
  expect(answers).toHaveLength(1);
  now = scored(3);
  const second = shown.look();
  // One after the other.
  await shown.look();
  expect([answers.length, shown.read]).toEqual([2, ok({ rows: 20, curves: [] })]);
  answers[1]!(fail({ error: 'offline', message: 'The server does not answer.' }));
  await second;
  expect(shown.read).toEqual(ok({ rows: 20, curves: [] }));
  const third = shown.look();
  answers[2]!(ok({ rows: 30, curves: [] }));
  await third;
  expect(shown.read).toEqual(ok({ rows: 30, curves: [] }));
});

test('why there are no curves is said: by a survey, of one device, of one class, of an earlier program', () => {
  expect(whyNoCurves(scored(2))).toBeUndefined();
  const survey = { survey: v.parse(SurveyNumber, 1), deviation: 0 };
  expect(whyNoCurves({ ...scored(2), survey })).toMatch(/a survey keeps/);
  expect(whyNoCurves(scored(1))).toMatch(/a second device/);
  expect(whyNoCurves(scored(2, [null]))).toMatch(/Only one class/);
  const before: Scored['tally'] = { type: 'classification', count: 10, lossSum: 1, confusion: [4, 1, 1, 4] };
  expect(whyNoCurves({ participants: 2, tally: before })).toMatch(/earlier/);
});
