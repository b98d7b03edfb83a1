import { describe, expect, test } from 'vitest';
import { storedZip } from '../../../../test/support/image-fixtures.ts';
import type { AudioContract } from '../../core/data/contract.ts';
import { joinExamples, type Examples } from '../../core/data/examples.ts';
import { importFiles } from '../import.ts';
import { inferContract } from '../infer.ts';
import { lookAtFiles } from '../look-at-files.ts';
import { sourceOfBytes, type SourceFile } from '../source-file.ts';
import { readWav, wavFile } from './wav.ts';

const contract: AudioContract = {
  kind: 'audio',
  sampleRate: 8000,
  milliseconds: 100,
  hopMs: 10,
  mels: 16,
  classes: ['no', 'yes'],
};
const tone = (seed: number, length = 400): Int16Array =>
  Int16Array.from({ length }, (_, n) => Math.round(8000 * Math.sin(n * (0.3 + seed / 10))));
const wav = (seed: number, length?: number): Uint8Array => wavFile(tone(seed, length), 8000);

async function read(files: readonly SourceFile[], by: AudioContract = contract) {
  const parts: Examples[] = [];
  const sink = { append: async (examples: Examples) => void parts.push(examples) };
  const { report, preview } = await importFiles(files, by, sink, {
    decodeImage: () => Promise.reject(new Error('no picture here')),
  });
  return {
    report,
    preview,
    examples: joinExamples(parts),
    sounds: parts.flatMap((part) => part.sounds ?? []),
  };
}

/** A WAV header of one format before these bytes, with a chunk that nobody asked for and an odd length before the samples. */
function written(
  tag: number,
  bits: number,
  channels: number,
  data: readonly number[],
  extra: number[] = [],
): Uint8Array {
  const little = (value: number, bytes: number): number[] =>
    Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
  const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
  const frame = (channels * bits) / 8;
  const format = [
    little(tag, 2),
    little(channels, 2),
    little(8000, 4),
    little(8000 * frame, 4),
    little(frame, 2),
    little(bits, 2),
    extra,
  ].flat();
  const body = [
    ascii('WAVEfmt '), little(format.length, 4), format,
    ascii('LIST'), little(3, 4), [1, 2, 3, 0],
    ascii('data'), little(data.length, 4), data,
  ].flat(); // prettier-ignore
  return Uint8Array.from([...ascii('RIFF'), ...little(body.length, 4), ...body]);
}

describe('a WAV file', () => {
  const guid = [
    ...new Array<number>(6).fill(0),
    0x00,
    0x00,
    0x10,
    0x00,
    0x80,
    0x00,
    0x00,
    0xaa,
    0x00,
    0x38,
    0x9b,
    0x71,
  ];
  const extensible = (tag: number) => [22, 0, 16, 0, 0, 0, 0, 0, tag, 0, ...guid.slice(-14)];
  const floats = (bytes: 4 | 8, ...values: number[]): number[] => [
    ...new Uint8Array((bytes === 4 ? Float32Array : Float64Array).from(values).buffer),
  ];

  test.each([
    ['8 bits, about 128', written(1, 8, 1, [128, 192, 0]), [0, 0.5, -1]],
    ['16 bits', written(1, 16, 1, [0, 0x40, 0, 0x80]), [0.5, -1]],
    ['24 bits', written(1, 24, 1, [0, 0, 0x40, 0, 0, 0x80, 0xff, 0xff, 0xff]), [0.5, -1, -1 / 8_388_608]],
    ['32 bits', written(1, 32, 1, [0, 0, 0, 0x40]), [0.5]],
    ['floats of 32 bits', written(3, 32, 1, floats(4, 0.25, -0.75)), [0.25, -0.75]],
    ['floats of 64 bits', written(3, 64, 1, floats(8, 0.25)), [0.25]],
    ['two channels, as their mean', written(1, 16, 2, [0, 0x40, 0, 0x20]), [0.375]],
    ['an extensible header', written(0xfffe, 16, 1, [0, 0x40], extensible(1)), [0.5]],
  ])('of %s is read', (_, bytes, expected) => {
    const found = readWav(bytes);
    if (!found.ok) throw new Error(found.error.message);
    expect(found.value.sampleRate).toBe(8000);
    expect([...found.value.mono(0, found.value.frames)]).toEqual(expected.map(Math.fround));
  });

  test('that a program wrote to a pipe, its size unknown, ends where the file does', () => {
    const bytes = written(1, 16, 1, [0, 0x40, 0, 0x80]);
    bytes.set([0xff, 0xff, 0xff, 0xff], bytes.length - 8);
    const found = readWav(bytes);
    expect(found.ok && found.value.frames).toBe(2);
  });
});

