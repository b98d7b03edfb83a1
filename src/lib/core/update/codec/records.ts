// Bytes that come cut anywhere, put back into records of known sizes: the plumbing that all decoders share. A codec says how
// long each record is and what it means; here lie the counting, the waiting for the rest of a record, and the fault that stays.
import type { CodecFault, Decoder } from './codec.ts';

export interface Records {
  /** Bytes of the whole encoding. */
  readonly totalBytes: number;
  /** Bytes of the record that begins at byte `at` of the encoding: 1 … totalBytes − at, and never more than `mostBytes`. */
  sizeAt(at: number): number;
  readonly mostBytes: number;
  /** One whole record, valid during the call. `view` is over the same bytes: record byte i is at `view` byte `start` + i. */
  take(record: Uint8Array, view: DataView, start: number): CodecFault | undefined;
  /** All records are in. */
  finish?(): CodecFault | undefined;
}

export function recordDecoder(records: Records): Decoder {
  const { totalBytes } = records;
  let seen = 0;
  let fault: CodecFault | undefined;
  // The record under way: its size, and the bytes of it that came with earlier pieces. Made only where a record is cut.
  let size = totalBytes === 0 ? 0 : records.sizeAt(0);
  let kept = 0;
  let held: Uint8Array<ArrayBuffer> | undefined;
  return {
    write(bytes) {
      if (fault !== undefined) return fault;
      if (seen + bytes.length > totalBytes)
        return (fault = { kind: 'wrong-length', expected: totalBytes, got: seen + bytes.length });
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let at = 0;
      while (at < bytes.length) {
        const take = Math.min(size - kept, bytes.length - at);
        if (take === size) {
          fault = records.take(bytes.subarray(at, at + size), view, at);
        } else {
          held ??= new Uint8Array(records.mostBytes);
          held.set(bytes.subarray(at, at + take), kept);
          kept += take;
          if (kept === size) fault = records.take(held.subarray(0, size), new DataView(held.buffer), 0);
        }
        at += take;
        seen += take;
        if (fault !== undefined) return fault;
        if (kept === size || kept === 0) {
          kept = 0;
          if (seen < totalBytes) size = records.sizeAt(seen);
        }
      }
      return undefined;
    },
    end() {
      fault ??=
        seen === totalBytes ? records.finish?.() : { kind: 'wrong-length', expected: totalBytes, got: seen };
      return fault;
    },
  };
}
