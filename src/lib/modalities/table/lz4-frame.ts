// One LZ4 frame unpacked (lz4_Frame_format.md 1.6.4 and lz4_Block_format.md of lz4/lz4), as Arrow packs the buffers of a batch:
// pandas' and R's Feather files are packed so unless told otherwise, and no browser unpacks it by itself. Checksums are not held
// against the bytes: a frame that fits its stated length to the byte is as much as the buffers without compression are held to.

/** LZ4 makes 255 bytes of one at most. */
export const MOST_LZ4_RATIO = 255;

const MAGIC = 0x184d2204;
const damaged = (): Error => new Error('a packed buffer does not unpack to its stated length');

/** Throws where the frame is not whole or does not make exactly `length` bytes. */
export function unpackLz4Frame(frame: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 7 || view.getUint32(0, true) !== MAGIC) throw damaged();
  const flags = view.getUint8(4);
  if (flags >> 6 !== 1 || (flags & 1) !== 0) throw damaged();
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4;
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8);
  const out = new Uint8Array(length);
  let done = 0;
  for (;;) {
    if (at + 4 > frame.length) throw damaged();
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) break;
    const end = at + (size & 0x7fffffff);
    if (end > frame.length) throw damaged();
    if (size >>> 31 === 1) {
      if (done + end - at > length) throw damaged();
      out.set(frame.subarray(at, end), done);
      done += end - at;
    } else done = unpackBlock(frame, at, end, out, done);
    at = end + blockChecksum;
  }
  if (done !== length) throw damaged();
  return out;
}

/** A block by itself, as Parquet packs its pages (LZ4_RAW). Throws where it does not make exactly `length` bytes. */
export function unpackLz4Block(block: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  if (unpackBlock(block, 0, block.length, out, 0) !== length) throw damaged();
  return out;
}

/** Literals and repetitions one after the other, the last of which are literals. Returns the end of what is done. */
function unpackBlock(packed: Uint8Array, from: number, end: number, out: Uint8Array, start: number): number {
  let at = from;
  let done = start;
  /** A length goes on for as long as its bytes are 255. */
  const lengthFrom = (first: number): number => {
    let total = first;
    if (first !== 15) return total;
    for (;;) {
      if (at >= end) throw damaged();
      const more = packed[at++]!;
      total += more;
      if (more !== 255) return total;
    }
  };
  while (at < end) {
    const token = packed[at++]!;
    const literals = lengthFrom(token >> 4);
    if (at + literals > end || done + literals > out.length) throw damaged();
    out.set(packed.subarray(at, at + literals), done);
    at += literals;
    done += literals;
    if (at === end) return done;
    if (at + 2 > end) throw damaged();
    const back = packed[at]! | (packed[at + 1]! << 8);
    at += 2;
    const repeated = lengthFrom(token & 15) + 4;
    if (back === 0 || back > done || done + repeated > out.length) throw damaged();
    // What is repeated may reach into itself: byte by byte where it does.
    if (back >= repeated) out.copyWithin(done, done - back, done - back + repeated);
    else for (let i = 0; i < repeated; i += 1) out[done + i] = out[done + i - back]!;
    done += repeated;
  }
  throw damaged();
}
