// The passages of a dataset's texts: how far those who marked them agree, and all of one judge's as lines.
import { judgesOf, type Judge, type JournalEntry } from '../../core/labelling/journal.ts';
import {
  spanAgreement,
  spanJudges,
  spanLine,
  spansOf,
  type SpanAgreement,
} from '../../core/labelling/spans.ts';
import type { NamedExamples } from './label-book.ts';
import { judgedRows } from './label-book.ts';

export interface AgreeingOnSpans extends SpanAgreement {
  readonly judges: readonly [Judge, Judge];
  /** Texts that both looked at: marked a passage in, or judged as a whole. */
  readonly texts: number;
}

export interface LabelSpans {
  readonly pairs: readonly AgreeingOnSpans[];
  /** JSON lines, a text each; empty where the judge marked none. */
  readonly lines: string;
  readonly spans: number;
}

export function labelSpans(
  named: NamedExamples,
  textOf: (row: number, column: string) => string,
  journal: readonly JournalEntry[],
  judge: Judge,
): LabelSpans {
  const judges = spanJudges(journal);
  const looked = judges.map((one) => lookedAt(named, journal, one));
  const pairs = judges.flatMap((first, i) =>
    judges.slice(i + 1).map((second, j): AgreeingOnSpans => {
      const both = [...looked[i]!].filter((example) => looked[i + 1 + j]!.has(example));
      const agreement = spanAgreement(spansOf(journal, first), spansOf(journal, second), both);
      return { ...agreement, judges: [first, second], texts: both.length };
    }),
  );
  const own = [...spansOf(journal, judge)].flatMap(([example, spans]) => {
    const row = named.rowOf(example);
    return row === undefined ? [] : [{ row, example, spans }];
  });
  const lines = own
    .toSorted((a, b) => a.row - b.row)
    .flatMap(({ row, example, spans }) =>
      [...new Set(spans.map(({ column }) => column))].map((column) =>
        spanLine(textOf(row, column), { row, example, column, judge }, spans),
      ),
    );
  return {
    pairs,
    lines: lines.map((line) => `${line}\n`).join(''),
    spans: own.reduce((sum, { spans }) => sum + spans.length, 0),
  };
}

function lookedAt(named: NamedExamples, journal: readonly JournalEntry[], judge: Judge): ReadonlySet<string> {
  const isJudge = judgesOf(journal).some(
    (one) => one.annotator === judge.annotator && one.pass === judge.pass,
  );
  const rows = isJudge
    ? [...judgedRows(named, journal, judge)].flatMap(([row, says]) =>
        says.type === 'skipped' ? [] : [named.nameOf(row)],
      )
    : [];
  return new Set(
    [...rows, ...spansOf(journal, judge).keys()].filter((name) => named.rowOf(name) !== undefined),
  );
}
