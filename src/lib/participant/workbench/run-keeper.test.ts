import { expect, test } from 'vitest';
import { createHandClock } from '../../adapters/memory/hand-clock.ts';
import { memoryRunStore } from '../../adapters/memory/runs.ts';
import { begunRun } from '../../../../test/contract/run-store.ts';
import { keepRun } from './run-keeper.ts';

const HOUR = 3_600_000;

test('a run has worked as long as it was not paused: one that is stopped as it stands counts neither night', async () => {
  const clock = createHandClock();
  const keeper = await keepRun(memoryRunStore(), begunRun('a', { workedMs: HOUR }), clock);
  await clock.advance(HOUR);
  keeper.stand(true);
  // An alarm says again what a hand has said.
  keeper.stand(true);
  await clock.advance(8 * HOUR);
  keeper.stand(false);
  await clock.advance(HOUR);
  await keeper.keep({ curve: [] });
  expect(keeper.record.workedMs).toBe(3 * HOUR);
  keeper.stand(true);
  await clock.advance(8 * HOUR);
  expect((await keeper.end({ type: 'stopped' })).workedMs).toBe(3 * HOUR);
});
