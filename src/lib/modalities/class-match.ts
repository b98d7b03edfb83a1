// Which class of the contract a folder or a label number means.
import type { PlaneContract } from '../core/data/contract.ts';

/** Names that differ by case, blanks, dashes and underscores alone are one. */
export const folded = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();

export interface ClassMatch {
  /** The nearest folder around the file that is a class; undefined where none is. */
  ofPath(path: string): number | undefined;
  /** A label that a person chose. */
  ofLabel(label: string): number | undefined;
  /** A label of an IDX file: the class of that name ("7"), else the class at that place in the contract's list. */
  ofNumber(label: number): number | undefined;
}

export function classMatch(contract: Pick<PlaneContract, 'classes'>): ClassMatch {
  const exact = new Map(contract.classes.map((name, index) => [name, index]));
  const loose = new Map(contract.classes.map((name, index) => [folded(name), index]));
  const ofLabel = (label: string): number | undefined => exact.get(label) ?? loose.get(folded(label));
  const areNumbered = contract.classes.some((name) => /^\d+$/.test(name));
  return {
    ofLabel,
    ofPath(path) {
      const folders = path.split('/').slice(0, -1);
      for (let depth = folders.length - 1; depth >= 0; depth -= 1) {
        const found = ofLabel(folders[depth] ?? '');
        if (found !== undefined) return found;
      }
      return undefined;
    },
    ofNumber(label) {
      const named = exact.get(String(label));
      if (named !== undefined || areNumbered) return named;
      return label < contract.classes.length ? label : undefined;
    },
  };
}
