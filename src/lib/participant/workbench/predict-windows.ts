// A table's rows as the windows of a model that looks back: one for each moment whose past is known, the last of the table above all.
import type { TableContract } from '../../core/data/contract.ts';
import { DAY_MS, isoText } from '../../core/data/iso-time.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { WindowPlan } from '../../core/series/window-plan.ts';
import { filledForward, knownUpTo, seriesOf } from '../../core/series/windows.ts';
import { listOf, quoted } from '../../core/spoken-list.ts';
import type { RawTable } from '../../modalities/raw-table.ts';
import { areCounts } from '../../modalities/table-times.ts';
import { momentsIn, readChannels } from './series-channels.ts';
import { encodedWindows, onGrid } from './window-rows.ts';

export interface ServedWindows {
  /** [windows, steps, channels] */
  readonly features: Float32Array<ArrayBuffer>;
  /** Of the table: the last row of each window. */
  readonly rows: Uint32Array<ArrayBuffer>;
  /** What is foretold is of this moment. */
  readonly times: readonly string[];
  /** Cells that hold what the model never saw. */
  readonly unseen: number;
  /** Rows with a past long enough that end no window, since a value of it is missing. */
  readonly broken: number;
}

/** Refused in a sentence that says what is missing. */
export function servedWindows(
  { time, step, fill, channels }: WindowPlan,
  contract: TableContract,
  table: RawTable,
): Result<ServedWindows, string> {
  const { steps, horizon } = contract.series ?? { steps: 0, horizon: 0 };
  const missing = [...new Set([...time, ...channels.map(({ column }) => column)])].filter(
    (column) => !table.header.includes(column),
  );
  if (missing.length > 0)
    return fail(
      `The model needs the columns ${listOf(missing.map(quoted), 10)}, which the table does not have. It has ${listOf(table.header.map(quoted), 20)}.`,
    );
  const moments = momentsIn(table, time);
  if (!moments.ok) return moments;
  const series = seriesOf(moments.value, step);
  if (!series.ok) return series;
  const read = readChannels(table, channels);
  const { values } = filledForward(onGrid(series.value, read.values), channels.length, fill);
  const known = knownUpTo(values, channels.length);
  const { rows } = series.value;
  const last: number[] = [];
  let broken = 0;
  for (let moment = steps - 1; moment < rows.length; moment += 1) {
    if (rows[moment]! < 0) continue;
    if (known[moment]! >= steps) last.push(moment);
    else broken += 1;
  }
  if (last.length === 0)
    return fail(
      rows.length < steps
        ? `The model looks back on ${steps} rows in succession, and the table has ${rows.length} steps of time. Bring the last ${steps} at least.`
        : `The model looks back on ${steps} rows in succession, and everywhere in this table some value of them is missing. Gaps of ${fill} at most are closed; bring the rows that lack.`,
    );
  const ends = Uint32Array.from(last);
  const [first = ''] = time;
  const field = table.header.indexOf(first);
  const isCount = time.length === 1 && areCounts(table.rows.map((row) => row[field] ?? ''));
  const { start } = series.value;
  return ok({
    features: encodedWindows(contract, values, ends),
    rows: ends.map((moment) => rows[moment]!),
    times: last.map((end) => {
      const at = start + (end + horizon) * step;
      if (isCount) return String(at);
      // Of hours midnight is one as any other.
      const moment = Math.round(at);
      return step % DAY_MS === 0 ? isoText(moment) : new Date(moment).toISOString().replace('.000Z', 'Z');
    }),
    unseen: read.unseen,
    broken,
  });
}
