// What saved models say of files: windows of a series, recordings, pictures. (Rows of tables: server/train/train.test.ts.)
import { describe, expect, test } from 'vitest';
import { storedZip } from '../../../../test/support/image-fixtures.ts';
import { createHandClock } from '../../adapters/memory/hand-clock.ts';
import { createReferenceTrainer } from '../../adapters/reference/reference-trainer.ts';
import { joinExamples, type Examples } from '../../core/data/examples.ts';
import { whistles, whistlesContract } from '../../modalities/audio/sample-whistles.ts';
import { importFiles } from '../../modalities/import.ts';
import { readRawTable, type RawTable } from '../../modalities/raw-table.ts';
import { sourceOfBytes, sourceOfText } from '../../modalities/source-file.ts';
import { createEngine } from '../engine.ts';
import { examplesData, type BenchData } from './bench-data.ts';
import { forecastOf } from './examine/forecast.ts';
import { fitModel } from './fit.ts';
import { readModelFile, writeModelFile, type OpenedModel } from './model-file.ts';
import { benchModelNamed, chosenWith } from './models.ts';
import { predictFiles, type PredictOptions } from './predict-files.ts';
import { servedWindows } from './predict-windows.ts';
import { predictionsText } from './predictions-text.ts';
import { seriesData } from './series-data.ts';

const openEngine = () =>
  createEngine({ backend: 'reference', description: '', reason: '', reports: [] }, async () =>
    createReferenceTrainer(),
  );
const options: PredictOptions = {
  explains: null,
  openEngine,
  decodeImage: () => Promise.reject(new Error('no pictures')),
  signal: new AbortController().signal,
};

/** The model's file as it is read again, and what it says of the held-out examples. */
async function saved(name: string, data: BenchData, given = {}) {
  const { contract, training, heldOut, windows } = data;
  const chosen = chosenWith(benchModelNamed(name)!, given);
  const surroundings = { clock: createHandClock(), openEngine: async () => openEngine() };
  const fitted = await fitModel({ ...chosen, contract, rows: training, seed: 1 }, surroundings);
  if (!fitted.ok) throw new Error(fitted.error);
  const outputs = await fitted.value.predict(heldOut.features, heldOut.count);
  const origin = { contract, preparation: undefined, windows, chosen, seed: 1, data: data.digest, training };
  const text = writeModelFile(fitted.value, origin);
  fitted.value.close();
  const model = readModelFile(text);
  if (!model.ok) throw new Error(model.error);
  return { model: model.value, outputs, text };
}
async function predicted(model: OpenedModel, ...files: Parameters<typeof predictFiles>[1]) {
  const answer = await predictFiles(model, files, options);
  if (!answer.ok) throw new Error(answer.error);
  return answer.value;
}

