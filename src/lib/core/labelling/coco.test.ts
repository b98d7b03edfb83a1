import { expect, test } from 'vitest';
import { cocoText, pictureFile, readCoco, type CocoPicture } from './coco.ts';

const frame = { width: 28, height: 20 };
const judge = { annotator: 'Ada', pass: 1 };
const example = '00ff00ff00ff00ff';
const box = { kind: 'box', x: 2, y: 3, width: 4.5, height: 6 } as const;
const triangle = {
  kind: 'polygon',
  points: [
    [0, 0],
    [4, 0],
    [0, 3],
  ],
} as const;
const pictures: readonly CocoPicture[] = [
  {
    row: 11,
    example,
    shapes: [
      { id: 'p', label: 'dot', outline: box },
      { id: 'q', label: 'stroke', outline: triangle },
    ],
  },
  { row: 12, example: 'ab'.repeat(8), shapes: [] },
];
const written = (): string => cocoText(pictures, ['stroke', 'dot'], frame, { dataset: 'Scans', judge });
const names = [example, 'ab'.repeat(8)];
const read = (text: string, classes: readonly string[] = []) =>
  readCoco(text, classes, frame, (name) => names.includes(name));
/** The file with a part of it otherwise. */
const refused = (
  change: (file: ReturnType<typeof JSON.parse>) => unknown,
  classes?: readonly string[],
): string => {
  const file = JSON.parse(written());
  change(file);
  const done = read(JSON.stringify(file), classes);
  return done.ok ? 'taken' : done.error;
};

test('shapes are written as COCO has them: pictures and classes from 1, boxes by corner and size, areas by the shoelace formula', () => {
  expect(pictureFile({ row: 11, example })).toBe('000012-00ff00ff00ff00ff.png');
  expect(JSON.parse(written())).toEqual({
    info: { description: 'Scans', contributor: 'Ada', pass: 1 },
    licenses: [],
    images: [
      { id: 12, file_name: '000012-00ff00ff00ff00ff.png', width: 28, height: 20 },
      { id: 13, file_name: '000013-abababababababab.png', width: 28, height: 20 },
    ],
    categories: [
      { id: 1, name: 'stroke', supercategory: '' },
      { id: 2, name: 'dot', supercategory: '' },
    ],
    annotations: [
      {
        ...{ id: 1, image_id: 12, category_id: 2, bbox: [2, 3, 4.5, 6], area: 27, iscrowd: 0 },
        segmentation: [[2, 3, 6.5, 3, 6.5, 9, 2, 9]],
      },
      {
        ...{ id: 2, image_id: 12, category_id: 1, bbox: [0, 0, 4, 3], area: 6, iscrowd: 0 },
        segmentation: [[0, 0, 4, 0, 0, 3]],
      },
    ],
  });
});

test('what was written is read again, a box as a box; boxes alone are taken as well', () => {
  const shapes = [
    { example, label: 'dot', outline: box },
    { example, label: 'stroke', outline: triangle },
  ];
  expect(read(written(), ['stroke'])).toEqual({ ok: true, value: { classes: ['stroke', 'dot'], shapes } });
  const bare = { image_id: 'a', category_id: 7, bbox: [2, 3, 4.5, 6], segmentation: [] };
  const file = {
    images: [{ id: 'a', file_name: `photos/${pictureFile({ row: 0, example })}` }],
    categories: [{ id: 7, name: 'dot' }],
    annotations: [bare],
  };
  expect(read(JSON.stringify(file))).toEqual({
    ok: true,
    value: { classes: ['dot'], shapes: shapes.slice(0, 1) },
  });
});

test('what does not fit is refused by its place, with what was expected', () => {
  expect(refused(() => undefined)).toBe('taken');
  const broken = read('{');
  expect(broken.ok ? '' : broken.error).toMatch(/^This is no JSON: /);
  expect(refused((file) => delete file.categories)).toBe('categories: expected, but not there.');
  expect(refused((file) => (file.annotations[1].bbox[2] = '4'))).toBe(
    'annotations.1.bbox.2: expected number but got "4".',
  );
  expect(refused((file) => file.annotations[0].bbox.pop())).toMatch(
    /^annotations\.0\.bbox: expected \[x, y, width, height\], but got 3 numbers/,
  );
  expect(refused((file) => (file.annotations[1].segmentation = { counts: [1], size: [1, 1] }))).toMatch(
    /^annotations\.1\.segmentation: expected polygons .+ masks counted in runs are not read/,
  );
  expect(refused((file) => file.annotations[1].segmentation.push([0, 0, 1, 0, 1, 1]))).toMatch(
    /^annotations\.1 \(id 2\): expected one polygon, but got 2/,
  );
  expect(refused((file) => (file.annotations[1].category_id = 9))).toBe(
    'annotations.1 (id 2): there is no category with the id 9.',
  );
  expect(refused((file) => (file.annotations[1].segmentation = [[0, 0, 4, 4, 4, 0, 0, 4]]))).toMatch(
    /^annotations\.1 \(id 2\): The edges behind points 1 and 3 cross/,
  );
  expect(refused((file) => (file.images[0].file_name = 'cat.jpg'))).toMatch(
    /^images\.0: “cat\.jpg” is no picture of this dataset\. Expected a name that “Save as COCO” gives/,
  );
  expect(refused((file) => (file.images[1].width = 640))).toMatch(
    /is 640 × 20 pixels there, and 28 × 20 here/,
  );
  expect(refused(() => undefined, [...'abcdefgh'])).toMatch(
    /^With yours these are 10 classes: a, b, .+9 at most/,
  );
});

test('a file that would take too long is refused before its shapes are worked on', () => {
  expect(refused((file) => (file.annotations[1].segmentation = [Array(1002).fill(1)]))).toBe(
    'annotations.1.segmentation.0: expected 500 points at most, but got 501: leave out some where the polygon hardly bends.',
  );
  expect(refused((file) => (file.annotations = Array(100_001).fill(0)))).toBe(
    'annotations: expected 100000 at most, but got 100001: divide the file by its pictures.',
  );
  expect(refused((file) => (file.annotations = Array(1001).fill(file.annotations[0])))).toBe(
    'annotations.1000 (id 1): expected 1000 shapes at most in one picture, and image 12 has more. Take some of them out of the file.',
  );
});
