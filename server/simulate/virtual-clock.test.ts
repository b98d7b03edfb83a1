import { expect, test } from 'vitest';
import { random } from '#lib/core/random.ts';
import { virtualClock } from './virtual-clock.ts';

test('timers fire in the order of their moments, and equal ones in the order in which they were set', () => {
  const clock = virtualClock(1);
  const draw = random(1, 'moments');
  const fired: [number, number][] = [];
  const set = Array.from({ length: 500 }, (_, index): [number, number] => [draw.below(50), index]);
  for (const [at, index] of set) clock.after(at, () => fired.push([clock.monotonic(), index]));
  while (clock.step());
  expect(fired).toEqual(set.toSorted(([a, i], [b, j]) => a - b || i - j));
});

test('what was undone never fires, and what a timer sets fires after it', () => {
  const clock = virtualClock(1);
  const fired: string[] = [];
  const undo = clock.after(5, () => fired.push('undone'));
  clock.after(3, () => {
    undo();
    clock.after(4, () => fired.push(`at ${clock.monotonic()}`));
  });
  while (clock.step());
  expect(fired).toEqual(['at 7']);
  expect(clock.step()).toBe(false);
});

test('the draws of a round are the same wherever a simulation begins', () => {
  const whole = virtualClock(7);
  whole.draw();
  whole.drawFor(3);
  const later = virtualClock(7, 90_000);
  later.drawFor(3);
  expect([later.draw(), later.draw()]).toEqual([whole.draw(), whole.draw()]);
  expect(later.monotonic()).toBe(90_000);
});
