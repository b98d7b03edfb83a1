// The borders of a split: found once for the rows that there are, and from then on kept, so that a row stays on its side whatever rows
// come, go or are edited; a new row, class or group falls by the same borders. They are few, and name no row's or group's hash.
import * as v from 'valibot';
import type { HowToSplit, SplitRows } from './row-split.ts';

/** Hashes are 32 bits; a border may lie behind all of them. */
const ALL = 2 ** 32;
const border = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(ALL));

export const SplitBorders = v.variant('type', [
  /** Of each class, held out are hashes below; label null: of a number to predict. A class without a border has that of the share. */
  v.strictObject({
    type: v.literal('rows'),
    classes: v.array(v.strictObject({ label: v.nullable(v.string()), below: border })),
  }),
  /** The border is the share. */
  v.strictObject({ type: v.literal('chance') }),
  /** Groups whose hashes are below the share; but from `from` until `to` those on the other side, one known group each. */
  v.strictObject({
    type: v.literal('groups'),
    others: v.array(v.strictObject({ from: border, to: border })),
  }),
  /** Held out from this time on. */
  v.strictObject({ type: v.literal('time'), from: v.pipe(v.number(), v.finite()) }),
]);
export type SplitBorders = v.InferOutput<typeof SplitBorders>;

/** Below it are hashes that the share alone holds out. */
const plainBorder = (share: number): number => Math.ceil(share * ALL);

/** Those by which about `share` (0–0.9) of these rows are held out. */
export function fitBorders(
  { hashes, classes, labels }: SplitRows,
  how: HowToSplit,
  share: number,
): SplitBorders {
  switch (how.type) {
    case 'rows': {
      const byClass = new Map<number | undefined, number[]>();
      for (let row = 0; row < hashes.length; row += 1) {
        const own = classes?.[row];
        const list = byClass.get(own) ?? [];
        byClass.set(own, list);
        list.push(hashes[row]!);
      }
      const borders = [...byClass].map(([own, list]) => ({
        label: own === undefined ? null : (labels?.[own] ?? String(own)),
        below: classBorder(list, share),
      }));
      // Whatever the order of the rows.
      return {
        type: 'rows',
        classes: borders.toSorted((a, b) => ((a.label ?? '') < (b.label ?? '') ? -1 : 1)),
      };
    }
    case 'chance':
      return { type: 'chance' };
    case 'groups':
      return { type: 'groups', others: otherGroups(how.hashes, share) };
    case 'time':
      return { type: 'time', from: timeBorder(how.times, share) };
    default:
      return how satisfies never;
  }
}

/** Which rows are held out. `borders` are of the same type as `how`. */
export function heldOutBy(
  { hashes, classes, labels }: SplitRows,
  how: HowToSplit,
  borders: SplitBorders,
  share: number,
): (row: number) => boolean {
  const plain = plainBorder(share);
  switch (how.type) {
    case 'rows': {
      const below = new Map(
        borders.type === how.type ? borders.classes.map((one) => [one.label, one.below]) : [],
      );
      const [none, ofLabels] = [below.get(null), labels?.map((label) => below.get(label))];
      return (row) => {
        const own = classes?.[row];
        const found =
          own === undefined ? none : ofLabels === undefined ? below.get(String(own)) : ofLabels[own];
        return hashes[row]! < (found ?? plain);
      };
    }
    case 'chance':
      return (row) => hashes[row]! < plain;
    case 'groups': {
      const others = borders.type === how.type ? borders.others : [];
      const sides = new Map<number, boolean>();
      for (const hash of how.hashes)
        if (!sides.has(hash))
          sides.set(hash, hash < plain !== others.some(({ from, to }) => from <= hash && hash < to));
      return (row) => sides.get(how.hashes[row]!) === true;
    }
    case 'time': {
      const from = borders.type === how.type ? borders.from : Infinity;
      return (row) => how.times[row]! >= from;
    }
    default:
      return how satisfies never;
  }
}

/**
 * The lowest hashes, so that the proportions are kept to one row; equal rows at the border are learnt from. Of the borders that part
 * these rows so, the one nearest to the share, by which the next rows of a rare class come out about right, but none beside a hash: it
 * would tell whoever guesses a row that it was there.
 */
function classBorder(hashes: readonly number[], share: number): number {
  const sorted = Uint32Array.from(hashes).sort();
  const wanted = Math.round(sorted.length * share);
  const highest = sorted[wanted] ?? ALL;
  let held = wanted;
  while (held > 0 && sorted[held - 1] === highest) held -= 1;
  const lowest = held === 0 ? 0 : sorted[held - 1]! + 1;
  const margin = Math.floor((highest - lowest) / 4);
  return Math.min(Math.max(plainBorder(share), lowest + margin), highest - margin);
}

/**
 * Known groups that the share alone would put on the other side, each with a quarter of the way to the next known hash on either hand,
 * so that no hash is told; about as many as the root of all groups.
 */
function otherGroups(hashes: Uint32Array, share: number): { from: number; to: number }[] {
  const taken = groupsTaken(hashes, share);
  const known = [...new Set(hashes)].toSorted((a, b) => a - b);
  const plain = plainBorder(share);
  return known.flatMap((hash, at) => {
    const isBelow = hash < plain;
    if (taken.has(hash) === isBelow) return [];
    const from = hash - Math.floor((hash - (known[at - 1] ?? 0)) / 4);
    const to = hash + 1 + Math.floor(((known[at + 1] ?? ALL) - hash - 1) / 4);
    return [isBelow ? { from, to: Math.min(to, plain) } : { from: Math.max(from, plain), to }];
  });
}

/**
 * Groups in the order of their hashes, each taken where it brings the rows nearer to the share: so that few groups are held out too,
 * and one of half the rows is not, unless there is no other. All of them never.
 */
function groupsTaken(hashes: Uint32Array, share: number): ReadonlySet<number> {
  const sizes = new Map<number, number>();
  for (const hash of hashes) sizes.set(hash, (sizes.get(hash) ?? 0) + 1);
  const taken = new Set<number>();
  if (sizes.size < 2 || share <= 0) return taken;
  const inOrder = [...sizes].toSorted(([a], [b]) => a - b);
  let left = hashes.length * share;
  for (const [hash, size] of inOrder) {
    if (Math.abs(left - size) >= left || taken.size === sizes.size - 1) continue;
    taken.add(hash);
    left -= size;
  }
  const [smallest] = inOrder.toSorted(([, a], [, b]) => a - b);
  if (taken.size === 0 && smallest !== undefined) taken.add(smallest[0]);
  return taken;
}

/** Of the two times that lie about the share the nearer one, but never so late that none is held out; Infinity of no rows. */
function timeBorder(times: ArrayLike<number>, share: number): number {
  if (times.length === 0 || share <= 0) return Infinity;
  const sorted = Float64Array.from(times).sort();
  const wanted = sorted.length * share;
  const border = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length - wanted))]!;
  const from = sorted.indexOf(border);
  const next = sorted.findLastIndex((time) => time === border) + 1;
  const isNextNearer = Math.abs(sorted.length - next - wanted) < Math.abs(sorted.length - from - wanted);
  return isNextNearer && next < sorted.length ? sorted[next]! : border;
}
