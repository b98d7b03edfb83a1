// A column of a kept table over its time, for the page: loaded with the first such question.
import { seriesView, type SeriesView } from '../core/exploration/series-view.ts';
import { timeOf } from '../core/series/time-columns.ts';
import { seriesOf } from '../core/series/windows.ts';
import type { OpenedDataset } from '../modalities/explore-dataset.ts';
import { cellTexts } from '../modalities/table/decoded-columns.ts';
import { momentsIn } from '../participant/workbench/series-channels.ts';
import { QuestionRefused } from './question-refused.ts';

/** Two days of hours, and most of two months of days. */
const LAGS = 48;

export function seriesAnswer({ contract, table }: OpenedDataset, column: string): SeriesView {
  if (contract.kind !== 'table' || table === undefined)
    throw new QuestionRefused('bad-edit', 'A series is a table whose rows are moments.');
  const shown = table.columns.find(({ name }) => name === column);
  if (shown?.type !== 'number') throw new QuestionRefused('bad-edit', `“${column}” is no column of numbers.`);
  const time = timeOf(contract);
  const columns = table.columns.filter(({ name }) => time.includes(name));
  const header = columns.map(({ name }) => name);
  const times = momentsIn({ header, rows: cellTexts({ rows: table.rows, columns }, 0, table.rows) }, time);
  if (!times.ok) throw new QuestionRefused('bad-edit', times.error);
  const series = seriesOf(times.value);
  if (!series.ok) throw new QuestionRefused('bad-edit', series.error);
  const { rows } = series.value;
  return seriesView(
    series.value,
    Float64Array.from(rows, (row) => (row < 0 ? NaN : shown.values[row]!)),
    LAGS,
  );
}
