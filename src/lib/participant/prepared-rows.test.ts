// A federation's recipe, done to rows with cells of every dirty kind: the same bits on each device, in training and in use.
import { expect, test } from 'vitest';
import type { TableContract } from '../core/data/contract.ts';
import { joinExamples, selectExamples, type Examples } from '../core/data/examples.ts';
import { fitRecipe } from '../core/recipe/fit.ts';
import {
  pinFromFile,
  pinFromSurvey,
  UNASKED,
  unaskedShared,
  usualShared,
  type GivenFigures,
} from '../core/recipe/shared-recipe.ts';
import { usualStep } from '../core/recipe/recipe.ts';
import { tableOf } from '../core/recipe/table.ts';
import { random } from '../core/random.ts';
import { layoutOf, measureSurvey, readSurvey, type Question } from '../core/statistics/survey.ts';
import {
  clouds,
  contract as points,
  datasetsOf,
  script,
  spec,
  type Script,
} from '../../../test/doubles/scripted-federation.ts';
import type { PinnedRecipe } from '../core/federation.ts';
import { pinRecipe } from '../core/recipe/pinned.ts';
import { initialParameters } from '../core/model/network.ts';
import { networkOf } from '../core/model/families/index.ts';
import { networkPredictor, type OpenedModel } from './workbench/model-file.ts';
import { ownLayers } from './workbench/models.ts';
import { predictFiles } from './workbench/predict-files.ts';
import { importFiles } from '../modalities/import.ts';
import { sourceOfText } from '../modalities/source-file.ts';
import { storedTable } from '../modalities/stored-table.ts';
import { encodeRow } from '../modalities/table/row-encoder.ts';
import { preparedOwnRows, type OwnRows } from './own-rows.ts';
import { MOST_PREPARED, preparing, type Preparing } from './prepared-rows.ts';
import { servedRows } from './workbench/prepare.ts';

const number = (name: string, mean: number, standardDeviation: number, missingAllowed: boolean) => ({
  type: 'number' as const,
  name,
  minimum: mean - 10 * standardDeviation,
  maximum: mean + 10 * standardDeviation,
  missingAllowed,
  mean,
  standardDeviation,
});
const contract: TableContract = {
  kind: 'table',
  columns: [
    number('age', 50, 9.42, false),
    number('mass', 81.3, 15.7, true),
    { type: 'category', name: 'sex', categories: ['0', '1'], missingAllowed: false },
    { type: 'category', name: 'pain', categories: ['none', 'some', 'much'], missingAllowed: true },
    { ...number('seen', 19000, 300, true), reads: 'time' },
  ],
  target: {
    type: 'classes',
    name: 'ill',
    classes: [
      { label: 'no', values: ['0'] },
      { label: 'yes', values: ['1', '2'] },
    ],
  },
};
const names = contract.columns.map((column) => column.name);

/** Cells as people and programs write them. */
function dirtyRows(count: number): string[][] {
  const draw = random(7, 'rows');
  const of = (...ways: string[]): string => ways[draw.below(ways.length)]!;
  return Array.from({ length: count }, () => [
    of(
      `${30 + draw.below(40)}`,
      ` ${30 + draw.below(40)}.50 `,
      `0${30 + draw.below(40)}`,
      `4.${draw.below(9)}e1`,
    ),
    of('', '?', 'NA', (80 + 9 * draw.normal()).toFixed(draw.below(5)), `+${70 + draw.below(9)}`, '-1000'),
    of('0', '1', '1.0', ' 01', '0.'),
    of('none', 'Some', 'MUCH', '', 'null', 'unbearable'),
    of('2022-05-17', '2021-01-05T13:05', '2022-03-01 07:00Z', '', '17.5.2022'),
    of('0', '1', '2'),
  ]);
}

async function read(rows: readonly (readonly string[])[]): Promise<Examples> {
  const parts: Examples[] = [];
  const text = [[...names, 'ill'], ...rows].map((row) => row.join(',')).join('\n');
  await importFiles(
    [sourceOfText('ward.csv', text)],
    contract,
    { append: (examples) => Promise.resolve(void parts.push(examples)) },
    { decodeImage: () => Promise.reject(new Error('no pictures')) },
  );
  const examples = joinExamples(parts);
  if (examples === undefined) throw new Error('Nothing was read.');
  return examples;
}

/** What exact sums over all devices say. */
function surveyed(devices: readonly Examples[]): GivenFigures {
  const question: Question = [
    { statistic: 'distributions', columns: names, bins: 64 },
    { statistic: 'moments', columns: ['age', 'mass', 'seen'] },
  ];
  const layout = layoutOf(question, contract);
  const values = measureSurvey(
    layout,
    devices.map(({ count, features, targets }) => ({
      contract,
      count,
      features: features as Float32Array,
      targets,
    })),
    undefined,
  );
  const figures = readSurvey(layout, contract, { values, devices: devices.length, deviations: [0, 0] });
  return { figures, from: 'survey 1' };
}

