// What an update gives away under a federation's settings, with known answers.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { createHandClock } from '../adapters/memory/hand-clock.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { selectExamples, type Examples } from '../core/data/examples.ts';
import type { NetworkFederation } from '../core/federation.ts';
import { usualSecureSum } from '../core/secure-sum/rules.ts';
import { ParticipantId } from '../core/ids.ts';
import { networkOf } from '../core/model/families/index.ts';
import { buildNetwork, initialParameters } from '../core/model/network.ts';
import { drawnDigits, drawnDigitsContract } from '../modalities/image/sample-drawn-digits.ts';
import { clouds, federation, spec } from '../../../test/doubles/scripted-federation.ts';
import { createEngine } from './engine.ts';
import {
  PreviewFailed,
  previewRebuilding,
  type RebuildPreview,
  type SettingName,
} from './rebuild-preview.ts';

const participant = v.parse(ParticipantId, 'ab'.repeat(16));

async function preview(
  changes: Partial<NetworkFederation>,
  examples: Examples = clouds(80, 3),
  signal = new AbortController().signal,
): Promise<RebuildPreview> {
  const of: NetworkFederation = { ...spec, ...changes };
  const built = buildNetwork(of.network);
  if (!built.ok) throw new Error(built.error.message);
  const network = built.value;
  const training = Array.from({ length: examples.count - 10 }, (_, row) => row);
  const heldOut = Array.from({ length: 10 }, (_, row) => examples.count - 10 + row);
  const report = {
    backend: 'reference',
    description: 'plain loops',
    passed: true,
    stepMs: 1,
    relativeError: 0,
  };
  const engine = createEngine(
    { backend: 'reference', description: 'plain loops', reason: 'a test', reports: [report as never] },
    async () => createReferenceTrainer(),
  );
  return previewRebuilding(
    {
      federation,
      participant,
      spec: of,
      network,
      base: initialParameters(network, 3),
      rows: {
        version: 'ab'.repeat(32) as never,
        contract: of.contract,
        training: selectExamples(examples, training),
        heldOut: selectExamples(examples, heldOut),
        unlabelled: 0,
        check: undefined,
      },
    },
    { engine, clock: createHandClock(), signal, onProgress: () => {} },
  );
}
const settingOf = ({ settings }: RebuildPreview, name: SettingName) => {
  const found = settings.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
};
const errorOf = (preview: RebuildPreview, name: SettingName): number => {
  const { own, guess } = settingOf(preview, name);
  if (guess === null) return Infinity;
  return Math.max(...Array.from(own, (value, i) => Math.abs(value - guess[i]!)));
};

test('one row in one step is rebuilt to the fourth digit, and a batch is not', async () => {
  const found = await preview({});
  expect(found.attack).toBe('dense-layer');
  expect(found.settings.map((one) => one.name)).toEqual(['one-row', 'one-batch', 'whole']);
  expect(errorOf(found, 'one-row')).toBeLessThan(1e-4);
  expect(settingOf(found, 'one-row')).toMatchObject({ rows: 1, steps: 1, likeness: 1, verdict: 'rebuilt' });
});

test('where rounds try several plans, the one of the fewest steps and that of the smallest batch are looked at', async () => {
  const plan = { ...spec.plan, localEpochs: 4, batchSize: 10 };
  const by = 'fedex' as const;
  const tuning = { by, learningRates: [0.1, 0.01], localEpochs: [1, 4], batchSizes: [5, 40] };
  const stepsOf = async (changes: Partial<NetworkFederation>) =>
    (await preview({ plan, ...changes })).settings.map(({ name, rows, steps }) => [name, rows, steps]);
  expect(await stepsOf({})).toEqual([
    ['one-row', 1, 1],
    ['one-batch', 10, 1],
    ['whole', 70, 28],
  ]);
  expect(await stepsOf({ tuning })).toEqual([
    ['one-row', 1, 1],
    ['one-batch', 5, 1],
    ['whole', 70, 2],
  ]);
  // Of ranges that their ends are.
  const ranges = { localEpochs: { least: 1, most: 4 }, batchSize: { least: 5, most: 40 } };
  expect(await stepsOf({ tuning: { by: 'fedpop', population: 6, ...ranges } })).toEqual(
    await stepsOf({ tuning }),
  );
});

