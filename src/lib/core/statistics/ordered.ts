// Figures in the order in which a person reads them: what stands out comes first, what is not told last.
import type { Figures as ImportanceFigures } from './importance.ts';
import type { Figures as SliceFigures } from './slices.ts';

type Slice = SliceFigures['slices'][number];

export interface ToldPart {
  /** "ward is south", "ward is south, age is above 60". */
  readonly says: string;
  readonly shown: Slice['shown'];
  /** What a pair is worse than: each of its parts alone; none of a part of one column. */
  readonly alone: readonly Slice[];
}

/** Parts of one column, and the pairs that are worse than both of theirs. */
export function worstFirst({ slices, pairs }: SliceFigures): ToldPart[] {
  const words = ({ column, says }: Slice): string => `${column} ${says}`;
  return [
    ...slices.map((slice): ToldPart => ({ says: words(slice), shown: slice.shown, alone: [] })),
    ...(pairs?.worse ?? []).map(({ parts, count, loss }): ToldPart => {
      const alone = parts.flatMap((part) => slices[part] ?? []);
      return { says: alone.map(words).join(', '), shown: { count, loss }, alone };
    }),
  ].toSorted((a, b) => (b.shown?.loss ?? -1) - (a.shown?.loss ?? -1));
}

/** What is said of pairs beside their list; undefined: none were asked for. */
export function pairWords({ pairs }: SliceFigures): string | undefined {
  if (pairs === undefined) return undefined;
  const [are, those] =
    pairs.worse.length === 0
      ? ['none is', '']
      : [pairs.worse.length === 1 ? 'one is' : `${pairs.worse.length} are`, ', and listed here'];
  return `Of ${pairs.asked} pairs of parts ${are} worse than each of the two parts alone by more than noise and chance make (1 in 100 over all pairs)${those}.`;
}

export const mostFirst = ({ columns }: ImportanceFigures): ImportanceFigures['columns'] =>
  columns.toSorted((a, b) => (b.mean ?? -1) - (a.mean ?? -1));
