// A table's rows as the windows of a model that looks back: one for each moment whose past is known, the last
// of each series above all. Rows that end none are counted, by why.
import type { TableContract } from '../../core/data/contract.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { WindowPlan } from '../../core/series/window-plan.ts';
import { filledForward, knownUpTo, seriesOf, type SeriesPart } from '../../core/series/windows.ts';
import { listOf, quoted } from '../../core/spoken-list.ts';
import type { RawTable } from '../../modalities/raw-table.ts';
import { momentsIn, momentWriter, readChannels, seriesNames } from './series-channels.ts';
import { encodedWindows, onGrid } from './window-rows.ts';

export interface ServedWindows {
  /** [windows, steps, channels] */
  readonly features: Float32Array<ArrayBuffer>;
  readonly places: readonly {
    /** Of the table: the last of the window; null where that moment has no row, and what was known before stands for it. */
    readonly row: number | null;
    /** The moment that is foretold. */
    readonly time: string;
    /** Where there are several. */
    readonly series?: string;
  }[];
  /** Cells that hold what the model never saw. */
  readonly unseen: number;
  /** Rows that end no window, and why, in sentences. */
  readonly leftOut: number;
  readonly reasons: readonly string[];
}

/** Refused in a sentence that says what is missing. */
export function servedWindows(
  { time, by, step, fill, channels }: WindowPlan,
  contract: TableContract,
  table: RawTable,
): Result<ServedWindows, string> {
  const { steps, horizon } = contract.series ?? { steps: 0, horizon: 0 };
  const missing = [
    ...new Set([...time, ...(by === null ? [] : [by]), ...channels.map(({ column }) => column)]),
  ].filter((column) => !table.header.includes(column));
  if (missing.length > 0)
    return fail(
      `The model needs the columns ${listOf(missing.map(quoted), 10)}, which the table does not have. It has ${listOf(table.header.map(quoted), 20)}.`,
    );
  const moments = momentsIn(table, time);
  if (!moments.ok) return moments;
  const names = seriesNames(table, by);
  if (!names.ok) return names;
  const series = seriesOf(moments.value, names.value, step);
  if (!series.ok) return series;
  const { rows, parts } = series.value;
  const read = readChannels(table, channels);
  const values = onGrid(series.value, read.values);
  const ends: { readonly moment: number; readonly part: SeriesPart }[] = [];
  let [short, broken] = [0, 0];
  for (const part of parts) {
    const [from, to] = [part.from * channels.length, (part.from + part.moments) * channels.length];
    const filled = filledForward(values.subarray(from, to), channels.length, fill).values;
    values.set(filled, from);
    const known = knownUpTo(filled, channels.length);
    for (let at = 0; at < part.moments; at += 1) {
      const moment = part.from + at;
      // Windows to learn from end in closed gaps too.
      if (known[at]! >= steps) ends.push({ moment, part });
      else if (rows[moment]! >= 0 && at < steps - 1) short += 1;
      else if (rows[moment]! >= 0) broken += 1;
    }
  }
  const longest = parts.reduce((most, { moments: own }) => Math.max(most, own), 0);
  if (ends.length === 0)
    return fail(
      longest < steps
        ? `The model looks back on ${steps} rows in succession, and the table has ${longest} steps of time. Bring the last ${steps} at least.`
        : `The model looks back on ${steps} rows in succession, and everywhere in this table some value of them is missing. Gaps of ${fill} at most are closed; bring the rows that lack.`,
    );
  const isOfNone = (row: number): boolean => names.value?.[row] === '';
  const timeless = moments.value.filter((time) => !Number.isFinite(time)).length;
  const nameless = moments.value.filter((time, row) => Number.isFinite(time) && isOfNone(row)).length;
  const told: readonly (readonly [number, one: string, several: string])[] = [
    [timeless, 'row has no time.', 'rows have no time.'],
    [nameless, `row has no ${quoted(by ?? '')}.`, `rows have no ${quoted(by ?? '')}.`],
    [series.value.offGrid, 'row lies between two steps.', 'rows lie between two steps.'],
    [
      short,
      `row has less than the ${steps} steps behind it that the model looks back on.`,
      `rows have less than the ${steps} steps behind them that the model looks back on.`,
    ],
    [
      broken,
      'row ends no window, since a value is missing in it.',
      'rows end no window, since a value is missing in it.',
    ],
  ];
  const lacking = told.filter(([count]) => count > 0);
  const last = Uint32Array.from(ends, ({ moment }) => moment);
  const written = momentWriter(table, time, step);
  return ok({
    features: encodedWindows(contract, values, last),
    places: ends.map(({ moment, part }) => ({
      row: rows[moment]! < 0 ? null : rows[moment]!,
      time: written(part.start + (moment - part.from + horizon) * step),
      ...(by === null ? {} : { series: part.name }),
    })),
    unseen: read.unseen,
    leftOut: lacking.reduce((sum, [count]) => sum + count, 0),
    reasons: lacking.map(
      ([count, one, several]) => `${count.toLocaleString('en')} ${count === 1 ? one : several}`,
    ),
  });
}
