// A split that is kept from one `tributary train` to the next, on tables that grow.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { usualSetup } from '../../test/support/train-setup.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import type { TrainLine } from './lines.ts';
import { readTrainData } from './read-data.ts';
import { runTraining } from './run-training.fixture.ts';
import { splitAs } from './split-as.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-split-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const { signal } = new AbortController();

/** `height` names no row: it repeats. */
const row = (number: number): string =>
  `${(number * 37) % 101},${number % 7},${2000 + (number % 20)},${(number * 37) % 101 > 76 ? 'tree' : 'bush'}`;
function tableOf(
  name: string,
  rows: number,
  header = 'height,leaves,year,kind',
  more = (_: number) => '',
): string {
  const lines = Array.from({ length: rows }, (_, number) => row(number) + more(number));
  writeFileSync(at(name), [header, ...lines].join('\n'));
  return at(name);
}
const setup = (data: string, more: Partial<TrainSetup> = {}): TrainSetup => ({
  ...usualSetup,
  ...{ data: [data], target: 'kind', model: 'tree' },
  ...more,
});

async function trained(
  own: TrainSetup,
  directory: string | null,
  split?: Awaited<ReturnType<typeof splitAs>>,
) {
  const lines: TrainLine[] = [];
  const say = (line: TrainLine): void => void lines.push(line);
  const result = await runTraining({ type: 'new', setup: own, directory, split }, { signal, say });
  return { result, lines };
}
async function heldOut(own: TrainSetup, split?: Awaited<ReturnType<typeof splitAs>>): Promise<string[]> {
  const data = await readTrainData(own, signal, split);
  return Array.from({ length: data.heldOut.count }, (_, index) =>
    data.heldOutRow(index).slice(0, 4).join(','),
  );
}

test('the split of a manifest, or of what --json printed, is gone by as rows and columns come, and had again to the bit', async () => {
  const first = setup(tableOf('plants.csv', 300));
  const { lines } = await trained(first, at('kept'));
  writeFileSync(at('lines.json'), lines.map((line) => JSON.stringify(line)).join('\n'));
  const grown = setup(tableOf('grown.csv', 600));
  const split = await splitAs(at('lines.json'), grown);
  expect(await splitAs(at('kept'), grown)).toEqual(split);
  const then = await heldOut(first);
  const isFirst = new Set(Array.from({ length: 300 }, (_, number) => row(number)));
  expect((await heldOut(grown, split)).filter((one) => isFirst.has(one))).toEqual(then);
  expect((await heldOut(grown)).filter((one) => isFirst.has(one))).not.toEqual(then);
  // A column that has come since tells no row, nor does the order of the columns.
  const wider = setup(
    tableOf('wider.csv', 300, 'height,leaves,year,kind,note', (number) => `,${number % 3}`),
  );
  expect(await heldOut(wider, split)).toEqual(then);
  const without = setup(tableOf('less.csv', 300, 'height,leaf,year,kind'));
  await expect(heldOut(without, split)).rejects.toThrow(
    'tells rows by the column “leaves”, which is not there',
  );

  const again = await trained(grown, at('again'), split);
  const result = await runTraining(
    { type: 'again', directory: at('again'), data: null, backend: null },
    { signal, say: () => undefined },
  );
  expect(result).toMatchObject({ isSame: true, model: { digest: again.result.model.digest } });
  expect(again.lines.find((line) => line.type === 'data')?.split).toMatch(/, as it is kept$/);
});

test('a split of another target, way or share is refused with both, and so is a file without one', async () => {
  const first = setup(tableOf('plants.csv', 300));
  await trained(first, at('refused'));
  const refused = (more: Partial<TrainSetup>) =>
    expect(splitAs(at('refused'), { ...first, ...more })).rejects;
  await refused({ heldOut: 0.3 }).toThrow(
    `--split-as ${at('refused')}: its split is of 20 % of the rows, to predict “kind”, and this one is to be of 30 % of the rows, to predict “kind”. Ask for the same`,
  );
  await refused({ target: 'height' }).toThrow('to be of 20 % of the rows, to predict “height”');
  await refused({ stratify: false }).toThrow('to be of 20 % of the rows, at random');
  await refused({ group: 'year' }).toThrow('whole groups of “year”');
  await refused({ time: 'year' }).toThrow('the latest by “year”');
  const series = { window: 2, horizon: 1, fill: 3, season: null, by: null };
  await refused({ series }).toThrow('windows of a series are parted by their own border');
  // The codes of classes, read as numbers since.
  const split = await splitAs(at('refused'), first);
  await expect(readTrainData({ ...first, target: 'year', task: 'number' }, signal, split)).rejects.toThrow(
    'the target was of another kind then',
  );

  const manifest: unknown = JSON.parse(readFileSync(join(at('refused'), 'manifest.json'), 'utf8'));
  const { split: _, ...older } = manifest as Record<string, unknown>;
  const changed = {
    ...older,
    split: { ...split, borders: { type: 'rows', classes: [{ label: 'tree', below: -1 }] } },
  };
  for (const [name, file, why] of [
    ['older.json', older, 'its run has kept no split'],
    ['changed.json', changed, 'it is neither a manifest'],
    ['rows.csv', 'a,b', 'it is neither a manifest'],
  ] as const) {
    writeFileSync(at(name), typeof file === 'string' ? file : JSON.stringify(file));
    await expect(splitAs(at(name), first)).rejects.toThrow(why);
  }
  await expect(splitAs(at('nowhere'), first)).rejects.toThrow('it cannot be read');
});

test('groups and the border in time are kept likewise', async () => {
  for (const way of [{ group: 'year' }, { time: 'year' }]) {
    const first = setup(tableOf('plants.csv', 300), way);
    const { kept } = await readTrainData(first, signal);
    const then = await heldOut(first);
    const more = Array.from({ length: 150 }, (_, number) =>
      row(number).replace(/,20\d\d,/, `,${2015 + (number % 9)},`),
    );
    writeFileSync(at('more.csv'), [readFileSync(at('plants.csv'), 'utf8'), ...more].join('\n'));
    const sides = await heldOut(setup(at('more.csv'), way), kept);
    expect(sides.slice(0, then.length)).toEqual(then);
    const years = (rows: readonly string[]) => new Set(rows.map((one) => one.split(',')[2]));
    const isNew = (year: string | undefined): boolean => Number(year) > 2019;
    expect(new Set([...years(sides)].filter((year) => !isNew(year)))).toEqual(years(then));
  }
});
