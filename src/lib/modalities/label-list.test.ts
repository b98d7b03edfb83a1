// Classes by a table beside the files, in the forms in which well-known datasets are published.
import { encode as encodePng } from 'fast-png';
import { expect, test } from 'vitest';
import { storedZip } from '../../../test/support/image-fixtures.ts';
import { decodeImageInNode } from '../adapters/node/decode-image.ts';
import type { AudioContract, ImageContract } from '../core/data/contract.ts';
import { joinExamples, type Examples } from '../core/data/examples.ts';
import { wavFile } from './audio/wav.ts';
import { importFiles } from './import.ts';
import { inferContract } from './infer.ts';
import { lookAtFiles } from './look-at-files.ts';
import { sourceOfBytes, sourceOfText, type SourceFile } from './source-file.ts';

const png = (value: number): Uint8Array =>
  encodePng({ width: 2, height: 2, data: new Uint8Array(4).fill(value), channels: 1 });
const picture = (path: string, value: number): SourceFile => sourceOfBytes(path, png(value));
const wav = (seed: number): Uint8Array =>
  wavFile(
    Int16Array.from({ length: 400 }, (_, n) => Math.round(8000 * Math.sin(n * (0.3 + seed / 10)))),
    8000,
  );
const lines = (...rows: readonly string[]): string => `${rows.join('\n')}\n`;

/** Drafted, then read by the draft: classes with the first bytes of their pictures. */
async function learnt(files: readonly SourceFile[], column?: string) {
  const drafted = await inferContract(files, column);
  if (!drafted.ok) return { problem: drafted.error.message };
  const contract = drafted.value.contract as ImageContract | AudioContract;
  const parts: Examples[] = [];
  const { report } = await importFiles(
    files,
    contract,
    { append: (examples) => Promise.resolve(void parts.push(examples)) },
    { decodeImage: decodeImageInNode },
  );
  const examples = joinExamples(parts);
  return {
    classes: contract.classes,
    targets: [...(examples?.targets ?? [])],
    report,
    notes: drafted.value.notes,
  };
}

test('pictures named without their ending, in two archives beside their list, as skin lesions are published', async () => {
  const rows = ['p1,mel,40', 'p2,nv,50', 'p3,nv,', 'p4,mel,61', 'p5,nv,40'].map((row, at) => `L${at},${row}`);
  const files = [
    sourceOfText('metadata.csv', lines('lesion_id,image_id,dx,age', ...rows)),
    sourceOfBytes('part1.zip', storedZip([1, 2, 3].map((n) => ({ path: `part1/p${n}.png`, bytes: png(n) })))),
    sourceOfBytes('part2.zip', storedZip([4, 9].map((n) => ({ path: `p${n}.png`, bytes: png(n) })))),
  ];
  const { classes, targets, report, notes } = await learnt(files);
  expect([classes, targets]).toEqual([
    ['mel', 'nv'],
    [0, 1, 1, 0],
  ]);
  expect(report?.refusals).toMatchObject([
    {
      kind: 'unknown-class',
      file: 'part2.zip/p9.png',
      message: expect.stringMatching(/Neither “metadata\.csv”/),
    },
  ]);
  expect(notes?.[0]).toBe(
    '“metadata.csv” names 4 files: classes are by “dx”. 1 row names a file that is not here.',
  );
});

test('recordings and their list in one archive, words before numbers, as environmental sounds are published', async () => {
  const names = ['1-100-A-0', '1-101-A-1', '2-102-A-0', '2-103-A-1'];
  const list = lines(
    'filename,fold,target,category,esc10,src_file',
    ...names.map(
      (name, at) => `${name}.wav,${at >> 2},${at % 2},${at % 2 === 0 ? 'dog' : 'rain'},True,${at}`,
    ),
  );
  const zip = sourceOfBytes(
    'esc.zip',
    storedZip([
      ...names.map((name, at) => ({ path: `ESC/audio/${name}.wav`, bytes: wav(at) })),
      { path: 'ESC/meta/esc.csv', bytes: new TextEncoder().encode(list) },
      { path: 'ESC/README.md', bytes: new TextEncoder().encode('Sounds.') },
    ]),
  );
  const { classes, targets, report } = await learnt([zip]);
  expect([classes, targets]).toEqual([
    ['dog', 'rain'],
    [0, 1, 0, 1],
  ]);
  expect(report?.refusals.map(({ file }) => file)).toEqual(['esc.zip/ESC/README.md']);
  const found = await lookAtFiles([zip]);
  expect(found).toMatchObject({
    value: { type: 'recordings', classes: ['dog', 'rain'] },
  });
  expect(found.ok && found.value.type === 'recordings' ? found.value.notes[0] : '').toBe(
    '“esc.csv” names 4 files: classes are by “category”, and “src_file” says whose or of what each recording is.',
  );
  const byNumber = await learnt([zip], 'target');
  expect([byNumber.classes, byNumber.targets]).toEqual([
    ['0', '1'],
    [0, 1, 0, 1],
  ]);
  // Folds are numbers too, and not all of these.
  expect(byNumber.report?.notes[0]).toMatch(/classes are by “target”/);
});

