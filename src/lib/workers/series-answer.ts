// A column of a kept table over its time, for the page: loaded with the first such question.
import { seriesView } from '../core/exploration/series-view.ts';
import type { Result } from '../core/result.ts';
import { timeOf } from '../core/series/time-columns.ts';
import { seriesOf } from '../core/series/windows.ts';
import type { OpenedDataset } from '../modalities/explore-dataset.ts';
import { cellTexts } from '../modalities/table/decoded-columns.ts';
import { momentsIn, seriesNames } from '../participant/workbench/series-channels.ts';
import type { SeriesQuestion, SeriesShown } from './ingest-messages.ts';
import { QuestionRefused } from './question-refused.ts';

/** Two days of hours, and most of two months of days. */
const LAGS = 48;
/** More than these, and the column names no series that anybody looks at one by one. */
const MOST_SERIES = 1000;

export function seriesAnswer(
  { contract, table }: OpenedDataset,
  { column, by, of }: SeriesQuestion,
): SeriesShown {
  if (contract.kind !== 'table' || table === undefined)
    throw new QuestionRefused('bad-edit', 'A series is a table whose rows are moments.');
  const shown = table.columns.find(({ name }) => name === column);
  if (shown?.type !== 'number') throw new QuestionRefused('bad-edit', `“${column}” is no column of numbers.`);
  const time = timeOf(contract);
  const columns = table.columns.filter(({ name }) => time.includes(name) || name === by);
  const header = columns.map(({ name }) => name);
  const cells = { header, rows: cellTexts({ rows: table.rows, columns }, 0, table.rows) };
  const times = wanted(momentsIn(cells, time));
  const names = wanted(seriesNames(cells, by));
  if (names !== undefined && new Set(names).size > MOST_SERIES)
    throw new QuestionRefused(
      'bad-edit',
      `“${by ?? ''}” has more than ${MOST_SERIES.toLocaleString('en')} values. Choose the column that names the series, a station or a shop.`,
    );
  const { step, rows, parts } = wanted(seriesOf(times, names));
  const part = parts.find(({ name }) => name === of) ?? parts[0];
  if (part === undefined) throw new QuestionRefused('bad-edit', 'No row has a time.');
  const own = rows.subarray(part.from, part.from + part.moments);
  return {
    names: parts.map(({ name }) => name),
    name: part.name,
    view: seriesView(
      { ...part, step },
      Float64Array.from(own, (row) => (row < 0 ? NaN : shown.values[row]!)),
      LAGS,
    ),
  };
}

function wanted<T>(result: Result<T, string>): T {
  if (!result.ok) throw new QuestionRefused('bad-edit', result.error);
  return result.value;
}
