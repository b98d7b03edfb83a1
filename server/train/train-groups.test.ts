import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { random } from '#lib/core/random.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { usualSetup } from '../../test/support/train-setup.ts';
import { spokenLine, type TrainLine } from './lines.ts';
import { openModel, predictPaths } from './predict.ts';
import { runTraining } from './run-training.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-groups-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { signal } = new AbortController();

/** Two kinds of plants, whose height, leaves and soil go together; and a column that numbers the rows. */
const draw = random(4, 'plants');
const plants = Array.from({ length: 60 }, (_, row) => {
  const isTree = row % 3 === 0;
  const height = (isTree ? 20 : 2) + draw.normal();
  const leaves = row === 7 ? '' : Math.round((isTree ? 400 : 40) + 9 * draw.normal());
  return `${row + 1},${height.toFixed(3)},${leaves},${isTree ? 'clay' : 'sand'},${isTree ? 'tree' : 'bush'}`;
});
const table = join(folder, 'plants.csv');
writeFileSync(table, ['plant_id,height,leaves,soil,kind', ...plants].join('\n'));

const setup = (more: Partial<TrainSetup> = {}): TrainSetup => ({
  ...usualSetup,
  data: [table],
  target: null,
  task: 'groups',
  model: 'k-means:restarts=2',
  ...more,
});

async function grouped(own: TrainSetup, directory: string | null = null) {
  const lines: TrainLine[] = [];
  const result = await runTraining(
    { type: 'new', setup: own, directory },
    { signal, say: (line) => lines.push(line) },
  );
  if (result.type !== 'groups') throw new Error('Groups were asked for.');
  return { found: result, lines, spoken: lines.flatMap((line) => spokenLine(line)).join('\n') };
}

test('two kinds of rows are found without being named, and held against the column that names them', async () => {
  const save = join(folder, 'model.json');
  const directory = join(folder, 'kept');
  const { found, spoken } = await grouped(setup({ target: 'kind', save }), directory);
  expect(found.verdict).toBe('groups');
  expect(found.groups.map(({ rows }) => rows)).toEqual([40, 20]);
  expect(found.comparisons.find(({ name }) => name === 'kind')).toMatchObject({
    adjustedRand: 1,
    values: ['tree', 'bush'],
    rows: [
      [0, 40],
      [20, 0],
    ],
    isUsed: false,
  });
  expect(found.leftOut.map(({ name }) => name)).toEqual(['kind', 'plant_id']);
  expect(found.tried.map(({ groups }) => groups)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const [bushes] = found.groups;
  const height = found.columns.findIndex(({ name }) => name === 'height');
  const middle = bushes?.middles[height];
  expect(middle?.type === 'number' && Math.abs((middle.mean ?? 0) - 2) < 0.5).toBe(true);
  expect(bushes?.middles[found.columns.findIndex(({ name }) => name === 'soil')]).toEqual({
    type: 'category',
    label: 'sand',
    share: 1,
  });
  // Nearest to the middle of the bushes are bushes.
  expect(bushes?.typical.every(({ row }) => row % 3 !== 1)).toBe(true);
  expect(spoken).toContain('“kind” is left out: the groups are held against it.');
  expect(spoken).toContain('adjusted Rand index 1.0000');

  // Had again to the bit, and the model's file puts new rows into the groups.
  const again = await runTraining(
    { type: 'again', directory, data: null, backend: null },
    { signal, say: () => {} },
  );
  expect(again).toMatchObject({ type: 'groups', isSame: true, digest: found.digest });
  const asked = join(folder, 'new.csv');
  writeFileSync(asked, 'height,leaves,soil\n19,390,clay\n2.5,,sand\n');
  const { predictions } = await predictPaths(await openModel(save), [asked], null, signal);
  expect(predictions.map(({ says, shares }) => [says, shares])).toEqual([
    ['group 2', undefined],
    ['group 1', undefined],
  ]);
  expect(readFileSync(save, 'utf8')).not.toContain(plants[0]);
});

test('rows whose columns have nothing to do with each other have no groups', async () => {
  const noise = random(9, 'noise');
  const file = join(folder, 'noise.csv');
  const rows = Array.from({ length: 80 }, () => `${noise.normal()},${noise.normal()},${noise.normal()}`);
  writeFileSync(file, ['a,b,c', ...rows].join('\n'));
  const { found, spoken } = await grouped(setup({ data: [file], model: 'k-means:k=3,restarts=2' }));
  expect(found.verdict).toBe('no groups');
  expect(found.tried).toEqual([]);
  expect(spoken).toContain('No groups. ');
});

test('what cannot be grouped is refused, with what to do', async () => {
  const small = join(folder, 'small.csv');
  writeFileSync(small, 'a,b\n1,2\n3,5\n4,4\n1,9\n');
  await expect(grouped(setup({ data: [small], model: 'k-means:k=7' }))).rejects.toThrow(
    '7 groups are asked for, of 4 rows. Ask for 3 at most.',
  );
  await expect(grouped(setup({ data: [small], model: 'k-means:k=1' }))).rejects.toThrow(
    'one group is all rows',
  );
  const same = join(folder, 'same.csv');
  writeFileSync(same, 'a,b\n1,2\n1,2\n1,2\n1,2\n');
  await expect(grouped(setup({ data: [same] }))).rejects.toThrow('No column is left to find groups by.');
  await expect(grouped(setup({ without: ['colour'] }))).rejects.toThrow(
    'There is no column “colour” to leave out.',
  );
});

test('of one column nobody can say whether chance made the groups', async () => {
  const { found } = await grouped(setup({ without: ['leaves', 'soil', 'kind'] }));
  expect(found.verdict).toBe('unknown');
  expect(found.chance).toBeNull();
});
