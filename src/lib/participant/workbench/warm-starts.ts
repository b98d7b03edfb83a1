// Where a search may begin beside the usual settings: at what was best in earlier runs of this browser, those first whose rows were most
// like these. As auto-sklearn begins at the best of the nearest datasets (Feurer et al. 2015, “Efficient and Robust Automated Machine
// Learning”, §3.1); of its many meta-features, what a run’s record holds: the kind of question, how many classes, how many rows.
import type { OptionValues } from '../../core/named-options.ts';
import type { RunRecord } from './run-record.ts';

export interface Start {
  readonly model: string;
  readonly options: OptionValues;
}

export interface RowsAsked {
  readonly dataset: string;
  /** Of a table. */
  readonly isTable: boolean;
  /** 0: a number. */
  readonly classes: number;
  readonly heldOutRows: number;
}

export const MOST_STARTS = 5;

/** At most MOST_STARTS, none twice. What answered together in an ensemble counts one by one, the heaviest first. */
export function warmStarts(records: readonly RunRecord[], asked: RowsAsked): readonly Start[] {
  const near = records
    .flatMap((record) => {
      const { dataset, manifest, outcome } = record;
      // Of these very rows a search knows too well what is best: it would judge by rows that it was chosen on.
      if (outcome.type !== 'finished' || manifest.finished === null || dataset.id === asked.dataset)
        return [];
      const { classes, result } = outcome.trained;
      const isAlike =
        (manifest.setup.target !== null) === asked.isTable && (classes === null) === (asked.classes === 0);
      if (!isAlike) return [];
      const apart = (one: number, other: number): number =>
        Math.abs(Math.log(Math.max(1, one) / Math.max(1, other)));
      const distance =
        apart(result.model.report.count, asked.heldOutRows) + apart(classes?.length ?? 0, asked.classes);
      const { model, options, members } = manifest.finished;
      const best: readonly Start[] = members?.toSorted((a, b) => b.weight - a.weight) ?? [{ model, options }];
      return [{ distance, best }];
    })
    .toSorted((a, b) => a.distance - b.distance);
  const starts = new Map<string, Start>();
  for (const { best } of near)
    for (const { model, options } of best) {
      const key = JSON.stringify([model, Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
      if (starts.size < MOST_STARTS && !starts.has(key)) starts.set(key, { model, options });
    }
  return [...starts.values()];
}
