// Drawn digits as the IDX pair in which MNIST is published (yann.lecun.com/exdb/mnist: big-endian header, then bytes).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { drawnDigits } from '#lib/modalities/image/sample-drawn-digits.ts';

/**
 * Writes `count` digits of this seed into `folder`; `marker` is planted as pixel values in the first row of the first
 * picture. Returns the two paths: images, labels.
 */
export async function writeIdxPair(
  folder: string,
  name: string,
  seed: number,
  count: number,
  marker = '',
): Promise<[string, string]> {
  const images = Buffer.alloc(16 + count * 784);
  const labels = Buffer.alloc(8 + count);
  images.writeUInt32BE(0x803, 0);
  images.writeUInt32BE(count, 4);
  images.writeUInt32BE(28, 8);
  images.writeUInt32BE(28, 12);
  labels.writeUInt32BE(0x801, 0);
  labels.writeUInt32BE(count, 4);
  let index = 0;
  for (const digit of drawnDigits(seed, count)) {
    images.set(digit.pixels, 16 + index * 784);
    labels[8 + index] = digit.digit;
    index += 1;
  }
  images.write(marker, 16, 'latin1');
  const paths: [string, string] = [
    join(folder, `${name}-images-idx3-ubyte.gz`),
    join(folder, `${name}-labels-idx1-ubyte.gz`),
  ];
  await writeFile(paths[0], gzipSync(images));
  await writeFile(paths[1], gzipSync(labels));
  return paths;
}