/** Digits: 784 values a row, so that nothing comes near one by chance. */
const digits = (count: number): Examples => {
  const drawn = [...drawnDigits(5, count)];
  return {
    count,
    features: Uint8Array.from(drawn.flatMap((one) => [...one.pixels])),
    targets: Int32Array.from(drawn, (one) => one.digit),
    hashes: new Uint32Array(2 * count),
  };
};
function ofDigits(
  family: 'mlp' | 'softmax-regression',
  batchSize: number,
  changes: Partial<NetworkFederation> = {},
) {
  const built = networkOf(family, drawnDigitsContract, family === 'mlp' ? { hidden: [16] } : {});
  if (!built.ok) throw new Error(built.error.message);
  return preview(
    {
      contract: drawnDigitsContract,
      network: built.value.spec,
      plan: { ...spec.plan, localEpochs: 1, batchSize },
      ...changes,
    },
    digits(74),
  );
}
const noisy = { clipNorm: 0.1, noiseMultiplier: 1, delta: 1e-5, epsilon: 8 };

test('a batch of one layer of linear units shows averages of its rows, and none of them', async () => {
  const found = await ofDigits('softmax-regression', 64);
  expect(settingOf(found, 'one-row')).toMatchObject({ likeness: 100, verdict: 'rebuilt' });
  const whole = settingOf(found, 'whole');
  expect(whole).toMatchObject({ rows: 64, steps: 1, verdict: 'traces' });
  expect(whole.likeness).toBeLessThan(22);
});

test('a hidden unit that one row of 64 excites gives that row away whole', async () => {
  const whole = settingOf(await ofDigits('mlp', 8), 'whole');
  expect(whole).toMatchObject({ rows: 64, steps: 8, likeness: 100, verdict: 'rebuilt' });
});

test('three bits a parameter blur what is rebuilt, and do not hide it', async () => {
  const found = await ofDigits('mlp', 8, { transfer: { uplink: 'eden:3', downlink: 'f32' } });
  expect(settingOf(found, 'one-row').verdict).toBe('rebuilt');
  expect(settingOf(found, 'one-row').likeness).toBeLessThan(50);
  expect(settingOf(found, 'whole').likeness).toBeLessThan(settingOf(found, 'one-row').likeness! - 10);
});

test('a clip alone hides nothing: a direction is enough', async () => {
  const found = await ofDigits('mlp', 8, { privacy: { type: 'central', ...noisy } });
  expect(found.settings.map((one) => one.verdict)).toEqual(['rebuilt', 'rebuilt', 'rebuilt']);
});

test('SCAFFOLD’s change of control is read with the update: shortened twice by chance, a row comes out nearer', async () => {
  const plan = { ...spec.plan, localEpochs: 1, batchSize: 8 };
  const shortened = { uplink: 'q8', downlink: 'f32' };
  const scaffold = { strategy: { name: 'scaffold', options: { lr: 1 } }, transfer: shortened, plan };
  const alone = settingOf(await ofDigits('mlp', 8, { transfer: shortened, plan }), 'one-row');
  const both = settingOf(await ofDigits('mlp', 8, scaffold), 'one-row');
  // In decibels: the error of a mean of two is 3 dB below that of one.
  expect(both.likeness! - alone.likeness!).toBeGreaterThan(1);
  expect(errorOf(await preview({ strategy: scaffold.strategy }), 'one-row')).toBeLessThan(1e-4);
});

test('under noise of the device itself nothing is found, of one row in one step neither', async () => {
  const found = await ofDigits('mlp', 8, { privacy: { type: 'local', ...noisy } });
  expect(found.settings.map((one) => one.verdict)).toEqual(['nothing', 'nothing', 'nothing']);
});

test('a secure sum is attacked as the sum that it shows, of as many devices as its rounds have', async () => {
  const found = await ofDigits('mlp', 8, {
    secureSum: usualSecureSum,
    rules: { ...spec.rules, goal: 5 },
  });
  const sum = settingOf(found, 'sum');
  expect(sum).toMatchObject({ rows: 64, devices: 5, steps: 10 });
  expect(sum.verdict).not.toBe('rebuilt');
  expect(settingOf(found, 'whole').verdict).toBe('rebuilt');
});

test('where each device adds a share of the noise, neither the sum nor one share of it gives a picture away', async () => {
  const found = await ofDigits('mlp', 8, {
    secureSum: usualSecureSum,
    privacy: { type: 'distributed', ...noisy },
    rules: { ...spec.rules, goal: 5 },
  });
  expect(settingOf(found, 'sum').verdict).toBe('nothing');
  expect(settingOf(found, 'whole').verdict).toBe('nothing');
});

test('a preview that is stopped ends with the reason, and one of a training that diverges with a sentence', async () => {
  const reason = new Error('stopped by the person');
  await expect(preview({}, clouds(80, 3), AbortSignal.abort(reason))).rejects.toBe(reason);
  await expect(
    preview({ plan: { ...spec.plan, learningRate: 10, localEpochs: 1000 } }, huge()),
  ).rejects.toThrow(PreviewFailed);
});

const huge = (): Examples => {
  const examples = clouds(80, 3);
  return { ...examples, features: examples.features.map((value) => value * 1e30) as Float32Array };
};
