// A dataset of this device while it is labelled: its examples by name, and what everybody has said of them, row by row.
import { classLabels, type DataContract } from '../../core/data/contract.ts';
import { UNLABELLED, type Examples } from '../../core/data/examples.ts';
import type { RowLabel } from '../../modalities/label-rows.ts';
import { exampleName, exampleNames } from '../../core/labelling/example-names.ts';
import {
  judgementsOf,
  judgesOf,
  standingOf,
  type Judge,
  type Judgement,
  type JournalEntry,
  type StandingEntry,
} from '../../core/labelling/journal.ts';

export interface NamedExamples {
  readonly contract: DataContract;
  readonly examples: Examples;
  nameOf(row: number): string;
  /** undefined where the example was removed, or its own features mended, since it was judged. */
  rowOf(name: string): number | undefined;
}

export function nameExamples(contract: DataContract, examples: Examples): NamedExamples {
  const names = exampleNames(examples);
  const rows = new Map<string, number>();
  for (let row = 0; row < examples.count; row += 1) rows.set(exampleName(names, row), row);
  return {
    contract,
    examples,
    nameOf: (row) => exampleName(names, row),
    rowOf: (name) => rows.get(name),
  };
}

export interface StandingRow {
  readonly row: number;
  readonly name: string;
  readonly says: Judgement;
}

/** What stands of one judge, oldest first, of examples that are there. */
export const standingRows = (
  { rowOf }: NamedExamples,
  standing: readonly StandingEntry[],
): readonly StandingRow[] =>
  standing.flatMap(({ example, says }) => {
    const row = rowOf(example);
    return row === undefined ? [] : [{ row, name: example, says }];
  });

/** By row. */
export function judgedRows(
  named: NamedExamples,
  journal: readonly JournalEntry[],
  judge: Judge,
): ReadonlyMap<number, Judgement> {
  const judged = new Map<number, Judgement>();
  for (const [example, says] of judgementsOf(standingOf(journal, judge))) {
    const row = named.rowOf(example);
    if (row !== undefined) judged.set(row, says);
  }
  return judged;
}

/** [rows]: one judge's classes, UNLABELLED elsewhere. */
export function labelsBy(
  named: NamedExamples,
  journal: readonly JournalEntry[],
  judge: Judge,
): Int32Array<ArrayBuffer> {
  const labels = new Int32Array(named.examples.count).fill(UNLABELLED);
  for (const [row, says] of judgedRows(named, journal, judge))
    if (says.type === 'class') labels[row] = says.label;
  return labels;
}

/** [rows]: the dataset's own labels, over them those of the other judges, the latest last, and over all of them this judge's. */
export const knownLabels = (
  named: NamedExamples,
  journal: readonly JournalEntry[],
  judge: Judge,
): Int32Array<ArrayBuffer> => judgedOver(Int32Array.from(named.examples.targets), named, journal, judge);

/** As knownLabels, without labels of the dataset that nobody gave by hand and that did not come with the rows: those that rules made. */
export const givenLabels = (
  named: NamedExamples,
  cameWith: (row: number) => boolean,
  journal: readonly JournalEntry[],
  judge: Judge,
): Int32Array<ArrayBuffer> =>
  judgedOver(
    Int32Array.from(named.examples.targets, (label, row) => (cameWith(row) ? label : UNLABELLED)),
    named,
    journal,
    judge,
  );

function judgedOver(
  labels: Int32Array<ArrayBuffer>,
  named: NamedExamples,
  journal: readonly JournalEntry[],
  judge: Judge,
): Int32Array<ArrayBuffer> {
  const isOwn = (other: Judge): boolean => other.annotator === judge.annotator && other.pass === judge.pass;
  const others = judgesOf(journal)
    .filter((other) => !isOwn(other))
    .toSorted((a, b) => a.lastAt - b.lastAt);
  for (const other of [...others, judge])
    for (const [row, says] of judgedRows(named, journal, other))
      if (says.type === 'class') labels[row] = says.label;
  return labels;
}

/** A judge's classes that the dataset does not bear yet. */
export function labelsToKeep(
  named: NamedExamples,
  journal: readonly JournalEntry[],
  judge: Judge,
): readonly RowLabel[] {
  const { targets } = named.examples;
  return [...labelsBy(named, journal, judge)].flatMap((label, row) =>
    label === UNLABELLED || label === targets[row] ? [] : [{ row, label }],
  );
}

/** How many classes there are; 0 where the target is a number. */
export const classesOf = (contract: DataContract): number => classLabels(contract)?.length ?? 0;
