// Sound: recordings in class folders or named after their class, and zips of them.
import type { AudioContract } from '../../core/data/contract.ts';
import type { Modality } from '../index.ts';
import { signatureOf, SOUND_NAME, type SourceFile } from '../source-file.ts';
import { recordingIntake } from './read-recordings.ts';

export const audioModality: Modality<AudioContract> = {
  kind: 'audio',
  title: 'Sound',
  // Spectrograms are the cost of a recording: what is durable is passed over unread.
  replays: false,
  async read(files, contract, into, log, { signal, keepsUnlabelled, onFraction, onFile, onRecord }) {
    const loose: SourceFile[] = [];
    const archives: SourceFile[] = [];
    for (const file of files) {
      signal?.throwIfAborted();
      if (file.size === 0) {
        log.refuse('empty-file', 'The file is empty.', { file: file.path });
        continue;
      }
      const signature = SOUND_NAME.test(file.path) ? 'wave' : signatureOf(await file.read(0, 16));
      if (signature === 'wave' || signature === 'packed-sound') loose.push(file);
      else if (signature === 'zip' || /\.zip$/i.test(file.path)) archives.push(file);
      else
        log.refuse(
          'unsupported',
          signature === 'other-sound'
            ? 'This recording is written in a way that is not read here (as M4A is). Save it as WAV, MP3, FLAC or Ogg, or leave it out.'
            : 'This dataset is of recordings: WAV, MP3, FLAC or Ogg files in class folders, named as class_speaker_number.wav, or a zip of them.',
          { file: file.path },
        );
    }
    const total = Math.max(
      1,
      files.reduce((bytes, file) => bytes + file.size, 0),
    );
    let done = 0;
    const options = {
      signal,
      keepsUnlabelled,
      onFile,
      onRecord,
      onBytes: (bytes: number): void => onFraction(Math.min(1, (done + bytes) / total)),
    };
    const intake = recordingIntake(contract, into, log);
    await intake.takeFiles(loose, options);
    done += loose.reduce((bytes, file) => bytes + file.size, 0);
    for (const file of archives) {
      await intake.takeArchive(file, options);
      done += file.size;
    }
    return intake.finish();
  },
};
