// Where things lie in a linear memory: regions one after the other, in bytes, each on a cache line of its own and followed by
// what kernels may read or write past its end.

const LINE = 64;

export interface Layout {
  /** The address of a fresh region of `count` floats. */
  floats(count: number): number;
  bytes(count: number): number;
  /** The first address behind everything. */
  readonly end: number;
}

/** Kernels work on four floats at a time: lengths are rounded up to them. */
export const padded = (count: number): number => Math.ceil(count / 4) * 4;

export function layoutFrom(start: number): Layout {
  let end = start;
  const bytes = (count: number): number => {
    const address = end;
    end += Math.ceil((count + 16) / LINE) * LINE;
    return address;
  };
  return {
    bytes,
    floats: (count) => bytes(4 * padded(count)),
    get end() {
      return end;
    },
  };
}
