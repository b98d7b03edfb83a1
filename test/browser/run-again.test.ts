// A run that is had again, by the engines of a real Chromium: to the last bit on the processor, and on a graphics card and from one
// engine to another within the tolerance that is stated.
import { expect, test } from 'vitest';
import { createTrainer } from '../../src/lib/adapters/engines/browser.ts';
import { createSystemClock } from '../../src/lib/adapters/system-clock.ts';
import { random } from '../../src/lib/core/random.ts';
import { sourceOfText } from '../../src/lib/modalities/source-file.ts';
import { createEngine } from '../../src/lib/participant/engine.ts';
import { tableData } from '../../src/lib/participant/workbench/bench-data.ts';
import { benchModelNamed, chosenWith } from '../../src/lib/participant/workbench/models.ts';
import { againFigures, samenessOf, type FirstRun } from '../../src/lib/participant/workbench/run-again.ts';
import { runBench } from '../../src/lib/participant/workbench/run-bench.ts';
import type { BackendName } from '../../src/lib/ports/trainer.ts';

type Had = FirstRun & { readonly figures: NonNullable<FirstRun['figures']> };

/** Two kinds that two measures tell apart, but for noise. */
function flowers(count: number): string {
  const draw = random(1, 'flowers');
  const lines = ['length,width,kind'];
  for (let row = 0; row < count; row += 1) {
    const kind = draw.below(2);
    const length = 4 + 2 * kind + draw.normal();
    const width = 3 - kind + draw.normal();
    lines.push(`${length.toFixed(2)},${width.toFixed(2)},${kind === 1 ? 'lily' : 'rose'}`);
  }
  return lines.join('\n');
}

/** A network trained on `backend`, judged by the rows held out. */
async function trainedOn(backend: BackendName): Promise<Had> {
  const settings = { kind: null, without: [], heldOut: 0.4, group: null, time: null } as const;
  const read = await tableData([sourceOfText('table.csv', flowers(400))], { target: 'kind', ...settings });
  if (!read.ok) throw new Error(read.error);
  const chosen = chosenWith(benchModelNamed('mlp')!, { epochs: 10 });
  const choice = { backend, description: '', reason: '', reports: [] };
  const done = await runBench(
    { data: read.value, chosen, seed: 1 },
    { clock: createSystemClock(), openEngine: async () => createEngine(choice, createTrainer) },
    () => {},
  );
  if (!done.ok) throw new Error(done.error);
  done.value.fitted.close();
  const { digest, report } = done.value.result.model;
  return { digest, figures: againFigures(report), backend, hasMoved: false };
}

test('the same bits on the processor; on a graphics card, and on another engine, the same figures within the tolerance', async () => {
  const [first, again] = [await trainedOn('simd'), await trainedOn('simd')];
  expect(samenessOf(first, again)).toEqual({ isSame: true, isWithin: true });
  const card = await trainedOn('gpu');
  expect(card.digest).not.toBe(first.digest);
  expect(samenessOf(first, card)).toEqual({ isSame: false, isWithin: true });
  expect(samenessOf(card, await trainedOn('gpu')).isWithin).toBe(true);
  // And the network has learnt something that could have come out otherwise.
  expect(first.figures.accuracy).toBeGreaterThan(0.85);
});
