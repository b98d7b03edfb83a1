import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { expect, test } from 'vitest';
import { decodeImageInNode } from '../../adapters/node/decode-image.ts';
import type { ImageContract } from '../../core/data/contract.ts';
import { encodeInput } from '../encode.ts';
import { sourceOfBytes } from '../source-file.ts';
import { exifOrientation, upright } from './exif-orientation.ts';
import { drawnExample, flattened, middleOf, pictureExample } from './picture.ts';
import { pictureSize } from './picture-size.ts';

const grey: ImageContract = { kind: 'image', height: 1, width: 2, channels: 1, classes: ['a', 'b'] };
const colour: ImageContract = { ...grey, channels: 3 };
/** Opaque red beside transparent blue. */
const picture = { width: 2, height: 1, rgba: Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 0) };

test('one channel is Rec. 601 luma on white', () => {
  // 0.299 · 255 = 76.245; a transparent pixel is white whatever colour it hides.
  expect([...flattened(picture, 1)].map((value) => Number(value.toFixed(2)))).toEqual([76.25, 255]);
  expect([...pictureExample(picture, grey)]).toEqual([76, 255]);
  expect([...pictureExample(picture, colour)]).toEqual([255, 0, 0, 255, 255, 255]);
});

test('a photo is cut to the middle before it is scaled', () => {
  const wide = {
    width: 4,
    height: 1,
    rgba: Uint8Array.from([1, 2, 3, 4].flatMap((value) => [value, value, value, 255])),
  };
  expect([...middleOf(wide, 2).rgba].filter((_, i) => i % 4 === 0)).toEqual([2, 3]);
  expect([...drawnExample(wide, 'camera', colour)]).toEqual([2, 2, 2, 3, 3, 3]);
});

/** 3 × 2 with a value for each pixel, so that every turn shows. */
const turned = {
  width: 3,
  height: 2,
  rgba: Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((value) => [value, 0, 0, 255])),
};
const values = (orientation: number): number[] =>
  [...upright(turned, orientation).rgba].filter((_, i) => i % 4 === 0);

// Stored 123/456. EXIF 6: the stored top row is the upright right column, so 41/52/63; 8: the left column from below, 36/25/14.
test.each([
  [1, 3, [1, 2, 3, 4, 5, 6]],
  [2, 3, [3, 2, 1, 6, 5, 4]],
  [3, 3, [6, 5, 4, 3, 2, 1]],
  [4, 3, [4, 5, 6, 1, 2, 3]],
  [5, 2, [1, 4, 2, 5, 3, 6]],
  [6, 2, [4, 1, 5, 2, 6, 3]],
  [7, 2, [6, 3, 5, 2, 4, 1]],
  [8, 2, [3, 6, 2, 5, 1, 4]],
])('EXIF orientation %i is turned upright', (orientation, width, expected) => {
  expect(upright(turned, orientation).width).toBe(width);
  expect(values(orientation)).toEqual(expected);
});

test('the orientation is found in a JPEG’s EXIF segment, in either byte order', () => {
  const tag = (order: 'II' | 'MM'): number[] => {
    const two = (value: number): number[] => (order === 'II' ? [value, 0] : [0, value]);
    const four = (value: number): number[] => (order === 'II' ? [value, 0, 0, 0] : [0, 0, 0, value]);
    const entry = [...(order === 'II' ? [0x12, 0x01] : [0x01, 0x12]), ...two(3), ...four(1), ...two(6), 0, 0];
    const body = [
      0x45,
      0x78,
      0x69,
      0x66,
      0,
      0,
      ...new TextEncoder().encode(order),
      ...two(42),
      ...four(8),
      ...two(1),
      ...entry,
      ...four(0),
    ];
    return [0xff, 0xd8, 0xff, 0xe1, 0, body.length + 2, ...body, 0xff, 0xda];
  };
  expect(exifOrientation(Uint8Array.from(tag('II')))).toBe(6);
  expect(exifOrientation(Uint8Array.from(tag('MM')))).toBe(6);
  expect(exifOrientation(Uint8Array.from([0xff, 0xd8, 0xff, 0xda]))).toBe(1);
});

