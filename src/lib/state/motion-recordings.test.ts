import { expect, test } from 'vitest';
import { fail, ok } from '../core/result.ts';
import { MotionRecordings, type MotionPorts } from './motion-recordings.svelte.ts';
import { allowMotion, heardOf, SILENT, type MotionHeard } from './motion-sensor.ts';

const along = (x: number) => [x, 0, 0, 1, 2, 3] as const;
const heard = (at: number, x = 1): MotionHeard => ({ at, own: along(x), withGravity: along(x + 9.8) });

/** Timers run when they are told to. */
function stage(ports: Partial<MotionPorts> = {}) {
  const timers = new Map<() => void, number>();
  const listeners = new Set<(one: MotionHeard) => void>();
  const motion = new MotionRecordings({
    allow: () => Promise.resolve(ok(undefined)),
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    every(milliseconds, run) {
      timers.set(run, milliseconds);
      return () => void timers.delete(run);
    },
    ...ports,
  });
  const tick = (milliseconds: number, times = 1): void => {
    for (let time = 0; time < times; time += 1)
      for (const [run, every] of timers) if (every === milliseconds) run();
  };
  const hear = (one: MotionHeard): void => listeners.forEach((listener) => listener(one));
  /** A sample every 20 ms. */
  const move = (from: number, milliseconds: number): void => {
    for (let at = 0; at <= milliseconds; at += 20) hear(heard(from + at, at / 20));
  };
  return { motion, tick, hear, move, timers, listeners };
}
async function opened(ports: Partial<MotionPorts> = {}) {
  const all = stage(ports);
  expect(all.motion.add('rest, wave')).toBe(true);
  await all.motion.open();
  expect(all.motion.view.type).toBe('waiting');
  all.hear(heard(0));
  expect(all.motion.view.type).toBe('on');
  return all;
}

test('a class is counted down to, recorded for its time, kept or thrown away, and all becomes one table', async () => {
  const { motion, tick, move } = await opened();
  motion.seconds = 5;
  motion.record('rest');
  // Neither a second one, nor what the device does before it begins.
  motion.record('wave');
  expect(motion.view).toEqual({ type: 'counting', label: 'rest', left: 3 });
  move(0, 400);
  tick(1000, 3);
  expect(motion.view).toMatchObject({ type: 'recording', label: 'rest' });
  move(1000, 6000);
  expect(motion.view.type).toBe('on');
  expect(motion.pending?.samples).toHaveLength(251);
  expect(motion.hindrance).toMatch(/^Keep the last/);
  motion.keep();

  motion.countdown = 0;
  motion.record('wave');
  move(20_000, 2000);
  motion.stop();
  motion.discard();
  expect(motion.of('wave')).toEqual([]);
  expect(motion.lacking).toMatch(/^Record wave first/);
  motion.record('wave');
  move(30_000, 2000);
  motion.stop();
  motion.keep();
  expect(motion.lacking).toBeUndefined();
  expect(motion.rows()).toEqual({ count: 250 + 100, missing: 0 });

  const files = motion.files();
  const lines = (await files[0]!.file.text()).trim().split('\r\n');
  expect(lines[0]).toBe('t,series,ax,ay,az,ra,rb,rg,label');
  expect(lines[1]).toBe('1970-01-01T00:00:00.000Z,recording 1,0.5,0,0,1,2,3,rest');
  expect(lines).toHaveLength(351);
  expect(lines.at(-1)).toMatch(/^1970-01-01T00:00:01\.980Z,recording 2,.*,wave$/);
  motion.kept([]);
  expect(motion.isUnkept).toBe(true);
  motion.kept(files);
  expect(motion.isUnkept).toBe(false);
});

test('a tab that hides is told nothing: the sensor is off, and what was recorded until then is asked about', async () => {
  const { motion, move, timers, listeners } = await opened();
  motion.countdown = 0;
  motion.record('wave');
  move(0, 1500);
  motion.hide();
  expect(motion.view.type).toBe('off');
  expect(motion.problem).toMatch(/hidden page.* below\. Turn it on/);
  expect(motion.pending?.label).toBe('wave');
  expect([timers.size, listeners.size]).toEqual([0, 0]);
  motion.discard();
  await motion.open();
  expect(motion.problem).toBeNull();
  move(5000, 100);
  motion.record('wave');
  move(6000, 500);
  motion.stop();
  expect(motion.pending).toBeNull();
  expect(motion.problem).toMatch(/shorter than a second/);
  motion.removeClass('wave');
  expect(motion.classes).toEqual(['rest']);
});

