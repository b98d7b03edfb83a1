// Codecs in a real browser: what a page encodes is what the server decodes, bit for bit, and the other way round. The digests are
// those that test/golden/codecs.test.ts asserts in Node.
import { expect, test } from 'vitest';
import { digestsOf, goldens } from '../golden/codec-vectors.ts';

test.each(goldens)('$codec makes of the $vector vector what Node makes of it', (golden) => {
  expect(digestsOf(golden.codec, golden.vector)).toEqual(golden);
});
