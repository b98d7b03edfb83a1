// A kept dataset as points of a plane: what tells its rows apart stands along the axes, by whatever they are alike.
import { expect, test } from 'vitest';
import type { TableContract } from '../core/data/contract.ts';
import { rowSample } from '../core/projection/row-sample.ts';
import { inOneGo } from '../participant/workbench/step-through.ts';
import { joinExamples, type Examples } from '../core/data/examples.ts';
import { openDataset } from './explore-dataset.ts';
import { importFiles } from './import.ts';
import { likenesses, projectDataset } from './project-dataset.ts';
import { sourceOfText } from './source-file.ts';

const number = (name: string) =>
  ({
    type: 'number',
    name,
    minimum: null,
    maximum: null,
    missingAllowed: true,
    mean: 0,
    standardDeviation: 1,
  }) as const;
const contract: TableContract = {
  kind: 'table',
  columns: [
    number('height'),
    number('weight'),
    number('always'),
    { type: 'category', name: 'sex', categories: ['f', 'm'], missingAllowed: false },
    { type: 'text', name: 'note', missingAllowed: true },
  ],
  target: {
    type: 'classes',
    name: 'kind',
    classes: [
      { label: 'cat', values: ['cat'] },
      { label: 'dog', values: ['dog'] },
    ],
  },
};
/** Dogs are taller and heavier; one cat is as heavy as a cow. */
const CSV = [
  'height,weight,always,sex,note,kind',
  ...Array.from({ length: 40 }, (_, row) => {
    const isDog = row % 2 === 1;
    const height = (isDog ? 60 : 25) + (row % 5);
    const weight = row === 8 ? 700 : row === 3 ? '' : (isDog ? 30 : 4) + (row % 3);
    const note = isDog ? `barks at night ${row % 3}` : `purrs on laps ${row % 3}`;
    return `${height},${weight},1,${row % 4 < 2 ? 'f' : 'm'},${note},${isDog ? 'dog' : 'cat'}`;
  }),
].join('\n');

async function opened() {
  const parts: Examples[] = [];
  const sink = { append: (examples: Examples) => Promise.resolve(void parts.push(examples)) };
  await importFiles([sourceOfText('rows.csv', CSV)], contract, sink, {
    decodeImage: () => Promise.reject(new Error('no pictures')),
  });
  return openDataset(contract, joinExamples(parts)!);
}

test('a table lies along its columns, coloured by what is to be learnt; a row far from all is named', async () => {
  const made = inOneGo(projectDataset(await opened(), { alike: null, method: 'axes' }));
  if (!made.ok) throw new Error(made.error);
  const { places, rows, axes, far, leftOut, colour, total, trust } = made.value;
  expect([rows.length, total, places.length]).toEqual([40, 40, 80]);
  expect(leftOut).toEqual(['always']);
  expect(axes).toHaveLength(2);
  const named = axes.flatMap(({ mostly }) => mostly.map(({ name }) => name));
  expect(named).toContain('height');
  expect(named).toContain('weight');
  expect(named).not.toContain('note');
  expect(axes[0]!.share).toBeGreaterThanOrEqual(axes[1]!.share);
  expect(far).toEqual([8]);
  expect(trust).toBeGreaterThan(0.9);
  expect(colour).toMatchObject({ type: 'classes', labels: ['cat', 'dog'] });
  expect(colour.type === 'classes' && [...colour.codes.subarray(0, 3)]).toEqual([0, 1, 0]);
});

test('by a column of texts, texts of the same words lie together', async () => {
  const dataset = await opened();
  expect(likenesses(contract)).toEqual([null, 'note']);
  const made = inOneGo(projectDataset(dataset, { alike: 'note', method: 'neighbours' }));
  if (!made.ok) throw new Error(made.error);
  const first = inOneGo(projectDataset(dataset, { alike: 'note', method: 'axes' }));
  if (!first.ok) throw new Error(first.error);
  // Cats on one side of nothing, dogs on the other.
  const signs = [0, 1].map(
    (kind) =>
      new Set(Array.from({ length: 20 }, (_, i) => Math.sign(first.value.places[2 * (2 * i + kind)]!))),
  );
  expect(signs[0]!.size).toBe(1);
  expect(signs[0]).not.toEqual(signs[1]);
  expect(first.value.axes[0]!.mostly.map(({ name }) => name)).toContain('purrs');
  expect([...made.value.places].every(Number.isFinite)).toBe(true);
  const other = inOneGo(projectDataset(dataset, { alike: 'height', method: 'axes' }));
  expect(other).toEqual({ ok: false, error: 'There is no column “height” to compare rows by.' });
});

test('pictures lie by their pixels, however large', () => {
  const [side, count] = [60, 6];
  const features = Uint8Array.from({ length: count * side * side }, (_, at) =>
    // The left half is light in every other picture.
    Math.floor(at / (side * side)) % 2 === 0 && at % side < side / 2 ? 200 : Math.floor(at / (side * side)),
  );
  const dataset = openDataset(
    { kind: 'image', height: side, width: side, channels: 1, classes: ['a', 'b'] },
    { count, features, targets: Int32Array.from([0, 1, 0, 1, 0, -1]), hashes: new Uint32Array(2 * count) },
  );
  const made = inOneGo(projectDataset(dataset, { alike: null, method: 'axes' }));
  if (!made.ok) throw new Error(made.error);
  const { places, axes, colour } = made.value;
  expect(axes[0]).toMatchObject({ mostly: [] });
  expect(axes[0]!.share).toBeGreaterThan(0.99);
  expect(Math.sign(places[0]!)).toBe(-Math.sign(places[2]!));
  expect(colour.type === 'classes' && [...colour.codes]).toEqual([0, 1, 0, 1, 0, -1]);
});

test('rows that are all alike are no picture', () => {
  const contract = { kind: 'image', height: 2, width: 2, channels: 1, classes: ['a', 'b'] } as const;
  const dataset = openDataset(
    { ...contract, classes: [...contract.classes] },
    { count: 3, features: new Uint8Array(12), targets: new Int32Array(3), hashes: new Uint32Array(6) },
  );
  expect(inOneGo(projectDataset(dataset, { alike: null, method: 'axes' }))).toEqual({
    ok: false,
    error: 'All rows are alike: there is nothing to lay out.',
  });
});

test('of many rows the same are shown, whatever is added, but for as many as are', () => {
  const hashes = Uint32Array.from({ length: 2000 }, (_, at) => Math.imul(at + 1, 2654435761));
  const before = rowSample({ count: 900, hashes: hashes.slice(0, 1800) }, 100);
  const after = rowSample({ count: 1000, hashes }, 100);
  expect([before.length, after.length]).toEqual([100, 100]);
  expect([...before]).toEqual([...before].sort((a, b) => a - b));
  // One row in ten came.
  expect([...before].filter((row) => after.includes(row)).length).toBeGreaterThan(80);
  expect(rowSample({ count: 3, hashes }, 100)).toEqual(Uint32Array.of(0, 1, 2));
});
