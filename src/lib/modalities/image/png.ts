// A picture as PNG (RFC 2083): eight bits a channel, no line filtered.
import { zlibSync } from 'fflate';
import { crc32 } from '../../core/crc.ts';
import { joined } from '../../core/run-export/protobuf.ts';

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const GREY = 0;
const RGB = 2;

export interface PicturePixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
}

export function pngOf({ width, height, channels, pixels }: PicturePixels): Uint8Array<ArrayBuffer> {
  const line = width * channels;
  // Before each line stands which filter it has: 0, none.
  const lines = new Uint8Array(height * (1 + line));
  for (let y = 0; y < height; y += 1)
    lines.set(pixels.subarray(y * line, (y + 1) * line), y * (1 + line) + 1);
  const colour = channels === 1 ? GREY : RGB;
  const header = Uint8Array.of(...word(width), ...word(height), 8, colour, 0, 0, 0);
  const parts = [chunk('IHDR', header), chunk('IDAT', zlibSync(lines)), chunk('IEND', new Uint8Array())];
  return joined([SIGNATURE, ...parts]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const named = joined([new TextEncoder().encode(type), data]);
  return joined([Uint8Array.of(...word(data.length)), named, Uint8Array.of(...word(crc32(named)))]);
}

const word = (value: number): number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];
