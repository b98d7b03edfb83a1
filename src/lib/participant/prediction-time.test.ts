import { expect, test } from 'vitest';
import { stepMs } from '../core/metrics/latency.ts';
import { timePrediction } from './prediction-time.ts';

/** A clock that each prediction moves on by its own milliseconds, in turn; the last over and over. */
function timed(...takes: number[]) {
  let now = 0;
  const asked = { times: 0 };
  const predict = (): void => {
    now += takes[Math.min(asked.times, takes.length - 1)]!;
    asked.times += 1;
  };
  const step = timePrediction(predict, { monotonic: () => now }, new AbortController().signal);
  return { step, asked, elapsed: () => now };
}

test('what the first predictions take to warm up does not count, nor one that was disturbed', async () => {
  const { step, asked } = timed(400, 90, 10, 70, 10);
  expect(stepMs((await step)!)).toBe(11.31);
  // Warming up took longer than the whole measurement may: one sample is left.
  expect(asked.times).toBe(3);
  const calm = timed(40, 20, 10, 70, 10);
  expect(stepMs((await calm.step)!)).toBe(11.31);
  expect(calm.asked.times).toBe(2 + 9);
});

test('predictions shorter than the grain of a clock are measured many at a time, within a third of a second', async () => {
  const quick = timed(0.25);
  expect(stepMs((await quick.step)!)).toBe(0.25);
  // Twice to warm up, 1 + 2 + 4 to find how many, and nine times 8.
  expect(quick.asked.times).toBe(2 + 7 + 72);
  const slow = timed(110);
  expect(stepMs((await slow.step)!)).toBe(128);
  expect(slow.elapsed()).toBeLessThan(450);
});

test('a clock that stands still tells nothing, and a person’s hand ends the measuring', async () => {
  expect(await timed(0).step).toBeUndefined();
  await expect(
    timePrediction(() => {}, { monotonic: () => 0 }, AbortSignal.abort(new Error('paused'))),
  ).rejects.toThrow('paused');
});