test('PNGs of every kind come out as RGBA', async () => {
  const decoded = async (png: Parameters<typeof encodePng>[0]) => [
    ...(await decodeImageInNode(encodePng(png), 'png')).rgba,
  ];
  expect(await decoded({ width: 1, height: 1, data: Uint8Array.of(7), channels: 1 })).toEqual([7, 7, 7, 255]);
  expect(await decoded({ width: 1, height: 1, data: Uint8Array.of(7, 9), channels: 2 })).toEqual([
    7, 7, 7, 9,
  ]);
  expect(await decoded({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3), channels: 3 })).toEqual([
    1, 2, 3, 255,
  ]);
  expect(await decoded({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3, 4), channels: 4 })).toEqual([
    1, 2, 3, 4,
  ]);
  expect(
    await decoded({ width: 1, height: 1, data: Uint16Array.of(0x0102), channels: 1, depth: 16 }),
  ).toEqual([1, 1, 1, 255]);
});

test('a JPEG and a WebP decode to nearly what they were', async () => {
  const flat = new Uint8Array(16 * 16 * 4).map((_, i) => [200, 100, 50, 255][i % 4] ?? 0);
  const fromJpeg = await decodeImageInNode(
    jpeg.encode({ width: 16, height: 16, data: flat }, 95).data,
    'jpeg',
  );
  expect(fromJpeg).toMatchObject({ width: 16, height: 16 });
  for (const [channel, value] of [200, 100, 50, 255].entries())
    expect(Math.abs((fromJpeg.rgba[channel] ?? 0) - value)).toBeLessThan(6);
  // The smallest lossy WebP (1 × 1, from the WebP feature tests of Modernizr).
  const webp = Uint8Array.from(atob('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA'), (letter) =>
    letter.charCodeAt(0),
  );
  expect(pictureSize(webp, 'webp')).toEqual({ width: 1, height: 1 });
  expect(await decodeImageInNode(webp, 'webp')).toMatchObject({ width: 1, height: 1 });
});

test('sizes are read from the header, before anything is decoded', () => {
  expect(
    pictureSize(encodePng({ width: 5, height: 3, data: new Uint8Array(15), channels: 1 }), 'png'),
  ).toEqual({ width: 5, height: 3 });
  expect(
    pictureSize(jpeg.encode({ width: 5, height: 3, data: new Uint8Array(60) }, 50).data, 'jpeg'),
  ).toEqual({ width: 5, height: 3 });
});

test('a picture that promises more pixels than a tab survives is refused undecoded', async () => {
  const png = encodePng({ width: 1, height: 1, data: new Uint8Array(1), channels: 1 });
  new DataView(png.buffer).setUint32(16, 60_000);
  new DataView(png.buffer).setUint32(20, 60_000);
  let decodes = 0;
  const decode = (): Promise<never> => Promise.reject(new Error(`decoded ${(decodes += 1)}`));
  const encoded = await encodeInput(grey, { type: 'file', file: sourceOfBytes('bomb.png', png) }, decode);
  expect(encoded).toMatchObject({ ok: false, error: { kind: 'wrong-size' } });
  expect(decodes).toBe(0);
});

test('what is no picture, or of the other modality, is refused for prediction too', async () => {
  const file = (bytes: Uint8Array) =>
    encodeInput(grey, { type: 'file', file: sourceOfBytes('a.png', bytes) }, decodeImageInNode);
  expect(await file(Uint8Array.of(1, 2, 3))).toMatchObject({ ok: false, error: { kind: 'unsupported' } });
  expect(await file(new Uint8Array(0))).toMatchObject({ ok: false, error: { kind: 'empty-file' } });
  expect(
    await file(encodePng({ width: 9, height: 9, data: new Uint8Array(81), channels: 1 }).slice(0, 40)),
  ).toMatchObject({ ok: false, error: { kind: 'corrupt-image' } });
  expect(await encodeInput(grey, { type: 'row', cells: {} }, decodeImageInNode)).toMatchObject({
    ok: false,
    error: { kind: 'unsupported' },
  });
});
