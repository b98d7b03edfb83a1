// One Zstandard frame unpacked (RFC 8878, 3.1.1), as Parquet packs its pages and Arrow its buffers. fzstd takes bytes that are not
// there for zeros and gives back as many as were asked for, so the frame is walked first: each of its blocks has to lie in it, and the
// length that it states, where it states one, has to be the one that is wanted. Its checksum, which neither format's writers add by
// themselves, is not held against the bytes; nor can what is damaged within a block and still unpacks be told.
import { decompress } from 'fzstd';

const MAGIC = 0xfd2fb528;
const RUN = 1;
const RESERVED = 3;
const damaged = (): Error => new Error('a packed buffer is cut off, or does not unpack to its stated length');

/** Throws where the frame is not whole or says that it makes other than `length` bytes. */
export function unpackZstd(frame: Uint8Array, length: number): Uint8Array {
  const { content, end } = walked(frame);
  if (end !== frame.length || (content !== undefined && content !== length)) throw damaged();
  return decompress(frame, new Uint8Array(length));
}

/** Where the frame ends, and its stated length. */
function walked(frame: Uint8Array): { readonly content: number | undefined; readonly end: number } {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  /** Of lowest byte first. */
  const number = (from: number, bytes: number): number => {
    if (from + bytes > frame.length) throw damaged();
    let value = 0;
    for (let at = from + bytes - 1; at >= from; at -= 1) value = value * 256 + frame[at]!;
    return value;
  };
  if (frame.length < 6 || view.getUint32(0, true) !== MAGIC) throw damaged();
  const descriptor = view.getUint8(4);
  const isOneSegment = (descriptor & 0x20) !== 0;
  const sizeBytes = [isOneSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  let at = 5 + (isOneSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  // Of two bytes, those below 256 are not written (3.1.1.1.4).
  const content = sizeBytes === 0 ? undefined : number(at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  at += sizeBytes;
  for (let isLast = false; !isLast;) {
    const header = number(at, 3);
    const type = (header >> 1) & 3;
    if (type === RESERVED) throw damaged();
    isLast = (header & 1) === 1;
    at += 3 + (type === RUN ? 1 : header >> 3);
    if (at > frame.length) throw damaged();
  }
  return { content, end: at + ((descriptor & 4) === 0 ? 0 : 4) };
}
