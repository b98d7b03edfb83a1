// A whole federation on data that no two devices share the classes of: SCAFFOLD gets as far in fewer rounds than averaging
// (Karimireddy et al. 2020, §4: client drift), and its control is served to devices, and to them only under SCAFFOLD.
import { expect, test } from 'vitest';
import type { Examples } from '#lib/core/data/examples.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { random } from '#lib/core/random.ts';
import { controlKey } from '#lib/participant/round-keys.ts';
import type { Configured } from '#lib/protocol/messages.ts';
import { deviceFederation, federation, type DeviceFederation } from '../support/device-federation.ts';
import { exampleSpec } from './example-spec.ts';

/** Points on the plane; the label is the side of a line through the origin. Each device sees one class nearly alone. */
function lopsided(device: number): Examples {
  const draw = random(4, 'lopsided', device);
  const rows = 40;
  const features = new Float32Array(rows * 2);
  const targets = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const wanted = row < 36 ? device % 2 : 1 - (device % 2);
    let x = 0;
    let y = 0;
    do {
      x = draw.normal();
      y = draw.normal() + (device % 2 === 0 ? 0.5 : -0.5);
    } while ((2 * x + y > 0.3 ? 1 : 0) !== wanted);
    features.set([x, y], 2 * row);
    targets[row] = wanted;
  }
  const hashes = Uint32Array.from({ length: rows * 2 }, () => draw.below(4294967296));
  return { count: rows, features, targets, hashes };
}

const DEVICES = 4;
const ROUNDS = 12;

function specOf(strategy: string): FederationSpec {
  const spec = exampleSpec({
    rules: { goal: DEVICES, minimum: DEVICES, overSelection: 1, maximumRounds: ROUNDS },
  });
  return {
    ...spec,
    strategy: { name: strategy, options: {} },
    plan: { ...spec.plan, localEpochs: 10, batchSize: 8, learningRate: 0.5 },
  };
}

async function run(strategy: string): Promise<DeviceFederation> {
  const one = await deviceFederation(
    specOf(strategy),
    Array.from({ length: DEVICES }, (_, index) => lopsided(index)),
  );
  await one.until('the last version is scored', () => {
    const last = one.versions().at(-1);
    return last?.version === ROUNDS && last.evaluation?.participants === DEVICES;
  });
  return one;
}

const losses = (one: DeviceFederation): number[] =>
  one.versions().map(({ evaluation }) => figure(evaluation!.tally, 'loss')!);

/** The first version whose loss is at most `loss`. */
const reached = (one: DeviceFederation, loss: number): number =>
  losses(one).findIndex((value) => value <= loss);

test('SCAFFOLD gets where averaging gets in half of its rounds, and its control is the mean of the devices’ own', async () => {
  const averaged = await run('fedavg');
  const corrected = await run('scaffold');
  const last = losses(averaged).at(-1)!;
  // Measured: 1.61 → 0.0851 in 12 rounds of averaging; SCAFFOLD is below that at version 6, and at 0.0556 in the end.
  expect(last).toBeLessThan(0.1);
  expect(reached(averaged, last)).toBe(ROUNDS);
  expect(reached(corrected, last)).toBeLessThanOrEqual(ROUNDS / 2 + 1);

  const { values } = (await corrected.remembered(ROUNDS))!;
  const own = await Promise.all(
    corrected.devices.map(async ({ store }) => (await store.vectors.get(controlKey(federation)))!),
  );
  for (const [i, value] of values.entries())
    expect(value).toBeCloseTo(own.reduce((total, one) => total + one[i]!, 0) / DEVICES, 5);
  expect(values.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  await averaged.close();
  await corrected.close();
});

test('a control is served to devices as long as SCAFFOLD is the strategy, and no other strategy’s state ever', async () => {
  const one = await deviceFederation(
    { ...specOf('fedyogi'), rules: { ...specOf('fedyogi').rules, maximumRounds: 1 } },
    Array.from({ length: DEVICES }, (_, index) => lopsided(index)),
  );
  const controls: (Configured['controls'] | undefined)[] = [];
  one.devices[0]!.link.on('configured', (message) => controls.push(message.controls));
  const next = async (strategy: string, rounds: number, version: number): Promise<void> => {
    const { rules, ...spec } = specOf(strategy);
    const changed = { ...spec, rules: { ...rules, maximumRounds: rounds } };
    expect((await one.coordinator.change(federation, changed))?.ok).toBe(true);
    expect((await one.coordinator.act(federation, 'start'))?.ok).toBe(true);
    await one.until(`version ${version}`, () => one.versions().length === version + 1);
  };
  await one.until('version 1', () => one.versions().length === 2);
  const moments = (await one.remembered(1))!;
  expect(moments.values).toHaveLength(12);
  expect(one.coordinator.parametersAt(moments.digest)).toBe('unknown');

  // FedYogi's moments are no control: SCAFFOLD starts from zeros, and so do the devices.
  await next('scaffold', 2, 3);
  const first = (await one.remembered(2))!;
  expect(controls).toEqual([null, null, { digest: first.digest, bytes: 24 }]);
  expect(one.coordinator.parametersAt(first.digest)).toBe('intact');
  expect(one.coordinator.parametersAt(moments.digest)).toBe('unknown');

  // Nor is a control a momentum.
  await next('fedavgm', 1, 4);
  expect(controls.slice(3)).toEqual([null]);
  expect(one.coordinator.parametersAt(first.digest)).toBe('unknown');
  expect(one.versions().every((version) => !version.damaged)).toBe(true);
  await one.close();
});
