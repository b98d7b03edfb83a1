import { describe, expect, test } from 'vitest';
import { flacTone, mp3Tone, opusTone, vorbisTone } from '../../../../test/support/sound-fixtures.ts';
import type { AudioContract } from '../../core/data/contract.ts';
import type { Examples } from '../../core/data/examples.ts';
import { importFiles } from '../import.ts';
import { lookAtFiles } from '../look-at-files.ts';
import { sourceOfBytes } from '../source-file.ts';
import { packedSound, readSound } from './decode-sound.ts';

/** How much of the samples is a tone of this many hertz, 0–1 (Goertzel’s sum over the whole recording). */
function shareOf(samples: Float32Array, sampleRate: number, hertz: number): number {
  let [sine, cosine, all] = [0, 0, 0];
  for (const [n, value] of samples.entries()) {
    const phase = (2 * Math.PI * hertz * n) / sampleRate;
    sine += value * Math.sin(phase);
    cosine += value * Math.cos(phase);
    all += value ** 2;
  }
  return (2 * (sine ** 2 + cosine ** 2)) / (samples.length * all);
}

describe('a packed recording', () => {
  test.each([
    ['MP3', mp3Tone, 'mp3', 8000],
    ['FLAC', flacTone, 'flac', 8000],
    ['Ogg Vorbis', vorbisTone, 'vorbis', 8000],
    ['Opus', opusTone, 'opus', 48_000],
  ] as const)('of %s is heard as it was written', async (_, bytes, packed, sampleRate) => {
    expect(packedSound(bytes)).toBe(packed);
    const found = await readSound(bytes, 10);
    if (!found.ok) throw new Error(found.error.message);
    const { frames, mono } = found.value;
    expect(found.value.sampleRate).toBe(sampleRate);
    const seconds = frames / sampleRate;
    // MP3 has whole frames of 72 ms, and silence about them where no tag says how much.
    expect(seconds).toBeGreaterThanOrEqual(0.1);
    expect(seconds).toBeLessThan(packed === 'mp3' ? 0.3 : 0.101);
    const samples = mono(0, frames);
    expect(shareOf(samples, sampleRate, 440)).toBeGreaterThan(packed === 'mp3' ? 0.3 : 0.9);
    expect(shareOf(samples, sampleRate, 900)).toBeLessThan(0.05);
    // Again by the same decoder, to the bit.
    const again = await readSound(bytes, 10);
    expect(again.ok && again.value.mono(0, frames)).toEqual(samples);
  });

  test('of FLAC keeps every sample', async () => {
    const found = await readSound(flacTone, 10);
    const samples = found.ok ? found.value.mono(0, 800) : new Float32Array(0);
    expect([...samples.map((value) => Math.round(value * 32_768))]).toEqual(
      Array.from({ length: 800 }, (_, n) => Math.round(8000 * Math.sin((2 * Math.PI * 440 * n) / 8000)) + 0),
    );
  });

  test.each([
    ['MP3', mp3Tone.subarray(0, 30)],
    ['FLAC', flacTone.subarray(0, 60)],
    ['Ogg Vorbis', vorbisTone.subarray(0, 200)],
    ['Opus', opusTone.subarray(0, 90)],
    ['an ID3 tag alone', Uint8Array.of(0x49, 0x44, 0x33, 4)],
  ])('of %s that was cut off is refused, and the next is read', async (_, bytes) => {
    expect(await readSound(bytes, 10)).toMatchObject({ ok: false, error: { kind: 'corrupt-audio' } });
    expect(await readSound(flacTone, 10)).toMatchObject({ ok: true, value: { frames: 800 } });
    expect(await readSound(mp3Tone, 10)).toMatchObject({ ok: true });
    expect(await readSound(opusTone, 10)).toMatchObject({ ok: true });
  });
});

test('two recordings at once are not mixed', async () => {
  const [one, other] = await Promise.all([readSound(flacTone, 10), readSound(flacTone, 10)]);
  const samples = [one, other].map((found) => (found.ok ? found.value.mono(0, 800) : null));
  expect(samples[0]).toHaveLength(800);
  expect(samples[1]).toEqual(samples[0]);
});

test('recordings of several kinds are looked through and kept, as they come', async () => {
  const files = [
    sourceOfBytes('low/a.mp3', mp3Tone),
    sourceOfBytes('low/b.flac', flacTone),
    sourceOfBytes('high/c.ogg', vorbisTone),
    sourceOfBytes('high/d', opusTone),
    sourceOfBytes('high/e.m4a', new TextEncoder().encode('....ftypM4A ....')),
  ];
  const found = await lookAtFiles(files);
  expect(found).toMatchObject({
    ok: true,
    value: { type: 'recordings', classes: ['high', 'low'], shape: { sampleRate: 16_000 } },
  });
  const contract: AudioContract = {
    kind: 'audio',
    sampleRate: 8000,
    milliseconds: 100,
    hopMs: 10,
    mels: 16,
    classes: ['high', 'low'],
  };
  const parts: Examples[] = [];
  const { report } = await importFiles(
    files,
    contract,
    { append: (examples) => Promise.resolve(void parts.push(examples)) },
    { decodeImage: () => Promise.reject(new Error('no picture here')) },
  );
  expect(report.accepted).toBe(4);
  expect(report.refusals).toMatchObject([{ file: 'high/e.m4a', kind: 'unsupported' }]);
  const sounds = parts.flatMap((part) => part.sounds ?? []);
  expect(sounds.map(({ length }) => length)).toEqual([800, 800, 800, 800]);
});
