// How differently a model treats groups of people: rates a group, the gaps between groups, and the four-fifths rule. Definitions are
// Fairlearn's (Bird et al. 2020): a gap is the largest minus the smallest rate, a ratio the smallest by the largest.
// A group of fewer rows than `smallest` is hidden, and so is a rate over fewer: they would be chance, and could point at persons.

export interface GroupRates {
  readonly group: string;
  readonly count: number;
  /** Share that is predicted positive. */
  readonly selection: number;
  /** Of those who are positive, and of those who are not, the share predicted positive; undefined where they are too few. */
  readonly truePositives: number | undefined;
  readonly falsePositives: number | undefined;
  readonly accuracy: number;
  readonly precision: number | undefined;
}

export interface GroupGaps {
  /** Demographic parity: gap and ratio of selection. undefined with fewer than two groups. */
  readonly parityGap: number | undefined;
  readonly parityRatio: number | undefined;
  /** Equalised odds (Hardt et al. 2016): the larger of the gaps of true and of false positives. */
  readonly oddsGap: number | undefined;
  readonly truePositiveGap: number | undefined;
  readonly falsePositiveGap: number | undefined;
  /** Whether the parity ratio is at least 0.8 (29 CFR § 1607.4 D). */
  readonly meetsFourFifths: boolean | undefined;
}

export interface GroupFairness extends GroupGaps {
  /** In the order of their names; the hidden ones are left out. */
  readonly groups: readonly GroupRates[];
  /** Names of groups with too few rows, without their numbers. */
  readonly hidden: readonly string[];
}

export interface GroupedDecisions {
  /** [rows] */
  readonly groups: readonly string[];
  readonly isPositive: ArrayLike<boolean | number>;
  readonly isSelected: ArrayLike<boolean | number>;
}

export function groupFairness(
  { groups, isPositive, isSelected }: GroupedDecisions,
  smallest = 10,
): GroupFairness {
  const counts = new Map<string, { tp: number; fp: number; tn: number; fn: number }>();
  for (const [row, group] of groups.entries()) {
    const own = counts.get(group) ?? { tp: 0, fp: 0, tn: 0, fn: 0 };
    counts.set(group, own);
    const positive = Number(isPositive[row]) > 0;
    const selected = Number(isSelected[row]) > 0;
    if (positive) own[selected ? 'tp' : 'fn'] += 1;
    else own[selected ? 'fp' : 'tn'] += 1;
  }
  const rate = (hits: number, of: number): number | undefined =>
    of === 0 || of < smallest ? undefined : hits / of;
  const shown: GroupRates[] = [];
  const hidden: string[] = [];
  for (const [group, { tp, fp, tn, fn }] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const count = tp + fp + tn + fn;
    if (count < smallest) {
      hidden.push(group);
      continue;
    }
    shown.push({
      group,
      count,
      selection: (tp + fp) / count,
      truePositives: rate(tp, tp + fn),
      falsePositives: rate(fp, fp + tn),
      accuracy: (tp + tn) / count,
      precision: rate(tp, tp + fp),
    });
  }
  return { groups: shown, hidden, ...gapsOf(shown) };
}

export function gapsOf(
  groups: readonly Pick<GroupRates, 'selection' | 'truePositives' | 'falsePositives'>[],
): GroupGaps {
  const selection = groups.map((one) => one.selection);
  const truePositiveGap = gapOf(groups.map((one) => one.truePositives));
  const falsePositiveGap = gapOf(groups.map((one) => one.falsePositives));
  const parityRatio = ratioOf(selection);
  return {
    parityGap: gapOf(selection),
    parityRatio,
    truePositiveGap,
    falsePositiveGap,
    oddsGap:
      truePositiveGap === undefined || falsePositiveGap === undefined
        ? undefined
        : Math.max(truePositiveGap, falsePositiveGap),
    meetsFourFifths: parityRatio === undefined ? undefined : parityRatio >= 0.8,
  };
}

const known = (rates: readonly (number | undefined)[]): number[] =>
  rates.filter((rate) => rate !== undefined);

function gapOf(rates: readonly (number | undefined)[]): number | undefined {
  const all = known(rates);
  return all.length < 2 ? undefined : Math.max(...all) - Math.min(...all);
}

/** 1 where nobody is selected: then all are treated alike. */
function ratioOf(rates: readonly (number | undefined)[]): number | undefined {
  const all = known(rates);
  if (all.length < 2) return undefined;
  const most = Math.max(...all);
  return most === 0 ? 1 : Math.min(...all) / most;
}
