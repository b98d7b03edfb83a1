// Opus in Ogg (RFC 7845): pages into packets, packets into samples at 48 kHz. The first samples are the decoder’s own start-up
// (“pre-skip”), and the last page says where the recording ends within its last packet.
import CodecParser, { type OggPage, type OpusHeader } from 'codec-parser';
import { OpusDecoder } from 'opus-decoder';

const RATE = 48_000;
const nothing = { channelData: [], samplesDecoded: 0, sampleRate: RATE };

export function openOpus() {
  let parser = new CodecParser<OggPage>('audio/ogg');
  let decoder: OpusDecoder | undefined;
  let done = 0;

  const take = async (pages: Iterator<OggPage>) => {
    const all = Array.from({ [Symbol.iterator]: () => pages });
    const frames = all.flatMap(({ codecFrames }) => codecFrames);
    const [first] = frames;
    if (first === undefined) return nothing;
    const header = first.header as OpusHeader;
    decoder ??= new OpusDecoder(optionsOf(header));
    await decoder.ready;
    const decoded = decoder.decodeFrames(frames.map(({ data }) => data));
    const last = all.at(-1);
    const end =
      last?.isLastPage === true ? Number(last.absoluteGranulePosition) - header.preSkip - done : Infinity;
    const samplesDecoded = Math.max(0, Math.min(decoded.samplesDecoded, end));
    done += samplesDecoded;
    return { ...decoded, samplesDecoded };
  };

  return {
    reset(): Promise<void> {
      parser = new CodecParser('audio/ogg');
      // Its channels are those of one file.
      decoder?.free();
      decoder = undefined;
      done = 0;
      return Promise.resolve();
    },
    decode: (piece: Uint8Array) => take(parser.parseChunk(piece)),
    flush: () => take(parser.flush()),
  };
}

const optionsOf = ({
  channels,
  preSkip,
  streamCount,
  coupledStreamCount,
  channelMappingTable,
}: OpusHeader) => ({
  channels,
  preSkip,
  // Not there for one or two channels (channel mapping family 0).
  ...(streamCount === undefined ? {} : { streamCount, coupledStreamCount, channelMappingTable }),
});
