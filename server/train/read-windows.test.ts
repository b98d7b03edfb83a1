// What `tributary train` makes of files of sound and of moments, before anything is trained.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { usualSetup } from '../../test/support/train-setup.ts';
import { whistles } from '#lib/modalities/audio/sample-whistles.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { readTrainData } from './read-data.ts';

let [parent, folder, table] = ['', '', ''];
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'tributary-windows-'));
  folder = join(parent, 'sounds');
  table = join(parent, 'days.csv');
  await mkdir(folder);
  for (const speaker of ['ann', 'ben', 'eve'])
    for (const { path, size, read } of whistles(speaker.length + speaker.charCodeAt(0), 8))
      await writeFile(join(folder, path.replace('whistle', speaker)), await read(0, size));
  const days = Array.from({ length: 120 }, (_, at) => new Date(Date.UTC(2024, 0, 1 + at)).toISOString());
  const rows = days.map((day, at) => `${day.slice(0, 10)},${(at % 7) + at / 100}`);
  await writeFile(table, `day,visits\n${rows.join('\n')}\n`);
});
afterAll(() => rm(parent, { recursive: true, force: true }));

const setup = (own: Partial<TrainSetup>): TrainSetup => ({
  ...usualSetup,
  data: [table],
  heldOut: 0.3,
  ...own,
});
const read = (own: Partial<TrainSetup>) => readTrainData(setup(own), new AbortController().signal);
const windows = { window: 14, horizon: 1, fill: 0, season: null, by: null };

test('speakers that are held out are in no row to learn from, and recordings know no other column', async () => {
  const data = await read({ data: [folder], group: 'speaker' });
  expect(data.split).toBe('by whole groups of equal hash');
  const first = ({ count, hashes }: { count: number; hashes: Uint32Array }): Set<number> =>
    new Set(Array.from({ length: count }, (_, row) => hashes[2 * row]!));
  const [learnt, held] = [first(data.training), first(data.heldOut)];
  expect(learnt.size + held.size).toBe(3);
  expect([...held].some((speaker) => learnt.has(speaker))).toBe(false);
  await expect(read({ data: [folder], group: 'ward' })).rejects.toThrow('--group speaker');
  await expect(read({ data: [folder], series: windows })).rejects.toThrow('--window');
});

test('a column of dates is found, and its rows become windows; what does not go with them is refused', async () => {
  const data = await read({ target: 'visits', series: windows });
  expect(data.contract).toMatchObject({ series: { steps: 14, channels: 1, own: 0, season: 7 } });
  expect(data.training.count + data.heldOut.count).toBe(120 - 14 - 14);
  await expect(read({ target: 'visits', series: windows, group: 'visits' })).rejects.toThrow('--group');
  await expect(read({ target: 'visits', series: windows, time: 'when' })).rejects.toThrow('no column “when”');
});
