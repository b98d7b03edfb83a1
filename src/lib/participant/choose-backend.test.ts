import { describe, expect, test } from 'vitest';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { buildNetwork } from '../core/model/network.ts';
import { TrainerFailure, type BackendName, type Trainer } from '../ports/trainer.ts';
import { chooseBackend, type ChooseBackendOptions } from './choose-backend.ts';

const built = buildNetwork({
  inputShape: [6],
  layers: [
    { type: 'dense', units: 5, activation: 'relu', useBias: true },
    { type: 'dropout', rate: 0.2 },
    { type: 'dense', units: 3, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
});
if (!built.ok) throw new Error(built.error.message);
const network = built.value;

/** Engines on plain loops whose steps take given milliseconds of a hand-moved clock; `wrong` ones err by a per cent. */
function device(speeds: Partial<Record<BackendName, number>>, wrong: readonly BackendName[] = []) {
  let clock = 0;
  const alive = new Set<Trainer>();
  let steps = 0;
  const createTrainer = async (backend: BackendName): Promise<Trainer> => {
    const stepMs = speeds[backend];
    if (stepMs === undefined) throw new TrainerFailure('unsupported', `no ${backend} here`);
    const reference = createReferenceTrainer();
    const trainer: Trainer = {
      backend,
      description: `${backend} for tests`,
      async open(of, plan) {
        const session = await reference.open(
          of,
          wrong.includes(backend) ? { ...plan, learningRate: plan.learningRate * 1.01 } : plan,
        );
        return {
          ...session,
          step: (indices) => {
            clock += stepMs;
            steps += 1;
            return session.step(indices);
          },
        };
      },
      dispose: () => void alive.delete(trainer),
    };
    alive.add(trainer);
    return trainer;
  };
  const options = (over: Partial<ChooseBackendOptions> = {}): ChooseBackendOptions => ({
    network,
    batchSize: 4,
    preferred: null,
    backends: ['webgpu', 'webgl', 'wasm', 'cpu'],
    createTrainer,
    now: () => clock,
    ...over,
  });
  return { options, alive, stepsTaken: () => steps, clock: () => clock };
}

describe('choosing a back end', () => {
  test('the fastest that passes is chosen and says why; a software adapter loses by its time', async () => {
    const { options, alive } = device({ webgpu: 39, wasm: 1.9, cpu: 21 });
    const choice = await chooseBackend(options());
    expect(choice).toMatchObject({ backend: 'wasm', description: 'wasm for tests' });
    expect(choice.reason).toBe('fastest of 2 that passed the self-test: 1.9 ms a step (WebGPU 39 ms)');
    expect(choice.reports.find((report) => report.backend === 'webgl')).toEqual({
      backend: 'webgl',
      description: 'WebGL',
      passed: false,
      reason: 'no webgl here',
    });
    expect(alive.size).toBe(0);
  });

  test('plain JavaScript is the last resort: it is not measured where another engine passes', async () => {
    const { options } = device({ wasm: 1.9, cpu: 0.1 });
    const choice = await chooseBackend(options());
    expect(choice.backend).toBe('wasm');
    expect(choice.reports.map((report) => report.backend)).toEqual(['webgpu', 'webgl', 'wasm']);
    const alone = await chooseBackend(device({ cpu: 21 }).options());
    expect(alone.backend).toBe('cpu');
    expect(alone.reports).toHaveLength(4);
  });

  test('TensorFlow.js and jax-js on WebAssembly stand by where our own kernels pass there, unless it is asked for', async () => {
    const backends = ['webgl', 'simd', 'jax-wasm', 'wasm', 'cpu'] as const;
    const { options } = device({ simd: 0.4, 'jax-wasm': 3, wasm: 1.9 });
    const choice = await chooseBackend(options({ backends }));
    expect(choice.reports.map((report) => report.backend)).toEqual(['webgl', 'simd']);
    const asked = await chooseBackend(
      device({ simd: 0.4, wasm: 1.9 }).options({ backends, preferred: 'wasm' }),
    );
    expect(asked.backend).toBe('wasm');
    const without = await chooseBackend(device({ 'jax-wasm': 3, wasm: 1.9 }).options({ backends }));
    expect(without.backend).toBe('wasm');
  });

  test('TensorFlow.js on WebGPU stands by where our own kernels pass on that adapter, and is there where they do not', async () => {
    const backends = ['gpu', 'webgpu', 'simd', 'cpu'] as const;
    const speeds = { gpu: 0.3, webgpu: 2, simd: 0.5 };
    const choice = await chooseBackend(device(speeds).options({ backends }));
    expect(choice.backend).toBe('gpu');
    expect(choice.reason).toContain('(WebAssembly SIMD 0.5 ms)');
    expect(choice.reports.map((report) => report.backend)).toEqual(['gpu', 'simd']);
    const slow = await chooseBackend(device({ ...speeds, gpu: 4 }).options({ backends }));
    expect(slow.backend).toBe('simd');
    const wrong = await chooseBackend(device(speeds, ['gpu']).options({ backends }));
    expect(wrong.reports.map((report) => report.backend)).toEqual(['gpu', 'webgpu', 'simd']);
  });

  test('jax-js on WebGPU comes last, and only where the graphics device is the fastest or nothing else passes', async () => {
    const backends = ['gpu', 'jax-webgpu', 'webgpu', 'simd', 'cpu'] as const;
    const order = async (speeds: Parameters<typeof device>[0], over: Partial<ChooseBackendOptions> = {}) => {
      const choice = await chooseBackend(device(speeds).options({ backends, ...over }));
      return [choice.backend, ...choice.reports.map((report) => report.backend)];
    };
    const speeds = { gpu: 0.3, 'jax-webgpu': 0.2, webgpu: 2, simd: 0.5 };
    expect(await order(speeds)).toEqual(['jax-webgpu', 'gpu', 'simd', 'jax-webgpu']);
    expect(await order({ ...speeds, 'jax-webgpu': 0.4 })).toEqual(['gpu', 'gpu', 'simd', 'jax-webgpu']);
    expect(await order({ ...speeds, gpu: 4 })).toEqual(['simd', 'gpu', 'simd']);
    // A network that our own kernels refuse, on a graphics device that is worth it.
    const { gpu: _, ...foreign } = speeds;
    expect(await order({ ...foreign, simd: 5 })).toEqual([
      'jax-webgpu',
      'gpu',
      'webgpu',
      'simd',
      'jax-webgpu',
    ]);
    expect(await order({ 'jax-webgpu': 0.2 })).toEqual(['jax-webgpu', 'gpu', 'webgpu', 'simd', 'jax-webgpu']);
    // Asked for by a person, it is the first.
    expect(await order({ ...speeds, gpu: 4 }, { preferred: 'jax-webgpu' })).toEqual([
      'jax-webgpu',
      'jax-webgpu',
      'gpu',
      'simd',
    ]);
  });

  test('a back end whose step is off by one per cent does not pass, however fast', async () => {
    const { options } = device({ webgpu: 0.1, cpu: 21 }, ['webgpu']);
    const choice = await chooseBackend(options());
    expect(choice.backend).toBe('cpu');
    expect(choice.reason).toBe('the only one that passed the self-test: 21 ms a step');
    const [first] = choice.reports;
    expect(first?.passed === false && first.reason).toContain('differs from the reference by 1.0 %');
  });

  test('one that is preferred is taken if it passes, and the others are known should it be lost', async () => {
    const { options } = device({ webgpu: 1, wasm: 2, cpu: 21 });
    const choice = await chooseBackend(options({ preferred: 'cpu' }));
    expect(choice).toMatchObject({
      backend: 'cpu',
      reason: 'chosen by you: 21 ms a step (WebGPU 1.0 ms, WebAssembly 2.0 ms)',
    });
    expect(choice.reports.filter((report) => report.passed)).toHaveLength(3);
  });

  test('one that is preferred and fails gives way, and the reason says so', async () => {
    const { options } = device({ webgpu: 1, wasm: 2 }, ['webgpu']);
    const choice = await chooseBackend(options({ preferred: 'webgpu' }));
    expect(choice.backend).toBe('wasm');
    expect(choice.reason).toMatch(
      /^WebGPU did not pass \(its numbers are wrong.*\); the only one that passed/,
    );
  });

  test('a slow back end is measured by few steps', async () => {
    const { options, stepsTaken, clock } = device({ cpu: 1400 });
    const choice = await chooseBackend(options());
    const [report] = choice.reports.filter((one) => one.passed);
    expect(report?.stepMs).toBe(1400);
    // One for the numbers, two to warm up, none beyond the cap of three seconds.
    expect(stepsTaken()).toBe(3);
    expect(clock()).toBe(3 * 1400);
    const quick = device({ cpu: 1 });
    await chooseBackend(quick.options());
    // Steps of 1 ms: one for the numbers, 200 ms to warm up, 100 ms that are timed.
    expect(quick.stepsTaken()).toBe(1 + 200 + 100);
    const middling = device({ cpu: 60 });
    await chooseBackend(middling.options());
    // Steps of 60 ms: five to warm up are 300 ms, ten are timed.
    expect(middling.stepsTaken()).toBe(1 + 5 + 10);
  });

  test('where none passes, every reason is told', async () => {
    const { options, alive } = device({ cpu: 1 }, ['cpu']);
    const failed = await chooseBackend(options({ backends: ['wasm', 'cpu'] })).catch(
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(TrainerFailure);
    expect(String(failed)).toContain('WebAssembly: no wasm here. CPU: its numbers are wrong');
    expect(alive.size).toBe(0);
  });

  test('calling it off leaves no engine running', async () => {
    const controller = new AbortController();
    const { options, alive } = device({ webgpu: 1, wasm: 1 });
    const given = options();
    const stopped = chooseBackend({
      ...given,
      signal: controller.signal,
      createTrainer: (name) => {
        if (name === 'wasm') controller.abort(new Error('called off'));
        return given.createTrainer(name);
      },
    });
    await expect(stopped).rejects.toThrow('called off');
    expect(alive.size).toBe(0);
  });
});
