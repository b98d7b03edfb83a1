import { expect, test } from 'vitest';
import { fail, ok } from '../core/result.ts';
import { CameraPictures, MOST_PICTURES, type CameraPorts } from './camera-pictures.svelte.ts';
import { openCamera } from './camera.ts';
import { OpenedCamera } from './opened-camera.svelte.ts';

/** A camera that is there, with its one track. */
function stream(facingMode = 'user') {
  const listeners: (() => void)[] = [];
  const track = {
    stopped: 0,
    stop: () => void (track.stopped += 1),
    addEventListener: (_: string, run: () => void) => void listeners.push(run),
    getSettings: () => ({ deviceId: facingMode, facingMode }),
    end: () => listeners.forEach((run) => run()),
  };
  return {
    track,
    stream: { getTracks: () => [track], getVideoTracks: () => [track] } as unknown as MediaStream,
  };
}

/** The hand of the clock is `ticks`: each that is still set runs. */
function stage(given = stream(), ports: Partial<CameraPorts> = {}) {
  const ticks = new Set<() => void>();
  const shown = new Set<string>();
  let at = 0;
  const camera = new CameraPictures({
    open: () => Promise.resolve(ok(given.stream)),
    cameras: () => Promise.resolve([{ deviceId: 'user', label: 'Front' }]),
    every: (_, run) => {
      ticks.add(run);
      return () => void ticks.delete(run);
    },
    addressOf() {
      shown.add(`blob:${(at += 1)}`);
      return `blob:${at}`;
    },
    forget: (address) => void shown.delete(address),
    ...ports,
  });
  camera.lens = () => Promise.resolve(new Blob(['picture']));
  /** So many pictures, by the clock after the first. */
  const burst = async (label: string, count: number): Promise<void> => {
    camera.hold(label);
    await camera.settled();
    for (let taken = 1; taken < count; taken += 1) {
      for (const run of ticks) run();
      await camera.settled();
    }
    camera.release(label);
  };
  return { camera, ticks, shown, burst, track: given.track };
}

test('nothing is taken unless a button is held, one class at a time; the last burst is taken back whole', async () => {
  const { camera, ticks, shown, burst } = stage();
  expect(camera.add('cat, dog')).toBe(true);
  camera.hold('cat');
  expect(camera.holding).toBeNull();
  await camera.open();
  expect([ticks.size, camera.pictures.length, camera.mirrored]).toEqual([0, 0, true]);

  await burst('cat', 3);
  await burst('dog', 2);
  expect([camera.of('cat').length, camera.of('dog').length, ticks.size]).toEqual([3, 2, 0]);
  camera.hold('cat');
  camera.hold('dog');
  // A second finger lifted from another class ends nothing.
  camera.release('dog');
  expect(camera.holding?.label).toBe('cat');
  await camera.settled();
  camera.release('cat');
  expect(camera.undo()).toMatchObject({ label: 'cat', count: 1 });
  expect(camera.undo()).toMatchObject({ label: 'dog', count: 2 });
  expect([camera.of('cat').length, camera.of('dog').length, shown.size]).toEqual([3, 0, 3]);
  camera.remove(camera.of('cat')[1]!.id);
  expect(shown).toEqual(new Set(['blob:1', 'blob:3']));
  camera.dispose();
  expect([shown.size, camera.view.type]).toEqual([0, 'off']);
});

test('a picture that is written down after its burst was taken back, or its class removed, is not there', async () => {
  const { camera, ticks } = stage();
  camera.add('cat, dog');
  await camera.open();
  let give: (blob: Blob) => void = () => undefined;
  camera.lens = () => new Promise((resolve) => (give = resolve));
  camera.hold('cat');
  camera.release();
  give(new Blob(['1']));
  await camera.settled();
  expect(camera.pictures.length).toBe(1);
  // Of this burst one is there when it is taken back, and another on its way.
  camera.hold('cat');
  give(new Blob(['2']));
  await camera.settled();
  for (const run of ticks) run();
  expect(camera.undo()).toMatchObject({ count: 1 });
  give(new Blob(['3']));
  await camera.settled();
  expect(camera.pictures.length).toBe(1);
  camera.hold('dog');
  camera.removeClass('dog');
  expect([camera.holding, camera.chosen]).toEqual([null, 'cat']);
  give(new Blob(['4']));
  await camera.settled();
  expect(camera.pictures.map(({ label }) => label)).toEqual(['cat']);
});

test('the camera is stopped when it is closed, when the tab hides, and when it is given after that', async () => {
  const first = stage();
  await first.camera.open();
  first.camera.hide();
  expect([first.track.stopped, first.camera.view.type]).toEqual([1, 'off']);
  expect(first.camera.problem).toContain('out of sight');

  const late = stream();
  let give: (value: MediaStream) => void = () => undefined;
  const slow = stage(late, {
    open: () => new Promise((resolve) => (give = (value) => resolve(ok(value)))),
  });
  const opening = slow.camera.open();
  expect(slow.camera.view.type).toBe('opening');
  slow.camera.close();
  give(late.stream);
  await opening;
  expect([late.track.stopped, slow.camera.view.type]).toEqual([1, 'off']);

  const pulled = stage(stream('environment'));
  pulled.camera.add('a, b');
  await pulled.camera.open();
  expect(pulled.camera.mirrored).toBe(false);
  pulled.camera.hold('a');
  pulled.track.end();
  expect([pulled.camera.view.type, pulled.camera.holding, pulled.ticks.size]).toEqual(['off', null, 0]);
  expect(pulled.camera.problem).toContain('unplugged');

  const refused = stage(stream(), { open: () => Promise.resolve(fail('There is no camera.')) });
  await refused.camera.open();
  expect(refused.camera).toMatchObject({ view: { type: 'off' }, problem: 'There is no camera.' });
});

