import { expect, test } from 'vitest';
import { Announcements } from './announcements.svelte.ts';

/** A clock moved by hand. */
function handClock() {
  let now = 0;
  const due: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after: (milliseconds: number, run: () => void) => void due.push({ at: now + milliseconds, run }),
    advance(milliseconds: number) {
      now += milliseconds;
      for (const one of due.splice(0))
        if (one.at <= now) one.run();
        else due.push(one);
    },
  };
}

test('of several state changes within four seconds only the first and the last are said', () => {
  const clock = handClock();
  const voice = new Announcements(clock);
  voice.say('Receiving');
  expect(voice.polite).toBe('Receiving');
  voice.say('Training');
  voice.say('Sending');
  expect(voice.polite).toBe('Receiving');
  clock.advance(4_000);
  expect(voice.polite).toBe('Sending');
});

test('a short message goes by itself, and can be dismissed before', () => {
  const clock = handClock();
  const voice = new Announcements(clock);
  voice.show('Deleted');
  voice.show('Saved');
  voice.dismiss(1);
  expect(voice.toasts.map((toast) => toast.text)).toEqual(['Saved']);
  clock.advance(6_000);
  expect(voice.toasts).toEqual([]);
});
