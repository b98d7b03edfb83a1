// The bytes of every codec, and the values they decode to, never change by accident. test/browser/codecs.test.ts asserts the same
// digests in Chromium.
import { expect, test } from 'vitest';
import { codecKinds } from '../../src/lib/core/update/codec/index.ts';
import { digestsOf, goldens } from './codec-vectors.ts';

test('every kind of codec has its golden bytes', () => {
  expect(new Set(goldens.map((golden) => golden.codec.split(':')[0]))).toEqual(
    new Set(codecKinds.map((kind) => kind.name)),
  );
});

test.each(goldens)('$codec makes of the $vector vector what it always made', (golden) => {
  expect(digestsOf(golden.codec, golden.vector)).toEqual(golden);
});
