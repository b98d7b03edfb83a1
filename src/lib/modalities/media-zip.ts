// Pictures and recordings as the files of one zip, in a folder a class: what reads a folder of them reads it again.
import type { PlaneContract } from '../core/data/contract.ts';
import { exampleSize, UNLABELLED, type Examples } from '../core/data/examples.ts';
import { featuresName } from '../core/labelling/example-names.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { zipOf } from '../core/run-export/zip.ts';
import { wavFile } from './audio/wav.ts';
import { pngOf } from './image/png.ts';

/** What the recording of this name was made of (featuresName), 16 bits at its contract's rate; undefined where that is not kept. */
export type SoundOf = (name: string) => Promise<Int16Array<ArrayBuffer> | undefined>;

/** A zip without zip64 has no more files. */
const MOST_FILES = 65_535;
/** Of all files together: the zip is made in memory, which holds them up to three times meanwhile. */
const MOST_BYTES = 300_000_000;
/** Where those lie whose class nobody has said yet. */
const NO_CLASS = 'unlabelled';

/**
 * A picture is named as in a COCO file of this app, `000001-0123456789abcdef.png`. Refused with a sentence: more than a zip takes, or
 * sounds that are not kept.
 */
export async function mediaZip(
  contract: PlaneContract,
  examples: Examples,
  soundOf: SoundOf,
): Promise<Result<Uint8Array<ArrayBuffer>, string>> {
  const { count, features, targets } = examples;
  if (count > MOST_FILES)
    return fail(`A zip holds ${MOST_FILES.toLocaleString('en')} files at most, and these would be ${count}.`);
  const size = exampleSize(examples);
  const folders = foldersOf(contract.classes);
  const files = [];
  let total = 0;
  for (let row = 0; row < count; row += 1) {
    const own = features.slice(row * size, (row + 1) * size);
    const name = featuresName(own);
    const bytes =
      contract.kind === 'image'
        ? pngOf({ ...contract, pixels: own instanceof Uint8Array ? own : Uint8Array.from(own) })
        : await soundFile(contract.sampleRate, name, soundOf);
    if (bytes === undefined)
      return fail(
        `What recording ${row + 1} sounded like is not kept here, its spectrogram alone: a spectrogram is no file that other tools take.`,
      );
    total += bytes.length;
    if (total > MOST_BYTES)
      return fail(
        'They come to more than 300 MB, and a zip is made in memory. Take the files that they were read from.',
      );
    const target = targets[row] ?? UNLABELLED;
    const folder = target === UNLABELLED ? NO_CLASS : folders[target];
    const ending = contract.kind === 'image' ? 'png' : 'wav';
    files.push({ path: `${folder}/${String(row + 1).padStart(6, '0')}-${name}.${ending}`, bytes });
  }
  return ok(zipOf(files));
}

async function soundFile(
  sampleRate: number,
  name: string,
  soundOf: SoundOf,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const samples = await soundOf(name);
  return samples === undefined ? undefined : wavFile(samples, sampleRate);
}

/** A folder a class, each its own, on file systems too that take “Cat” and “cat” for one; some characters are none of a name anywhere. */
function foldersOf(classes: readonly string[]): readonly string[] {
  const taken = new Set([NO_CLASS]);
  return classes.map((label) => {
    const plain = label.replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '_').replace(/^[. ]+|[. ]+$/g, '_') || '_';
    const own = RESERVED.test(plain) ? `${plain}_` : plain;
    let name = own;
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${own} (${number})`;
    taken.add(name.toLowerCase());
    return name;
  });
}
/** Names of devices, which Windows takes for no folder. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
