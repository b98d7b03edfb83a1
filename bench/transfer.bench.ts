// Transfer with twenty pictures a class: a backbone trained in this program on six classes of CIFAR-10, frozen, and a head on the other
// four, against the same network trained from scratch on the same eighty pictures.
//   npm run bench -- transfer
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { decodeImageInNode } from '../src/lib/adapters/node/decode-image.ts';
import { sharedData } from '../test/support/command.ts';
import type { Row } from './row.ts';
import { transferAgainstScratch, type Pictures } from './transfer-of.ts';

const SIDE = 32;
/** Bird, cat, ship and truck: two kinds of each. */
const OWN = [2, 3, 8, 9];
const LEAST_GAIN = 0.1;

/** The first `most` pictures of each class folder of a zip, classes in the order of their names. */
export async function picturesIn(path: string, most: number): Promise<Pictures> {
  const taken = new Map<string, number>();
  const files = unzipSync(readFileSync(path), {
    filter({ name }) {
      const [folder = ''] = name.split('/');
      if (!name.endsWith('.jpg')) return false;
      const count = (taken.get(folder) ?? 0) + 1;
      taken.set(folder, count);
      return count <= most;
    },
  });
  const names = Object.keys(files).sort();
  const classes = [...new Set(names.map((name) => name.split('/')[0]))];
  const features = new Uint8Array(names.length * SIDE * SIDE * 3);
  for (const [at, name] of names.entries()) {
    const { rgba } = await decodeImageInNode(files[name] ?? new Uint8Array(0), 'jpeg');
    for (let pixel = 0; pixel < SIDE * SIDE; pixel += 1)
      features.set(rgba.subarray(4 * pixel, 4 * pixel + 3), 3 * (at * SIDE * SIDE + pixel));
  }
  return {
    side: SIDE,
    channels: 3,
    features,
    targets: names.map((name) => classes.indexOf(name.split('/')[0])),
  };
}

export async function run(): Promise<Row[]> {
  const folder = join(sharedData, 'cifar10');
  if (!existsSync(folder)) {
    console.error(`Left out: CIFAR-10 is not at ${folder} (set SHARED_DATA).`);
    return [];
  }
  const training = await picturesIn(join(folder, 'cifar10-train.zip'), 2000);
  const test = await picturesIn(join(folder, 'cifar10-test.zip'), 300);
  const known = Array.from({ length: 10 }, (_, one) => one).filter((one) => !OWN.includes(one));
  const rows: Row[] = [];
  for (const seed of [1, 2, 3]) {
    const { transfer, scratch, isFrozen, judged } = await transferAgainstScratch({
      training,
      test,
      classes: [known, OWN],
      rows: [2000, 300],
      filters: [16, 32, 64],
      epochs: { backbone: 8, head: 40, scratch: 40 },
      seed,
    });
    const gain = transfer - scratch;
    rows.push({
      name: `transfer over scratch, seed ${seed}: ${(100 * transfer).toFixed(1)} % against ${(100 * scratch).toFixed(1)} % of ${judged} pictures${isFrozen ? '' : ', and the backbone moved'}`,
      value: Number((100 * gain).toFixed(1)),
      unit: 'points',
      target: '≥ 10',
      ok: isFrozen && gain >= LEAST_GAIN,
    });
  }
  return rows;
}
