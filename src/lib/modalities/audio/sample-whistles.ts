// Whistled sounds of four kinds, made by a seeded generator: a tone that rises, falls, stays, or trembles. Each device's hand has its own
// pitch and breath, so that what one whistles another hears differently.
import type { AudioContract } from '../../core/data/contract.ts';
import { random } from '../../core/random.ts';
import { sourceOfBytes, type SourceFile } from '../source-file.ts';
import { wavFile } from './wav.ts';

export const whistlesContract: AudioContract = {
  kind: 'audio',
  sampleRate: 8000,
  milliseconds: 500,
  hopMs: 10,
  mels: 32,
  classes: ['falling', 'rising', 'steady', 'trembling'],
};

/** `count` WAV files named after their class; the same seed makes the same bytes. */
export function* whistles(seed: number, count: number): Generator<SourceFile> {
  const draw = random(seed, 'whistles');
  const { classes, sampleRate } = whistlesContract;
  const own = 700 + 900 * draw.next();
  const breath = 0.02 + 0.08 * draw.next();
  for (let index = 0; index < count; index += 1) {
    const kind = draw.below(classes.length);
    const length = Math.round(sampleRate * (0.25 + 0.2 * draw.next()));
    const pitch = own * (0.8 + 0.4 * draw.next());
    const bend = 0.25 + 0.35 * draw.next();
    const loud = 0.15 + 0.6 * draw.next();
    const samples = new Int16Array(length);
    let phase = 0;
    for (let n = 0; n < length; n += 1) {
      const share = n / length;
      phase += (2 * Math.PI * pitch * bentBy(kind, share, bend)) / sampleRate;
      // Begun and ended softly, as breath is.
      const swell = Math.min(1, share * 12, (1 - share) * 12);
      const noise = breath * (2 * draw.next() - 1);
      samples[n] = Math.round(
        32_000 * loud * swell * (0.8 * Math.sin(phase) + 0.1 * Math.sin(2 * phase) + noise),
      );
    }
    yield sourceOfBytes(`${classes[kind]}_whistle_${index}.wav`, wavFile(samples, sampleRate));
  }
}

/** The pitch at a share of the whistle, as a multiple of its own. */
function bentBy(kind: number, share: number, bend: number): number {
  switch (kind) {
    case 0:
      return 1 + bend * (0.5 - share);
    case 1:
      return 1 + bend * (share - 0.5);
    case 2:
      return 1;
    default:
      return 1 + 0.15 * bend * Math.sin(2 * Math.PI * 5 * share);
  }
}
