// What a recording's path says of it: its class by the folder that it lies in, or by the file's name as corpora write it.
// digit_speaker_index.wav (Free Spoken Digit Dataset); yes/speaker_nohash_0.wav (Speech Commands, Warden 2018).
import type { AudioContract } from '../../core/data/contract.ts';
import { murmur128 } from '../../core/data/example-hash.ts';
import { classMatch } from '../class-match.ts';
import { fileName } from '../source-file.ts';

/** Between "_"s, without the ending. */
export const nameParts = (path: string): readonly string[] =>
  fileName(path)
    .replace(/\.[^.]*$/, '')
    .split('_');

export interface RecordingPlace {
  /** undefined: no class of the contract. */
  readonly target: number | undefined;
  /** 32 bits that stand for the speaker, where the contract keeps them together and the name has one. */
  readonly group: number | undefined;
}

/** Reads paths within an archive, or as dropped. */
export function recordingPlaces(contract: AudioContract): (path: string) => RecordingPlace {
  const match = classMatch(contract);
  const isGrouped = contract.groups !== undefined;
  return (path) => {
    const ofFolder = match.ofPath(path);
    const parts = nameParts(path);
    const target = ofFolder ?? (parts.length > 1 ? match.ofLabel(parts[0] ?? '') : undefined);
    const speaker = speakerOf(parts, ofFolder !== undefined);
    return { target, group: isGrouped && speaker !== undefined ? groupHash(speaker) : undefined };
  };
}

/** In a class folder the part before the first "_"; else the one after it, where a number follows. */
export function speakerOf(parts: readonly string[], isInClassFolder: boolean): string | undefined {
  if (isInClassFolder) return parts.length > 1 ? parts[0] : undefined;
  return parts.length > 2 ? parts[1] : undefined;
}

function groupHash(speaker: string): number {
  const words = new Uint32Array(4);
  const bytes = new TextEncoder().encode(speaker);
  murmur128(words, bytes, 0, bytes.length, 0);
  return words[0]!;
}
