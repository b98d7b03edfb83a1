// Zips, folders and IDX pairs: what they become, and what a person is told when they are broken.
import { zipSync } from 'fflate';
import { encode as encodePng } from 'fast-png';
import { expect, test } from 'vitest';
import {
  gzipped,
  idxImages,
  idxLabels,
  storedZip,
  type ZipItem,
} from '../../../../test/support/image-fixtures.ts';
import { decodeImageInNode } from '../../adapters/node/decode-image.ts';
import type { ImageContract } from '../../core/data/contract.ts';
import { joinExamples, UNLABELLED, type Examples } from '../../core/data/examples.ts';
import { importFiles, type ImportOutcome } from '../import.ts';
import { sourceOfBytes, type SourceFile } from '../source-file.ts';
import { ZIP_LIMITS } from '../zip-directory.ts';

const contract: ImageContract = {
  kind: 'image',
  height: 2,
  width: 2,
  channels: 1,
  classes: ['cat', 'Big Dog'],
};
const digits: ImageContract = { ...contract, classes: ['0', '1', '2'] };

async function imported(
  files: readonly SourceFile[],
  under = contract,
  keepsUnlabelled = false,
): Promise<ImportOutcome & { readonly examples: Examples | undefined }> {
  const parts: Examples[] = [];
  const sink = { append: (examples: Examples) => Promise.resolve(void parts.push(examples)) };
  const outcome = await importFiles(files, under, sink, {
    decodeImage: decodeImageInNode,
    now: () => 0,
    keepsUnlabelled,
  });
  return { ...outcome, examples: joinExamples(parts) };
}

/** A 2 × 2 grey PNG of one value. */
const png = (value: number): Uint8Array =>
  encodePng({ width: 2, height: 2, data: new Uint8Array(4).fill(value), channels: 1 });
const zip = (items: readonly ZipItem[]): SourceFile => sourceOfBytes('pets.zip', storedZip(items));

test('class folders of a zip become classes: nested in a top folder, spelled a little otherwise, beside what Macs leave', async () => {
  const { examples, report, preview } = await imported([
    zip([
      { path: 'pets/cat/1.png', bytes: png(10) },
      { path: 'pets/big_dog/2.png', bytes: png(20) },
      { path: '__MACOSX/pets/cat/._1.png', bytes: Uint8Array.of(1) },
      { path: 'pets/.DS_Store', bytes: Uint8Array.of(1) },
      { path: 'pets/Cat/holiday/3.png', bytes: png(30) },
    ]),
  ]);
  expect(report).toMatchObject({ accepted: 3, refused: 0 });
  expect([...(examples?.targets ?? [])]).toEqual([0, 1, 0]);
  expect([...(examples?.features ?? [])]).toEqual([10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30]);
  expect(preview.kind === 'image' && preview.images.map((one) => one.label)).toEqual([
    'cat',
    'Big Dog',
    'cat',
  ]);
});

test('a deflated zip from another archiver is read, in the order in which it lies', async () => {
  const archive = zipSync(
    { cat: { 'b.png': png(1), 'a.png': png(2) }, 'Big Dog': { 'c.png': png(3) } },
    { level: 9 },
  );
  const { examples } = await imported([sourceOfBytes('a.zip', archive)]);
  expect([...(examples?.features ?? [])].filter((_, i) => i % 4 === 0)).toEqual([1, 2, 3]);
});

test('a folder of class folders is read by path, in order of the paths', async () => {
  const { examples } = await imported([
    sourceOfBytes('pets/cat/2.png', png(2)),
    sourceOfBytes('pets/Big Dog/1.png', png(1)),
    sourceOfBytes('pets/.DS_Store', png(1)),
  ]);
  expect([...(examples?.targets ?? [])]).toEqual([1, 0]);
});

test('the same picture twice is one example', async () => {
  const { report } = await imported([
    zip([
      { path: 'cat/1.png', bytes: png(1) },
      { path: 'cat/2.png', bytes: png(1) },
      { path: 'Big Dog/1.png', bytes: png(1) },
    ]),
  ]);
  expect(report).toMatchObject({ accepted: 2, duplicates: 1 });
});

