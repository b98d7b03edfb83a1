// A WAVE file (Multimedia Programming Interface and Data Specifications 1.0, 1991; WAVEFORMATEXTENSIBLE, Microsoft 2001): where its samples
// lie and how they are written. There is no AudioContext in a worker, and its decoder differs between browsers.
import { fail, ok, type Result } from '../../core/result.ts';
import type { RefusalKind } from '../import-report.ts';

/** What is heard of a recording, whatever its file. */
export interface Sound {
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of one channel. */
  readonly frames: number;
  /** The channels' mean over frames [start, end), in [−1, 1); not finite where the file is so. Owns its buffer. */
  mono(start: number, end: number): Float32Array<ArrayBuffer>;
}

export interface SoundProblem {
  readonly kind: Extract<RefusalKind, 'corrupt-audio' | 'unsupported' | 'empty-file'>;
  readonly message: string;
}

const text = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));

const broken = (message: string) => fail<SoundProblem>({ kind: 'corrupt-audio', message });
const unread = (message: string) => fail<SoundProblem>({ kind: 'unsupported', message });

/** Of more no microphone makes use, and a header that says so is damaged. */
const MOST = { channels: 32, sampleRate: 384_000 } as const;

/** Reads the header; the samples are decoded when they are asked for. Never throws for what is in the file. */
export function readWav(bytes: Uint8Array): Result<Sound, SoundProblem> {
  if (bytes.length === 0) return fail({ kind: 'empty-file', message: 'The file is empty.' });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || text(view, 0) !== 'RIFF' || text(view, 8) !== 'WAVE')
    return unread(
      'This is no WAV, MP3, FLAC, Ogg or Opus recording. Save it as one of these, or leave it out.',
    );
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = text(view, at);
    const size = view.getUint32(at + 4, true);
    const from = at + 8;
    if (name === 'fmt ') {
      const read = readFormat(view, from, size);
      if (!read.ok) return read;
      format = read.value;
    } else if (name === 'data') {
      if (format === undefined)
        return broken('This recording is damaged: its samples come before their format.');
      return withData(view, format, from, size);
    }
    // Chunks begin at even bytes.
    at = from + size + (size & 1);
  }
  return broken('This recording is cut off: it holds no samples. Record or copy it again.');
}

interface Format {
  readonly isFloat: boolean;
  readonly channels: number;
  readonly sampleRate: number;
  /** Of one sample of one channel. */
  readonly bytes: number;
}

const EXTENSIBLE = 0xfffe;
const CODECS: Readonly<Record<number, string>> = {
  2: 'ADPCM',
  6: 'A-law',
  7: 'µ-law',
  17: 'ADPCM',
  85: 'MP3',
};

function readFormat(view: DataView, at: number, size: number): Result<Format, SoundProblem> {
  if (size < 16 || at + size > view.byteLength)
    return broken('This recording is cut off within its header. Record or copy it again.');
  const tag = view.getUint16(at, true);
  // The sub-format begins with the tag that it stands for.
  const codec = tag === EXTENSIBLE && size >= 40 ? view.getUint16(at + 24, true) : tag;
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  if (codec !== 1 && codec !== 3)
    return unread(
      `This recording is compressed (${CODECS[codec] ?? `format ${codec}`}), and samples as they are (PCM) are needed. Save it as WAV, PCM of 16 bits.`,
    );
  if (channels < 1 || channels > MOST.channels || sampleRate < 1 || sampleRate > MOST.sampleRate)
    return broken(
      `This recording’s header speaks of ${channels} channels at ${sampleRate} Hz, which cannot be. Save it again.`,
    );
  const known = codec === 3 ? [32, 64] : [8, 16, 24, 32];
  if (!known.includes(bits))
    return unread(
      `This recording has samples of ${bits} bits; ${known.join(', ')} are read. Save it as WAV, PCM of 16 bits.`,
    );
  return ok({ isFloat: codec === 3, channels, sampleRate, bytes: bits / 8 });
}

function withData(view: DataView, format: Format, from: number, said: number): Result<Sound, SoundProblem> {
  const frameBytes = format.channels * format.bytes;
  const there = view.byteLength - from;
  // A program that wrote to a pipe could not know the size: all that follows is meant.
  const size = said === 0xffffffff ? there : said;
  if (size > there)
    return broken(
      `This recording is cut off: ${Math.floor(there / frameBytes)} of ${Math.floor(size / frameBytes)} samples are there. Record or copy it again.`,
    );
  const frames = Math.floor(size / frameBytes);
  if (frames === 0)
    return fail({ kind: 'empty-file', message: 'This recording has no samples. Record it again.' });
  return ok({
    sampleRate: format.sampleRate,
    channels: format.channels,
    frames,
    mono: (start, end) => meanOfChannels(view, format, from, start, Math.min(end, frames)),
  });
}

function meanOfChannels(
  view: DataView,
  { isFloat, channels, bytes }: Format,
  from: number,
  start: number,
  end: number,
): Float32Array<ArrayBuffer> {
  const sample = isFloat ? floatAt(view, bytes) : wholeAt(view, bytes);
  const mono = new Float32Array(Math.max(0, end - start));
  for (let frame = 0; frame < mono.length; frame += 1) {
    const at = from + (start + frame) * channels * bytes;
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) sum += sample(at + channel * bytes);
    mono[frame] = sum / channels;
  }
  return mono;
}

const floatAt = (view: DataView, bytes: number): ((at: number) => number) =>
  bytes === 4 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true);

/** 8 bits are written without a sign, about 128; all others with one. */
function wholeAt(view: DataView, bytes: number): (at: number) => number {
  switch (bytes) {
    case 1:
      return (at) => (view.getUint8(at) - 128) / 128;
    case 2:
      return (at) => view.getInt16(at, true) / 32_768;
    case 3:
      return (at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65_536) / 8_388_608;
    default:
      return (at) => view.getInt32(at, true) / 2_147_483_648;
  }
}

/** A WAV file of 16-bit mono samples: for samples made here, and to save what is kept. */
export function wavFile(samples: Int16Array, sampleRate: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('RIFF'), 0);
  view.setUint32(4, bytes.length - 8, true);
  bytes.set(new TextEncoder().encode('WAVEfmt '), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  bytes.set(new TextEncoder().encode('data'), 36);
  view.setUint32(40, samples.length * 2, true);
  for (const [index, sample] of samples.entries()) view.setInt16(44 + index * 2, sample, true);
  return bytes;
}