test('a column of 0 and 1 for each class', async () => {
  const { classes, targets } = await learnt([
    sourceOfText('truth.csv', lines('image,MEL,NV,BCC', 'a,1.0,0.0,0.0', 'b,0,1,0', 'c,0,0,1', 'd,0,1,0')),
    ...['a', 'b', 'c', 'd'].map((name, at) => picture(`${name}.png`, at)),
  ]);
  expect([classes, targets]).toEqual([
    ['BCC', 'MEL', 'NV'],
    [1, 2, 0, 2],
  ]);
});

test('files of one name are told apart by their folders, a path of another computer by its name', async () => {
  const { targets } = await learnt([
    sourceOfText(
      'labels.tsv',
      lines('path\tlabel', 'x/1.png\tcat', './y/1.png\tdog', 'C:\\photos\\2.png\tcat', 'z/3.png\tdog'),
    ),
    picture('set/x/1.png', 1),
    picture('set/y/1.png', 2),
    picture('set/y/2.png', 3),
    picture('set/z/3.png', 4),
  ]);
  expect(targets).toEqual([0, 1, 0, 1]);
});

test('a file of several rows counts once, and has no class where they differ', async () => {
  const rows = ['p1.png,a', 'p1.png,a', 'p2.png,b', 'p3.png,a', 'p3.png,b', 'p3.png,a'];
  const files = [
    sourceOfText('labels.csv', lines('file,class', ...rows)),
    ...[1, 2, 3].map((n) => picture(`p${n}.png`, n)),
  ];
  const { targets, report, notes } = await learnt(files);
  expect(targets).toEqual([0, 1]);
  expect(report?.refusals).toMatchObject([{ kind: 'unknown-class', file: 'p3.png' }]);
  expect(notes?.join(' ')).toMatch(/names 2 files: .* 1 file has rows of different classes, and none\./);
});

test('a pattern for answers is no list, and a table that names no file here leaves folders as they are', async () => {
  const inFolders = [picture('cat/1.png', 1), picture('cat/2.png', 2), picture('dog/3.png', 3)];
  const answers = sourceOfText('sample_submission.csv', lines('id,label', '1,dog', '2,dog', '3,dog'));
  const other = sourceOfText('wards.csv', lines('id,class', '7,a', '8,b'));
  const { classes, targets, report } = await learnt([...inFolders, answers, other]);
  expect([classes, targets]).toEqual([
    ['cat', 'dog'],
    [0, 0, 1],
  ]);
  expect(report?.refusals.map(({ kind }) => kind)).toEqual(['unsupported', 'unsupported']);
});

test('what no list names is kept unlabelled where that is asked for', async () => {
  const files = [
    sourceOfText('labels.csv', lines('file,class', 'a.png,cat', 'b.png,dog')),
    picture('a.png', 1),
    picture('b.png', 2),
    picture('c.png', 3),
  ];
  const parts: Examples[] = [];
  const contract: ImageContract = {
    kind: 'image',
    height: 2,
    width: 2,
    channels: 1,
    classes: ['cat', 'dog'],
  };
  const { report } = await importFiles(
    files,
    contract,
    { append: (examples) => Promise.resolve(void parts.push(examples)) },
    { decodeImage: decodeImageInNode, keepsUnlabelled: true },
  );
  expect([report.accepted, report.refused]).toEqual([3, 0]);
  expect(report.notes).toContain('“labels.csv” names 2 files: classes are by “class”.');
});

test('who looks into files, drafts and reads them reads the list once, and of recordings the first once for a draft', async () => {
  const read: string[] = [];
  const watched = (file: SourceFile): SourceFile => ({
    ...file,
    read(start, end) {
      if (start === 0 && end > 16) read.push(file.path);
      return file.read(start, end);
    },
  });
  const files = [
    sourceOfText('labels.csv', lines('file,label', 'a.png,cat', 'b.png,dog', 'c.png,cat', 'd.png,dog')),
    ...['a', 'b', 'c', 'd'].map((name, at) => picture(`${name}.png`, at)),
  ].map(watched);
  await lookAtFiles(files);
  const once = read.filter((path) => path === 'labels.csv').length;
  expect((await learnt(files)).targets).toEqual([0, 1, 0, 1]);
  expect(read.filter((path) => path === 'labels.csv')).toHaveLength(once);
  const sounds = ['x/1.wav', 'x/2.wav', 'y/3.wav', 'y/4.wav'].map((path, at) =>
    watched(sourceOfBytes(path, wav(at))),
  );
  read.length = 0;
  await inferContract(sounds);
  expect(read).toEqual(sounds.map(({ path }) => path));
});
