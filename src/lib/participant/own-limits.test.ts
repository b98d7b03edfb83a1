import { expect, test } from 'vitest';
import { createHandClock } from '../adapters/memory/hand-clock.ts';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import type { LinkBytes } from '../ports/coordinator-link.ts';
import { committedMessage, joined } from '../../../test/doubles/scripted-federation.ts';
import { createOwnLimits, dayOf, NO_LIMITS, readUsage, writeLimits } from './own-limits.ts';

function keeper() {
  const store = createMemoryParticipantStore();
  const clock = createHandClock();
  let bytes: LinkBytes = { modelDown: 0, updateUp: 0, controlUp: 0, controlDown: 0 };
  let tell: (bytes: LinkBytes) => void = () => {};
  const link = {
    get bytes() {
      return bytes;
    },
    onBytes(handler: (bytes: LinkBytes) => void) {
      tell = handler;
      return () => {};
    },
  };
  return {
    store,
    clock,
    limits: createOwnLimits(store, link, clock),
    cross(down: number, up: number) {
      bytes = { ...bytes, modelDown: bytes.modelDown + down, updateUp: bytes.updateUp + up };
      tell(bytes);
    },
  };
}
const MB = 1e6;

test('under a cap of 20 MB a device goes on while the next round fits, and leaves before it would not', async () => {
  const { store, limits, cross } = keeper();
  await writeLimits(store, { ...NO_LIMITS, bytesInAll: 20 * MB });
  const next = { down: 3 * MB, up: 3 * MB };
  let used = 0;
  let rounds = 0;
  while ((await limits.refusal(next)) === undefined) {
    limits.roundBegan();
    // A version that is scored once costs nothing when it is the next round's base.
    cross(3 * MB, 3 * MB);
    used += 6 * MB;
    rounds += 1;
  }
  expect(rounds).toBe(3);
  expect(used).toBeLessThanOrEqual(20 * MB);
  expect(used + 6 * MB).toBeGreaterThan(20 * MB - 64 * 1024);
  expect(await limits.refusal(next)).toMatch(/^18 MB of the 20 MB .* a round may take 6\.\d+ MB/);
});

test('what a day allows is there again the next day, and what was used in all is not forgotten', async () => {
  const { store, clock, limits, cross } = keeper();
  await writeLimits(store, { ...NO_LIMITS, bytesADay: 8 * MB, minutesADay: 10 });
  const next = { down: MB, up: MB };
  cross(4 * MB, 2 * MB);
  expect(await limits.refusal(next)).toContain('It goes on tomorrow.');
  await clock.advance(24 * 3_600_000);
  expect(await limits.refusal(next)).toBeUndefined();
  limits.trained(6 * 60_000);
  expect(await limits.refusal(next)).toMatch(/^6 of today’s 10 minutes/);
  expect(await readUsage(store, clock.now())).toEqual({
    day: dayOf(clock.now()),
    bytesToday: 0,
    bytesInAll: 6 * MB,
    trainedMsToday: 6 * 60_000,
    trainedMsThisMonth: 6 * 60_000,
  });
});

test('training is counted by the month as well, from the last day that an earlier program counted', async () => {
  const { store, clock, limits } = keeper();
  const day = 24 * 3_600_000;
  const today = dayOf(clock.now());
  await store.settings.put('own-usage', { day: today, bytesToday: 1, bytesInAll: 5, trainedMsToday: 1 });
  limits.trained(100);
  await limits.close();
  const used = { bytesInAll: 5, trainedMsThisMonth: 101 };
  expect(await readUsage(store, clock.now())).toMatchObject({ ...used, trainedMsToday: 101 });
  // The last day of a month is followed by one of another.
  let at = clock.now();
  while (dayOf(at + day).slice(0, 7) === today.slice(0, 7)) at += day;
  if (dayOf(at) !== today)
    expect(await readUsage(store, at)).toMatchObject({ ...used, bytesToday: 0, trainedMsToday: 0 });
  expect(await readUsage(store, at + day)).toMatchObject({ bytesInAll: 5, trainedMsThisMonth: 0 });
});

test('power and connection hold a device up only where the browser says something of them', async () => {
  const { store, limits } = keeper();
  const next = { down: 1, up: 1 };
  await writeLimits(store, { ...NO_LIMITS, onlyCharging: true, onlyUnmetered: true });
  expect(await limits.refusal(next)).toBeUndefined();
  limits.setPower({ charging: false, metered: null });
  expect(await limits.refusal(next)).toContain('plugged in');
  limits.setPower({ charging: true, metered: true });
  expect(await limits.refusal(next)).toContain('metered');
  limits.setPower({ charging: true, metered: false });
  expect(await limits.refusal(next)).toBeUndefined();
});

test('a device at its limit checks out and says why, takes no round, and checks in again once more is allowed', async () => {
  const one = await joined({ isLimited: true });
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  await writeLimits(one.store, { ...NO_LIMITS, bytesInAll: 100 });
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  one.link.deliver('federation', one.coordinator.view);
  const names = (): string[] => one.coordinator.said.map(({ name }) => name);
  await one.until('left', ({ blocked }) => blocked?.reason === 'own-limit' && names().includes('check-out'));
  expect(one.part.view.blocked).toMatchObject({ actor: 'you', message: expect.stringContaining('you let') });
  one.link.deliver('configured', one.coordinator.configured(2));
  await one.until('withdrawn', () => names().includes('withdraw'));
  expect(one.coordinator.uploads).toHaveLength(1);
  const before = names().filter((name) => name === 'check-in').length;
  await writeLimits(one.store, NO_LIMITS);
  await one.clock.advance(60_000);
  await one.until(
    'back',
    ({ blocked }) => blocked === null && names().filter((name) => name === 'check-in').length > before,
  );
  expect(one.faults).toEqual([]);
});
