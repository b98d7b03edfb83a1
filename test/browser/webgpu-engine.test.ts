// Our own WebGPU engine where it differs from the others: steps that wait for one another, sizes beyond a device's limits.
import { expect, onTestFinished, test } from 'vitest';
import { createReferenceTrainer } from '../../src/lib/adapters/reference/reference-trainer.ts';
import { requestGpu } from '../../src/lib/adapters/webgpu/gpu.ts';
import { createGpuTrainer } from '../../src/lib/adapters/webgpu/trainer.ts';
import { each } from '../../src/lib/adapters/webgpu/wgsl.ts';
import { workshopOf } from '../../src/lib/adapters/webgpu/workshop.ts';
import { initialParameters } from '../../src/lib/core/model/network.ts';
import type { SessionPlan, Trainer } from '../../src/lib/ports/trainer.ts';
import { network, relativeDifference, someRows, startOf } from '../contract/trainer.ts';

const plan: SessionPlan = {
  learningRate: 0.1,
  optimizer: { type: 'sgd', momentum: 0 },
  proximalTerm: 0,
  seed: 1,
};
const softmax = (inputs: number, units: number) =>
  network({
    inputShape: [inputs],
    layers: [{ type: 'dense', units, activation: 'softmax', useBias: true }],
    loss: 'categorical-crossentropy',
  });

test('steps wait for one another: forty of a small model are submitted twice, and nothing is read back between', async () => {
  const of = softmax(6, 3);
  const trainer = await createGpuTrainer();
  onTestFinished(() => trainer.dispose());
  const session = await trainer.open(of, plan);
  await session.setRows(someRows(of, 1));
  await session.setState(startOf(of));
  await session.step(Uint32Array.of(0, 1));
  await session.takeLoss();
  const submit = GPUQueue.prototype.submit;
  let submissions = 0;
  GPUQueue.prototype.submit = function (this: GPUQueue, ...given) {
    submissions += 1;
    return submit.apply(this, given);
  };
  onTestFinished(() => void (GPUQueue.prototype.submit = submit));
  for (let step = 0; step < 40; step += 1) await session.step(Uint32Array.of(step % 24, (step + 5) % 24));
  expect(submissions).toBe(1);
  expect(await session.takeLoss()).toBeGreaterThan(0);
  expect(submissions).toBe(2);
});

test('rows of more elements than a dimension of workgroups covers are scored as the reference scores them', async () => {
  // 24 rows of 190 000 numbers are 71 250 workgroups of 64; a dimension has 65 535.
  const of = softmax(190_000, 2);
  const { features } = someRows(of, 2);
  const start = { ...startOf(of), parameters: initialParameters(of, 3) };
  const reference = await createReferenceTrainer().open(of, plan);
  await reference.setState(start);
  const trainer = await createGpuTrainer();
  onTestFinished(() => trainer.dispose());
  const session = await trainer.open(of, plan);
  await session.setState(start);
  const [expected, got] = [await reference.predict(features, 24), await session.predict(features, 24)];
  for (const [index, value] of expected.entries()) expect(Math.abs(got[index]! - value)).toBeLessThan(1e-4);
});

test('a batch of more rows than a tile has trains as the reference does, and so do fewer rows on its program', async () => {
  // The contract's batches are of 5 and 3, whose products take no tiles.
  const of = network({
    inputShape: [40],
    layers: [
      { type: 'dense', units: 20, activation: 'tanh', useBias: true },
      { type: 'dense', units: 3, activation: 'softmax', useBias: true },
    ],
    loss: 'categorical-crossentropy',
  });
  const trainer = await createGpuTrainer();
  onTestFinished(() => trainer.dispose());
  const trained = async (on: Trainer): Promise<Float32Array> => {
    const session = await on.open(of, plan);
    await session.setRows(someRows(of, 4));
    await session.setState(startOf(of));
    for (const rows of [24, 18, 7]) await session.step(Uint32Array.from({ length: rows }, (_, row) => row));
    return (await session.state()).parameters;
  };
  const [expected, got] = [await trained(createReferenceTrainer()), await trained(trainer)];
  expect(relativeDifference(got, expected, startOf(of).parameters)).toBeLessThan(2e-4);
});

test('a device that is lost while a loss is being read ends the session with device-lost', async () => {
  const request = GPUAdapter.prototype.requestDevice;
  let device: GPUDevice | undefined;
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, ...given) {
    return (device = await request.apply(this, given));
  };
  onTestFinished(() => void (GPUAdapter.prototype.requestDevice = request));
  const of = softmax(6, 3);
  const trainer = await createGpuTrainer();
  onTestFinished(() => trainer.dispose());
  const session = await trainer.open(of, plan);
  await session.setRows(someRows(of, 1));
  await session.setState(startOf(of));
  await session.step(Uint32Array.of(0, 1));
  const loss = session.takeLoss();
  device?.destroy();
  await expect(loss).rejects.toMatchObject({ name: 'TrainerFailure', kind: 'device-lost' });
  await expect(session.step(Uint32Array.of(0))).rejects.toMatchObject({ kind: 'device-lost' });
});

test('a kernel that the device refuses is a refusal of the engine, and the device goes on', async () => {
  const gpu = await requestGpu();
  onTestFinished(() => gpu.close());
  const workshop = workshopOf(gpu);
  const broken = { code: 'fn main( {', numbers: [], workgroups: () => 1 };
  await expect(workshop.pipelines([broken])).rejects.toMatchObject({
    kind: 'unsupported',
    message: expect.stringContaining('refused'),
  });
  expect(gpu.failure()).toBeUndefined();
  expect(await workshop.pipelines([each(1, 1, 'losses[0] = 1.0;')])).toHaveLength(1);
});

test('a model whose parameters the device cannot bind at once is refused, and nothing of it stays', async () => {
  const request = GPUAdapter.prototype.requestDevice;
  // WebGPU's own limits, which a weak device has: 128 MiB a binding.
  GPUAdapter.prototype.requestDevice = function (this: GPUAdapter) {
    return request.apply(this, []);
  };
  onTestFinished(() => void (GPUAdapter.prototype.requestDevice = request));
  const trainer = await createGpuTrainer();
  onTestFinished(() => trainer.dispose());
  const before = trainer.bufferCount();
  const adam: SessionPlan = { ...plan, optimizer: { type: 'adam' } };
  // Two moments of 20 million numbers are 160 MB.
  await expect(trainer.open(softmax(10_000, 2_000), adam)).rejects.toMatchObject({
    name: 'TrainerFailure',
    kind: 'out-of-memory',
    message: 'A buffer of the graphics device takes 128 MiB at most; 153 MiB are needed at once.',
  });
  expect(trainer.bufferCount()).toBe(before);
});
