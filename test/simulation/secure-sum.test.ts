// Whole rounds under secure aggregation: real participants against the real server over loopback sockets and HTTP.
import { afterEach, expect, test } from 'vitest';
import { usualSecureSum, type SecureSumOn } from '#lib/core/secure-sum/rules.ts';
import { held } from '../support/held-engines.ts';
import { securePatients } from '../support/secure-patients.ts';
import { faults, federation, stage, type Played } from '../support/secure-stage.ts';

const undoings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undoings.splice(0).reverse()) await undo();
});

const six = [0, 1, 2, 3, 4, 5];

async function play(secureSum: SecureSumOn | undefined, rounds: number): Promise<Played> {
  const one = await stage(securePatients(secureSum, rounds), undoings);
  await one.start(six).done;
  return one.played();
}

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.hypot(...a.map((value, i) => value - b[i]!));

/** The same devices, read one by one: the first three rounds. */
let read: Promise<Played> | undefined;
const withoutMasks = (): Promise<Played> => (read ??= play(undefined, 3));

test('six participants take a run to its end, and each version is what it is without masks', async () => {
  const masked = await play(usualSecureSum, 2);
  expect(faults(masked.lines)).toEqual([]);
  const plain = await withoutMasks();
  expect(masked.versions.length).toBe(3);
  expect(masked.versions[0]).toEqual(plain.versions[0]);
  for (const version of [1, 2]) {
    const step = distance(plain.versions[version]!, plain.versions[version - 1]!);
    expect(step).toBeGreaterThan(1e-3);
    // The unit of the ring: 6 devices · 1000 rows · 10 / 2³¹, over the rows of all.
    expect(distance(masked.versions[version]!, plain.versions[version]!)).toBeLessThan(1e-5);
  }
  const [, first] = await masked.coordinator.versions(federation);
  // How many rows they have rides in the sum; who has how many is not told.
  expect(first).toMatchObject({ participants: 6, examples: plain.examples, evaluation: null });
});

test('in a narrow ring, too, the first round sums exactly and tells the range of the next', async () => {
  const { lines, versions, coordinator } = await play({ ...usualSecureSum, ring: 8 }, 3);
  expect(faults(lines)).toEqual([]);
  const plain = await withoutMasks();
  const step = distance(plain.versions[3]!, plain.versions[2]!);
  // 8 bits at 4σ: NMSE ≈ 6 · step²/(12σ²) = 5·10⁻⁴, and a range that is 1.3 times as wide.
  const errors = [1, 2, 3].map((version) => distance(versions[version]!, plain.versions[version]!) / step);
  expect(errors[0]).toBeLessThan(1e-4);
  expect(errors[1]).toBeGreaterThan(1e-3);
  expect(errors[2]).toBeLessThan(0.3);
  const views = await coordinator.versions(federation);
  expect(views[2]!.bytesUp).toBeLessThan(views[1]!.bytesUp / 2);
});

test('a device that has shared its keys and never sends its vector is taken out of the sum with what the others hold', async () => {
  // Seven share keys, any five open the sum, six vectors close the round.
  const one = await stage(securePatients(usualSecureSum, 1, { overSelection: 1.16 }), undoings);
  let open = (): void => {};
  one.start([6], held(new Promise((resolve) => (open = resolve))));
  undoings.push(async () => open());
  await one.start(six).done;
  const { versions, lines } = await one.played();
  expect(faults(lines)).toEqual([]);
  const [round] = await one.coordinator.rounds(federation);
  expect(round?.cohort.map((member) => member.stage).sort()).toEqual([
    ...six.map(() => 'accepted'),
    'dropped',
  ]);
  expect(distance(versions[1]!, (await withoutMasks()).versions[1]!)).toBeLessThan(1e-5);
});

test('a server that is restarted while vectors come in goes on with the same sum', async () => {
  const one = await stage(securePatients(usualSecureSum, 1), undoings);
  let open = (): void => {};
  const slow = one.start([3, 4, 5], held(new Promise((resolve) => (open = resolve))));
  one.start([0, 1, 2]);
  await one.coordinator.until(
    federation,
    (view) => view.round?.cohort.filter((member) => member.stage === 'accepted').length === 3,
    60_000,
  );
  await one.restart();
  open();
  await slow.done;
  const { versions } = await one.played();
  const [round] = await one.coordinator.rounds(federation);
  expect(round).toMatchObject({ round: 1, phase: 'committed' });
  expect(distance(versions[1]!, (await withoutMasks()).versions[1]!)).toBeLessThan(1e-5);
});
