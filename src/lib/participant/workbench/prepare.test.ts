// What a recipe promises of a model: fitted to rows to learn from alone, and done to later rows to the same bits.
import { expect, test, vi } from 'vitest';
import { createReferenceTrainer } from '../../adapters/reference/reference-trainer.ts';
import { createSystemClock } from '../../adapters/system-clock.ts';
import { random } from '../../core/random.ts';
import { usualRecipe, usualStep, type Recipe } from '../../core/recipe/recipe.ts';
import { steps } from '../../core/recipe/steps/index.ts';
import type { Table } from '../../core/recipe/table.ts';
import { textAt } from '../../core/recipe/table.ts';
import { readRawTable } from '../../modalities/raw-table.ts';
import { sourceOfText } from '../../modalities/source-file.ts';
import { createEngine } from '../engine.ts';
import { tableData, type BenchData, type TableSettings } from './bench-data.ts';
import type { FitSurroundings } from './fit.ts';
import { readModelFile, writeModelFile } from './model-file.ts';
import { benchModelNamed, chosenWith } from './models.ts';
import { meanRow } from '../../core/explanation/mean-row.ts';
import { servedRows } from './prepare.ts';
import { runBench } from './run-bench.ts';

const surroundings: FitSurroundings = {
  clock: createSystemClock(),
  openEngine: async () =>
    createEngine({ backend: 'reference', description: '', reason: '', reports: [] }, async () =>
      createReferenceTrainer(),
    ),
};

async function dataOf(text: string, settings: Partial<TableSettings> = {}): Promise<BenchData> {
  const usual = { target: 'kind', kind: null, without: [], heldOut: 0.2, group: null, time: null } as const;
  const read = await tableData([sourceOfText('table.csv', text)], { ...usual, ...settings });
  if (!read.ok) throw new Error(read.error);
  return read.value;
}
async function rawOf(text: string) {
  const table = await readRawTable([sourceOfText('rows.csv', text)], '');
  if (!table.ok) throw new Error(table.error);
  return table.value;
}

/** A table with something for every step: gaps, dirty numbers, towns in several spellings, dates, texts. */
function visits(count: number, seed: number): string {
  const draw = random(seed, 'visits');
  const fillers = ['cough', 'fever', 'rest', 'pain', 'sleep', 'walk', 'diet', 'knee'];
  const lines = ['visit_id,age,weight,town,day,note,kind'];
  for (let row = 0; row < count; row += 1) {
    const isIll = draw.below(2) === 1;
    const age = draw.below(10) === 0 ? '' : String(20 + draw.below(60));
    const weight = `${(60 + 20 * draw.normal()).toFixed(1)}${draw.below(2) === 0 ? ' kg' : ''}`;
    const town = ['Ulm', 'ulm', 'Bonn', 'BONN ', 'Kiel'][draw.below(5)] ?? '';
    const day = `2024-${String(1 + draw.below(12)).padStart(2, '0')}-${String(1 + draw.below(28)).padStart(2, '0')}`;
    const words = Array.from({ length: 6 }, () => fillers[draw.below(fillers.length)]);
    lines.push(
      `v${row},${age},${weight},${town},${day},${words.join(' ')} ${isIll ? 'severe' : 'mild'} n${row},${isIll ? 'ill' : 'well'}`,
    );
  }
  return lines.join('\n');
}

const everyStep: Recipe = {
  steps: [
    usualStep('trim', { case: 'lower' }),
    usualStep('replace', { columns: ['weight'], find: '\\s*kg$', how: 'pattern' }),
    usualStep('dates', { cyclic: true }),
    usualStep('tf-idf', { columns: ['note'], most: 12, rarest: 2 }),
    usualStep('cast'),
    usualStep('drop-useless'),
    usualStep('dedupe'),
    usualStep('impute', { columns: ['age'], method: 'median', indicator: true }),
    usualStep('clip', { columns: ['weight'], low: 0.05, high: 0.95 }),
    usualStep('log', { columns: ['weight'] }),
    usualStep('bin', { columns: ['age'], bins: 4, keep: true }),
    usualStep('cross', { columns: ['town', 'age (bin)'] }),
    usualStep('one-hot', { columns: ['town', 'town × age (bin)'], rarest: 3 }),
    usualStep('scale', { method: 'robust' }),
  ],
};

test('what two steps have to say alike is said once', async () => {
  const lines = Array.from({ length: 40 }, (_, row) => `${row},${row % 3 === 0 ? 'ill' : 'well'}`);
  const found = usualStep('replace', { find: 'q' });
  const { notes } = await dataOf(['age,kind', ...lines].join('\n'), {
    recipe: { steps: [found, found, ...usualRecipe.steps] },
  });
  expect(notes).toContain('No cell of the rows to learn from holds it.');
  expect(new Set(notes).size).toBe(notes.length);
});

