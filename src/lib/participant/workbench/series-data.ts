// A table with a time, as windows for the workbench: its columns become the channels of a series, its windows the rows that a model takes,
// [steps, channels], scaled by what was known before the border of the split. A target is never filled in, and nothing looks ahead.
import { MOST_COLUMNS, type TableContract, type TableTarget } from '../../core/data/contract.ts';
import { murmur128 } from '../../core/data/example-hash.ts';
import type { Examples } from '../../core/data/examples.ts';
import { bytesOf, digestBuilder } from '../../core/digest.ts';
import { momentsOf } from '../../core/exploration/number-summary.ts';
import { numberOf } from '../../core/recipe/steps/cast.ts';
import { scaleOfMoments } from '../../core/recipe/steps/scale.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { seriesOf, windowsOf, type SeriesSet, type Windows } from '../../core/series/windows.ts';
import { quoted } from '../../core/spoken-list.ts';
import type { RawTable } from '../../modalities/raw-table.ts';
import { tableTask, type TableTask, type TaskSettings } from '../../modalities/table-task.ts';
import type { BenchData } from './bench-data.ts';
import { labelIndex } from './prepare.ts';
import {
  channelName,
  channelsOf,
  momentsIn,
  momentWriter,
  readChannels,
  seriesNames,
  type ChannelPlan,
} from './series-channels.ts';
import { encodedWindows, onGrid } from './window-rows.ts';

export interface SeriesSettings extends TaskSettings {
  /** 0–0.9 */
  readonly heldOut: number;
  /** Columns that make up the time: one of dates or of numbers, or year, month, day and hour. */
  readonly time: readonly string[];
  /** Moments that a model looks at, and steps from the last of them to the target. */
  readonly window: number;
  readonly horizon: number;
  /** The column that names the series of a row; null: all rows are of one. */
  readonly by: string | null;
  /** A gap of so many moments at most is closed by the value before it. */
  readonly fill: number;
  /** Steps; null: a day of hours or a week of days, where the steps are such. */
  readonly season: number | null;
}

/** A few hours without a sensor are closed; a day without one is no window. */
export const USUAL_FILL = 3;

/** Fewer on either side judge nothing. */
const FEWEST = 2;
const HOUR_MS = 3_600_000;

/** Refused in a sentence that says what to do. */
export function seriesData(table: RawTable, settings: SeriesSettings): Result<BenchData, string> {
  const times = momentsIn(table, settings.time);
  if (!times.ok) return times;
  const asked = tableTask(table, { ...settings, without: [] });
  if (!asked.ok) return asked;
  const task = asked.value;
  const { by } = settings;
  if (by !== null && (by === task.target.name || settings.time.includes(by)))
    return fail(
      `${quoted(by)} tells the series apart: it can be neither what is foretold nor the time (--series).`,
    );
  const names = seriesNames(table, by);
  if (!names.ok) return names;
  const series = seriesOf(times.value, names.value);
  if (!series.ok) return series;
  const { rows, parts } = series.value;
  const own = [...settings.time, ...(by === null ? [] : [by])];
  const targets = targetsOnGrid(series.value, task, times.value.length);
  // Whether a number is exceeded is another question: the number stays a channel.
  const isAnswer =
    by !== null &&
    task.target.type === 'classes' &&
    table.header.includes(settings.target) &&
    isOneEach(targets, parts);
  const without = [...own, ...settings.without, ...(isAnswer ? [settings.target] : [])];
  const cut = cutUp(table, series.value, targets, settings, without);
  if (!cut.ok) return cut;
  const { channels, notes, unseen, windows } = cut.value;
  if (windows.training.length < FEWEST || windows.heldOut.length < FEWEST)
    return fail(
      `${windows.training.length} windows would be learnt from and ${windows.heldOut.length} held out: both need ${FEWEST} at least. Bring more rows, take a shorter window, or allow longer gaps to be closed (--fill).`,
    );
  const contract = contractOf(task.target, channels, series.value, windows, targets, settings);
  if (!contract.ok) return contract;
  const examplesOf = (last: Uint32Array): Examples =>
    examplesAt(contract.value, windows.values, targets, last, settings);
  const [training, heldOut] = [examplesOf(windows.training), examplesOf(windows.heldOut)];
  const rowAt = (last: number): number => rows[last + settings.horizon] ?? -1;
  const partOf = new Uint32Array(rows.length);
  for (const [at, { from, moments }] of parts.entries()) partOf.fill(at, from, from + moments);
  const timeAt = (moment: number): number => {
    const { start, from } = parts[partOf[moment]!]!;
    return start + (moment - from) * series.value.step;
  };
  const written = momentWriter(table, settings.time, series.value.step);
  const partsOf = (last: Uint32Array): ReadonlySet<number> => new Set(Array.from(last, (at) => partOf[at]!));
  const [learntFrom, judgedBy] = [partsOf(windows.training), partsOf(windows.heldOut)];
  return ok({
    contract: contract.value,
    preparation: undefined,
    training,
    heldOut,
    digest: digestBuilder()
      .update(bytesOf(training.features))
      .update(bytesOf(training.targets))
      .update(bytesOf(heldOut.features))
      .update(bytesOf(heldOut.targets))
      .finish(),
    split: `the latest windows${by === null ? '' : ' of all series'}, none of which shares a moment with one to learn from`,
    together: {
      type: 'time',
      times: Float64Array.from(windows.training, timeAt),
      gap: (settings.window + settings.horizon) * series.value.step,
    },
    notes: [
      ...notes,
      ...(isAnswer
        ? [
            `${quoted(settings.target)} is the same throughout each series: its past is not looked at, since it is the answer.`,
          ]
        : []),
      ...(unseen === 0
        ? []
        : [
            `${unseen.toLocaleString('en')} cells hold what no row to learn from does (a text among numbers, another category), and count as missing.`,
          ]),
      ...(names.value === undefined ? [] : spokenSeries(names.value, parts.length, learntFrom, judgedBy)),
      ...spokenWindows(series.value, windows, settings),
    ],
    windows: {
      time: [...settings.time],
      by,
      step: series.value.step,
      fill: settings.fill,
      channels: [...channels],
    },
    heldOutCells(column) {
      const field = table.header.indexOf(column);
      return field < 0
        ? undefined
        : Array.from(windows.heldOut, (last) => table.rows[rowAt(last)]?.[field] ?? '');
    },
    part: () =>
      fail(
        'Windows of a series are judged by the latest alone: folds would learn from what comes after. Leave --folds out.',
      ),
    trainingPlace: (index) => table.numbers[rowAt(windows.training[index] ?? 0)] ?? 0,
    heldOutPlace: (index) => table.numbers[rowAt(windows.heldOut[index] ?? 0)] ?? 0,
    heldOutMoment(index) {
      const at = (windows.heldOut[index] ?? 0) + settings.horizon;
      const { name, from } = parts[partOf[at]!]!;
      return { series: name, moment: at - from, time: written(timeAt(at)) };
    },
    header: table.header,
    heldOutRow: (index) => table.rows[rowAt(windows.heldOut[index] ?? 0)] ?? [],
  });
}