test('a camera that is asked for twice while the person is asked is open once, and stopped by leaving', async () => {
  const streams = [stream(), stream('environment')];
  const gives: (() => void)[] = [];
  const camera = new OpenedCamera({
    open: () =>
      new Promise((resolve) => {
        const given = streams[gives.length]!.stream;
        gives.push(() => resolve(ok(given)));
      }),
  });
  const asked = [camera.start({}), camera.start({})];
  gives.forEach((give) => give());
  await Promise.all(asked);
  expect([streams[0]!.track.stopped, streams[1]!.track.stopped]).toEqual([1, 0]);
  expect(camera.view).toMatchObject({ type: 'on', stream: streams[1]!.stream });
  camera.close();
  expect(streams.map(({ track }) => track.stopped)).toEqual([1, 1]);
});

test('while cameras are switched the one that is asked for is said, so that what switches them stays', async () => {
  const wanted: MediaTrackConstraints[] = [];
  const { camera } = stage(stream(), {
    open: (constraints) => {
      wanted.push(constraints);
      return Promise.resolve(ok(stream().stream));
    },
  });
  const first = camera.open();
  expect(camera.view).toEqual({ type: 'opening', camera: undefined });
  await first;
  const switched = camera.open('back');
  expect(camera.view).toEqual({ type: 'opening', camera: 'back' });
  await switched;
  expect(wanted).toEqual([
    { width: { ideal: 640 }, facingMode: 'user' },
    { width: { ideal: 640 }, deviceId: { exact: 'back' } },
  ]);
});

test.each([
  ['NotAllowedError', 'not allowed. Allow it by the sign beside the address'],
  ['NotFoundError', 'no camera on this device'],
  ['NotReadableError', 'in use elsewhere'],
  ['OverconstrainedError', 'not there any more'],
  ['AbortError', 'did not start: why'],
])('%s is refused in a sentence', async (name, sentence) => {
  const opened = await openCamera({}, { getUserMedia: () => Promise.reject(new DOMException('why', name)) });
  expect(opened).toEqual(fail(expect.stringContaining(sentence)));
});

test('classes are folders of the import: what a folder cannot be called, or would be taken for another, is refused', () => {
  const { camera } = stage();
  camera.add('Big dog');
  for (const [names, sentence] of [
    [' , ', 'Write the name of a class'],
    ['a/b', 'no slash'],
    ['.hidden', 'no dot before it'],
    ['__MACOSX', 'cannot be the name'],
    ['cat, big_dog', '“big_dog” and “Big dog” read the same.'],
    ['cat, cat', '“cat” is there already.'],
    ['x'.repeat(81), 'too long'],
    [Array.from({ length: 100 }, (_, i) => `c${i}`).join(), 'at most 100'],
  ] as const) {
    expect(camera.add(names)).toBe(false);
    expect(camera.refused).toContain(sentence);
  }
  expect(camera.classes).toEqual(['Big dog']);
  expect(camera.lacking).toContain('at least two');
});

test('pictures go to the import in a folder for each class; those that were kept are held no longer, later ones are', async () => {
  const { camera, burst } = stage();
  camera.add('cat');
  camera.add('dog');
  await camera.open();
  await burst('cat', 2);
  expect(camera.lacking).toContain('Take a picture of dog first');
  await burst('dog', 1);
  await burst('cat', 1);
  expect(camera.lacking).toBeUndefined();
  const files = camera.files();
  expect(files.map(({ path, file }) => [path, file.name, file.type])).toEqual([
    ['cat/0001.png', '0001.png', 'image/png'],
    ['cat/0002.png', '0002.png', 'image/png'],
    ['cat/0003.png', '0003.png', 'image/png'],
    ['dog/0001.png', '0001.png', 'image/png'],
  ]);
  await burst('dog', 1);
  camera.kept([]);
  expect(camera.pictures.length).toBe(5);
  camera.kept(files);
  expect(camera.pictures.map(({ label }) => label)).toEqual(['dog']);
});

test('beyond what is held at once, and where a picture cannot be written down, holding ends with the reason', async () => {
  const { camera, ticks, burst } = stage();
  camera.add('cat, dog');
  await camera.open();
  await burst('cat', MOST_PICTURES);
  camera.hold('dog');
  expect([camera.holding, ticks.size]).toEqual([null, 0]);
  expect(camera.problem).toContain(`${MOST_PICTURES} pictures`);
  camera.undo();
  camera.lens = () => Promise.reject(new Error('No room for a canvas.'));
  camera.hold('dog');
  await camera.settled();
  expect(camera).toMatchObject({ holding: null, problem: 'No room for a canvas.' });
});
