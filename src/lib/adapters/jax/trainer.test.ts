// jax-js where it differs from the other engines: memory that it never gives back, and threads that our pages do not have.
import { beforeAll, expect, test, vi } from 'vitest';
import { network, someRows, startOf } from '../../../../test/contract/trainer.ts';
import type { SessionPlan, Trainer } from '../../ports/trainer.ts';

const memories: WebAssembly.Memory[] = [];
let trainer: Trainer;
beforeAll(async () => {
  // As in a page that is isolated from others: memory may be shared, and there are workers, though not of a blob.
  const { Memory } = WebAssembly;
  vi.stubGlobal(
    'Worker',
    class {
      constructor() {
        throw new Error('The policy of the page refuses it.');
      }
    },
  );
  WebAssembly.Memory = class extends Memory {
    constructor(...given: ConstructorParameters<typeof Memory>) {
      super(...given);
      memories.push(this);
    }
  };
  vi.resetModules();
  trainer = await (await import('./trainer.ts')).createJaxWasmTrainer();
  WebAssembly.Memory = Memory;
  return () => {
    trainer.dispose();
    vi.unstubAllGlobals();
  };
});

const of = network({
  inputShape: [40],
  layers: [
    { type: 'dense', units: 50, activation: 'relu', useBias: true },
    { type: 'dropout', rate: 0.2 },
    { type: 'dense', units: 4, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
});
const plan: SessionPlan = {
  learningRate: 0.01,
  optimizer: { type: 'adam' },
  proximalTerm: 0.1,
  seed: 3,
};

test('many steps, scores and states take no more memory than the first, and neither does another session', async () => {
  const rows = someRows(of, 1, true);
  const work = async (steps: number): Promise<number> => {
    const session = await trainer.open(of, plan);
    await session.setRows(rows);
    await session.setState(startOf(of));
    await session.setCorrection(new Float32Array(of.parameterCount).fill(0.01));
    for (let step = 0; step < steps; step += 1)
      await session.step(Uint32Array.of(step % 24, (step + 5) % 24));
    const loss = await session.takeLoss();
    await session.evaluate(rows);
    await session.predict(rows.features, 24);
    await session.state();
    session.close();
    session.close();
    return loss;
  };
  expect(await work(5)).toBeGreaterThan(0);
  const [memory] = memories;
  expect(memories).toHaveLength(1);
  expect(memory?.buffer).toBeInstanceOf(SharedArrayBuffer);
  const bytes = memory?.buffer.byteLength ?? 0;
  expect(bytes).toBeGreaterThan(4 * of.parameterCount);
  // 120 steps: the first layer's kernel alone, leaked at each, would be a megabyte.
  for (let session = 0; session < 3; session += 1) await work(40);
  expect(memory?.buffer.byteLength).toBe(bytes);
});