let made: ReturnType<typeof divided> | undefined;
const twoDevices = () => (made ??= divided());

/** Of a thousand rows, those that the contract takes, divided among two devices. */
async function divided() {
  const written = dirtyRows(1000);
  const all = await read(written);
  const places = Array.from({ length: all.count }, (_, row) => row);
  const devices = [0, 1].map((device) =>
    selectExamples(
      all,
      places.filter((row) => (row % 3 === 0 ? 0 : 1) === device),
    ),
  );
  const steps = [
    ...usualShared(contract).steps.slice(0, 2),
    usualStep('impute', { columns: ['mass'], method: 'mean', indicator: true }),
    usualStep('bin', { columns: ['age'], by: 'quantiles', bins: 4, keep: true }),
    usualStep('cross', { columns: ['age (bin)', 'sex'] }),
    usualStep('one-hot', { columns: ['sex', 'pain', 'age (bin) × sex'] }),
    ...usualShared(contract).steps.slice(3),
  ];
  const pinned = pinFromSurvey({ steps }, contract, surveyed(devices));
  if (!pinned.ok) throw new Error(pinned.error.message);
  const opened = preparing({ contract }, pinned.value.pinned);
  if (!opened.ok) throw new Error(opened.error);
  return { written, all, devices, prepared: opened.value, pinned: pinned.value.pinned, recipe: { steps } };
}

const bits = (values: Float32Array): string => Buffer.from(values.buffer).toString('hex');
const width = ({ features }: Preparing, { features: encoded, count }: Examples): number =>
  features(encoded, count).length / count;

test('features of training are those of use, bit for bit, and a row is the same on whichever device', async () => {
  const { written, all, devices, prepared, pinned, recipe } = await twoDevices();
  expect(all.count).toBeGreaterThan(500);
  const together = prepared.features(all.features, all.count);
  const own = width(prepared, all);
  const rowOf = (features: Float32Array, row: number): Float32Array =>
    features.slice(row * own, (row + 1) * own);
  // By hand, from the cells as they were written: all, and some of them one after the other, as a page asks.
  const byHand = written.flatMap((cells) => {
    const encoded = encodeRow(contract, Object.fromEntries(names.map((name, at) => [name, cells[at]!])));
    return encoded.ok ? [encoded.value] : [];
  });
  expect(byHand).toHaveLength(all.count);
  const read = Float32Array.from(byHand.flatMap((encoded) => Array.from(encoded)));
  expect(bits(prepared.features(read, all.count))).toBe(bits(together));
  for (let row = 0; row < all.count; row += 50)
    expect(bits(prepared.features(byHand[row]!, 1))).toBe(bits(rowOf(together, row)));
  // Each device on its own.
  const known = new Map(
    Array.from({ length: all.count }, (_, at) => [bitsOfHash(all, at), rowOf(together, at)]),
  );
  for (const device of devices) {
    const features = prepared.rows(device).features as Float32Array;
    const same = Array.from({ length: device.count }, (_, at) => at).filter(
      (at) => bits(rowOf(features, at)) === bits(known.get(bitsOfHash(device, at))!),
    );
    expect(same).toHaveLength(device.count);
  }
  // By the workbench's own way, from the dataset as a table.
  const table = storedTable(contract, all);
  if (!table.ok) throw new Error(table.error);
  const { contract: seen } = prepared;
  const learnt = JSON.parse(pinned.text) as { states: never[]; inputs: string[] };
  const served = servedRows(
    { recipe, states: learnt.states, inputs: learnt.inputs },
    { contract: seen, mean: new Float32Array(own) },
    table.value,
  );
  if (!served.ok) throw new Error(served.error);
  expect(bits(served.value.features)).toBe(bits(together));
});

const bitsOfHash = ({ hashes }: Examples, at: number): string => `${hashes[2 * at]} ${hashes[2 * at + 1]}`;

