// Whole federations with personalisation: what the server shows of the devices' own models beside the versions, and how it
// differs from device to device, on data whose labels mean opposite things on half of the devices.
import { expect, test } from 'vitest';
import type { Examples } from '#lib/core/data/examples.ts';
import type { NetworkFederation, Personalisation } from '#lib/core/federation.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { random } from '#lib/core/random.ts';
import { ownPart, sharedLength } from '#lib/core/model/own-part.ts';
import { valuesIn } from '#lib/core/model/ranges.ts';
import { buildNetwork } from '#lib/core/model/network.ts';
import { checkSpec } from '../../server/coordinator/check-spec.ts';
import { deviceFederation, federation, type DeviceFederation } from '../support/device-federation.ts';
import { exampleSpec } from './example-spec.ts';

const DEVICES = 4;
const ROUNDS = 3;

/** Which side of x = 0 is “left” depends on the device: no single model suits all of them. */
function opposed(device: number): Examples {
  const draw = random(8, 'opposed', device);
  const rows = 60;
  const features = Float32Array.from({ length: rows * 2 }, () => draw.normal());
  const targets = Int32Array.from({ length: rows }, (_, row) =>
    features[2 * row]! > 0 === (device % 2 === 0) ? 1 : 0,
  );
  const hashes = Uint32Array.from({ length: rows * 2 }, () => draw.below(4294967296));
  return { count: rows, features, targets, hashes };
}

function specOf(personalisation: Personalisation): NetworkFederation {
  const spec = exampleSpec({
    units: 6,
    rules: { goal: DEVICES, minimum: DEVICES, overSelection: 1, maximumRounds: ROUNDS },
  });
  return { ...spec, personalisation, plan: { ...spec.plan, localEpochs: 10, learningRate: 0.3 } };
}

async function run(personalisation: Personalisation): Promise<DeviceFederation> {
  const one = await deviceFederation(
    specOf(personalisation),
    Array.from({ length: DEVICES }, (_, index) => opposed(index)),
  );
  await one.until('the last version is scored', () => {
    const last = one.versions().at(-1);
    return last?.version === ROUNDS && last.evaluation?.participants === DEVICES;
  });
  return one;
}

for (const personalisation of [
  { type: 'fedper', layers: 1 },
  { type: 'ditto', lambda: 0.1 },
  { type: 'finetune', epochs: 10 },
] satisfies Personalisation[])
  test(`${personalisation.type}: every device’s own model reads its own labels, and the server shows the worst and the best`, async () => {
    const one = await run(personalisation);
    const { evaluation } = one.versions().at(-1)!;
    expect(evaluation?.personal).toMatchObject({ participants: DEVICES, spread: { participants: DEVICES } });
    expect(figure(evaluation!.personal!.tally, 'accuracy')).toBeGreaterThan(0.9);
    expect(evaluation!.personal!.spread!.minimum).toBeGreaterThan(0.8);
    expect(evaluation!.personal!.tally.count).toBe(evaluation!.tally.count);

    // The server's figures are those that the devices show themselves.
    const figures = one.devices.map(({ part }) => part.view.localEvaluations.at(-1)!.personal!.figure!);
    expect(evaluation!.personal!.spread!.minimum).toBe(Math.min(...figures));
    expect(evaluation!.personal!.spread!.maximum).toBe(Math.max(...figures));
    await one.close();
  });

test('without personalisation the same data leaves nobody served: half of the labels are against it', async () => {
  const one = await run({ type: 'none' });
  const { evaluation } = one.versions().at(-1)!;
  expect(evaluation?.personal).toBeNull();
  expect(evaluation?.spread).toMatchObject({ participants: DEVICES });
  expect(figure(evaluation!.tally, 'accuracy')).toBeLessThan(0.75);
  await one.close();
});

test('FedPer: the layers of one’s own are those of version 0 in every version', async () => {
  const one = await run({ type: 'fedper', layers: 1 });
  const built = buildNetwork(specOf({ type: 'none' }).network);
  if (!built.ok) throw new Error(built.error.message);
  const shared = sharedLength(built.value, 1);
  const [first, last] = [await one.parameters(0), await one.parameters(ROUNDS)];
  expect(last.subarray(shared)).toEqual(first.subarray(shared));
  expect(last.subarray(0, shared)).not.toEqual(first.subarray(0, shared));
  await one.close();
});

/** One rule of left and right for all, but what each device measures it with is shifted and scaled in its own way. */
function skewed(device: number): Examples {
  const draw = random(9, 'skewed', device);
  const [scale, shift] = [
    [1, 0],
    [3, 6],
    [0.3, -4],
    [2, -9],
  ][device]!;
  const rows = 80;
  const targets = new Int32Array(rows);
  const features = new Float32Array(2 * rows);
  for (let row = 0; row < rows; row += 1) {
    const [x, y] = [draw.normal(), draw.normal()];
    targets[row] = x * y > 0 ? 1 : 0;
    features.set([scale! * x + shift!, scale! * y - shift!], 2 * row);
  }
  const hashes = Uint32Array.from({ length: rows * 2 }, () => draw.below(4294967296));
  return { count: rows, features, targets, hashes };
}

