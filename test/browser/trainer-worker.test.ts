// Training runs in a worker: every engine starts there, with no document and no animation frames. And a graphics device that
// goes away says so.
import { expect, test } from 'vitest';
import { createTrainer } from '../../src/lib/adapters/engines/browser.ts';
import { buildNetwork, initialParameters } from '../../src/lib/core/model/network.ts';
import type { BackendName } from '../../src/lib/ports/trainer.ts';

async function inWorker(backend: BackendName): Promise<unknown> {
  const worker = new Worker(new URL('./train-in-worker.worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise((resolve, reject) => {
      worker.addEventListener('message', (event) => resolve(event.data));
      worker.addEventListener('error', (event) => reject(new Error(event.message)));
      worker.postMessage(backend);
    });
  } finally {
    worker.terminate();
  }
}

test.each(['simd', 'jax-wasm', 'wasm', 'cpu', 'gpu', 'jax-webgpu', 'webgpu', 'webgl'] as const)(
  '%s trains in a worker as the reference does',
  async (backend) => {
    const expected = await inWorker('reference');
    const got = await inWorker(backend);
    if (!(expected instanceof Float32Array) || !(got instanceof Float32Array))
      throw new Error(`${String(expected)}; ${String(got)}`);
    expect(got.length).toBe(expected.length);
    for (const [index, value] of expected.entries()) expect(Math.abs(got[index]! - value)).toBeLessThan(1e-5);
  },
);

test.each(['gpu', 'webgpu'] as const)(
  'a lost device ends a session of %s with device-lost, and a new trainer works',
  async (backend) => {
    const devices: GPUDevice[] = [];
    const request = GPUAdapter.prototype.requestDevice;
    GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, ...given) {
      const device = await request.apply(this, given);
      devices.push(device);
      return device;
    };
    try {
      const built = buildNetwork({
        inputShape: [3],
        layers: [{ type: 'dense', units: 2, activation: 'softmax', useBias: true }],
        loss: 'categorical-crossentropy',
      });
      if (!built.ok) throw new Error(built.error.message);
      const open = async () => {
        const trainer = await createTrainer(backend);
        const session = await trainer.open(built.value, {
          learningRate: 0.1,
          optimizer: { type: 'sgd', momentum: 0 },
          proximalTerm: 0,
          seed: 1,
        });
        await session.setRows({ count: 1, features: Float32Array.of(1, 2, 3), targets: Int32Array.of(1) });
        await session.setState({
          parameters: initialParameters(built.value, 1),
          optimizer: new Float32Array(0),
          steps: 0,
        });
        return { trainer, session };
      };
      const first = await open();
      await first.session.step(Uint32Array.of(0));
      const [device] = devices;
      device?.destroy();
      await device?.lost;
      await expect(first.session.step(Uint32Array.of(0))).rejects.toMatchObject({
        name: 'TrainerFailure',
        kind: 'device-lost',
      });
      await expect(first.session.takeLoss()).rejects.toMatchObject({ kind: 'device-lost' });
      first.session.close();
      first.trainer.dispose();

      const second = await open();
      await second.session.step(Uint32Array.of(0));
      expect(await second.session.takeLoss()).toBeGreaterThan(0);
      second.trainer.dispose();
    } finally {
      GPUAdapter.prototype.requestDevice = request;
    }
  },
);

test('jax-js whose device is lost ends its session with device-lost, and says that it can start no other', async () => {
  const built = buildNetwork({
    inputShape: [3],
    layers: [{ type: 'dense', units: 2, activation: 'softmax', useBias: true }],
    loss: 'categorical-crossentropy',
  });
  if (!built.ok) throw new Error(built.error.message);
  const request = GPUAdapter.prototype.requestDevice;
  let device: GPUDevice | undefined;
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, ...given) {
    return (device = await request.apply(this, given));
  };
  try {
    const trainer = await createTrainer('jax-webgpu');
    const session = await trainer.open(built.value, {
      learningRate: 0.1,
      optimizer: { type: 'sgd', momentum: 0 },
      proximalTerm: 0,
      seed: 1,
    });
    await session.setRows({ count: 1, features: Float32Array.of(1, 2, 3), targets: Int32Array.of(1) });
    await session.setState({
      parameters: initialParameters(built.value, 1),
      optimizer: new Float32Array(0),
      steps: 0,
    });
    await session.step(Uint32Array.of(0));
    // While it is being read.
    const loss = session.takeLoss();
    device?.destroy();
    const isLost = { name: 'TrainerFailure', kind: 'device-lost' };
    await expect(loss).rejects.toMatchObject(isLost);
    await device?.lost;
    await expect(session.step(Uint32Array.of(0))).rejects.toMatchObject(isLost);
    session.close();
    trainer.dispose();
    await expect(createTrainer('jax-webgpu')).rejects.toMatchObject({
      ...isLost,
      message: expect.stringContaining('before the page is loaded anew'),
    });
  } finally {
    GPUAdapter.prototype.requestDevice = request;
  }
});