interface CutUp extends ReturnType<typeof channelsOf> {
  readonly windows: Windows;
  /** Cells of what no row to learn from holds. */
  readonly unseen: number;
}

/**
 * Channels and windows of them. What the columns are is read from moments before the borders alone, and the borders hang on which
 * windows are whole, so on the channels: they are looked for from the end backwards, until the channels are those of what lies before.
 */
function cutUp(
  table: RawTable,
  { step, rows, parts }: SeriesSet,
  targets: Float64Array,
  settings: SeriesSettings,
  without: readonly string[],
): Result<CutUp, string> {
  for (let learnt = parts; ;) {
    const found = channelsOf(table, without, { rows, parts: learnt });
    const count = found.channels.length;
    if (count === 0)
      return fail('No column is left to look at. A window holds columns of numbers or categories.');
    const read = readChannels(table, found.channels);
    const values = onGrid({ rows }, read.values);
    const windows = windowsOf(values, targets, { ...settings, steps: settings.window }, { step, parts });
    const before = learnt.map((part, at) => ({
      ...part,
      moments: Math.min(part.moments, Math.max(0, windows.borders[at]! - part.from)),
    }));
    const isLess = before.some(({ moments }, at) => moments < learnt[at]!.moments);
    if (isLess && windows.training.length > 0) {
      learnt = before;
      continue;
    }
    const columns = count * settings.window;
    return columns > MOST_COLUMNS
      ? fail(
          `A window of ${settings.window} steps of ${count} columns holds ${columns} numbers, and a model here takes ${MOST_COLUMNS} at most. Take fewer steps (--window), or leave columns out (--without).`,
        )
      : ok({ ...found, windows, unseen: read.unseen });
  }
}

/** [moments]: the number, or the index of the class; NaN where not known. */
function targetsOnGrid(
  { rows }: SeriesSet,
  { rows: known, origins, field, target }: TableTask,
  count: number,
): Float64Array<ArrayBuffer> {
  const ofRow = new Float64Array(count).fill(NaN);
  for (const [at, row] of origins.entries()) {
    const cell = known[at]?.[field] ?? '';
    const index = target.type === 'classes' ? labelIndex(target.classes, cell) : numberOf(cell);
    ofRow[row] = index < 0 && target.type === 'classes' ? NaN : index;
  }
  return Float64Array.from(rows, (row) => (row < 0 ? NaN : ofRow[row]!));
}

/** Whether each series is of one class from its first moment to its last, as recordings are: who asks of a new one does not know it. */
const isOneEach = (targets: Float64Array, parts: SeriesSet['parts']): boolean =>
  parts.every(({ from, moments }) => {
    const known = targets.subarray(from, from + moments).filter((target) => !Number.isNaN(target));
    return known.every((target) => target === known[0]);
  });