test('the sums of two devices prepare rows as a fit to the pooled ones would, to 1e-6', async () => {
  const { all, devices } = await twoDevices();
  const numbers = { columns: ['age', 'mass', 'seen'] };
  const steps = [
    usualStep('cast', numbers),
    usualStep('impute', { ...numbers, method: 'mean' }),
    usualStep('one-hot', { columns: ['sex', 'pain'] }),
    usualStep('scale', numbers),
  ];
  const recipe = { steps };
  const federated = pinFromSurvey(recipe, contract, surveyed(devices));
  const table = storedTable(contract, all);
  if (!federated.ok || !table.ok) throw new Error('Both can be had.');
  const opened = preparing({ contract }, federated.value.pinned);
  const { header, rows } = table.value;
  const inputs = header.map((name) => (name === 'ill' ? '' : name));
  const pooled = fitRecipe(recipe, tableOf(inputs, rows, Array.from(rows.keys())));
  if (!opened.ok || !pooled.ok) throw new Error('Both can be done.');
  // Each by its own scale: only the columns, their order and their widths are shared.
  const scaled = { kind: 'table', columns: pooled.value.columns, target: contract.target } as TableContract;
  const asPooled = servedRows(
    pooled.value.fitted,
    { contract: scaled, mean: new Float32Array(0) },
    table.value,
  );
  if (!asPooled.ok) throw new Error(asPooled.error);
  const ours = opened.value.features(all.features, all.count);
  const off = asPooled.value.features.map(
    (value, at) => Math.abs(ours[at]! - value) / Math.max(1, Math.abs(value)),
  );
  expect(ours.length).toBe(asPooled.value.features.length);
  expect(Math.max(...off)).toBeLessThan(1e-6);
});

test('a text is the same bits on whichever device, and where a version is used', () => {
  const texts: TableContract = {
    ...contract,
    columns: [{ type: 'text', name: 'note', missingAllowed: true }, contract.columns[0]!],
  };
  const notes = ['a knee that hurts', '', 'hurts, hurts at night', 'NA', 'no fever, no cough', 'a cough'];
  const ages = notes.map((_, row) => (row - 2) / 3);
  const rows = (places: readonly number[]) => ({
    count: places.length,
    features: Float32Array.from(places, (row) => ages[row]!),
    texts: [places.map((row) => notes[row]!)],
  });
  const all = rows([0, 1, 2, 3, 4, 5]);
  const pinned = pinFromSurvey(unaskedShared(texts), texts, UNASKED);
  if (!pinned.ok) throw new Error(pinned.error.message);
  const opened = preparing({ contract: texts }, pinned.value.pinned);
  if (!opened.ok) throw new Error(opened.error);
  const together = opened.value.rows(all).features;
  const own = together.length / all.count;
  expect(own).toBe(2048 + 1);
  for (const places of [[5], [3, 1], [4, 0, 2]]) {
    const some = rows(places);
    const alone = opened.value.features(some.features, some.count, some.texts);
    for (const [at, row] of places.entries())
      expect(bits(alone.slice(at * own, (at + 1) * own))).toBe(
        bits(together.slice(row * own, (row + 1) * own)),
      );
  }
  // A text without a word is one without a weight.
  expect(together.subarray(own, 2 * own - 1).every((value) => value === 0)).toBe(true);
});

test('a device trains by the recipe as one whose rows were prepared beforehand, and with no recipe that was altered', async () => {
  if (points.kind !== 'table') throw new Error('Points are a table.');
  const names = points.columns.map((column) => column.name);
  const states = [
    names.map((name) => ({ name, to: 'number', hadMissing: false })),
    names.map((name, at) => ({ name, shift: 0.25 * at, factor: 1.5 + at })),
  ];
  const fitted = { recipe: { steps: [usualStep('cast'), usualStep('scale')] }, states, inputs: names };
  const pinned = pinRecipe(fitted, points, 'a test');
  if (!pinned.ok) throw new Error(pinned.error);
  const prepared = preparing({ contract: points }, pinned.value);
  if (!prepared.ok) throw new Error(prepared.error);
  const rows = clouds(40, 3);
  const uploaded = async (one: Script): Promise<string> => {
    await one.part.join({ dataset: 'own', name: null, backend: null });
    await one.until('checked in', () => one.coordinator.said.some(({ name }) => name === 'check-in'));
    one.link.deliver('configured', one.coordinator.configured(1));
    await one.until('averaging', (view) => view.state === 'averaging');
    return one.coordinator.uploads[0]!.offer.digest;
  };
  const withRecipe = async (recipe: PinnedRecipe): Promise<Script> => {
    const one = await script({ datasets: datasetsOf(rows) });
    one.coordinator.view = { ...one.coordinator.view, spec: { ...spec, recipe } };
    one.link.deliver('federation', one.coordinator.view);
    return one;
  };
  const beforehand = await script({ datasets: datasetsOf(prepared.value.rows(rows)) });
  const wanted = await uploaded(beforehand);
  expect(await uploaded(await withRecipe(pinned.value))).toBe(wanted);
  expect(await uploaded(await script({ datasets: datasetsOf(rows) }))).not.toBe(wanted);
  const altered = { ...pinned.value, text: pinned.value.text.replace('1.5', '1.6') };
  const joining = (await withRecipe(altered)).part.join({ dataset: 'own', name: null, backend: null });
  await expect(joining).rejects.toMatchObject({
    kind: 'wrong-recipe',
    message: expect.stringMatching(/altered/),
  });
});