test('a sensor that is refused, missing or silent is off with what to do; one that falls silent keeps what it said', async () => {
  const refused = stage({ allow: () => Promise.resolve(fail('Not allowed.')) });
  await refused.motion.open();
  expect([refused.motion.view.type, refused.motion.problem]).toEqual(['off', 'Not allowed.']);

  const silent = stage();
  await silent.motion.open();
  silent.tick(100, 20);
  expect(silent.motion.view.type).toBe('waiting');
  silent.tick(100);
  expect([silent.motion.view.type, silent.motion.problem]).toEqual(['off', SILENT]);

  const { motion, move, tick } = await opened();
  motion.countdown = 0;
  motion.record('rest');
  move(0, 1200);
  tick(100, 21);
  expect(motion.problem).toMatch(/fell silent/);
  expect(motion.pending?.samples).toHaveLength(61);

  // Closed while the person was asked.
  let answer = (): void => {};
  const late = stage({ allow: () => new Promise((resolve) => (answer = () => resolve(ok(undefined)))) });
  const opening = late.motion.open();
  late.motion.close();
  answer();
  await opening;
  expect([late.motion.view.type, late.listeners.size]).toEqual(['off', 0]);
});

test('all recordings are with gravity or all without it, and a class is no missing value', async () => {
  const { motion, hear } = await opened();
  expect(motion.hasGravity).toBe(false);
  motion.countdown = 0;
  motion.record('rest');
  for (let at = 0; at <= 1000; at += 20) hear({ at, own: undefined, withGravity: along(9) });
  for (let at = 1020; at <= 2100; at += 20) hear(heard(at));
  motion.stop();
  expect(motion.pending?.samples[0]).toEqual({ at: 1020, values: along(1) });
  expect(motion.add('ok, NA')).toBe(false);
  expect(motion.refused).toMatch(/“NA” stands for a missing value/);
  const only = stage();
  await only.motion.open();
  only.hear({ at: 0, own: undefined, withGravity: along(9) });
  expect(only.motion.hasGravity).toBe(true);
});

test('an event is read by what it holds, and each kind of refusal says what to do', async () => {
  const none = { x: null, y: null, z: null };
  const event = (own: typeof none | { x: number; y: number; z: number }, rotates = true) =>
    heardOf({
      timeStamp: 7,
      acceleration: own,
      accelerationIncludingGravity: { x: 0, y: 0, z: 9.8 },
      rotationRate: rotates ? { alpha: 1, beta: 2, gamma: 3 } : null,
    });
  expect(event({ x: 1, y: 2, z: 3 })?.own).toEqual([1, 2, 3, 1, 2, 3]);
  expect(event(none, false)).toEqual({ at: 7, own: undefined, withGravity: [0, 0, 9.8, NaN, NaN, NaN] });
  expect(
    heardOf({ timeStamp: 0, acceleration: none, accelerationIncludingGravity: none, rotationRate: null }),
  ).toBeUndefined();

  const asking = (answer: string) => ({
    isSecureContext: true,
    DeviceMotionEvent: { requestPermission: () => Promise.resolve(answer) },
  });
  expect(await allowMotion(asking('granted'))).toEqual(ok(undefined));
  expect(await allowMotion({ isSecureContext: true, DeviceMotionEvent: {} })).toEqual(ok(undefined));
  const error = async (around: Parameters<typeof allowMotion>[0]): Promise<string> => {
    const told = await allowMotion(around);
    return told.ok ? '' : told.error;
  };
  expect(await error(asking('denied'))).toMatch(/not allowed.*anew/);
  expect(await error({ isSecureContext: false, DeviceMotionEvent: {} })).toMatch(/needs https/);
  expect(await error({ isSecureContext: true })).toMatch(/on a phone/);
});
