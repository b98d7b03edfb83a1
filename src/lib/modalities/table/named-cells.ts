// Cells that are told of in a note: how many there are, and the first of them by name.
import { listOf } from '../import-report.ts';

const MOST_NAMED = 5;

export const cellsWords = (count: number): string =>
  `${count.toLocaleString('en')} ${count === 1 ? 'cell' : 'cells'}`;

export function namedCells() {
  let count = 0;
  const named: string[] = [];
  return {
    /** `name` is asked for the first ones alone. */
    add(name: () => string): void {
      count += 1;
      if (named.length < MOST_NAMED) named.push(name());
    },
    /** "2 cells, in XFC1, XFD5"; undefined where there is none. */
    words: (): string | undefined =>
      count === 0
        ? undefined
        : `${cellsWords(count)}, in ${listOf(named)}${count > named.length ? ' and further' : ''}`,
  };
}
export type NamedCells = ReturnType<typeof namedCells>;
