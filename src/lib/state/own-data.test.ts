// Pictures that a person brings in no class folders: looked at, told what they may show, and kept without a label.
import { encode as encodePng } from 'fast-png';
import { expect, test } from 'vitest';
import { lookAtFiles, type FilesFound } from '../modalities/look-at-files.ts';
import { sourceOfBytes, type SourceFile } from '../modalities/source-file.ts';
import { OwnData } from './own-data.svelte.ts';

const png = (value: number): Uint8Array =>
  encodePng({ width: 8, height: 4, data: new Uint8Array(32).fill(value), channels: 1 });
const picture = (path: string): SourceFile => sourceOfBytes(path, png(path.length));

async function found(...paths: string[]): Promise<FilesFound> {
  const looked = await lookAtFiles(paths.map(picture));
  if (!looked.ok) throw new Error(looked.error.message);
  return looked.value;
}

test('pictures in no folders, or all in one, have no classes yet; in two they do', async () => {
  const size = { height: 4, width: 8, channels: 1 };
  expect(await found('a.png', 'b.png')).toMatchObject({ type: 'loose-pictures', size });
  expect(await found('holiday/a.png', 'holiday/b.png')).toMatchObject({ type: 'loose-pictures' });
  expect(await found('cat/a.png', 'dog/b.png')).toMatchObject({
    type: 'pictures',
    contract: { classes: ['cat', 'dog'] },
  });
  const none = await lookAtFiles([
    sourceOfBytes('a.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)),
  ]);
  expect(none).toMatchObject({ ok: false, error: { message: expect.stringContaining('No PNG') } });
});

test('the classes that are typed make the contract, and the pictures are kept without a label', async () => {
  const loose = await found('a.png', 'b.png');
  const own = new OwnData({
    ingest: async () => ({ look: async () => loose }) as never,
  });
  await own.look([{ path: 'a.png', file: new File([], 'a.png') }]);
  expect(own.task()).toBeNull();
  own.typedClasses = 'cat';
  expect(own.contract).toMatchObject({ ok: false, error: expect.stringContaining('two classes at least') });
  own.typedClasses = 'cat, cat';
  expect(own.task()).toBeNull();
  own.typedClasses = ' cat, big dog; ';
  own.side = 4;
  expect(own.task()).toMatchObject({
    keepsUnlabelled: true,
    contract: { kind: 'image', height: 2, width: 4, channels: 1, classes: ['cat', 'big dog'] },
  });
});
