import { expect, test } from 'vitest';
import { memoryRecords } from '../adapters/memory-records.ts';
import { exampleSpec } from '../../test/simulation/example-spec.ts';
import { federation, World } from '../../test/simulation/world.ts';
import { DrawnRounds, RoundCosts } from './round-costs.ts';

const MINUTE = 60_000;

/** Each look at the meter finds a second more of processor time, and a megabyte. */
function metered() {
  let looks = 0;
  return () => {
    const begun = (looks += 1);
    return () => {
      looks += 1;
      return { cpuMs: 1000 * (looks - begun), largestBytes: 1e6 * looks };
    };
  };
}

test('what a round cost is kept by the line that ends it, and found again after a restart', async () => {
  const kept = memoryRecords();
  const spec = exampleSpec({ rules: { goal: 3, minimum: 3, maximumRounds: 2 } });
  const world = await World.open(7, spec, 4, kept, { meter: metered() });
  await world.start();
  for (const device of world.devices) device.connect();
  await world.until(() => world.coordinator.view(federation)?.state === 'finished', 20 * MINUTE);
  // A look as each round opens, and one as it ends.
  const rounds = [
    { round: 1, cpuMs: 1000, largestBytes: 2e6 },
    { round: 2, cpuMs: 1000, largestBytes: 4e6 },
  ];
  expect(world.coordinator.costs(federation)).toEqual(rounds);
  const lines = (await kept.journal(federation)).filter(({ type }) => type === 'committed');
  expect(lines.map(({ payload }) => payload)).toEqual([
    expect.objectContaining({ round: 1, server: { cpuMs: 1000, largestBytes: 2e6 } }),
    expect.objectContaining({ round: 2, server: { cpuMs: 1000, largestBytes: 4e6 } }),
  ]);
  await world.restart();
  expect(world.coordinator.costs(federation)).toEqual(rounds);
});

test('of a cohort that was drawn by chance nothing is told: time would tell how many came', async () => {
  const kept = memoryRecords();
  const spec = exampleSpec({ rules: { goal: 3, minimum: 3, maximumRounds: 1 } });
  const world = await World.open(7, spec, 4, kept);
  await world.start();
  for (const device of world.devices) device.connect();
  await world.until(() => world.coordinator.view(federation)?.state === 'finished', 20 * MINUTE);
  const [ended] = await kept.rounds(federation, { limit: 1 });
  if (ended === undefined) throw new Error('There was a round.');
  const { round } = ended;
  const secret = { ...round, drawnFrom: [] };
  const drawn = new DrawnRounds();
  const [costs, other] = [0, 1].map(() => new RoundCosts([], metered(), drawn));
  if (costs === undefined || other === undefined) throw new Error('There are two.');
  costs.begin(secret);
  expect(costs.told(secret)).toEqual({});
  // Nor of a round of another federation that began beside it, that it began and ended beside, or that it outlasts.
  other.begin(round);
  costs.written();
  expect(other.told(round)).toEqual({});
  other.begin(round);
  costs.begin(secret);
  costs.written();
  expect(other.told(round)).toEqual({});
  other.begin(round);
  costs.begin(secret);
  expect(other.told(round)).toEqual({});
  costs.written();
  other.begin(round);
  expect(other.told(round)).toEqual({ server: { cpuMs: 1000, largestBytes: 8e6 } });
  // Without a meter, as in a simulation, neither.
  const unmetered = new RoundCosts([], undefined, drawn);
  unmetered.begin(round);
  expect(unmetered.told(round)).toEqual({});
});
