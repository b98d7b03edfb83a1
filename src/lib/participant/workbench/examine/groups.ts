// How a model treats the groups of a column, on the rows that were held out: rates of each group with their intervals, the gaps between
// groups, the four-fifths rule, and whether its shares mean the same in each. Small groups are hidden, as on the command line.
import { bootstrap } from '../../../core/metrics/intervals.ts';
import { groupFairness, type GroupFairness } from '../../../core/metrics/group-fairness.ts';
import { predictedClass } from '../../../core/metrics/class-scores.ts';
import { quantile } from '../../../core/metrics/quantile.ts';
import { wilson, z95, type Interval } from '../../../core/metrics/wilson.ts';
import { fail, ok, type Result } from '../../../core/result.ts';
import { fairnessOf, type ShownFairness } from '../analyse.ts';
import { labelsOf, unitsOf, type Examined } from './examined.ts';

/** Rows that a group has at least, where anything is said of it. */
export const SMALLEST_GROUP = 10;

export interface GroupDetail {
  readonly group: string;
  readonly count: number;
  readonly selectionInterval: Interval | undefined;
  readonly accuracyInterval: Interval | undefined;
  /** Mean share that it gives to the class, and the share of the rows that are of it: alike where it is calibrated. */
  readonly meanShare: number;
  readonly positives: number;
  readonly positivesInterval: Interval | undefined;
}
export interface NumberGroup {
  readonly group: string;
  readonly count: number;
  /** Mean of |predicted − true| and of predicted − true, in the target's own units. */
  readonly error: number;
  readonly bias: number;
  readonly biasInterval: Interval | undefined;
}
export type GroupsLooked =
  | {
      readonly type: 'classes';
      readonly fairness: ShownFairness;
      /** In the order of the fairness's groups. */
      readonly details: readonly GroupDetail[];
      readonly parityInterval: Interval | undefined;
      readonly oddsInterval: Interval | undefined;
    }
  | {
      readonly type: 'number';
      readonly column: string;
      readonly groups: readonly NumberGroup[];
      readonly hidden: readonly string[];
    };

/** A column of numbers is cut into quarters beyond so many values. */
const MOST_GROUPS = 12;

/** The group of each cell: what it says, or which quarter of the numbers it lies in. */
export function groupNames(cells: readonly string[]): string[] {
  const named = cells.map((cell) => (cell.trim() === '' ? 'missing' : cell));
  const known = [...new Set(cells.filter((cell) => cell.trim() !== ''))];
  if (known.length <= MOST_GROUPS || !known.every((cell) => Number.isFinite(Number(cell)))) return named;
  const sorted = Float64Array.from(
    cells.filter((cell) => cell.trim() !== ''),
    Number,
  ).sort();
  const cuts = [...new Set([0.25, 0.5, 0.75].map((share) => quantile(sorted, share)))];
  return cells.map((cell) => {
    if (cell.trim() === '') return 'missing';
    const part = cuts.findIndex((cut) => Number(cell) <= cut);
    if (part === 0) return `up to ${cuts[0]!}`;
    return part < 0 ? `above ${cuts.at(-1)!}` : `above ${cuts[part - 1]!} up to ${cuts[part]!}`;
  });
}

/** `positive`: the class that counts as given; null: the last. Refused with a sentence. */
export function groupsLooked(
  examined: Examined,
  column: string,
  positive: string | null,
): Result<GroupsLooked, string> {
  const { data, outputs, seed } = examined;
  const cells = data.heldOutCells(column);
  if (cells === undefined) return fail(`There is no column “${column}” to compare groups by.`);
  const groups = groupNames(cells);
  const labels = labelsOf(examined);
  if (labels === undefined) return ok(numberGroups(examined, column, groups));
  const grouped = { ...data, heldOutCells: () => groups };
  const fairness = fairnessOf(grouped, Float64Array.from(outputs), column, positive);
  if (!fairness.ok) return fairness;
  const chosen = labels.indexOf(fairness.value.positive);
  const { count, targets } = data.heldOut;
  const isPositive = Uint8Array.from({ length: count }, (_, row) => Number(targets[row] === chosen));
  const isSelected = Uint8Array.from({ length: count }, (_, row) =>
    Number(predictedClass(outputs, row, labels.length) === chosen),
  );
  /** Of drawn rows; a group that the draw left too small is left out of the gap. */
  const gapOf = (rows: Uint32Array, gap: (of: GroupFairness) => number | undefined): number | undefined =>
    gap(
      groupFairness(
        {
          groups: Array.from(rows, (row) => groups[row]!),
          isPositive: Uint8Array.from(rows, (row) => isPositive[row]!),
          isSelected: Uint8Array.from(rows, (row) => isSelected[row]!),
        },
        SMALLEST_GROUP,
      ),
    );
  // A gap is never below 0, and chance alone makes one: its interval is the middle of what drawing the rows again gives.
  const draws = Math.max(100, Math.min(500, Math.floor(2e6 / Math.max(1, count))));
  const interval = (gap: (of: GroupFairness) => number | undefined): Interval | undefined =>
    gap(fairness.value) === undefined
      ? undefined
      : bootstrap(count, (rows) => gapOf(rows, gap), { seed, draws });
  return ok({
    type: 'classes',
    fairness: fairness.value,
    details: fairness.value.groups.map(({ group, count: rows, selection, accuracy }) => {
      let [shares, positives] = [0, 0];
      for (const [row, own] of groups.entries()) {
        if (own !== group) continue;
        shares += outputs[row * labels.length + chosen]!;
        positives += isPositive[row]!;
      }
      return {
        group,
        count: rows,
        selectionInterval: wilson(Math.round(selection * rows), rows),
        accuracyInterval: wilson(Math.round(accuracy * rows), rows),
        meanShare: shares / rows,
        positives: positives / rows,
        positivesInterval: wilson(positives, rows),
      };
    }),
    parityInterval: interval((of) => of.parityGap),
    oddsInterval: interval((of) => of.oddsGap),
  });
}

function numberGroups(examined: Examined, column: string, groups: readonly string[]): GroupsLooked {
  const { data, outputs } = examined;
  const { scale } = unitsOf(examined);
  const errors = new Map<string, number[]>();
  for (const [row, group] of groups.entries()) {
    const own = errors.get(group) ?? [];
    own.push((outputs[row]! - data.heldOut.targets[row]!) * scale);
    errors.set(group, own);
  }
  const sorted = [...errors].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    type: 'number',
    column,
    hidden: sorted.filter(([, own]) => own.length < SMALLEST_GROUP).map(([group]) => group),
    groups: sorted
      .filter(([, own]) => own.length >= SMALLEST_GROUP)
      .map(([group, own]) => {
        const bias = own.reduce((sum, error) => sum + error, 0) / own.length;
        const squares = own.reduce((sum, error) => sum + (error - bias) ** 2, 0);
        const reach = z95 * Math.sqrt(squares / (own.length - 1) / own.length);
        return {
          group,
          count: own.length,
          error: own.reduce((sum, error) => sum + Math.abs(error), 0) / own.length,
          bias,
          biasInterval: { low: bias - reach, high: bias + reach },
        };
      }),
  };
}
