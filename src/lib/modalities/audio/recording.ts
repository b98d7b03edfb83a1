// One recording's bytes as an example of the contract: mono, at its rate, of its length, with the samples that were heard.
import { audioSamples, planeOf, type AudioContract } from '../../core/data/contract.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { RefusalKind } from '../import-report.ts';
import { logMel } from './log-mel.ts';
import { resampled } from './resample.ts';
import { readSound } from './decode-sound.ts';

export interface Recording {
  /** [frames, mels, 1] */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** 16 bits at the contract's rate, no longer than the contract says: what the spectrogram was made of. Owns its buffer. */
  readonly samples: Int16Array<ArrayBuffer>;
  readonly isCut: boolean;
}

export interface RecordingProblem {
  readonly kind: RefusalKind;
  readonly message: string;
}

/** A recording so many times longer than the contract is another thing than it asks for. */
const MOST_TIMES = 20;

/** Reads recordings under a contract; never rejects for what is in them. */
export type ReadRecording = (bytes: Uint8Array) => Promise<Result<Recording, RecordingProblem>>;

export function recordingReader(contract: AudioContract): ReadRecording {
  const made = recordingOfSamples(contract);
  const mostSeconds = (contract.milliseconds * MOST_TIMES) / 1000;
  return async (bytes) => {
    const sound = await readSound(bytes, mostSeconds);
    if (!sound.ok) return sound;
    const { sampleRate, frames, mono } = sound.value;
    const seconds = frames / sampleRate;
    if (seconds > mostSeconds)
      return fail({
        kind: 'wrong-size',
        message: `This recording lasts ${spokenSeconds(seconds)} or more, and ${spokenSeconds(contract.milliseconds / 1000)} of one are looked at. Cut it into pieces of about that length.`,
      });
    const heard = mono(0, frames);
    if (!heard.every(Number.isFinite))
      return fail({
        kind: 'corrupt-audio',
        message: 'This recording holds samples that are no numbers. Save it again.',
      });
    return ok(made(heard, sampleRate));
  };
}

/** `samples`: mono in [−1, 1]; louder ones are cut off there. */
export function recordingOfSamples(
  contract: AudioContract,
): (samples: Float32Array, sampleRate: number) => Recording {
  const spectrogram = logMel(contract);
  const length = audioSamples(contract);
  const { height, width } = planeOf(contract);
  return (samples, sampleRate) => {
    const all = Int16Array.from(resampled(samples, sampleRate, contract.sampleRate), (value) =>
      Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))),
    );
    const start = loudestStart(all, length);
    const heard = all.slice(start, start + length);
    const pixels = new Uint8Array(height * width);
    spectrogram(heard, pixels, 0);
    return { pixels, samples: heard, isCut: all.length > length };
  };
}

/** Where the `length` samples with the most energy begin: a word is looked for in the silence about it. */
function loudestStart(samples: Int16Array, length: number): number {
  let energy = 0;
  let most = 0;
  let best = 0;
  for (let end = 0; end < samples.length; end += 1) {
    energy += samples[end]! ** 2;
    if (end >= length) energy -= samples[end - length]! ** 2;
    if (end >= length - 1 && energy > most) {
      most = energy;
      best = end - length + 1;
    }
  }
  return best;
}

export const spokenSeconds = (seconds: number): string =>
  seconds >= 90 ? `${Math.round(seconds / 60)} minutes` : `${Number(seconds.toPrecision(2))} s`;
