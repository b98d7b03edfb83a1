// What rules of thumb make of a table: how each does, and the labels that they come to together.
import { UNLABELLED } from '../../core/data/examples.ts';
import type { ColumnTable } from '../../core/exploration/columns.ts';
import type { Judge, JournalEntry } from '../../core/labelling/journal.ts';
import { ABSTAINS, dawidSkene, decided, majority, type Combined } from '../../core/labelling/label-model.ts';
import { ruleFigures, votesOf, type RuleFigures, type WeakRule } from '../../core/labelling/weak-rules.ts';
import type { RowLabel } from '../../modalities/label-rows.ts';
import { classesOf, givenLabels, knownLabels, type NamedExamples } from './label-book.ts';
import type { QueueGuide } from './label-queue.ts';

export interface WeakSettings {
  /** How votes are combined: each alike, or weighed by how right a rule seems (Dawid & Skene). */
  readonly by: 'majority' | 'weighed';
  /** A label counts from this share on, 0–1. */
  readonly atLeast: number;
}

export interface WeakLabels {
  readonly figures: readonly RuleFigures[];
  /** [rules]: how often each is right by the weighed model; null where votes are not weighed, or it never votes. */
  readonly accuracy: readonly (number | null)[];
  /** Rows on which some rule votes; of those without a label, the ones that are decided, by class. */
  readonly covered: number;
  readonly decided: readonly number[];
  /** Of the rows with a label that came with them or that a person gave, and that the rules decide, without having been told it: those decided so. */
  readonly checked: number;
  readonly right: number;
  readonly rows: number;
}

export interface WeakRows {
  readonly named: NamedExamples;
  /** Whether a row had its label when it was imported. */
  readonly cameWith: (row: number) => boolean;
  /** Without the target's own column. */
  readonly table: ColumnTable;
  readonly journal: readonly JournalEntry[];
  readonly judge: Judge;
}

/** What the rules say of each row on which one votes, for a queue. */
export function weakGuide(
  { named, cameWith, table, journal, judge }: WeakRows,
  { rules, by }: { readonly rules: readonly WeakRule[]; readonly by: WeakSettings['by'] },
): QueueGuide {
  const classes = classesOf(named.contract);
  const votes = votesOf(rules, table, classes);
  const known = givenLabels(named, cameWith, journal, judge);
  const { shares } =
    by === 'weighed' && rules.length > 0
      ? dawidSkene(votes, { abstentionTells: true, known })
      : majority(votes);
  const rows = Array.from({ length: named.examples.count }, (_, row) => row).filter((row) =>
    votes.votes.subarray(row * rules.length, (row + 1) * rules.length).some((vote) => vote !== ABSTAINS),
  );
  const own = new Float32Array(rows.length * classes);
  for (const [at, row] of rows.entries())
    own.set(shares.subarray(row * classes, (row + 1) * classes), at * classes);
  return { type: 'given', rows: Uint32Array.from(rows), shares: own };
}

export function weakLabels(
  { named, cameWith, table, journal, judge }: WeakRows,
  rules: readonly WeakRule[],
  settings: WeakSettings,
): WeakLabels & { readonly labels: readonly RowLabel[] } {
  const classes = classesOf(named.contract);
  const known = knownLabels(named, journal, judge);
  // Labels that rules made say nothing of how right rules are.
  const given = givenLabels(named, cameWith, journal, judge);
  const votes = votesOf(rules, table, classes);
  const count = named.examples.count;
  const isWeighed = settings.by === 'weighed' && rules.length > 0;
  // Judged without being told the labels, applied with them.
  const blind: Combined = isWeighed ? dawidSkene(votes, { abstentionTells: true }) : majority(votes);
  const told = isWeighed ? dawidSkene(votes, { abstentionTells: true, known: given }) : undefined;
  const labelOf = (by: Combined, row: number): number => {
    const label = decided(by, classes, row);
    return label >= 0 && by.shares[row * classes + label]! >= settings.atLeast ? label : UNLABELLED;
  };
  const labels: RowLabel[] = [];
  const byClass = Array.from({ length: classes }, () => 0);
  const sums = { covered: 0, checked: 0, right: 0 };
  for (let row = 0; row < count; row += 1) {
    const own = votes.votes.subarray(row * rules.length, (row + 1) * rules.length);
    if (!own.some((vote) => vote >= 0)) continue;
    sums.covered += 1;
    if (known[row] !== UNLABELLED) {
      const label = labelOf(blind, row);
      if (label === UNLABELLED || given[row] === UNLABELLED) continue;
      sums.checked += 1;
      if (label === given[row]) sums.right += 1;
      continue;
    }
    const label = labelOf(told ?? blind, row);
    if (label === UNLABELLED) continue;
    byClass[label]! += 1;
    labels.push({ row, label });
  }
  return {
    figures: ruleFigures(votes, given),
    accuracy: rules.map((_, voice) => {
      const share = told?.accuracy[voice];
      return share === undefined || Number.isNaN(share) ? null : share;
    }),
    ...sums,
    decided: byClass,
    rows: count,
    labels,
  };
}
