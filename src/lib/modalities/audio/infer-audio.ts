// A draft of an audio contract from recordings: their classes by folder or name, their rate and length by their headers.
import type { AudioContract } from '../../core/data/contract.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { classPath } from '../label-list.ts';
import {
  folderName,
  isHidden,
  PICTURE_NAME,
  signatureOf,
  SOUND_NAME,
  type SourceFile,
} from '../source-file.ts';
import type { InferenceProblem } from '../table/infer-contract.ts';
import { zipDirectory, zipReader } from '../zip-directory.ts';
import { nameParts, speakerOf } from './file-names.ts';
import { MOST_RECORDING_BYTES } from './read-recordings.ts';
import { packedSound, readSound } from './decode-sound.ts';

export interface InferredAudio {
  readonly shape: Omit<AudioContract, 'classes' | 'groups'>;
  /** None where neither folders nor names say any. */
  readonly classes: readonly string[];
  /** As the names of files tell; none where they do not. */
  readonly speakers: readonly string[];
  readonly notes: readonly string[];
}

/** Speech needs no more, and music hardly: what lies above 8 kHz costs as much as what lies below. */
const MOST_RATE = 16_000;
const MELS = 40;
/** So many columns of a spectrogram at most, unless the hop would be less than 10 ms. */
const MOST_COLUMNS = 100;
const LONGEST_MS = 10_000;
/** Headers that are read; they are taken evenly from all. */
const READ = 200;
/** Likewise, where each has to be decoded for its length. */
const DECODED = 40;

/** Whether files are recordings: told by the first that is a recording or a picture. Reads of an archive its directory alone. */
export async function areRecordings(files: readonly SourceFile[]): Promise<boolean> {
  for (const file of files) {
    const signature = signatureOf(await file.read(0, 16));
    if (signature === 'wave' || signature === 'packed-sound' || signature === 'other-sound') return true;
    if (signature !== 'zip') return false;
    const directory = await zipDirectory(file);
    if (!directory.ok) continue;
    const entry = directory.value.find(
      ({ path }) => !isHidden(path) && (SOUND_NAME.test(path) || PICTURE_NAME.test(path)),
    );
    if (entry !== undefined) return SOUND_NAME.test(entry.path);
  }
  return false;
}

interface Found {
  readonly path: string;
  read(): Promise<Uint8Array | undefined>;
}

/** Rejects with the signal's reason. */
export async function inferAudio(
  files: readonly SourceFile[],
  signal?: AbortSignal,
): Promise<Result<InferredAudio, InferenceProblem>> {
  const found = await recordingsIn(files);
  if (!found.ok) return found;
  const all = found.value;
  const first = await all[0]?.read();
  const isPacked = first !== undefined && packedSound(first) !== undefined;
  const every = Math.max(1, all.length / (isPacked ? DECODED : READ));
  const rates: number[] = [];
  const lengths: number[] = [];
  for (let at = 0; at < all.length; at += every) {
    signal?.throwIfAborted();
    const bytes = at === 0 ? first : await all[Math.floor(at)]?.read();
    const sound = bytes === undefined ? undefined : await readSound(bytes, LONGEST_MS / 1000);
    if (sound?.ok !== true) continue;
    const { sampleRate, frames } = sound.value;
    rates.push(sampleRate);
    lengths.push((frames / sampleRate) * 1000);
  }
  if (rates.length === 0)
    return fail({
      kind: 'unsupported',
      message:
        'No recording (WAV, MP3, FLAC, Ogg) was found that can be read. Save the recordings as WAV, PCM of 16 bits.',
    });
  const named = classesOf(all.map(({ path }) => path));
  if (named.classes.length > 100)
    return fail({
      kind: 'unknown-class',
      message: `The recordings are of ${named.classes.length} classes; a model here tells at most 100 apart.`,
    });
  // Most of them whole: the few that are longer are cut.
  const length = lengths.toSorted((a, b) => a - b)[Math.floor((lengths.length - 1) * 0.95)] ?? 1000;
  const milliseconds = Math.min(LONGEST_MS, Math.max(100, Math.ceil(length / 50) * 50));
  const sampleRate = Math.max(4000, Math.min(MOST_RATE, Math.max(...rates)));
  const hopMs = Math.max(10, Math.ceil(milliseconds / MOST_COLUMNS));
  const notes = [
    `Heard at ${sampleRate.toLocaleString('en')} Hz for ${milliseconds} ms, which is as long as 95 % of the recordings looked at.`,
  ];
  return ok({ shape: { kind: 'audio', sampleRate, milliseconds, hopMs, mels: MELS }, ...named, notes });
}

/** By folder where recordings lie in several; else by what stands before the first "_", where names repeat it. */
function classesOf(paths: readonly string[]): Pick<InferredAudio, 'classes' | 'speakers'> {
  const folders = new Set(paths.flatMap((path) => folderName(path) ?? []));
  const isByFolder = folders.size > 1;
  const parts = paths.map(nameParts);
  const classes = isByFolder ? folders : new Set(parts.flatMap((own) => (own.length > 1 ? own[0]! : [])));
  const speakers = new Set(parts.flatMap((own) => speakerOf(own, isByFolder) ?? []));
  const repeats = (names: ReadonlySet<string>): boolean => names.size > 1 && names.size <= paths.length / 2;
  return {
    classes: repeats(classes) || isByFolder ? [...classes].toSorted() : [],
    speakers: repeats(speakers) ? [...speakers].toSorted() : [],
  };
}

async function recordingsIn(
  files: readonly SourceFile[],
): Promise<Result<readonly Found[], InferenceProblem>> {
  const found: Found[] = [];
  for (const file of files) {
    // Larger than any recording that is read: it is refused when the files are.
    if (
      file.size > MOST_RECORDING_BYTES &&
      (SOUND_NAME.test(file.path) || signatureOf(await file.read(0, 16)) === 'wave')
    )
      continue;
    if (SOUND_NAME.test(file.path)) {
      found.push({ path: classPath(file, file.path), read: () => file.read(0, file.size) });
      continue;
    }
    const signature = signatureOf(await file.read(0, 16));
    if (signature === 'wave' || signature === 'packed-sound')
      found.push({ path: file.path, read: () => file.read(0, file.size) });
    if (signature !== 'zip') continue;
    const directory = await zipDirectory(file);
    if (!directory.ok) return directory;
    const reader = zipReader(file);
    for (const entry of directory.value)
      if (!isHidden(entry.path) && SOUND_NAME.test(entry.path))
        found.push({
          path: classPath(file, entry.path),
          async read() {
            const bytes = await reader.read(entry);
            return bytes.ok ? bytes.value : undefined;
          },
        });
  }
  return ok(found);
}