const good: ZipItem = { path: 'cat/good.png', bytes: png(1) };
test.each<[string, string, ZipItem, string]>([
  ['a class that nobody asked for', 'unknown-class', { path: 'frog/1.png', bytes: png(1) }, '“frog”'],
  ['a picture in no folder', 'unknown-class', { path: '1.png', bytes: png(1) }, 'folder'],
  ['a cut-off picture', 'corrupt-image', { path: 'cat/1.png', bytes: png(1).slice(0, 50) }, 'damaged'],
  ['a damaged entry', 'corrupt-entry', { path: 'cat/1.png', bytes: png(1), checksum: 1 }, 'checksum'],
  [
    'an entry that lies about its size',
    'corrupt-entry',
    { path: 'cat/1.png', bytes: png(1), claimedBytes: 5000 },
    'checksum',
  ],
  [
    'a text among the pictures',
    'unsupported',
    { path: 'cat/readme.txt', bytes: new TextEncoder().encode('hello') },
    'PNG, JPEG or WebP',
  ],
  ['a password', 'unsupported', { path: 'cat/1.png', bytes: png(1), flags: 1 }, 'password'],
  ['another compression', 'unsupported', { path: 'cat/1.png', bytes: png(1), method: 14 }, 'Deflate'],
  ['an empty picture', 'empty-file', { path: 'cat/1.png', bytes: new Uint8Array(0) }, 'empty'],
  [
    'an entry of gigabytes',
    'archive-bomb',
    { path: 'cat/1.png', bytes: png(1), claimedBytes: 2 ** 31 },
    '64 MiB',
  ],
  [
    'an entry that grows too much',
    'archive-bomb',
    { path: 'cat/1.png', bytes: png(1), claimedBytes: 8 * 2 ** 20 },
    'fold',
  ],
])('%s costs that entry alone', async (_, kind, item, word) => {
  const { report } = await imported([zip([item, good])]);
  expect(report).toMatchObject({
    accepted: 1,
    refused: 1,
    refusals: [{ file: `pets.zip/${item.path}`, kind }],
  });
  expect(report.refusals[0]?.message).toContain(word);
});

test('a bomb of many entries is refused by its directory, unopened', async () => {
  const items = Array.from({ length: 200 }, (_, i): ZipItem => ({
    path: `cat/${i}.png`,
    bytes: png(1),
    claimedBytes: 60 * 2 ** 20,
  }));
  const { report } = await imported([zip(items)]);
  expect(report).toMatchObject({
    accepted: 0,
    refused: 1,
    refusals: [{ file: 'pets.zip', kind: 'archive-bomb' }],
  });
  expect(200 * 60 * 2 ** 20).toBeGreaterThan(ZIP_LIMITS.totalBytes);
});

test.each([
  ['cut off', (bytes: Uint8Array) => bytes.slice(0, -30)],
  ['all zeros behind its first bytes', (bytes: Uint8Array) => bytes.map((byte, i) => (i < 4 ? byte : 0))],
  [
    'with a directory that points nowhere',
    (bytes: Uint8Array) => bytes.map((byte, i) => (i === bytes.length - 4 ? 0x7f : byte)),
  ],
])('an archive %s is refused by name', async (_, broken) => {
  const { report } = await imported([sourceOfBytes('pets.zip', broken(storedZip([good])))]);
  expect(report).toMatchObject({
    accepted: 0,
    refused: 1,
    refusals: [{ file: 'pets.zip', kind: 'corrupt-archive' }],
  });
});

test('a table brought to an image federation is told what is wanted', async () => {
  const { report } = await imported([sourceOfBytes('a.csv', new TextEncoder().encode('a,b\n1,2\n'))]);
  expect(report.refusals).toMatchObject([{ file: 'a.csv', kind: 'unsupported' }]);
});

const pixels = Uint8Array.from({ length: 12 }, (_, i) => i);
const pair = (images: Uint8Array, labels: Uint8Array, name = 'train'): SourceFile[] => [
  sourceOfBytes(`${name}-images-idx3-ubyte.gz`, images),
  sourceOfBytes(`${name}-labels-idx1-ubyte.gz`, labels),
];

test('an IDX pair is read, gzipped or plain', async () => {
  for (const packed of [gzipped, (bytes: Uint8Array) => bytes]) {
    const { examples, report } = await imported(
      pair(packed(idxImages(3, 2, 2, pixels)), packed(idxLabels([2, 0, 1]))),
      digits,
    );
    expect(report).toMatchObject({ accepted: 3, refused: 0 });
    expect([...(examples?.features ?? [])]).toEqual([...pixels]);
    expect([...(examples?.targets ?? [])]).toEqual([2, 0, 1]);
  }
});

