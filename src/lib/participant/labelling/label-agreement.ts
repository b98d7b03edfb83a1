// How far those who judged the examples of a dataset agree, pair by pair and together, and on what they do not.
import { UNLABELLED } from '../../core/data/examples.ts';
import {
  agreementTable,
  cohenKappa,
  fleissKappa,
  krippendorffAlpha,
} from '../../core/labelling/agreement.ts';
import { judgesOf, type Judge, type JournalEntry } from '../../core/labelling/journal.ts';
import { classesOf, labelsBy, type NamedExamples } from './label-book.ts';

export interface AgreeingPair {
  readonly first: Judge;
  readonly second: Judge;
  /** Examples that both gave a class; of them those given the same. */
  readonly both: number;
  readonly same: number;
  /** Cohen's kappa; with quadratic weights, for classes in an order. null: not to be told. */
  readonly kappa: number | null;
  readonly weighted: number | null;
}

export interface LabelAgreement {
  readonly judges: readonly Judge[];
  readonly pairs: readonly AgreeingPair[];
  /** Krippendorff's, of all judges and examples. */
  readonly alpha: number | null;
  /** Fleiss's, of the examples that all of three judges or more gave a class. */
  readonly fleiss: { readonly examples: number; readonly kappa: number | null } | null;
  /** The first hundred: what each judge said, in their order; UNLABELLED for nothing. */
  readonly disputed: readonly { readonly row: number; readonly labels: readonly number[] }[];
}

const MOST_DISPUTED = 100;

export function labelAgreement(named: NamedExamples, journal: readonly JournalEntry[]): LabelAgreement {
  const classes = classesOf(named.contract);
  const judges = judgesOf(journal)
    .filter((one) => one.labelled > 0)
    .map(({ annotator, pass }): Judge => ({ annotator, pass }));
  const labels = judges.map((judge) => labelsBy(named, journal, judge));
  const rows = Array.from(named.examples.targets.keys()).filter(
    (row) => labels.filter((own) => own[row] !== UNLABELLED).length > 1,
  );
  const pairs = judges.flatMap((first, i) =>
    judges.slice(i + 1).map((second, j): AgreeingPair => {
      const [a, b] = [labels[i]!, labels[i + 1 + j]!];
      const both = rows.filter((row) => a[row] !== UNLABELLED && b[row] !== UNLABELLED);
      const table = agreementTable(
        both.map((row) => a[row]!),
        both.map((row) => b[row]!),
        classes,
      );
      return {
        first,
        second,
        both: both.length,
        same: both.filter((row) => a[row] === b[row]).length,
        kappa: cohenKappa(table, classes) ?? null,
        weighted: cohenKappa(table, classes, 'quadratic') ?? null,
      };
    }),
  );
  const judgements = labels.map((own) => rows.map((row) => (own[row] === UNLABELLED ? null : own[row]!)));
  return {
    judges,
    pairs,
    alpha: krippendorffAlpha(judgements, classes) ?? null,
    fleiss: judges.length < 3 ? null : fleissOf(judgements, rows.length, classes),
    disputed: rows
      .map((row) => ({ row, labels: labels.map((own) => own[row]!) }))
      .filter((one) => new Set(one.labels.filter((label) => label !== UNLABELLED)).size > 1)
      .slice(0, MOST_DISPUTED),
  };
}

function fleissOf(
  judgements: readonly (readonly (number | null)[])[],
  rows: number,
  classes: number,
): LabelAgreement['fleiss'] {
  const whole = Array.from({ length: rows }, (_, at) => at).filter((at) =>
    judgements.every((own) => own[at] !== null),
  );
  const counts = new Float64Array(whole.length * classes);
  for (const [example, at] of whole.entries())
    for (const own of judgements) counts[example * classes + own[at]!]! += 1;
  return { examples: whole.length, kappa: fleissKappa(counts, classes) ?? null };
}
