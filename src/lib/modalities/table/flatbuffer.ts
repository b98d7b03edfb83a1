// Tables of a FlatBuffer (flatbuffers.dev, "FlatBuffer Internals"), read so that no position leads out of its bytes: whatever does
// is a damaged file, and throws. Nothing is followed further than somebody asks, so what points in circles is harmless.

export interface FlatTable {
  /** Where the field's value lies, or undefined where the table has none. `slot`: 0, 1, … in the order of the schema. */
  place(slot: number): number | undefined;
}

export interface FlatBuffer {
  readonly root: FlatTable;
  byte(at: number): number;
  short(at: number): number;
  int(at: number): number;
  /** Throws where no number holds it exactly. */
  long(at: number): number;
  /** Of a field that holds a table. */
  table(at: number): FlatTable;
  text(at: number): string;
  /** The places of a vector's elements, of `stride` bytes each. */
  vector(at: number, stride: number): readonly number[];
}

/** Throws where the bytes are none. */
export function flatBuffer(bytes: Uint8Array): FlatBuffer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** All that was read as text or elements: no more than the bytes there are, however often something points at them. */
  let spent = 0;
  const spend = (amount: number): void => {
    spent += amount;
    if (spent > bytes.length)
      throw new Error('a list or text in its description is longer than the description');
  };
  const within = (at: number, length: number): number => {
    if (!(at >= 0 && at + length <= bytes.length)) throw new Error('its description points out of itself');
    return at;
  };
  const int = (at: number): number => view.getInt32(within(at, 4), true);
  const short = (at: number): number => view.getInt16(within(at, 2), true);
  const target = (at: number): number => at + view.getUint32(within(at, 4), true);
  const table = (at: number): FlatTable => {
    const start = target(at);
    const fields = start - int(start);
    const size = view.getUint16(within(fields, 4), true);
    within(fields, size);
    return {
      place(slot) {
        const entry = 4 + 2 * slot;
        if (entry + 2 > size) return undefined;
        const offset = view.getUint16(fields + entry, true);
        return offset === 0 ? undefined : within(start + offset, 1);
      },
    };
  };
  return {
    root: table(0),
    byte: (at) => view.getUint8(within(at, 1)),
    short,
    int,
    long(at) {
      const value = Number(view.getBigInt64(within(at, 8), true));
      if (!Number.isSafeInteger(value)) throw new Error(`its description has a length of ${value}`);
      return value;
    },
    table,
    text(at) {
      const start = target(at);
      const length = view.getUint32(within(start, 4), true);
      within(start + 4, length);
      spend(length);
      return new TextDecoder().decode(bytes.subarray(start + 4, start + 4 + length));
    },
    vector(at, stride) {
      const start = target(at);
      const length = view.getUint32(within(start, 4), true);
      within(start + 4, length * stride);
      spend(length * stride);
      return Array.from({ length }, (_, index) => start + 4 + index * stride);
    },
  };
}
