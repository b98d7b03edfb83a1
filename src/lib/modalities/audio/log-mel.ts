// A recording as the bytes that a model sees, [frames, mels, 1]: how loud each band is at each moment, in decibels below the loudest.
// The conventions are librosa's (McFee et al. 2015; feature.melspectrogram and power_to_db as they are by default): periodic Hann window,
// frames centred with zeros beyond the ends, Slaney's mel scale (linear below 1 kHz, then logarithmic; not HTK's) with triangles of
// equal area, power, the 80 dB below the loudest value. These 80 dB are written as 0 to 255, in steps of 0.31 dB.
import { audioSamples, hopSamples, planeOf, type AudioContract } from '../../core/data/contract.ts';
import { powerSpectrum } from './power-spectrum.ts';

/** dB below the loudest value that are told apart. */
export const RANGE_DB = 80;
/** Power below which nothing is heard, of samples in [−1, 1). */
const LEAST_POWER = 1e-10;

/** At least 25 ms, in which speech hardly changes, as a power of two. */
export const windowSamples = (sampleRate: number): number => 2 ** Math.ceil(Math.log2(sampleRate * 0.025));

/** Slaney's scale (Auditory Toolbox, 1998): 15 mels to 1 kHz, then 27 mels a factor of 6.4. */
export const melOf = (hertz: number): number =>
  hertz < 1000 ? hertz / (200 / 3) : 15 + Math.log(hertz / 1000) / (Math.log(6.4) / 27);
export const hertzOf = (mel: number): number =>
  mel < 15 ? mel * (200 / 3) : 1000 * Math.exp((mel - 15) * (Math.log(6.4) / 27));

/** One band: the bins [first, first + weights.length) of the spectrum that it adds up. */
export interface MelBand {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Triangles between `mels` + 2 places evenly spaced in mels from 0 Hz to half the rate, each of area 1 over hertz. */
export function melBands(sampleRate: number, size: number, mels: number): readonly MelBand[] {
  const top = melOf(sampleRate / 2);
  const places = Array.from({ length: mels + 2 }, (_, index) => hertzOf((top * index) / (mels + 1)));
  return Array.from({ length: mels }, (_, band) => {
    const [low = 0, middle = 0, high = 0] = places.slice(band, band + 3);
    const weights = Array.from({ length: size / 2 + 1 }, (_, bin) => {
      const hertz = (bin * sampleRate) / size;
      const height = Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle));
      return (Math.max(0, height) * 2) / (high - low);
    });
    const first = Math.max(
      0,
      weights.findIndex((weight) => weight > 0),
    );
    const last = weights.findLastIndex((weight) => weight > 0);
    return { first, weights: Float64Array.from(weights.slice(first, last + 1)) };
  });
}

/** Writes a recording's example to `into` from `at`. `samples`: 16 bits at the contract's rate; what is missing at the end is silence. */
export type LogMel = (samples: Int16Array, into: Uint8Array | Float32Array, at: number) => void;

/** Made once for a contract: window, bands and room are the same for all its recordings. */
export function logMel(contract: AudioContract): LogMel {
  const size = windowSamples(contract.sampleRate);
  const hop = hopSamples(contract);
  const { height: frames, width: mels } = planeOf(contract);
  const length = audioSamples(contract);
  const window = Float64Array.from(
    { length: size },
    (_, i) => (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size)) / 32_768,
  );
  const bands = melBands(contract.sampleRate, size, mels);
  const spectrum = powerSpectrum(size);
  const frame = new Float64Array(size);
  const power = new Float64Array(size / 2 + 1);
  const decibels = new Float64Array(frames * mels);
  return (samples, into, at) => {
    const there = Math.min(length, samples.length);
    let loudest = LEAST_POWER;
    for (let column = 0; column < frames; column += 1) {
      const start = column * hop - size / 2;
      for (let i = 0; i < size; i += 1) {
        const place = start + i;
        frame[i] = place >= 0 && place < there ? samples[place]! * window[i]! : 0;
      }
      spectrum.of(frame, power);
      for (const [band, { first, weights }] of bands.entries()) {
        let sum = 0;
        for (let bin = 0; bin < weights.length; bin += 1) sum += weights[bin]! * power[first + bin]!;
        loudest = Math.max(loudest, sum);
        decibels[column * mels + band] = sum;
      }
    }
    const top = 10 * Math.log10(loudest);
    for (let i = 0; i < decibels.length; i += 1) {
      const below = 10 * Math.log10(Math.max(LEAST_POWER, decibels[i]!)) - top;
      // A silent recording has no loudest value to be measured by: all of it is 0.
      const share = loudest > LEAST_POWER ? Math.max(0, below + RANGE_DB) / RANGE_DB : 0;
      into[at + i] = Math.round(share * 255);
    }
  };
}