const normalised: NetworkFederation['network'] = {
  inputShape: [2],
  layers: [
    { type: 'batch-normalisation', momentum: 0.9, epsilon: 1e-3 },
    { type: 'dense', units: 12, activation: 'linear', useBias: false },
    { type: 'batch-normalisation', momentum: 0.9, epsilon: 1e-3 },
    { type: 'activation', activation: 'relu' },
    { type: 'dense', units: 2, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
};

async function runNormalised(
  personalisation: Personalisation,
  transfer: NetworkFederation['transfer'],
): Promise<DeviceFederation> {
  const spec = { ...specOf(personalisation), network: normalised, transfer, guard: { normFactor: null } };
  const one = await deviceFederation(
    spec,
    Array.from({ length: DEVICES }, (_, index) => skewed(index)),
  );
  await one.until('the last version is scored', () => {
    const last = one.versions().at(-1);
    return last?.version === ROUNDS && last.evaluation?.participants === DEVICES;
  });
  return one;
}

test('FedBN: where devices measure differently, normalisation of one’s own beats an averaged one', async () => {
  const exact = { uplink: 'f32', downlink: 'f32' };
  const averaged = await runNormalised({ type: 'none' }, exact);
  const own = await runNormalised({ type: 'fedbn' }, exact);
  const { tally } = averaged.versions().at(-1)!.evaluation!;
  const { personal } = own.versions().at(-1)!.evaluation!;
  expect(personal).toMatchObject({ participants: DEVICES, spread: { participants: DEVICES } });
  expect(figure(personal!.tally, 'accuracy')).toBeGreaterThan(0.85);
  expect(figure(personal!.tally, 'accuracy')! - figure(tally, 'accuracy')!).toBeGreaterThan(0.1);
  await averaged.close();
  await own.close();
});

test.each([
  ['exactly', { uplink: 'f32', downlink: 'f32' }],
  ['in a few bits, which make something of zeros', { uplink: 'eden:3', downlink: 'f32' }],
])(
  'FedBN: the normalisation is that of version 0 in every version, whatever was sent %s',
  async (_, transfer) => {
    const one = await runNormalised({ type: 'fedbn' }, transfer);
    const built = buildNetwork(normalised);
    if (!built.ok) throw new Error(built.error.message);
    const [first, last] = [await one.parameters(0), await one.parameters(ROUNDS)];
    const own = ownPart(built.value, { type: 'fedbn' });
    // Four values for each of two inputs and twelve units.
    expect(valuesIn(own, first)).toHaveLength(4 * (2 + 12));
    expect(valuesIn(own, last)).toEqual(valuesIn(own, first));
    expect(last).not.toEqual(first);
    await one.close();
  },
);

test('another success metric judges every device anew', async () => {
  const one = await run({ type: 'none' });
  const before = one.versions().at(-1)!.evaluation!;
  const spec = { ...specOf({ type: 'none' }), metric: { name: 'loss' as const, target: null } };
  expect((await one.coordinator.change(federation, spec))?.ok).toBe(true);
  const after = one.versions().at(-1)!.evaluation!;
  expect(after.tally).toEqual(before.tally);
  expect(after.spread?.participants).toBe(DEVICES);
  const losses = one.devices.map(({ part }) => part.view.localEvaluations.at(-1)!.loss!);
  expect(after.spread?.minimum).toBe(Math.min(...losses));
  expect(after.spread?.minimum).not.toBe(before.spread?.minimum);
  await one.close();
});

test('a federation in which FedPer leaves nothing to share is refused at its field', () => {
  const two = checkSpec(specOf({ type: 'fedper', layers: 2 }));
  expect(!two.ok && two.error).toEqual([
    {
      path: 'spec.personalisation.layers',
      message: 'The model has 2 layers with parameters, and at least one must be shared. Choose 1.',
    },
  ]);
  const one = checkSpec({ ...exampleSpec(), personalisation: { type: 'fedper', layers: 1 } });
  expect(!one.ok && one.error).toMatchObject([
    { path: 'spec.personalisation.layers', message: expect.stringContaining('one layer with parameters') },
  ]);
});

test('FedBN needs layers that normalise, and SCAFFOLD a model without', () => {
  const without = checkSpec(specOf({ type: 'fedbn' }));
  expect(!without.ok && without.error).toMatchObject([
    { path: 'spec.personalisation.type', message: expect.stringContaining('no normalisation layer') },
  ]);
  const spec = { ...specOf({ type: 'none' }), network: normalised };
  expect(checkSpec(spec).ok).toBe(true);
  const controlled = checkSpec({ ...spec, strategy: { name: 'scaffold', options: {} } });
  expect(!controlled.ok && controlled.error).toMatchObject([
    { path: 'spec.strategy.name', message: expect.stringContaining('running statistics') },
  ]);
});