test('several pairs are paired by name, and pictures of another size are resized', async () => {
  const large = idxImages(1, 4, 4, new Uint8Array(16).fill(9));
  const { examples, report } = await imported(
    [
      ...pair(gzipped(idxImages(3, 2, 2, pixels)), gzipped(idxLabels([2, 0, 1]))),
      ...pair(gzipped(large), gzipped(idxLabels([1])), 't10k'),
    ],
    digits,
  );
  expect(report.accepted).toBe(4);
  expect([...(examples?.targets ?? [])]).toEqual([1, 2, 0, 1]);
  expect([...(examples?.features.subarray(0, 4) ?? [])]).toEqual([9, 9, 9, 9]);
});

test('labels are names where the classes are numbers, and places where they are words', async () => {
  const files = pair(gzipped(idxImages(3, 2, 2, pixels)), gzipped(idxLabels([1, 0, 5])));
  const words = await imported(files);
  expect([...(words.examples?.targets ?? [])]).toEqual([1, 0]);
  expect(words.report.refusals).toMatchObject([{ kind: 'unknown-class', row: 3 }]);
  const numbers = await imported(files, { ...digits, classes: ['5', '1', '0'] });
  expect([...(numbers.examples?.targets ?? [])]).toEqual([1, 2, 0]);
});

test('one channel is repeated for three', async () => {
  const { examples } = await imported(pair(idxImages(1, 2, 2, Uint8Array.of(1, 2, 3, 4)), idxLabels([0])), {
    ...digits,
    channels: 3,
  });
  expect([...(examples?.features ?? [])]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
});

const imagesFile = gzipped(idxImages(3, 2, 2, pixels));
const labelsFile = gzipped(idxLabels([2, 0, 1]));
test.each([
  [
    'pictures without labels',
    'no-examples',
    pair(imagesFile, labelsFile).slice(0, 1),
    'train-labels-idx1-ubyte.gz',
  ],
  [
    'labels without pictures',
    'no-examples',
    pair(imagesFile, labelsFile).slice(1),
    'train-images-idx3-ubyte.gz',
  ],
  [
    'a pair of different counts',
    'wrong-size',
    pair(imagesFile, gzipped(idxLabels([1, 2]))),
    '3 pictures here and 2 labels',
  ],
  [
    'cut-off labels',
    'corrupt-archive',
    pair(imagesFile, gzipped(idxLabels([2, 0, 1]).slice(0, -1))),
    'cut off',
  ],
  [
    'a gzip of something else',
    'unsupported',
    [sourceOfBytes('a.gz', gzipped(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)))],
    'IDX',
  ],
])('%s are refused by name', async (_, kind, files, word) => {
  const { report } = await imported(files, digits);
  expect(report).toMatchObject({ accepted: 0, refused: 1, refusals: [{ kind }] });
  expect(report.refusals[0]?.message).toContain(word);
});

test('pictures cut off in the middle are kept as far as they go, and the person is told how far', async () => {
  const { report } = await imported(
    pair(gzipped(idxImages(3, 2, 2, pixels.slice(0, 9))), labelsFile),
    digits,
  );
  expect(report).toMatchObject({ accepted: 2, refusals: [{ kind: 'corrupt-archive' }] });
  expect(report.refusals[0]?.message).toContain('2 of 3 pictures');
});

test('a gzip whose checksum does not hold is told as damaged', async () => {
  const damaged = imagesFile.slice();
  damaged[damaged.length - 7] = (damaged[damaged.length - 7] ?? 0) ^ 1;
  const { report } = await imported(pair(damaged, labelsFile), digits);
  expect(report.refusals).toMatchObject([{ kind: 'corrupt-archive' }]);
});

test('pictures in no class folder are refused, or kept without a label to be labelled here', async () => {
  const loose = [
    sourceOfBytes('cat/1.png', png(10)),
    sourceOfBytes('2.png', png(20)),
    sourceOfBytes('holiday/3.png', png(30)),
  ];
  expect((await imported(loose)).report).toMatchObject({
    accepted: 1,
    refusedByKind: { 'unknown-class': 2 },
  });
  const { examples, report, preview } = await imported(loose, contract, true);
  expect(report).toMatchObject({ accepted: 3, refused: 0 });
  // In the order of their paths.
  expect([...(examples?.targets ?? [])]).toEqual([UNLABELLED, 0, UNLABELLED]);
  expect(preview.kind === 'image' && preview.images.map((one) => one.label)).toContain('no label');
});
