import { expect, test } from 'vitest';
import { pngOf } from './image/png.ts';
import { inferPictures } from './infer.ts';
import { sourceOfBytes } from './source-file.ts';

const picture = pngOf({ width: 1, height: 1, channels: 1, pixels: Uint8Array.of(7) });
async function drafted(...paths: readonly string[]) {
  const found = await inferPictures(paths.map((path) => sourceOfBytes(path, picture)));
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
}

test('folders for training and testing are no classes, and are said to be read together', async () => {
  const published = await drafted(
    'd/train/cat/1.png',
    'd/train/dog/1.png',
    'd/val/cat/1.png',
    'd/test/1.png',
  );
  expect(published.folders).toEqual(['cat', 'dog']);
  expect(published.notes).toEqual([
    expect.stringMatching(/“train”.*“val” hold folders of classes each, and are read together/),
    expect.stringMatching(/“test” is no class beside these/),
  ]);
  const vehicles = await drafted('d/train/1.png', 'd/car/1.png');
  expect(vehicles).toMatchObject({ folders: ['car', 'train'], notes: [] });
  expect(await drafted('train/train/1.png', 'train/car/1.png')).toMatchObject({
    folders: ['car', 'train'],
    notes: [],
  });
});
