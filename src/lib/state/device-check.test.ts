import { expect, test } from 'vitest';
import { DeviceCheck, deviceSays } from './device-check.svelte.ts';
import { viewFixture } from './console-views.fixture.ts';
import type { BackendChoice } from '../participant/participation.ts';
import type { NetworkFederation } from '../core/federation.ts';
import type { FederationView } from '../protocol/views.ts';

const choiceOf = (stepMs: number): BackendChoice => ({
  backend: 'simd',
  description: 'WebAssembly SIMD',
  reason: 'fastest',
  reports: [{ backend: 'simd', description: 'WebAssembly SIMD', passed: true, stepMs, relativeError: 1e-6 }],
});
const view = viewFixture() as FederationView & { readonly spec: NetworkFederation };
const says = async () => deviceSays({});

test('a device that trains within half of the deadline can, one beyond it is too slow', async () => {
  const { plan, rules } = view.spec;
  // 1000 rows, of which 800 are trained on.
  const steps = plan.localEpochs * Math.ceil(800 / plan.batchSize);
  for (const [share, verdict] of [
    [0.4, 'yes'],
    [0.8, 'slowly'],
    [1.2, 'too slow'],
  ] as const) {
    const stepMs = (share * rules.reportingDeadlineMs) / steps;
    const check = new DeviceCheck({ says, measure: async () => choiceOf(stepMs) });
    await check.run(view, 1000);
    expect(check.state).toMatchObject({ phase: 'told', verdict, stepMs });
  }
});

test('an engine that was not timed makes no forecast, and a worker that is lost is said', async () => {
  const untimed = new DeviceCheck({ says, measure: async () => ({ ...choiceOf(1), reports: [] }) });
  await untimed.run(view, 1000);
  expect(untimed.state).toMatchObject({ phase: 'told', verdict: 'unknown', forecast: undefined });
  const lost = new DeviceCheck({ says, measure: () => Promise.reject(new Error('The worker is gone.')) });
  await lost.run(view, 1000);
  expect(lost.state).toEqual({ phase: 'failed', message: 'The worker is gone.' });
});

test('what a browser does not tell is not made up', async () => {
  expect(await deviceSays({})).toEqual({ adapter: null, quota: null, memory: null, cores: null });
  const told = await deviceSays({
    gpu: {
      requestAdapter: async () => ({ info: { vendor: 'intel', architecture: 'gen-12lp', description: '' } }),
    },
    storage: { estimate: () => Promise.reject(new Error('private window')) },
    deviceMemory: 8,
    hardwareConcurrency: 4,
  });
  expect(told).toEqual({ adapter: 'intel gen-12lp', quota: null, memory: 8, cores: 4 });
});