test('a thousand rows are the same bits on the way of training and on that of predicting', async () => {
  const text = visits(1000, 1);
  const data = await dataOf(text, { recipe: everyStep });
  const { contract, preparation, training, heldOut } = data;
  if (contract.kind !== 'table' || preparation === undefined) throw new Error('It is a table.');
  const raw = await rawOf(text);
  const of = { contract, mean: meanRow(contract, training) };
  const served = servedRows(JSON.parse(JSON.stringify(preparation.fitted)), of, raw);
  // More rows than are held are refused before a step makes a column of them.
  const many = servedRows(preparation.fitted, of, { header: raw.header, rows: Array(2 ** 27) });
  expect(many.ok ? 'served' : many.error).toMatch(/× 134217728 values, which is more than is held/);
  if (!served.ok) throw new Error(served.error);
  const width = served.value.features.length / 1000;
  const bitsAt = (features: ArrayLike<number>, row: number): string =>
    new Uint32Array(Float32Array.from(features).slice(row * width, (row + 1) * width).buffer).join();
  const seen = new Set(Array.from({ length: 1000 }, (_, row) => bitsAt(served.value.features, row)));
  // Every note ends in a word of its own that no other row has, and `day` and weights differ: rows are told apart.
  expect(seen.size).toBeGreaterThan(990);
  expect(training.count + heldOut.count).toBe(1000);
  let same = 0;
  for (const rows of [training, heldOut])
    for (let row = 0; row < rows.count; row += 1) if (seen.has(bitsAt(rows.features, row))) same += 1;
  expect(same).toBe(1000);
  // And in place: the n-th row to learn from is the row of the file that it says.
  const width32 = Float32Array.from(training.features);
  for (const at of [0, 17, training.count - 1])
    expect(bitsAt(width32, at)).toBe(bitsAt(served.value.features, data.trainingPlace(at) - 1));
});

test('no step is fitted to a row that is held out', async () => {
  const seen: { readonly step: string; readonly table: Table }[] = [];
  for (const step of steps) {
    const { fit } = step;
    vi.spyOn(step, 'fit').mockImplementation((settings, table) => {
      seen.push({ step: step.name, table });
      return fit(settings, table);
    });
  }
  let data: BenchData;
  try {
    data = await dataOf(visits(300, 2), { recipe: everyStep });
  } finally {
    vi.restoreAllMocks();
  }
  expect(seen.map(({ step }) => step)).toEqual(everyStep.steps.map(({ step }) => step));
  const learnt = new Set(Array.from({ length: data.training.count }, (_, at) => data.trainingPlace(at) - 1));
  expect(learnt.size).toBe(240);
  for (const { table } of seen) {
    expect(table.rows).toBe(240);
    for (const row of table.origins) expect(learnt.has(row)).toBe(true);
  }
  // Not by their numbers alone: the names of held-out rows are in no cell that was shown.
  const shown = new Set(
    seen[0]?.table.columns.flatMap((column) => [...Array(240).keys()].map((row) => textAt(column, row))),
  );
  for (const name of data.heldOutCells('visit_id') ?? []) expect(shown.has(name)).toBe(false);
});

test('a model’s file prepares a dirty row as a clean one, and the recipe lies inside its seal', async () => {
  const data = await dataOf(visits(200, 3), { recipe: everyStep });
  const chosen = chosenWith(benchModelNamed('logistic')!, {});
  const done = await runBench({ data, chosen, seed: 1 }, surroundings, () => {});
  if (!done.ok) throw new Error(done.error);
  const { contract, training, digest } = data;
  const preparation = data.preparation?.fitted;
  const text = writeModelFile(done.value.fitted, {
    contract,
    preparation,
    chosen,
    seed: 1,
    data: digest,
    training,
  });
  const opened = readModelFile(text);
  if (!opened.ok) throw new Error(opened.error);
  const says = async (rows: string): Promise<readonly number[]> => {
    if (opened.value.contract.kind !== 'table' || opened.value.preparation === undefined)
      throw new Error('A table.');
    const served = servedRows(
      opened.value.preparation,
      { contract: opened.value.contract, mean: opened.value.mean },
      await rawOf(rows),
    );
    if (!served.ok) throw new Error(served.error);
    return [...opened.value.predictor.predict(served.value.features, 1)];
  };
  const clean = await says('age,weight,town,day,note\n41,71.5,ulm,2024-03-05,severe fever and cough');
  // Another order, another case, a unit, spaces, a column that the model never had.
  const dirty = await says(
    'note,town,extra,weight,age,day\nSEVERE  Fever and cough, ULM ,9,71.5 KG,41,2024-03-05',
  );
  expect(dirty).toEqual(clean);
  expect(await says('age,weight,town,day,note\n41,71.5,bonn,2024-03-05,mild rest')).not.toEqual(clean);
  const turned = readModelFile(text.replace('"case":"lower"', '"case":"upper"'));
  expect(turned.ok ? '' : turned.error).toMatch(/was changed since it was saved/);
});

