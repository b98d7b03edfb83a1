// What is known of columns where a step of a shared recipe finds them: of the data contract, and of a survey's figures.
import type { TableContract } from '../../data/contract.ts';
import type { Moments } from '../../exploration/number-summary.ts';
import { rangeOf, type Range } from '../../statistics/columns.ts';
import type { Histogram } from '../../statistics/histogram.ts';
import type { Figures } from '../../statistics/index.ts';

/** What is known of a column where a step finds it. */
export interface Known {
  readonly name: string;
  /** The columns of the contract that it was made of. */
  readonly from: readonly string[];
  /** As the step finds it; texts hold numbers, times or categories until they are cast. */
  readonly type: 'number' | 'category' | 'text' | 'hashed';
  readonly holds: 'number' | 'time' | 'category' | 'text';
  /** Rows without a value; undefined: nobody was asked. */
  readonly missing?: number | undefined;
  readonly moments?: Moments | undefined;
  readonly histogram?: Histogram | undefined;
  /** That everybody knows beforehand. */
  readonly range?: Range | undefined;
  /** `rows`: that hold it; undefined: nobody was asked. */
  readonly labels?: readonly { readonly label: string; readonly rows: number | undefined }[] | undefined;
  /** Of texts. */
  readonly terms?: TermsAsked | undefined;
}

type TermsFigures = Extract<Figures, { statistic: 'hashed-terms' }>;
export interface TermsAsked extends Pick<
  TermsFigures,
  'of' | 'longest' | 'buckets' | 'most' | 'rows' | 'least'
> {
  readonly held: readonly number[];
}

/** The columns as devices have them, with what a survey said. */
export function contractColumns({ columns }: TableContract, figures: readonly Figures[]): readonly Known[] {
  return columns.flatMap((column): Known[] => {
    const { name, type } = column;
    const from = [name];
    if (type === 'text')
      return [{ name, from, type: 'text', holds: 'text', terms: termsAsked(figures, name) }];
    if (type !== 'number' && type !== 'category') return [];
    if (type === 'category') {
      const asked = distributionOf(figures, name, 'category');
      const labels = column.categories.map((label) => ({
        label,
        rows: asked?.categories.find((one) => one.label === label)?.count,
      }));
      const missing = column.missingAllowed ? asked?.missing : 0;
      return [{ name, from, type: 'text', holds: 'category', labels, missing }];
    }
    const asked = distributionOf(figures, name, 'number');
    const moments = momentsAsked(figures, name);
    return [
      {
        name,
        from,
        type: 'text',
        holds: column.reads ?? 'number',
        missing: column.missingAllowed ? asked?.missing : 0,
        moments,
        histogram: asked?.histogram,
        range: rangeOf(column),
      },
    ];
  });
}

function distributionOf<Type extends 'number' | 'category'>(
  figures: readonly Figures[],
  name: string,
  type: Type,
) {
  for (const one of figures)
    if (one.statistic === 'distributions')
      for (const column of one.columns)
        if (column.name === name && column.type === type)
          return column as Extract<typeof column, { type: Type }>;
  return undefined;
}

function termsAsked(figures: readonly Figures[], name: string): TermsAsked | undefined {
  for (const one of figures)
    if (one.statistic === 'hashed-terms') {
      const held = one.columns.find((column) => column.name === name)?.held;
      if (held !== undefined) return { ...one, held };
    }
  return undefined;
}

/** undefined: nobody was asked, no row has it, or the noise hides it. */
function momentsAsked(figures: readonly Figures[], name: string): Moments | undefined {
  for (const one of figures)
    if (one.statistic === 'moments')
      for (const { name: of, count, mean, standardDeviation } of one.columns)
        if (of === name && mean !== null && standardDeviation !== null)
          return { count, mean, squares: standardDeviation ** 2 * count };
  return undefined;
}

/** Of all devices; undefined: nothing that was asked tells. */
export function rowsOf({ columns }: TableContract, figures: readonly Figures[]): number | undefined {
  const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
  for (const one of figures) {
    if (one.statistic === 'distributions') {
      const [first] = one.columns;
      if (first?.type === 'number') return sum(first.histogram.counts) + first.missing;
      if (first?.type === 'category') return sum(first.categories.map(({ count }) => count)) + first.missing;
    }
    if (one.statistic === 'target')
      return sum(one.classes?.map(({ count }) => count) ?? one.histogram?.counts ?? []);
    if (one.statistic === 'hashed-terms') return one.rows;
    if (one.statistic === 'moments')
      for (const { name, count } of one.columns)
        if (
          columns.some((column) => column.name === name && column.type === 'number' && !column.missingAllowed)
        )
          return count;
  }
  return undefined;
}
