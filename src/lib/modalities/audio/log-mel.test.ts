import { describe, expect, test } from 'vitest';
import type { AudioContract } from '../../core/data/contract.ts';
import { hertzOf, logMel, melBands, melOf } from './log-mel.ts';
import { powerSpectrum } from './power-spectrum.ts';
import { recordingOfSamples } from './recording.ts';
import { resampled } from './resample.ts';

const contract: AudioContract = {
  kind: 'audio',
  sampleRate: 8000,
  milliseconds: 600,
  hopMs: 10,
  mels: 40,
  classes: ['a', 'b'],
};

/** A rising tone beside a steady one, with a gap: half a second, so that the last tenth is what is missing. */
const sound = Int16Array.from({ length: 4000 }, (_, n) =>
  n >= 1500 && n < 2000
    ? 0
    : Math.round(
        9000 * Math.sin((2 * Math.PI * (300 + 0.2 * n) * n) / 8000) +
          3000 * Math.sin((2 * Math.PI * 1850 * n) / 8000),
      ),
);

// librosa 0.11.0: round((power_to_db(feature.melspectrogram(y, sr=8000, n_fft=256, hop_length=80, n_mels=40,
// pad_mode='constant'), ref=np.max) + 80) / 80 * 255), y the sound above over 32768, padded to 4800.
const librosa: Readonly<Record<number, readonly number[]>> = {
  0: [
    189, 193, 200, 217, 237, 237, 206, 180, 167, 158, 149, 142, 134, 126, 119, 111, 102, 90, 70, 49, 79, 96,
    109, 121, 132, 148, 186, 205, 179, 148, 137, 129, 123, 118, 114, 111, 108, 106, 105, 104,
  ],
  20: [
    95, 95, 95, 96, 98, 100, 101, 103, 106, 110, 116, 122, 125, 128, 130, 130, 128, 125, 120, 113, 105, 100,
    97, 95, 96, 101, 104, 103, 96, 83, 67, 56, 47, 39, 32, 25, 18, 11, 3, 0,
  ],
  33: [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 12, 25, 41, 64, 103, 171, 241, 248, 195, 101, 55, 192, 217,
    175, 31, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ],
  49: [
    105, 106, 106, 106, 106, 107, 107, 107, 108, 109, 110, 111, 111, 112, 113, 114, 116, 117, 119, 121, 123,
    127, 130, 136, 142, 151, 208, 245, 221, 158, 142, 132, 124, 118, 114, 110, 107, 104, 102, 101,
  ],
};

describe('a spectrogram', () => {
  test('is librosa’s, value by value, in steps of 80 dB / 255', () => {
    const pixels = new Uint8Array(61 * 40);
    logMel(contract)(sound, pixels, 0);
    for (const [frame, expected] of Object.entries(librosa)) {
      const own = [...pixels.subarray(Number(frame) * 40, (Number(frame) + 1) * 40)];
      // librosa counts in 32 bits: a value at the border of two steps may fall on either side.
      expect(Math.max(...own.map((value, band) => Math.abs(value - expected[band]!)))).toBeLessThanOrEqual(1);
    }
    expect(pixels.subarray(60 * 40).every((value) => value === 0)).toBe(true);
    expect(Math.max(...pixels)).toBe(255);
    // 127,779 over there: on the whole no further off than a tenth of a step a value.
    expect(Math.abs(pixels.reduce((sum, value) => sum + value, 0) - 127_779)).toBeLessThan(244);
  });

  test('of silence is 0 throughout, and of a sound half as loud the same but for what 16 bits round', () => {
    const pixels = new Uint8Array(61 * 40);
    logMel(contract)(new Int16Array(4800), pixels, 0);
    expect(pixels.every((value) => value === 0)).toBe(true);
    const [loud, soft] = [new Uint8Array(61 * 40), new Uint8Array(61 * 40)];
    logMel(contract)(sound, loud, 0);
    logMel(contract)(
      sound.map((value) => Math.round(value / 2)),
      soft,
      0,
    );
    const heard = [...loud.keys()].filter((i) => loud[i]! > 130);
    expect(heard.length).toBeGreaterThan(200);
    expect(Math.max(...heard.map((i) => Math.abs(loud[i]! - soft[i]!)))).toBeLessThanOrEqual(1);
  });
});

test('Slaney’s scale is linear to 1 kHz and logarithmic beyond; the bands of librosa.filters.mel have these weights', () => {
  for (const [hertz, mel] of [
    [60, 0.9],
    [1000, 15],
    [2500, 28.32752062923329],
    [4000, 35.163760314616646],
  ] as const) {
    expect(melOf(hertz)).toBeCloseTo(mel, 10);
    expect(hertzOf(mel)).toBeCloseTo(hertz, 8);
  }
  const bands = melBands(8000, 256, 40);
  expect(bands[0]?.first).toBe(1);
  expect([...bands[0]!.weights].map((one) => one.toFixed(7))).toEqual([
    '0.0095589',
    '0.0158613',
    '0.0063024',
  ]);
  expect(bands[15]?.first).toBe(28);
  expect([...bands[15]!.weights].map((one) => one.toFixed(7))).toEqual([
    '0.0053063',
    '0.0148652',
    '0.0105550',
    '0.0009961',
  ]);
});

test('a power spectrum is |Σ x·exp(−2πikn/N)|², counted out', () => {
  const frame = Float64Array.from({ length: 16 }, (_, n) => ((n * 7) % 5) - 1.5);
  const power = new Float64Array(9);
  powerSpectrum(16).of(frame, power);
  for (let k = 0; k <= 8; k += 1) {
    let [re, im] = [0, 0];
    for (const [n, value] of frame.entries()) {
      re += value * Math.cos((2 * Math.PI * k * n) / 16);
      im -= value * Math.sin((2 * Math.PI * k * n) / 16);
    }
    expect(power[k]).toBeCloseTo(re * re + im * im, 9);
  }
});

describe('a sound at another rate', () => {
  const tone = (hertz: number, rate: number, length: number): Float32Array =>
    Float32Array.from({ length }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / rate));
  const middle = (samples: Float32Array): Float32Array => samples.slice(200, -200);

  test.each([
    [44_100, 16_000, 1000],
    [8000, 16_000, 3000],
    [48_000, 8000, 3400],
  ])('from %i to %i Hz a tone of %i Hz is the tone, to a thousandth', (from, to, hertz) => {
    const out = resampled(tone(hertz, from, from / 10), from, to);
    expect(out.length).toBe(to / 10);
    const wanted = tone(hertz, to, to / 10);
    const off = middle(out).map((value, index) => Math.abs(value - middle(wanted)[index]!));
    expect(Math.max(...off)).toBeLessThan(0.001);
  });

  test('what lies above half of the new rate is gone, rather than heard as another tone', () => {
    const out = resampled(tone(6000, 16_000, 3200), 16_000, 8000);
    expect(Math.max(...middle(out).map(Math.abs))).toBeLessThan(0.001);
  });
});

test('of a longer recording the loudest part is taken', () => {
  const samples = new Float32Array(16_000);
  for (let n = 9000; n < 11_000; n += 1) samples[n] = 0.5 * Math.sin(n);
  const made = recordingOfSamples(contract)(samples, 8000);
  expect(made.isCut).toBe(true);
  expect(made.samples.length).toBe(4800);
  expect(made.samples.filter((value) => value !== 0).length).toBeGreaterThan(1990);
});
