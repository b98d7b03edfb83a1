import { expect, test } from 'vitest';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { TrainerFailure } from '../ports/trainer.ts';
import { backOff } from './back-off.ts';
import { createEngine, createQueue, measuredRate } from './engine.ts';
import type { BackendChoice } from './participation.ts';

const choice: BackendChoice = {
  backend: 'webgpu',
  description: 'WebGPU',
  reason: 'fastest',
  reports: [
    { backend: 'webgpu', description: 'WebGPU', passed: true, stepMs: 1, relativeError: 0 },
    { backend: 'wasm', description: 'WebAssembly', passed: true, stepMs: 2, relativeError: 0 },
  ],
};

test('the measured rate is that of the engine in use, in two digits, and none where nothing was measured', () => {
  // 12 rows in 2 ms: 6,000 a second; 13 in 1 ms, in two digits; a clock that saw no time pass.
  expect(measuredRate({ ...choice, backend: 'wasm' }, 12)).toBe(6000);
  expect(measuredRate(choice, 13)).toBe(13_000);
  expect(measuredRate({ ...choice, backend: 'wasm' }, 25)).toBe(13_000);
  const untimed = { ...choice.reports[0]!, stepMs: 0 };
  expect(measuredRate({ ...choice, reports: [untimed] }, 1)).toBe(1e9);
  expect(measuredRate({ ...choice, reports: [] }, 12)).toBeUndefined();
});

test('an engine makes its trainer once, moves on once it is lost, and says when nothing is left', async () => {
  const made: string[] = [];
  let disposed = 0;
  const engine = createEngine(choice, async (backend) => {
    made.push(backend);
    return { ...createReferenceTrainer(), dispose: () => (disposed += 1) };
  });
  expect(await engine.trainer()).toBe(await engine.trainer());
  expect(engine.moveOn(new TrainerFailure('out-of-memory', ''))).toBe(
    'There was not enough memory for this model. Continuing on WebAssembly, slower.',
  );
  await engine.trainer();
  expect(made).toEqual(['webgpu', 'wasm']);
  expect(engine.choice).toMatchObject({ backend: 'wasm', description: 'WebAssembly' });
  expect(engine.moveOn(new TrainerFailure('device-lost', ''))).toBeUndefined();
  await Promise.resolve();
  expect(disposed).toBe(2);
});

test('a switch takes another back end that passed, says by whom it was chosen, and leaves the others to go on with', async () => {
  const made: string[] = [];
  let disposed = 0;
  const three: BackendChoice = {
    ...choice,
    reports: [
      ...choice.reports,
      { backend: 'cpu', description: 'CPU', passed: true, stepMs: 90, relativeError: 0 },
      { backend: 'webgl', description: 'WebGL', passed: false, reason: 'wrong numbers' },
    ],
  };
  const engine = createEngine(three, async (backend) => {
    made.push(backend);
    return { ...createReferenceTrainer(), dispose: () => (disposed += 1) };
  });
  await engine.trainer();
  expect(engine.switchTo('webgl')).toBe(false);
  expect(engine.choice).toEqual(three);
  expect(engine.switchTo('cpu')).toBe(true);
  await engine.trainer();
  expect([made, disposed]).toEqual([['webgpu', 'cpu'], 1]);
  expect(engine.choice).toMatchObject({
    backend: 'cpu',
    reason: 'chosen by you: 90 ms a step (WebGPU 1.0 ms, WebAssembly 2.0 ms)',
    reports: three.reports,
  });
  // The fastest that was not lost takes over, and it is not slower than the one that was chosen.
  expect(engine.moveOn(new TrainerFailure('out-of-memory', ''))).toBe(
    'There was not enough memory for this model. Continuing on WebGPU.',
  );
  expect(engine.moveOn(new TrainerFailure('device-lost', ''))).toBe(
    'The graphics device was reset. Continuing on WebAssembly, slower.',
  );
  expect(engine.switchTo('cpu')).toBe(true);
});

test('pieces of work run one after the other, also after one that failed', async () => {
  const alone = createQueue();
  const order: string[] = [];
  const piece = (name: string, fails = false) =>
    alone(async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const [first, second, third] = await Promise.allSettled([piece('a'), piece('b', true), piece('c')]);
  expect([first?.status, second?.status, third?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('back-off has full jitter: uniform up to a cap that doubles to its limit', () => {
  expect(backOff(0, 0.5)).toBe(250);
  expect(backOff(3, 0.5)).toBe(2_000);
  expect(backOff(40, 0.999)).toBeLessThan(30_000);
  expect(backOff(5, 0)).toBe(0);
});
