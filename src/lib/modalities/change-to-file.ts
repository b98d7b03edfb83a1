// What makes the rows that are kept those of a file that was read again: rows that came, went, and stand changed in their place.
import { selectExamples, type Examples } from '../core/data/examples.ts';
import { differenceOf, type RowChange } from '../core/data/row-change.ts';

/** undefined where the file holds what is kept. Rows that came go to the end, wherever they stand in the file. */
export function changeToFile(kept: Examples, file: Examples): RowChange | undefined {
  const { added, removed, changed } = differenceOf(kept.hashes, file.hashes);
  if (added.length + removed.length + changed.length === 0) return undefined;
  // Replaced rows first, then those that are appended.
  const come = [...changed, ...added];
  return {
    replaced: Uint32Array.from(changed),
    removed: Uint32Array.from(removed),
    examples: come.length === 0 ? undefined : selectExamples(file, come),
  };
}