test('more rows than are held once they are prepared are refused with how many may be, before one is', async () => {
  const { all, devices, pinned, prepared } = await twoDevices();
  const [training, heldOut] = devices as [Examples, Examples];
  const most = Math.floor(MOST_PREPARED / width(prepared, all));
  const asRead = (count: number): OwnRows => ({
    version: 'none' as OwnRows['version'],
    contract,
    training: { ...training, count },
    heldOut,
    unlabelled: 0,
    check: undefined,
  });
  const refused = await preparedOwnRows(asRead(most), { contract, recipe: pinned });
  expect(refused.ok ? 'taken' : refused.error).toMatch(
    new RegExp(
      `more than the 32 million numbers that a device holds.* Choose a dataset of at most ${most} rows\\.$`,
    ),
  );
  expect((await preparedOwnRows(asRead(training.count), { contract, recipe: pinned })).ok).toBe(true);
});

test('rows of a file are predicted as devices read and prepare them; what the contract refuses is left out by its row', async () => {
  const { written, all, prepared } = await twoDevices();
  const { contract: seen } = prepared;
  const built = networkOf('softmax-regression', seen, {});
  if (!built.ok) throw new Error(built.error.message);
  const network = built.value;
  const predictor = networkPredictor(network, [initialParameters(network, 5)]);
  if (predictor === undefined) throw new Error('The parameters are those of the network.');
  const model: OpenedModel = {
    chosen: { model: ownLayers(network.spec), options: {} },
    contract: seen,
    reading: { contract, preparing: prepared },
    preparation: undefined,
    windows: undefined,
    predictor,
    mean: new Float32Array(width(prepared, all)),
  };
  const text = [names, ...written.map((cells) => cells.slice(0, -1))].map((row) => row.join(',')).join('\n');
  const predicted = await predictFiles(model, [sourceOfText('new.csv', text)], {
    explains: null,
    openEngine: () => {
      throw new Error('Rows need no engine.');
    },
    decodeImage: () => Promise.reject(new Error('no pictures')),
    signal: new AbortController().signal,
  });
  if (!predicted.ok) throw new Error(predicted.error);
  const outputs = predictor.predict(prepared.features(all.features, all.count), all.count);
  const { predictions, leftOut, reasons } = predicted.value;
  expect(predictions.map(({ shares }) => [shares?.['no'], shares?.['yes']])).toEqual(
    Array.from({ length: all.count }, (_, row) => [outputs[2 * row], outputs[2 * row + 1]]),
  );
  expect(leftOut).toBe(written.length - all.count);
  expect(reasons[0]).toMatch(/^Row \d+: “/);
});

test('a recipe fitted elsewhere is taken where it holds no value of a row', async () => {
  const { all } = await twoDevices();
  const table = storedTable(contract, all);
  if (!table.ok) throw new Error(table.error);
  const { header, rows } = table.value;
  const numbers = { columns: ['age', 'mass'] };
  const drop = usualStep('drop', { columns: ['seen'] });
  const file = (...steps: ReturnType<typeof usualStep>[]): string => {
    const inputs = header.map((name) => (name === 'ill' ? '' : name));
    const fit = fitRecipe({ steps }, tableOf(inputs, rows, Array.from(rows.keys())));
    if (!fit.ok) throw new Error(fit.error.message);
    const { recipe, states, inputs: of } = fit.value.fitted;
    return JSON.stringify({
      recipe: {
        format: 'tributary-recipe',
        version: 1,
        steps: recipe.steps.map((one) => ({ step: one.step, ...one.settings })),
      },
      states,
      inputs: of,
    });
  };
  const refusal = (text: string): string => {
    const taken = pinFromFile(text, 'mine.json', contract, undefined);
    return taken.ok ? taken.value.from : taken.error;
  };
  const cast = usualStep('cast', numbers);
  const told = usualStep('one-hot', { columns: ['sex', 'pain'] });
  expect(refusal(file(drop, cast, told, usualStep('scale', numbers)))).toBe('the file mine.json');
  expect(refusal(file(drop, cast, told, usualStep('scale', { ...numbers, method: 'min-max' })))).toMatch(
    /would send values of somebody’s rows.*Step 4 \(scale\).*Use standard/,
  );
  expect(refusal(file(drop, cast, usualStep('impute', numbers), told))).toMatch(/Step 3 \(impute\)/);
  expect(refusal(file(drop, cast, usualStep('one-hot', { columns: ['sex', 'pain', 'age'] })))).toMatch(
    /holds the numbers that rows have in “age”/,
  );
  expect(refusal('{"format":"tributary-recipe","version":1,"steps":[]}')).toMatch(/Fit them from a survey/);
  expect(refusal('[]')).toMatch(/holds no recipe/);
});
