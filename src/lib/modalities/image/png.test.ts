import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { pngOf } from './png.ts';

test('a picture is the same once it is read again, grey and coloured', () => {
  for (const channels of [1, 3] as const) {
    const pixels = Uint8Array.from({ length: 6 * channels }, (_, at) => (at * 53) % 256);
    const read = decode(pngOf({ width: 3, height: 2, channels, pixels }), { checkCrc: true });
    expect(read).toMatchObject({ width: 3, height: 2, channels, depth: 8 });
    expect([...read.data]).toEqual([...pixels]);
  }
});
