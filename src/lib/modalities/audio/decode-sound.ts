// A recording in any form that is read: WAV by its header (wav.ts), MP3, FLAC, Ogg Vorbis and Opus by decoders compiled to WebAssembly
// (mpg123, libFLAC, libvorbis, libopus). Not by the browser’s own decoder, which no worker has and
// which gives other samples in each browser: the same file is to become the same rows on every device, and on the command line.
import { fail, ok, type Result } from '../../core/result.ts';
import { isMpegFrame } from '../source-file.ts';
import { readWav, type SoundProblem, type Sound } from './wav.ts';

/**
 * A file is decoded by pieces of so many bytes, so that one of hours is left in its first minutes. In FLAC 40 bytes can be 65,535
 * samples of silence in eight channels (RFC 9639 §9.2.3): 64 KiB would be gigabytes.
 */
const pieceOf = (packed: Packed): number => (packed === 'flac' ? 2 : 64) * 1024;

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
}

/** What all decoders here are, one way or another. */
interface Decoder {
  /** Before a file. */
  reset(): Promise<unknown>;
  decode(piece: Uint8Array): Promise<Decoded> | Decoded;
  /** What was held back until the end. */
  flush(): Promise<Decoded> | Decoded | undefined;
}

type Packed = 'mp3' | 'flac' | 'vorbis' | 'opus';

const starts = (bytes: Uint8Array, text: string, at = 0): boolean =>
  [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));

/** By its first bytes; undefined where none of these decoders reads it. The first page of an Ogg stream has a header of 28 bytes. */
export function packedSound(bytes: Uint8Array): Packed | undefined {
  if (starts(bytes, 'fLaC')) return 'flac';
  if (starts(bytes, 'ID3') || isMpegFrame(bytes)) return 'mp3';
  if (!starts(bytes, 'OggS')) return undefined;
  if (starts(bytes, 'OpusHead', 28)) return 'opus';
  if (starts(bytes, '\u0001vorbis', 28)) return 'vorbis';
  return starts(bytes, '\u007fFLAC', 28) ? 'flac' : undefined;
}

/**
 * A recording’s samples; of one that is longer than `mostSeconds` no more than tells so. Never rejects for what is in the file.
 */
export async function readSound(
  bytes: Uint8Array,
  mostSeconds: number,
): Promise<Result<Sound, SoundProblem>> {
  const packed = packedSound(bytes);
  if (packed === undefined) return readWav(bytes);
  const decoder = await decoderOf(packed);
  // Two files at once would be pieces of one to their decoder.
  const mine = (inUse.get(packed) ?? Promise.resolve()).then(() =>
    decoded(decoder, bytes, pieceOf(packed), mostSeconds),
  );
  inUse.set(packed, mine);
  return mine;
}

/** What a decoder does last; never rejects. */
const inUse = new Map<Packed, Promise<unknown>>();

async function decoded(
  decoder: Decoder,
  bytes: Uint8Array,
  pieceBytes: number,
  mostSeconds: number,
): Promise<Result<Sound, SoundProblem>> {
  try {
    await decoder.reset();
    const pieces: Decoded[] = [];
    let frames = 0;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = await decoder.decode(bytes.subarray(at, at + pieceBytes));
      if (piece.samplesDecoded > 0) pieces.push(piece);
      frames += piece.samplesDecoded;
      if (frames > mostSeconds * piece.sampleRate) break;
    }
    const rest = await decoder.flush();
    if (rest !== undefined && rest.samplesDecoded > 0) pieces.push(rest);
    return soundOf(pieces);
  } catch {
    // A decoder throws whatever it likes; all of it means that these bytes are no whole recording.
    return damaged;
  }
}

const damaged = fail<SoundProblem>({
  kind: 'corrupt-audio',
  message: 'This recording is damaged: no sample of it can be decoded. Save it again, or leave it out.',
});

function soundOf(pieces: readonly Decoded[]): Result<Sound, SoundProblem> {
  const [first] = pieces;
  // A file whose rate changes on its way is several glued together.
  if (first === undefined || pieces.some(({ sampleRate }) => sampleRate !== first.sampleRate)) return damaged;
  const all = new Float32Array(pieces.reduce((total, { samplesDecoded }) => total + samplesDecoded, 0));
  let at = 0;
  for (const { channelData, samplesDecoded } of pieces) {
    for (let frame = 0; frame < samplesDecoded; frame += 1) {
      let sum = 0;
      for (const channel of channelData) sum += channel[frame] ?? 0;
      all[at + frame] = sum / channelData.length;
    }
    at += samplesDecoded;
  }
  return ok({
    sampleRate: first.sampleRate,
    channels: first.channelData.length,
    frames: all.length,
    mono: (start, end) => all.slice(start, end),
  });
}

/** Each is compiled once, with the first file that needs it. */
const decoders = new Map<Packed, Promise<Decoder>>();

function decoderOf(packed: Packed): Promise<Decoder> {
  const known = decoders.get(packed);
  if (known !== undefined) return known;
  const made = open[packed]();
  decoders.set(packed, made);
  // What could not be loaded is asked for anew.
  made.catch(() => decoders.delete(packed));
  return made;
}

const open: Readonly<Record<Packed, () => Promise<Decoder>>> = {
  async mp3() {
    const { MPEGDecoder } = await import('mpg123-decoder');
    const decoder = new MPEGDecoder();
    await decoder.ready;
    return {
      reset: () => decoder.reset(),
      decode: (piece) => decoder.decode(piece),
      flush: () => undefined,
    };
  },
  async flac() {
    const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
    const decoder = new FLACDecoder();
    await decoder.ready;
    // It takes the largest whole number for 1: a WAV file takes the one after it, and both are to be heard alike.
    const asWav = ({ bitDepth, ...decoded }: Awaited<ReturnType<typeof decoder.decode>>): Decoded => {
      const largest = 2 ** (bitDepth - 1);
      const scaled = (samples: Float32Array) => samples.map((value) => (value * (largest - 1)) / largest);
      return { ...decoded, channelData: decoded.channelData.map(scaled) };
    };
    return {
      reset: () => decoder.reset(),
      decode: async (piece) => asWav(await decoder.decode(piece)),
      flush: async () => asWav(await decoder.flush()),
    };
  },
  async vorbis() {
    const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
    const decoder = new OggVorbisDecoder();
    await decoder.ready;
    return decoder;
  },
  async opus() {
    const { openOpus } = await import('./decode-opus.ts');
    return openOpus();
  },
};
