import { expect, test } from 'vitest';
import { ConsoleSurveys } from './console-surveys.svelte.ts';

const refusal = (): Response =>
  Response.json({ error: { code: 'gone', message: 'The coordinator is starting.' } }, { status: 503 });

test('a list that cannot be read is told as such, not as a question that was not asked, and can be read again', async () => {
  let reply = refusal;
  const surveys = new ConsoleSurveys(async () => reply(), 'wards');
  await surveys.read();
  expect(surveys.unread).not.toBeNull();
  expect(surveys.failure).toBeNull();
  expect(surveys.list).toBeUndefined();
  reply = () => Response.json([]);
  await surveys.read();
  expect(surveys.unread).toBeNull();
  expect(surveys.list).toEqual([]);
});
