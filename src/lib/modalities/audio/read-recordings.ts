// Recordings against the contract: loose WAV files, and zip archives of them. Each becomes an example or a refusal.
import type { AudioContract } from '../../core/data/contract.ts';
import { UNLABELLED } from '../../core/data/examples.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Assembler } from '../assembler.ts';
import { listOf, type ImportPreview, type RefusalLog } from '../import-report.ts';
import { classPath } from '../label-list.ts';
import { isHidden, type SourceFile } from '../source-file.ts';
import { zipDirectory, zipReader, type ZipProblem } from '../zip-directory.ts';
import { recordingPlaces } from './file-names.ts';
import { recordingReader, spokenSeconds, type Recording } from './recording.ts';

export type AudioPreview = Extract<ImportPreview, { kind: 'audio' }>;
type Shown = AudioPreview['recordings'][number];

const PREVIEW_RECORDINGS = 12;
/** A loose file of more is no recording of a moment; within an archive ZIP_LIMITS says the same. */
export const MOST_RECORDING_BYTES = 64 * 1024 * 1024;

export interface RecordingOptions {
  readonly signal?: AbortSignal | undefined;
  readonly keepsUnlabelled?: boolean | undefined;
  readonly onBytes: (bytes: number) => void;
  readonly onFile?: ((path: string) => void) | undefined;
  /** Called after each is taken or refused, one in an archive too. */
  readonly onRecord?: ((path: string) => void) | undefined;
}

export interface RecordingIntake {
  takeFiles(files: readonly SourceFile[], options: RecordingOptions): Promise<void>;
  takeArchive(file: SourceFile, options: RecordingOptions): Promise<void>;
  /** What a person should know of what was cut; then the first of each class. */
  finish(): AudioPreview;
}

interface Candidate {
  readonly path: string;
  /** Within the archive, or as dropped; by a list of labels where one names it. */
  readonly inner: string;
  readonly places: SourceFile['places'];
  read(): Promise<Result<Uint8Array, ZipProblem>>;
  /** Bytes of the source that are done with once this one is. */
  readonly done: number;
}

export function recordingIntake(contract: AudioContract, into: Assembler, log: RefusalLog): RecordingIntake {
  const placeOf = recordingPlaces(contract);
  const read = recordingReader(contract);
  const shown: Shown[] = [];
  let cut = 0;
  let ungrouped = 0;

  const take = (recording: Recording, target: number, group: number | undefined): void => {
    const slot = into.slot();
    slot.features.set(recording.pixels, slot.at);
    if (into.commit(target, undefined, group, undefined, recording.samples) === 'duplicate') return;
    if (recording.isCut) cut += 1;
    if (group === undefined) ungrouped += 1;
    keepForPreview(shown, contract, target, recording);
  };
  const takeOne = async (candidate: Candidate, options: RecordingOptions): Promise<void> => {
    const refused = { file: candidate.path };
    const place = placeOf(candidate.inner);
    const target = place.target ?? (options.keepsUnlabelled === true ? UNLABELLED : undefined);
    if (target === undefined)
      return log.refuse(
        'unknown-class',
        candidate.places !== undefined
          ? `Neither ${candidate.places.lists}, nor its folder or name, gives this recording one of these classes: ${listOf(contract.classes)}. Add it to the list, or leave it out.`
          : `Neither its folder nor its name says a class. Put this recording into a folder named after one, or begin its name with it and “_”: ${listOf(contract.classes)}.`,
        refused,
      );
    const bytes = await candidate.read();
    if (!bytes.ok) return log.refuse(bytes.error.kind, bytes.error.message, refused);
    const recording = read(bytes.value);
    if (recording.ok) take(recording.value, target, place.group);
    else log.refuse(recording.error.kind, recording.error.message, refused);
  };
  const takeAll = async (candidates: readonly Candidate[], options: RecordingOptions, areFiles: boolean) => {
    for (const candidate of candidates) {
      options.signal?.throwIfAborted();
      if (!into.passesOver()) {
        await takeOne(candidate, options);
        into.position += 1;
      }
      options.onRecord?.(candidate.path);
      options.onBytes(candidate.done);
      if (areFiles) options.onFile?.(candidate.path);
      await into.flush();
    }
  };

  return {
    async takeFiles(files, options) {
      let done = 0;
      const candidates: Candidate[] = [];
      for (const file of files) {
        done += file.size;
        if (file.size <= MOST_RECORDING_BYTES)
          candidates.push({
            path: file.path,
            inner: classPath(file, file.path),
            places: file.places,
            read: async () => ok(await file.read(0, file.size)),
            done,
          });
        else
          log.refuse('wrong-size', 'This file is larger than 64 MiB. Cut the recording into pieces.', {
            file: file.path,
          });
      }
      await takeAll(candidates, options, true);
    },
    async takeArchive(file, options) {
      const directory = await zipDirectory(file);
      if (!directory.ok)
        return log.refuse(directory.error.kind, directory.error.message, { file: file.path });
      const entries = directory.value.filter(
        ({ path }) => !isHidden(path) && file.places?.isList(path) !== true,
      );
      if (entries.length === 0)
        return log.refuse('empty-file', 'The archive holds no files.', { file: file.path });
      const reader = zipReader(file);
      const candidates = entries.map((entry): Candidate => ({
        path: `${file.path}/${entry.path}`,
        inner: classPath(file, entry.path),
        places: file.places,
        read: () => reader.read(entry),
        done: entry.offset + entry.compressedBytes,
      }));
      await takeAll(candidates, options, false);
      options.onFile?.(file.path);
    },
    finish() {
      const length = spokenSeconds(contract.milliseconds / 1000);
      if (cut > 0)
        log.note(
          `${cut.toLocaleString('en')} ${cut === 1 ? 'recording is' : 'recordings are'} longer than ${length}: the loudest ${length} of each ${cut === 1 ? 'is' : 'are'} taken.`,
        );
      if (contract.groups !== undefined && ungrouped > 0)
        log.note(
          `${ungrouped.toLocaleString('en')} ${ungrouped === 1 ? 'name of a recording names' : 'names of recordings name'} no speaker: each stands for itself in the split.`,
        );
      return { kind: 'audio', recordings: shown };
    },
  };
}

function keepForPreview(shown: Shown[], contract: AudioContract, target: number, recording: Recording): void {
  const label = contract.classes[target] ?? 'no label';
  const room = Math.max(1, Math.floor(PREVIEW_RECORDINGS / contract.classes.length));
  if (shown.length >= PREVIEW_RECORDINGS || shown.filter((one) => one.label === label).length >= room) return;
  shown.push({ label, pixels: recording.pixels, samples: recording.samples });
}
