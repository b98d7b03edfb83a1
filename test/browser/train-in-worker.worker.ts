// One step of a small network on the back end that the test names, and what the parameters are after it. No convolution: what
// differs here is the thread, and graphics adapters of software take long to compile one.
import { createTrainer } from '../../src/lib/adapters/engines/browser.ts';
import { buildNetwork, initialParameters } from '../../src/lib/core/model/network.ts';
import type { BackendName } from '../../src/lib/ports/trainer.ts';

addEventListener('message', (event: MessageEvent<BackendName>) => {
  void oneStep(event.data).then(postMessage, (error: unknown) => postMessage(String(error)));
});

async function oneStep(backend: BackendName): Promise<Float32Array> {
  const built = buildNetwork({
    inputShape: [6, 6, 1],
    layers: [
      { type: 'flatten' },
      { type: 'dense', units: 5, activation: 'relu', useBias: true },
      { type: 'dense', units: 3, activation: 'softmax', useBias: true },
    ],
    loss: 'categorical-crossentropy',
  });
  if (!built.ok) throw new Error(built.error.message);
  const trainer = await createTrainer(backend);
  const session = await trainer.open(built.value, {
    learningRate: 0.5,
    optimizer: { type: 'sgd', momentum: 0 },
    proximalTerm: 0,
    seed: 1,
  });
  const features = Uint8Array.from({ length: 4 * 36 }, (_, index) => (index * 37) % 256);
  await session.setRows({ count: 4, features, targets: Int32Array.of(0, 1, 2, 1) });
  await session.setState({
    parameters: initialParameters(built.value, 1),
    optimizer: new Float32Array(0),
    steps: 0,
  });
  await session.step(Uint32Array.of(3, 1, 0));
  const { parameters } = await session.state();
  session.close();
  trainer.dispose();
  return parameters;
}