describe('recordings', () => {
  test('take their class from the folder or from the name, and keep the 16 bits that they were made of', async () => {
    const zip = storedZip([
      { path: 'all/yes/ann_nohash_0.wav', bytes: wav(1) },
      { path: 'all/no_ben_1.wav', bytes: wav(2, 900) },
      { path: '__MACOSX/x.wav', bytes: wav(3) },
    ]);
    const { report, examples, preview, sounds } = await read([
      sourceOfBytes('words.zip', zip),
      sourceOfBytes('no/again.wav', wav(1)),
      sourceOfBytes('yes/same.wav', wav(1)),
    ]);
    expect(report).toMatchObject({ accepted: 3, duplicates: 1, refused: 0 });
    expect(report.notes).toEqual(['1 recording is longer than 0.1 s: the loudest 0.1 s of each is taken.']);
    // Loose files first; the same sound as “no” is another example than as “yes”.
    expect([...(examples?.targets ?? [])]).toEqual([0, 1, 0]);
    expect(examples?.features.length).toBe(3 * 11 * 16);
    expect(sounds.map((sound) => sound.length)).toEqual([400, 400, 800]);
    expect(sounds[0]).toEqual(tone(1));
    expect(preview).toMatchObject({
      kind: 'audio',
      recordings: [{ label: 'no' }, { label: 'yes' }, { label: 'no' }],
    });
  });

  test.each<[string, string, string, Uint8Array, string]>([
    ['a name that says no class', 'a.wav', 'unknown-class', wav(1), 'no, yes'],
    ['an empty file', 'no_a_1.wav', 'empty-file', new Uint8Array(0), 'empty'],
    ['no sample', 'no_a_1.wav', 'empty-file', wavFile(new Int16Array(0), 8000), 'Record it again'],
    ['a file cut off', 'no_a_1.wav', 'corrupt-audio', wav(1).slice(0, 100), '28 of 400 samples'],
    ['a header cut off', 'no_a_1.wav', 'corrupt-audio', wav(1).slice(0, 30), 'cut off'],
    ['compressed samples', 'no_a_1.wav', 'unsupported', written(7, 8, 1, [1]), 'µ-law'],
    [
      'samples that are no numbers',
      'no_a_1.wav',
      'corrupt-audio',
      written(3, 32, 1, [0, 0, 0xc0, 0x7f]),
      'no numbers',
    ],
    ['hours of it', 'no_a_1.wav', 'wrong-size', wav(1, 17_000), 'lasts 2.1 s'],
    ['another thing', 'no_a_1.wav', 'unsupported', new TextEncoder().encode('hello, world'), 'WAV'],
    ['a packed one cut off', 'no_a_1.mp3', 'corrupt-audio', Uint8Array.of(0x49, 0x44, 0x33, 4), 'decoded'],
  ])('%s is refused by file, with what to do', async (_, path, kind, bytes, says) => {
    const { report } = await read([sourceOfBytes(path, bytes), sourceOfBytes('yes/ok.wav', wav(2))]);
    expect(report.accepted).toBe(1);
    expect(report.refusals).toMatchObject([{ file: path, kind }]);
    expect(report.refusals[0]?.message).toContain(says);
    // What is kept of the import says the reason too, not what to do about cells.
    expect(report.broken).toMatchObject([{ kind, count: 1, fix: report.refusals[0]?.message }]);
  });

  test('an entry that would fill the memory is refused unopened', async () => {
    const zip = storedZip([{ path: 'yes/1.wav', bytes: wav(1), claimedBytes: 1e9 }]);
    expect((await read([sourceOfBytes('bomb.zip', zip)])).report.refusals).toMatchObject([
      { file: 'bomb.zip/yes/1.wav', kind: 'archive-bomb' },
    ]);
  });

  test('of one speaker have one first word of their hash where the contract keeps them together', async () => {
    const files = ['no_ann_0', 'yes_ann_1', 'no_ben_0', 'yes_ben_1'].map((name, seed) =>
      sourceOfBytes(`${name}.wav`, wav(seed + 1)),
    );
    const { examples, report } = await read(files, { ...contract, groups: 'file-name' });
    const first = [...(examples?.hashes ?? [])].filter((_, index) => index % 2 === 0);
    expect(first.length).toBe(4);
    expect(new Set(first).size).toBe(2);
    expect(report.notes).toEqual([]);
  });
});

describe('without a contract', () => {
  const corpus = ['0', '1'].flatMap((digit, at) =>
    ['ann', 'ben'].flatMap((speaker, who) =>
      [0, 1].map((index) => ({
        path: `${digit}_${speaker}_${index}.wav`,
        bytes: wav(1 + at * 4 + who * 2 + index, 4000),
      })),
    ),
  );

  test('recordings named class_speaker_number.wav say their classes, their speakers, their rate and length', async () => {
    const found = await lookAtFiles([sourceOfBytes('r.zip', storedZip(corpus))]);
    expect(found).toMatchObject({
      ok: true,
      value: {
        type: 'recordings',
        classes: ['0', '1'],
        speakers: ['ann', 'ben'],
        shape: { sampleRate: 8000, milliseconds: 500, hopMs: 10, mels: 40 },
      },
    });
    expect(await inferContract([sourceOfBytes('r.zip', storedZip(corpus))])).toMatchObject({
      ok: true,
      value: { contract: { kind: 'audio', classes: ['0', '1'] } },
    });
  });

  test('recordings that say no class are looked at, to be labelled, and draft no contract', async () => {
    const files = [1, 2].map((seed) => sourceOfBytes(`take ${seed}.wav`, wav(seed)));
    expect(await lookAtFiles(files)).toMatchObject({ ok: true, value: { type: 'recordings', classes: [] } });
    expect(await inferContract(files)).toMatchObject({ ok: false, error: { kind: 'unknown-class' } });
  });
});
