// The self-test on the engines of a real Chromium whose only graphics adapter is software: everything that starts gives the
// right numbers, and the processor wins over it.
import { expect, test } from 'vitest';
import { availableBackends, createTrainer } from '../../src/lib/adapters/engines/browser.ts';
import type { DataContract } from '../../src/lib/core/data/contract.ts';
import { networkOf } from '../../src/lib/core/model/families/index.ts';
import { chooseBackend, TOLERANCE } from '../../src/lib/participant/choose-backend.ts';

const digits: DataContract = {
  kind: 'image',
  height: 12,
  width: 12,
  channels: 1,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
};

test('a software graphics adapter is measured, named and not chosen', async () => {
  const network = networkOf('cnn-mcmahan', digits, { filters: [8, 16], units: 32 });
  if (!network.ok) throw new Error(network.error.message);
  const available = await availableBackends();
  expect(available).toEqual(['gpu', 'jax-webgpu', 'webgpu', 'webgl', 'simd', 'jax-wasm', 'wasm', 'cpu']);
  // WebGL compiles for half a minute here; its contract has that.
  const backends = available.filter((backend) => backend !== 'webgl');
  const choice = await chooseBackend({
    network: network.value,
    batchSize: 10,
    preferred: null,
    backends,
    createTrainer,
  });
  const passed = choice.reports.filter((report) => report.passed);
  console.info(
    `${choice.reason}; ${passed.map((one) => `${one.description} ${one.relativeError.toExponential(1)}`).join(', ')}`,
  );
  // Which of the others is fastest depends on what else the machine does.
  expect(['gpu', 'webgpu', 'webgl']).not.toContain(choice.backend);
  expect(choice.reason).toMatch(/^fastest of \d that passed the self-test/);
  const gpu = choice.reports.find((report) => report.backend === 'gpu');
  expect(gpu?.passed).toBe(true);
  expect(gpu?.description).toMatch(/^WebGPU · own kernels · .*\(software\)$/);
  // On the same adapter: never faster, or not worth it where the processor wins. Not even downloaded.
  const measured = choice.reports.map((report) => report.backend);
  for (const stood of ['webgpu', 'jax-webgpu', 'jax-wasm', 'wasm']) expect(measured).not.toContain(stood);
  for (const report of passed) expect(report.relativeError).toBeLessThan(TOLERANCE / 10);
});
