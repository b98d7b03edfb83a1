// The lock as screens see it, and locking by itself, on a lock without a store.
import { expect, test } from 'vitest';
import type { Lock, LockStatus } from '../adapters/idb/lock.ts';
import { fail, ok } from '../core/result.ts';
import { watchUse } from './auto-lock.ts';
import { DeviceLock, passphraseProblem, refusalSentence } from './device-lock.svelte.ts';

function lockOf(changes: Partial<Lock> = {}) {
  const calls: string[] = [];
  let status: LockStatus = { type: 'open', autoLockMs: 60_000, unfinished: null };
  const lock: Lock = {
    status: async () => status,
    set: async (_, autoLockMs, tell) => {
      tell(0.5);
      calls.push(`set ${autoLockMs}`);
    },
    unlock: async () => ok(null),
    change: async () => ok(null),
    remove: async () => ok(null),
    goOn: async () => void calls.push('go on'),
    setAutoLock: async (autoLockMs) => void calls.push(`auto ${autoLockMs}`),
    lock: () => {
      calls.push('lock');
      status = { type: 'locked', waitMs: 0 };
    },
    ...changes,
  };
  return { lock, calls };
}

test('unlocking goes on with what was cut off; a wrong passphrase is said, with the wait', async () => {
  const { lock, calls } = lockOf();
  const state = new DeviceLock(async () => lock);
  expect(await state.unlock('right')).toBe(true);
  expect(calls).toEqual(['go on']);
  const wrong = lockOf({ unlock: async () => fail({ kind: 'wrong-passphrase', waitMs: 4000 }) });
  const refused = new DeviceLock(async () => wrong.lock);
  expect(await refused.unlock('wrong')).toBe(false);
  expect(refused.problem).toBe('That is not the passphrase. Try again in 4 s.');
  expect(wrong.calls).toEqual([]);
  expect(refusalSentence({ kind: 'too-soon', waitMs: 120_000 })).toBe(
    'After several wrong ones this was not tried. Try again in 2 min.',
  );
});

test('minutes become milliseconds, and never is never', async () => {
  const { lock, calls } = lockOf();
  const state = new DeviceLock(async () => lock);
  await state.set('four herons', 5);
  await state.setAutoLock(0);
  await state.lock();
  expect(calls).toEqual(['set 300000', 'auto null', 'lock']);
  expect(state.status).toEqual({ type: 'locked', waitMs: 0 });
});

test('a short passphrase, or one mistyped, is not set', () => {
  expect(passphraseProblem('short', 'short')).toContain('at least 10 characters');
  expect(passphraseProblem('four herons', 'five herons')).toBe('The two passphrases differ.');
  expect(passphraseProblem('four herons', 'four herons')).toBeUndefined();
});

test('it locks itself after the time without use, and use in any tab begins the time anew', async () => {
  const { lock, calls } = lockOf();
  const handlers: ((event: 'taken' | 'dropped' | 'used') => void)[] = [];
  const used = (): void => handlers.forEach((handler) => handler('used'));
  const listeners: Record<string, () => void> = {};
  let look: () => void = () => {};
  let nowMs = 0;
  watchUse({
    keys: {
      on: (handler) => {
        handlers.push(handler);
        return () => {};
      },
      used,
    },
    lock: async () => lock,
    page: {
      addEventListener: (name: string, listener: never) => void (listeners[name] = listener),
      setInterval: (call: never) => {
        look = call;
        return 1;
      },
    } as never,
    now: () => nowMs,
  });
  const lookAt = async (ms: number): Promise<void> => {
    nowMs = ms;
    look();
    await new Promise((resolve) => setImmediate(resolve));
  };
  await lookAt(59_999);
  listeners['keydown']?.();
  await lookAt(119_998);
  expect(calls).toEqual([]);
  await lookAt(119_999);
  expect(calls).toEqual(['lock']);
  // It is locked: there is nothing to do.
  await lookAt(900_000);
  expect(calls).toEqual(['lock']);
});