test('the same recipe and rows are the same digest; another recipe is another, and undone it is the first', async () => {
  const text = visits(120, 4);
  const first = await dataOf(text, { recipe: everyStep });
  const again = await dataOf(text, { recipe: JSON.parse(JSON.stringify(everyStep)) });
  expect(again.preparation?.digest).toBe(first.preparation?.digest);
  const other = await dataOf(text, { recipe: { steps: everyStep.steps.with(-1, usualStep('scale')) } });
  expect(other.preparation?.digest).not.toBe(first.preparation?.digest);
  // What is prepared changes nothing of which rows these are.
  expect(other.digest).toBe(first.digest);
  const usual = await dataOf(text);
  expect(usual.preparation?.fitted.recipe).toEqual(usualRecipe);
});

test('rows that differ in their names alone stand on one side', async () => {
  const rows = Array.from({ length: 60 }, (_, at) => `${(at * 37) % 60},${at % 3 === 0 ? 'x' : 'y'}`);
  const text = (column: string): string =>
    [`${column},a,kind`, ...[...rows, ...rows].map((row, at) => `${at},${row}`)].join('\n');
  /** Held-out rows whose twin, known by its last column, is learnt from. */
  const straddling = ({ training, heldOut }: BenchData): number => {
    const lastOf = ({ features, count }: BenchData['training']): number[] => {
      const width = features.length / count;
      return Array.from({ length: count }, (_, row) => features[row * width + width - 1]!);
    };
    const learnt = new Set(lastOf(training));
    return lastOf(heldOut).filter((value) => learnt.has(value)).length;
  };
  // By its name, or because the recipe drops it.
  const named = await dataOf(text('row_id'));
  const dropped = await dataOf(text('serial'), {
    recipe: { steps: [usualStep('drop', { columns: ['serial'] }), ...usualRecipe.steps] },
  });
  for (const data of [named, dropped]) {
    expect(data.contract.kind === 'table' && data.contract.columns.map((column) => column.name)).toEqual([
      'a',
    ]);
    expect(data.heldOut.count).toBe(24);
    expect(straddling(data)).toBe(0);
  }
  // Where the number counts as a measure, twins are strangers.
  expect(straddling(await dataOf(text('serial')))).toBeGreaterThan(5);
});

test('a recipe that leaves too little is refused in a sentence', async () => {
  const read = await tableData([sourceOfText('t.csv', visits(40, 6))], {
    target: 'kind',
    kind: null,
    without: [],
    heldOut: 0.2,
    group: null,
    time: null,
    recipe: { steps: [usualStep('drop', { columns: ['town', 'height'] })] },
  });
  expect(read.ok ? '' : read.error).toMatch(/^Step 1 \(drop\): there is no column “height” here/);
  const lines = Array.from(
    { length: 40 },
    (_, row) => `${row},${row === 0 ? 7 : ''},${row % 2 === 0 ? 'x' : 'y'}`,
  );
  const few = tableData([sourceOfText('t.csv', ['when,b,kind', ...lines].join('\n'))], {
    target: 'kind',
    kind: null,
    without: [],
    heldOut: 0.2,
    group: null,
    time: 'when',
    recipe: { steps: [usualStep('cast'), usualStep('drop-rows', { columns: ['b'] })] },
  });
  expect(await few).toEqual({
    ok: false,
    error: expect.stringMatching(/leaves 1 rows to learn from, and 2 are/),
  });
});

test('a value that rows to predict lack and no row learnt from did is the usual one where no step scales, and is told', async () => {
  const lines = Array.from(
    { length: 60 },
    (_, row) => `${1000 + row},${row % 2 === 0 ? 'a' : 'b'},${row % 2}`,
  );
  const recipe = { steps: [usualStep('cast'), usualStep('one-hot')] };
  const data = await dataOf(['mass,kind,y', ...lines].join('\n'), { recipe, target: 'y', kind: 'classes' });
  const { contract, preparation, training } = data;
  if (contract.kind !== 'table' || preparation === undefined) throw new Error('It is a table.');
  const mean = meanRow(contract, training);
  expect(mean[0]).toBeGreaterThan(1000);
  const served = servedRows(preparation.fitted, { contract, mean }, await rawOf('mass,kind\n,a\n1010,a\n'));
  if (!served.ok) throw new Error(served.error);
  const width = mean.length;
  expect([served.value.features[0], served.value.features[width]]).toEqual([mean[0], 1010]);
  expect(served.value.stoodIn).toBe(1);
});