describe('a model of windows', async () => {
  const start = Date.UTC(2024, 0, 1);
  const lines = Array.from({ length: 200 }, (_, hour) => {
    const at = new Date(start + hour * 3_600_000).toISOString().slice(0, 16);
    const wave = Math.sin(hour / 4) + (hour % 5) / 10;
    return `${at},${wave.toFixed(3)},${hour % 3 === 0 ? 'north' : 'south'}`;
  });
  const tableOf = (some: readonly string[], name = 'hours.csv') =>
    sourceOfText(name, ['at,load,wind', ...some].join('\n'));
  const table = await readRawTable([tableOf(lines)], 'load');
  if (!table.ok) throw new Error(table.error);
  const settings = {
    target: 'load',
    kind: null,
    without: [],
    heldOut: 0.2,
    time: ['at'],
    window: 6,
    horizon: 2,
    fill: 1,
    season: null,
    by: null,
  };
  const data = seriesData(table.value, settings);
  if (!data.ok) throw new Error(data.error);
  const { contract, heldOut } = data.value;
  if (contract.kind !== 'table' || contract.target.type !== 'number') throw new Error('a number');
  const { mean, standardDeviation } = contract.target;

  test.each([
    ['linear', {}],
    ['gru', { units: 3, epochs: 1 }],
  ])(
    'foretells to the bit what it had of its held-out windows, and says of which moment (%s)',
    async (name, given) => {
      const { model, outputs } = await saved(name, data.value, given);
      const { predictions } = await predicted(model, tableOf(lines));
      // A window ends in each row from the sixth on; those that were held out are before the last two, whose future is not known.
      expect(predictions).toHaveLength(195);
      const judged = predictions.slice(-2 - heldOut.count, -2).map(({ says }) => says);
      expect(judged).toEqual(Array.from(outputs, (output) => output * standardDeviation + mean));
      // Of the last window alone, the same; the future is two hours after the last row.
      const last = await predicted(model, tableOf(lines.slice(-6)));
      expect(last.predictions).toEqual([{ ...predictions.at(-1), row: 6 }]);
      expect(last.predictions[0]?.time).toBe(
        new Date(start + 201 * 3_600_000).toISOString().replace('.000', ''),
      );
    },
  );

  test('closes gaps as it was taught, leaves out windows of longer ones and says so, and takes another wind for missing', async () => {
    const { model } = await saved('linear', data.value);
    const gap = lines
      .slice(-12)
      .map((line, at) => (at === 4 || at === 5 ? line.replace(/,[^,]+,/, ',NA,') : line));
    const answer = await predicted(model, tableOf(gap));
    // The first of the two is closed; of the windows that end in rows 6 … 12 each but the last holds the second.
    expect(answer.predictions.map(({ row }) => row)).toEqual([12]);
    expect(answer.reasons).toEqual([
      '5 rows have less than the 6 steps behind them that the model looks back on.',
      '6 rows end no window, since a value is missing in it.',
    ]);
    expect(answer.leftOut).toBe(11);
    const other = lines.slice(-7).map((line, at) => (at === 3 ? line.replace(/[a-z]+$/, 'east') : line));
    expect(await predicted(model, tableOf(other))).toMatchObject({ unseen: 1, leftOut: 5 });
  });

  test('a moment without a row ends a window where its gap is closed, and every row that ends none is counted', async () => {
    const { model } = await saved('linear', data.value);
    const few = lines.slice(-12);
    const answer = await predicted(
      model,
      tableOf([...few.slice(0, 8), ...few.slice(9), few[3]!.replace(/^[^,]+/, '')]),
    );
    // As training had it: of eight rows three end a window, and so does the hour without one.
    expect(answer.predictions.map(({ row }) => row)).toEqual([6, 7, 8, null, 9, 10, 11]);
    const hours = answer.predictions.map(({ time }) => Date.parse(time ?? '') / 3_600_000);
    expect(hours.map((hour) => hour - hours[0]!)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(answer.reasons).toEqual([
      '1 row has no time.',
      '5 rows have less than the 6 steps behind them that the model looks back on.',
    ]);
    expect(answer.leftOut).toBe(6);
  });

  test('rows off the grid or of no series are counted; of many short series none takes the stack', async () => {
    const { contract, windows } = data.value;
    if (contract.kind !== 'table' || windows === undefined) throw new Error('windows of a table');
    const header = ['at', 'load', 'wind', 'site'];
    const whole = lines.slice(-120).map((line) => [...line.split(','), 'a']);
    const between = [new Date(Date.parse(`${whole.at(-1)?.[0]}Z`) - 1_800_000).toISOString(), '1', 'north'];
    const cells = [...whole, [...between, 'a'], [...whole[0]!.slice(0, 3), '']];
    const table = (rows: readonly (readonly string[])[]) => ({ header, rows }) as unknown as RawTable;
    const served = servedWindows({ ...windows, by: 'site' }, contract, table(cells));
    expect(served.ok && served.value.reasons).toEqual([
      '1 row has no “site”.',
      '1 row lies between two steps.',
      '5 rows have less than the 6 steps behind them that the model looks back on.',
    ]);
    const each = Array.from({ length: 130_000 }, (_, at) => [...whole[0]!.slice(0, 3), String(at)]);
    const none = servedWindows({ ...windows, by: 'site' }, contract, table(each));
    expect(!none.ok && none.error).toContain('the table has 1 steps of time');
  });

  test('of several series foretells the next of each, and names it', async () => {
    const both = lines.flatMap((line, at) => [
      `${line},a`,
      ...(at > 3 ? [`${line.replace(/,([^,]+)/, (__, load: string) => `,${Number(load) + 5}`)},b`] : []),
    ]);
    const named = sourceOfText('both.csv', ['at,load,wind,site', ...both].join('\n'));
    const read = await readRawTable([named], 'load');
    const several = read.ok ? seriesData(read.value, { ...settings, by: 'site' }) : read;
    if (!several.ok) throw new Error(several.error);
    const { model } = await saved('persistence', several.value);
    const { predictions } = await predicted(model, named);
    expect(predictions.map(({ series }) => series)).toEqual([
      ...Array.from({ length: 195 }, () => 'a'),
      ...Array.from({ length: 191 }, () => 'b'),
    ]);
    // As it stands in the last row of each.
    const [a, b] = [predictions[194], predictions.at(-1)];
    const load = Number(lines.at(-1)?.split(',')[1]);
    expect(a?.says).toBeCloseTo(load, 4);
    expect(b).toMatchObject({ time: a?.time, row: (a?.row ?? 0) + 1 });
    // What judged it, as it came and as it was foretold.
    const { heldOut } = several.value;
    const outputs = model.predictor.predict(heldOut.features, heldOut.count);
    const predict = async () => outputs;
    const examined = { data: several.value, model, outputs, seed: 1, predict, isInUse: true };
    const shown = forecastOf(examined, 'b');
    if (!shown.ok) throw new Error(shown.error);
    const { points, ...told } = shown.value;
    expect(told).toMatchObject({ names: ['a', 'b'], name: 'b', to: '2024-01-09T07:00:00Z' });
    // Two hours ahead, it stays as it was.
    for (const [at, { says }] of points.slice(2).entries()) expect(says).toBeCloseTo(points[at]!.truth, 4);
    expect(predictionsText(predictions)).toMatch(/^row,series,time,prediction\r\n/);
  });

  test.each([
    ['too few rows', ['at,load,wind', ...lines.slice(-5)], 'the table has 5 steps'],
    ['a column that is not there', ['at,load', '2024-01-01T00:00,1'], 'needs the columns “wind”'],
    [
      'times of another step',
      ['at,load,wind', '2024-01-01T00:00,1,north', '2024-01-01T00:25,1,north'],
      'no grid',
    ],
  ])('refuses %s', async (_, text, says) => {
    const { model } = await saved('linear', data.value);
    const answer = await predictFiles(model, [sourceOfText('few.csv', text.join('\n'))], options);
    expect(!answer.ok && answer.error).toContain(says);
  });

  test('saved before its file said how windows are made, says what to do', async () => {
    const { windows, ...older } = data.value;
    expect(windows?.step).toBe(3_600_000);
    const { model } = await saved('linear', older);
    const answer = await predictFiles(model, [tableOf(lines)], options);
    expect(!answer.ok && answer.error).toContain('Train it again');
  });
});

test('a model of sound answers for each recording by its name, in a zip or not, there twice or not; what is none is named', async () => {
  const parts: Examples[] = [];
  const files = [...whistles(5, 24)];
  const sink = { append: async (examples: Examples) => void parts.push(examples) };
  await importFiles(files, whistlesContract, sink, options);
  const data = examplesData(
    whistlesContract,
    joinExamples(parts)!,
    joinExamples(parts),
    { heldOut: 0.2, group: null, time: null },
    [],
  );
  if (!data.ok) throw new Error(data.error);
  const { model, outputs } = await saved('softmax', data.value, { epochs: 1 });
  const bytes = await Promise.all(files.map(({ size, read }) => read(0, size)));
  const zip = storedZip(bytes.slice(1).map((one, at) => ({ path: `new/${at}.wav`, bytes: one })));
  const answer = await predicted(
    model,
    sourceOfBytes('first.wav', bytes[0]!),
    sourceOfBytes('twice.wav', bytes[0]!),
    sourceOfBytes('all.zip', zip),
    sourceOfText('notes.wav', 'no sound'),
  );
  expect(answer.predictions.map(({ file }) => file)).toEqual([
    'first.wav',
    'twice.wav',
    ...bytes.slice(1).map((_, at) => `all.zip/new/${at}.wav`),
  ]);
  const [first, twice, ...rest] = answer.predictions.map(({ shares }) => Object.values(shares ?? {}));
  expect(first).toEqual(twice);
  // Files were learnt from in the order of their paths, and all of them judge.
  const order = files.map(({ path }) => path).toSorted();
  const shareOf = (file: number): number[] => {
    const at = order.indexOf(files[file]!.path);
    return [...outputs.subarray(4 * at, 4 * at + 4)];
  };
  expect([first, ...rest]).toEqual(files.map((_, file) => shareOf(file)));
  expect(answer.leftOut).toBe(1);
  expect(answer.reasons).toEqual([expect.stringMatching(/^notes\.wav: /)]);
  const table = predictionsText(answer.predictions).split('\r\n');
  expect(table[0]).toBe(
    'file,prediction,share of falling,share of rising,share of steady,share of trembling',
  );
  expect(table).toHaveLength(1 + 25 + 1);
});
