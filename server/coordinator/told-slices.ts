// What devices say of the slices that conditions are about: the check on one device's claims, the sums over devices, and what of these is
// told. Of few rows or devices nothing is, nor what all rows without the others would tell of them.
import type { FederationSpec } from '#lib/core/federation.ts';
import { LEAST_SLICE } from '#lib/core/gates/slice.ts';
import type { SliceTally } from '#lib/core/gates/slice-tally.ts';
import { sliceKey, slicesAsked } from '#lib/core/gates/slices-asked.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import { addTallies, settled, tallyFits, type TallyShape } from '#lib/core/metrics/tally-sums.ts';
import type { Evaluated } from '#lib/protocol/views.ts';

/** Those of them that conditions ask for, as they are now. */
export function askedFor(
  slices: readonly SliceTally[],
  spec: Pick<FederationSpec, 'gates' | 'contract'>,
): readonly SliceTally[] {
  const asked = new Set(slicesAsked(spec).map(sliceKey));
  return slices.filter((one) => asked.has(sliceKey(one)));
}

/** Why a device cannot have counted so, in a sentence; undefined: it can. */
export function wrongSlice(
  slices: readonly SliceTally[],
  whole: Tally,
  shape: TallyShape,
): string | undefined {
  if (new Set(slices.map(sliceKey)).size !== slices.length) return 'A part of the rows is counted twice.';
  for (const { column, part, tally } of slices) {
    if (!tallyFits(tally, shape))
      return `The counts where ${column} ${part} do not add up, or are not of this federation’s classes.`;
    const within = slices.reduce((rows, one) => rows + (one.column === column ? one.tally.count : 0), 0);
    if (within > whole.count)
      return `The parts of “${column}” hold ${within} rows, and ${whole.count} were scored in all.`;
  }
  return undefined;
}

interface Sum {
  readonly column: string;
  readonly part: string;
  /** Devices that counted it, and those of them with rows in it. */
  readonly counted: number;
  readonly participants: number;
  readonly tally: Tally;
}

export class ToldSlices {
  readonly #sums = new Map<string, Sum>();
  /** Held-out rows of the devices that counted. */
  #rows = 0;

  add(slices: readonly SliceTally[], whole: Tally): void {
    this.#rows += whole.count;
    for (const { column, part, tally } of slices) {
      const key = sliceKey({ column, part });
      const before = this.#sums.get(key);
      const sum = before === undefined ? tally : addTallies(before.tally, tally);
      // Both fit the federation's classes.
      if (sum === undefined) throw new Error(`Tallies of ${key} do not fit together.`);
      this.#sums.set(key, {
        column,
        part,
        counted: (before?.counted ?? 0) + 1,
        participants: (before?.participants ?? 0) + (tally.count > 0 ? 1 : 0),
        tally: sum,
      });
    }
  }

  /** undefined: no device counted them. */
  view(): Evaluated['slices'] {
    const all = [...this.#sums.values()];
    if (all.length === 0) return undefined;
    const hidden = new Set<Sum>();
    for (const column of new Set(all.map((one) => one.column)))
      for (const one of hiddenOf(
        all.filter((part) => part.column === column),
        this.#rows,
      ))
        hidden.add(one);
    return all.map((one) => ({
      column: one.column,
      part: one.part,
      counted: one.counted,
      isEmpty: one.tally.count === 0,
      shown: hidden.has(one) ? null : { participants: one.participants, tally: settled(one.tally) },
    }));
  }
}

/** Parts of one column that are not told: where all rows without the told ones are too few, the smallest told one too. */
function hiddenOf(parts: readonly Sum[], rows: number): readonly Sum[] {
  const isFew = ({ tally, participants }: Sum): boolean =>
    tally.count < LEAST_SLICE.rows || participants < LEAST_SLICE.devices;
  const shown = parts.filter((one) => !isFew(one)).toSorted((a, b) => a.tally.count - b.tally.count);
  const rest = rows - shown.reduce((sum, { tally }) => sum + tally.count, 0);
  const betrayed = rest > 0 && rest < LEAST_SLICE.rows ? shown.slice(0, 1) : [];
  return [...parts.filter(isFew), ...betrayed];
}
