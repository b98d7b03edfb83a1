// Where things lie in a buffer that many share: regions one after the other, in words of four bytes.

/** Drivers read four words at once where they may. */
const ALIGNMENT = 4;

export interface Regions {
  /** The first word of a fresh region of `count` words. */
  take(count: number): number;
  /** The first word behind everything. */
  readonly end: number;
}

export function regionsFrom(start: number): Regions {
  let end = start;
  return {
    take(count) {
      const first = end;
      end += Math.ceil(count / ALIGNMENT) * ALIGNMENT;
      return first;
    },
    get end() {
      return end;
    },
  };
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((total, side) => total * side, 1);