/** The scales are those of moments before the border: nothing of what is held out is known. */
function contractOf(
  target: TableTarget,
  channels: readonly ChannelPlan[],
  { step, parts }: SeriesSet,
  { values, borders, training }: Windows,
  targets: Float64Array,
  { window: steps, horizon, season, target: asked }: SeriesSettings,
): Result<TableContract, string> {
  const count = channels.length;
  const known = parts.flatMap(({ from }, part) =>
    Array.from({ length: borders[part]! - from }, (_, at) => from + at),
  );
  const scales = channels.map((_, channel) => {
    const { shift, factor } = scaleOfMoments(
      momentsOf(Float64Array.from(known, (moment) => values[moment * count + channel]!)),
    );
    return { mean: shift, standardDeviation: factor };
  });
  const learnt = Float64Array.from(training, (last) => targets[last + horizon]!);
  if (target.type === 'classes' && new Set(learnt).size < 2)
    return fail('Every window to learn from has the same class. Bring more rows, or ask for something else.');
  const moments = momentsOf(learnt);
  if (target.type === 'number' && moments.squares === 0)
    return fail('The target is the same in every window to learn from. Choose another column.');
  const { shift, factor } = scaleOfMoments(moments);
  const names = channels.map(channelName);
  const own = names.indexOf(asked);
  return ok({
    kind: 'table',
    columns: Array.from({ length: steps * count }, (_, at) => ({
      type: 'number',
      name: laterName(names[at % count] ?? '', steps - 1 - Math.floor(at / count)),
      minimum: null,
      maximum: null,
      missingAllowed: false,
      ...scales[at % count]!,
    })),
    target:
      target.type === 'classes'
        ? target
        : { type: 'number', name: target.name, mean: shift, standardDeviation: factor },
    series: {
      steps,
      channels: count,
      horizon,
      own: own < 0 ? null : own,
      season: season ?? usualSeason(step),
    },
  });
}

/** "pm2.5 now", "pm2.5 3 before": labels are 80 letters at most. */
const laterName = (name: string, before: number): string =>
  `${name.slice(0, 60)} ${before === 0 ? 'now' : `${before} before`}`;

/** A day of steps that divide it, a week of days. */
function usualSeason(step: number): number | null {
  if (step === 24 * HOUR_MS) return 7;
  const steps = (24 * HOUR_MS) / step;
  return step >= 60_000 && step < 24 * HOUR_MS && Number.isInteger(steps) ? steps : null;
}

function examplesAt(
  contract: TableContract,
  values: Float64Array,
  targets: Float64Array,
  last: Uint32Array,
  { horizon }: SeriesSettings,
): Examples {
  const { target } = contract;
  const size = contract.columns.length;
  const features = encodedWindows(contract, values, last);
  const hashes = new Uint32Array(last.length * 2);
  const words = new Uint32Array(4);
  const bytes = bytesOf(features);
  const scaled =
    target.type === 'number'
      ? Float32Array.from(last, (at) => (targets[at + horizon]! - target.mean) / target.standardDeviation)
      : Int32Array.from(last, (at) => targets[at + horizon]!);
  for (let row = 0; row < last.length; row += 1) {
    murmur128(words, bytes, row * size * 4, (row + 1) * size * 4, 0);
    hashes.set(words.subarray(0, 2), row * 2);
  }
  return { count: last.length, features, targets: scaled, hashes };
}

/** Of several series: how many there are, what is of none, and how many lie on one side of the border alone. */
function spokenSeries(
  names: readonly string[],
  count: number,
  learntFrom: ReadonlySet<number>,
  judgedBy: ReadonlySet<number>,
): string[] {
  const onSides = (learns: boolean, judges: boolean): number =>
    Array.from({ length: count }, (_, part) => part).filter(
      (part) => learntFrom.has(part) === learns && judgedBy.has(part) === judges,
    ).length;
  const told: [number, string][] = [
    [count, 'series, each with its own time, and one border for all.'],
    [names.filter((name) => name === '').length, 'rows name no series and are left out.'],
    [onSides(false, false), 'series are too short, or have too many gaps, for a window.'],
    [onSides(true, false), 'series have no window after the border: the model is not judged by them.'],
    [onSides(false, true), 'series have no window before the border: the model learns nothing of them.'],
  ];
  return told.filter(([count]) => count > 0).map(([count, text]) => `${count.toLocaleString('en')} ${text}`);
}

function spokenWindows(
  series: SeriesSet,
  windows: Windows,
  { window: steps, horizon, fill }: SeriesSettings,
): string[] {
  const gaps = series.rows.filter((row) => row < 0).length;
  const told: [number, string][] = [
    [gaps, 'moments have no row.'],
    [series.offGrid, 'rows lie between two steps and are left out.'],
    [windows.filled, `missing values stand as the one before them (gaps of ${fill} at most).`],
    [windows.withoutValue, 'windows are left out for a missing value in them.'],
    [windows.withoutTarget, 'windows are left out because what they would foretell is missing.'],
    [
      windows.aboutBorder,
      `windows about the border of the split are left out, so that no held-out window shares a moment with one to learn from (${steps} + ${horizon} − 1 where none is missing).`,
    ],
  ];
  return told.filter(([count]) => count > 0).map(([count, text]) => `${count.toLocaleString('en')} ${text}`);
}
