// Predictions as a table for other programs: a row for each, and of classes the share of each.
import { tableText } from '../../modalities/table-text.ts';
import type { Prediction } from './predict-files.ts';

/** RFC 4180; columns that no prediction has a value of are left out. */
export function predictionsText(predictions: readonly Prediction[]): string {
  const classes = Object.keys(predictions[0]?.shares ?? {});
  const columns: readonly (readonly [string, (one: Prediction) => string | number | null | undefined])[] = [
    ['file', ({ file }) => file],
    ['row', ({ row }) => row],
    ['series', ({ series }) => series],
    ['time', ({ time }) => time],
    ['prediction', ({ says }) => says],
    ...classes.map((name) => [`share of ${name}`, ({ shares }: Prediction) => shares?.[name]] as const),
  ];
  const told = columns.filter(([, of]) => predictions.some((one) => (of(one) ?? null) !== null));
  return tableText({
    header: told.map(([name]) => name),
    rows: predictions.map((one) => told.map(([, of]) => String(of(one) ?? ''))),
  });
}
