// What devices say of the slices that conditions are about: the check on one device's claims, the sums over devices, and what of these is
// told. The sum of all rows is told after each device, and is no secret; of a column's parts nothing is told that the sum, what was told
// before, or a device's own counts would turn into figures of few rows or of one device. So all parts of a column are told of the same
// devices, and move on together, once what came to each since then is enough (`LEAST_SLICE`), and what came outside of those that are
// told. Not kept from: several devices that put together what each of them counted; what two columns say of rows that lie in a part of both.
import type { FederationSpec } from '#lib/core/federation.ts';
import { LEAST_SLICE } from '#lib/core/gates/slice.ts';
import type { SliceTally } from '#lib/core/gates/slice-tally.ts';
import { sliceKey, slicesAsked } from '#lib/core/gates/slices-asked.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import {
  addTallies,
  lacksScores,
  settled,
  tallyFits,
  type TallyShape,
} from '#lib/core/metrics/tally-sums.ts';
import type { Evaluated } from '#lib/protocol/views.ts';

/** Undefined where they are not what conditions ask for, as they are now: some parts of a column would tell of the others. */
export function askedFor(
  slices: readonly SliceTally[],
  spec: Pick<FederationSpec, 'gates' | 'contract'>,
): readonly SliceTally[] | undefined {
  const asked = new Set(slicesAsked(spec).map(sliceKey));
  return slices.length === asked.size && slices.every((one) => asked.has(sliceKey(one))) ? slices : undefined;
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
    // Of more classes devices tell none (participant/count-slices.ts).
    if (shape.type === 'classification' && shape.classes === 2 && lacksScores(tally))
      return `The counts where ${column} ${part} say nothing of scores, of which AUC is read.`;
    const within = slices.reduce((rows, one) => rows + (one.column === column ? one.tally.count : 0), 0);
    if (within > whole.count)
      return `The parts of “${column}” hold ${within} rows, and ${whole.count} were scored in all.`;
  }
  return undefined;
}

/** Counts of some devices in one part, or in what is left of the rows. */
interface Heap {
  readonly rows: number;
  /** With rows in it. */
  readonly devices: number;
  /** Rows of the device that has most. */
  readonly most: number;
}
const NONE: Heap = { rows: 0, devices: 0, most: 0 };

const heaped = (a: Heap, b: Heap): Heap => ({
  rows: a.rows + b.rows,
  devices: a.devices + b.devices,
  most: Math.max(a.most, b.most),
});
const ofDevice = (rows: number): Heap => ({ rows, devices: rows > 0 ? 1 : 0, most: rows });

/** Without the largest device, which knows its own rows, the others have enough too. */
const isEnough = ({ rows, devices, most }: Heap): boolean =>
  devices >= LEAST_SLICE.devices && rows - most >= LEAST_SLICE.rows;
const isTold = (heap: Heap): boolean => heap.rows === 0 || isEnough(heap);

/** Of several parts together, at worst: in all of them the same devices, and the largest of each the same one. */
const together = (a: Heap, b: Heap): Heap => ({
  rows: a.rows + b.rows,
  devices: Math.max(a.devices, b.devices),
  most: a.most + b.most,
});

class Part {
  /** Of all devices, of those since it was told last, and what is told. */
  all = NONE;
  fresh = NONE;
  tally: Tally | undefined;
  told: { readonly heap: Heap; readonly tally: Tally } | undefined;
  isShown = false;

  add(rows: number, tally?: Tally): void {
    this.all = heaped(this.all, ofDevice(rows));
    this.fresh = heaped(this.fresh, ofDevice(rows));
    if (tally === undefined) return;
    const sum = this.tally === undefined ? tally : addTallies(this.tally, tally);
    // Both fit the federation's classes.
    if (sum === undefined) throw new Error('Tallies of a part do not fit together.');
    this.tally = sum;
  }
}

/** The parts of one column, of the devices that counted them. */
class ToldColumn {
  readonly #parts = new Map<string, Part>();
  /** Rows of these devices that are in none of them. */
  readonly #outside = new Part();
  #heard = 0;
  /** Devices in what is told. */
  #counted = 0;

  constructor(readonly column: string) {}

  /** `rows`: all that the device scored. */
  add(counts: readonly SliceTally[], rows: number): void {
    this.#heard += 1;
    for (const { part: name, tally } of counts) {
      const part = this.#parts.get(name) ?? new Part();
      this.#parts.set(name, part);
      part.add(tally.count, tally);
    }
    this.#outside.add(counts.reduce((left, { tally }) => left - tally.count, rows));
    const shown = this.#mayBeShown();
    if (shown === undefined) return;
    this.#counted = this.#heard;
    for (const part of [...this.#parts.values(), this.#outside]) {
      part.isShown = shown.has(part);
      part.fresh = NONE;
      if (part.tally !== undefined) part.told = { heap: part.all, tally: part.tally };
    }
  }

  /** Undefined: none may move on yet. A part that is told stays so. */
  #mayBeShown(): ReadonlySet<Part> | undefined {
    const parts = [...this.#parts.values()];
    const before = parts.filter(({ isShown }) => isShown);
    if (!before.every(({ fresh }) => isTold(fresh))) return undefined;
    const others = parts
      .filter(({ isShown, all, fresh }) => !isShown && isEnough(all) && isTold(fresh))
      .toSorted((a, b) => a.all.rows - b.all.rows);
    // Where the rest would tell of a few, the smallest that would be new is not told either.
    for (let from = 0; from <= others.length; from += 1) {
      const shown = new Set([...before, ...others.slice(from)]);
      const rest = [...parts, this.#outside].filter((part) => !shown.has(part));
      const isRestTold = (of: (part: Part) => Heap): boolean => isTold(rest.map(of).reduce(together, NONE));
      if (shown.size > 0 && isRestTold(({ fresh }) => fresh) && isRestTold(({ all }) => all)) return shown;
    }
    return undefined;
  }

  view(): NonNullable<Evaluated['slices']> {
    return [...this.#parts].map(([part, { isShown, told }]) => ({
      column: this.column,
      part,
      counted: this.#counted,
      isEmpty: told === undefined || told.heap.rows === 0,
      shown:
        isShown && told !== undefined
          ? { participants: told.heap.devices, tally: settled(told.tally) }
          : null,
    }));
  }
}

export class ToldSlices {
  readonly #columns = new Map<string, ToldColumn>();

  add(slices: readonly SliceTally[], whole: Tally): void {
    for (const name of new Set(slices.map(({ column }) => column))) {
      const column = this.#columns.get(name) ?? new ToldColumn(name);
      this.#columns.set(name, column);
      column.add(
        slices.filter((one) => one.column === name),
        whole.count,
      );
    }
  }

  /** undefined: no device counted them. */
  view(): Evaluated['slices'] {
    const all = [...this.#columns.values()].flatMap((column) => column.view());
    return all.length === 0 ? undefined : all;
  }
}
