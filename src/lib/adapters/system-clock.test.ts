import { expect, test } from 'vitest';
import { createSystemClock } from './system-clock.ts';

test('ticks let a timer that is due have its turn, however many follow one another', async () => {
  const clock = createSystemClock();
  let fired = false;
  clock.after(5, () => (fired = true));
  const start = clock.monotonic();
  let ticks = 0;
  for (; !fired && clock.monotonic() - start < 5_000; ticks += 1) {
    // Work between two ticks, as training has it.
    const until = clock.monotonic() + 2;
    while (clock.monotonic() < until);
    await clock.tick();
  }
  expect(fired).toBe(true);
  expect(ticks).toBeLessThan(50);
  clock.close();
});

test('a timer that is undone does not fire, and a very long one does not fire at once', async () => {
  const clock = createSystemClock();
  const fired: string[] = [];
  clock.after(1, () => fired.push('undone'))();
  const undo = clock.after(2 ** 40, () => fired.push('long'));
  await new Promise<void>((resolve) => clock.after(20, resolve));
  undo();
  expect(fired).toEqual([]);
});
