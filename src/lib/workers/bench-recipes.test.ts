// A search in a tab that takes another preparation than the usual one: its run is looked at, and had again, by that one.
import { expect, test } from 'vitest';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { memoryRunStore } from '../adapters/memory/runs.ts';
import type { TableContract } from '../core/data/contract.ts';
import { random } from '../core/random.ts';
import { comparedSteps } from '../state/compared-steps.ts';
import { clientOf, endedBy, readCsv, storeOf } from './bench.fixture.ts';

const doses: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'dose',
      minimum: null,
      maximum: null,
      missingAllowed: false,
      mean: 0,
      standardDeviation: 1,
    },
  ],
  target: { type: 'number', name: 'effect', mean: 0, standardDeviation: 1 },
};

async function kept() {
  const draw = random(5, 'doses');
  const lines = Array.from({ length: 300 }, () => {
    const dose = Math.exp(3 * draw.normal());
    return `${dose.toFixed(4)},${(Math.log1p(dose) + 0.05 * draw.normal()).toFixed(4)}`;
  });
  return storeOf(doses, await readCsv(doses, ['dose,effect', ...lines].join('\n')));
}

test('what a search took is kept with its run, and the rows are prepared by it wherever they are opened for that', async () => {
  const store = await kept();
  const runs = memoryRunStore();
  const client = clientOf(store, { runs });
  const { run, trained } = await endedBy(client, 'effect', { model: 'auto', trials: 1 });
  expect(trained.result.recipes?.filter(({ isTaken }) => isTaken).map(({ title }) => title)).toEqual([
    'As usual',
    'Logarithms of “dose”',
  ]);
  const record = (await runs.read(run))!.record;
  expect(comparedSteps([record]).map(({ name }) => name)).toContain('Logarithms');
  const hardest = await client.look(run, { type: 'rows', of: { type: 'hardest' }, from: 0 });
  if ('message' in hardest || hardest.type !== 'rows') throw new Error('The rows were not looked at.');
  // By another preparation than it was learnt by, the line would be far off.
  expect(hardest.rows.rows[0]!.loss).toBeLessThan(0.5);
  const again = await client.run(
    { name: 'again', run, engine: null },
    () => {},
    new AbortController().signal,
  );
  expect(again).toMatchObject({ isSame: true });
});

test('a branch of such a run learns on from the rows as they were prepared', async () => {
  const runs = memoryRunStore();
  const client = clientOf(await kept(), { runs, checkpoints: createMemoryParticipantStore().checkpoints });
  const space = { mlp: {} };
  const { run } = await endedBy(client, 'effect', { model: 'auto', trials: 1, space });
  const { checkpoints, manifest } = (await runs.read(run))!.record;
  const last = checkpoints!.at(-1)!;
  const further = { step: last.step, learningRate: 1e-6, localEpochs: last.epoch + 1 };
  const branch = await client.run(
    { name: 'branch', run, ...further },
    () => {},
    new AbortController().signal,
  );
  if ('type' in branch || branch.kind !== 'trained') throw new Error('The branch has no model.');
  const { report } = branch.trained.result.model;
  expect(report.type === 'number' && report.r2).toBeGreaterThan(0.95);
  const { setup } = (await runs.read(branch.run))!.record.manifest;
  expect(setup).toMatchObject({ recipe: manifest.finished?.recipe, recipes: false });
});
