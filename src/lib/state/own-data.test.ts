// Data of one's own: pictures without class folders are kept to be labelled, and choices outlive another question.
import { expect, test } from 'vitest';
import { lookAtFiles, type FilesFound } from '../modalities/look-at-files.ts';
import { sourceOfText } from '../modalities/source-file.ts';
import { OwnData } from './own-data.svelte.ts';

const missing = (): Promise<never> => Promise.reject(new Error('not asked for here'));
const brought = async (found: () => Promise<FilesFound>): Promise<OwnData> => {
  const own = new OwnData({
    ingest: async () => ({ import: missing, encode: missing, ask: missing, look: found }),
  });
  await own.look([{ path: 'mine/1.png', file: new File(['x'], '1.png') }]);
  return own;
};

test('pictures in no folders are kept once their classes are named, to be labelled', async () => {
  const own = await brought(async () => ({
    type: 'pictures',
    size: { height: 48, width: 64, channels: 3 },
    classes: [],
    notes: [],
  }));
  expect(own.task()).toBeNull();
  expect(own.contract).toMatchObject({ ok: false, error: expect.stringContaining('at least two classes') });
  own.classes = ' cat, dog ,';
  own.side = 32;
  expect(own.task()).toMatchObject({
    contract: { kind: 'image', height: 24, width: 32, channels: 3, classes: ['cat', 'dog'] },
    keepsUnlabelled: true,
    federation: null,
  });
  own.classes = 'cat, cat';
  expect(own.task()).toBeNull();
  own.classes = 'cat, dog';
  own.side = 2.5;
  expect(own.contract).toMatchObject({ error: expect.stringContaining('longer side') });
});

test('what cannot be read is said, and what was there before is gone', async () => {
  const own = await brought(() => Promise.reject(new Error('“a.csv” is empty.')));
  expect(own.problem).toContain('“a.csv” is empty.');
  expect(own.found).toBeNull();
  expect(own.looking).toBeNull();
  expect(own.task()).toBeNull();
});

test('recordings are heard for as long as is said, in a hundred steps at most, their speakers kept together or not', async () => {
  const own = await brought(async () => ({
    type: 'recordings',
    shape: { kind: 'audio', sampleRate: 8000, milliseconds: 650, hopMs: 10, mels: 40 },
    classes: ['0', '1'],
    speakers: ['ann', 'ben'],
    notes: [],
  }));
  expect(own.task()).toMatchObject({
    contract: { kind: 'audio', milliseconds: 650, hopMs: 10, classes: ['0', '1'], groups: 'file-name' },
    keepsUnlabelled: false,
  });
  own.bySpeaker = false;
  own.milliseconds = 3000;
  expect(own.contract).toEqual({
    ok: true,
    value: { kind: 'audio', sampleRate: 8000, milliseconds: 3000, hopMs: 30, mels: 40, classes: ['0', '1'] },
  });
  own.milliseconds = 50;
  expect(own.contract).toMatchObject({ error: expect.stringContaining('milliseconds') });
});

test('a table is read anew as one says, and stays as it was where that cannot be', async () => {
  const asked: unknown[] = [];
  const file = sourceOfText('a.data', '1,1,a\n2,5,b\n3,6,a\n4,7,b\n');
  const own = new OwnData({
    ingest: async () => ({
      import: missing,
      encode: missing,
      ask: missing,
      async look(_, { reading }) {
        asked.push(reading);
        const found = await lookAtFiles([{ ...file, reading }]);
        if (!found.ok) throw new Error(found.error.message);
        return found.value;
      },
    }),
  });
  await own.look([{ path: 'a.data', file: new File(['x'], 'a.data') }]);
  expect(own.facts?.layout?.header).toBe('row');
  expect(own.notes.join(' ')).toContain('no line names the columns');
  own.name = 'Mine';
  const kept = own.found;
  await own.readAs({ header: 'names' });
  expect(own.problem).toContain('names “1” twice');
  expect(own.found).toBe(kept);
  await own.readAs({ encoding: 'windows-1251' });
  expect(asked).toEqual([{}, { header: 'names' }, { encoding: 'windows-1251' }]);
  expect(own.problem).toBeNull();
  expect(own.facts?.layout).toEqual({ header: 'row', encoding: 'windows-1251' });
  expect(own.task()).toMatchObject({
    datasetName: 'Mine',
    source: { reading: { encoding: 'windows-1251' } },
  });
});
