// The workbench from a file's bytes to its result, on made-up tables.
import { expect, test } from 'vitest';
import { createReferenceTrainer } from '../../adapters/reference/reference-trainer.ts';
import { readOptions } from '../../core/named-options.ts';
import { random } from '../../core/random.ts';
import { sourceOfText } from '../../modalities/source-file.ts';
import { createSystemClock } from '../../adapters/system-clock.ts';
import { createEngine } from '../engine.ts';
import { searchModels } from './auto.ts';
import { tableData, type BenchData, type TableSettings } from './bench-data.ts';
import type { FitSurroundings } from './fit.ts';
import { benchModelNamed, type ChosenModel } from './models.ts';
import { runBench, type BenchEvent } from './run-bench.ts';

const usual: TableSettings = {
  target: 'kind',
  kind: null,
  without: [],
  heldOut: 0.2,
  group: null,
  time: null,
};
const clock = createSystemClock();
const surroundings: FitSurroundings = {
  clock,
  openEngine: async () =>
    createEngine({ backend: 'reference', description: '', reason: '', reports: [] }, async () =>
      createReferenceTrainer(),
    ),
};

async function dataOf(text: string, settings: Partial<TableSettings> = {}): Promise<BenchData> {
  const read = await tableData([sourceOfText('table.csv', text)], { ...usual, ...settings });
  if (!read.ok) throw new Error(read.error);
  return read.value;
}
async function refusalOf(text: string, settings: Partial<TableSettings> = {}): Promise<string> {
  const read = await tableData([sourceOfText('table.csv', text)], { ...usual, ...settings });
  return read.ok ? 'taken' : read.error;
}

/** Two kinds of flower that two measures tell apart, but for noise; `shuffled`: which is which is left to chance. */
function flowers(count: number, seed: number, shuffled = false): string {
  const draw = random(seed, 'flowers');
  const lines = ['length,width,colour,kind'];
  for (let row = 0; row < count; row += 1) {
    const kind = draw.below(2);
    const length = 4 + 2 * kind + draw.normal() * 0.7;
    const width = 3 - kind + draw.normal() * 0.5;
    const colour = ['red', 'blue', 'white'][draw.below(3)];
    const told = shuffled ? draw.below(2) : kind;
    lines.push(`${length.toFixed(2)},${width.toFixed(2)},${colour},${told === 1 ? 'lily' : 'rose'}`);
  }
  return lines.join('\n');
}

function chosen(name: string, given: Record<string, number> = {}): ChosenModel {
  const model = benchModelNamed(name)!;
  const options = readOptions(model, given);
  if (!options.ok) throw new Error(options.error.message);
  return { model, options: options.value };
}

async function run(
  data: BenchData,
  model: ChosenModel,
  seed = 1,
  tell: (event: BenchEvent) => void = () => {},
) {
  const done = await runBench({ data, chosen: model, seed }, surroundings, tell);
  if (!done.ok) throw new Error(done.error);
  done.value.fitted.close();
  return done.value.result;
}

test('baselines come first, whatever the model, and each is compared with it', async () => {
  const told: string[] = [];
  const result = await run(
    await dataOf(flowers(300, 1)),
    chosen('boosted-trees', { stages: 20 }),
    1,
    (event) => {
      if (event.type === 'baseline' || event.type === 'model') told.push(event.entry.model);
    },
  );
  expect(told).toEqual(['constant', 'rule', 'logistic', 'k-nn', 'boosted-trees']);
  expect(result.verdict).toBe('signal');
  const [floor] = result.baselines;
  expect(floor?.comparison?.interval?.low).toBeGreaterThan(0);
  expect(floor?.comparison?.pValue).toBeLessThan(0.001);
});

test.each(['boosted-trees', 'forest', 'mlp'])(
  '%s of the same seed is the same to the last bit',
  async (name) => {
    const data = await dataOf(flowers(120, 2));
    const small = { 'boosted-trees': { stages: 5 }, forest: { trees: 5 }, mlp: { epochs: 2, units: 8 } }[
      name
    ];
    const first = await run(data, chosen(name, small));
    expect(await run(data, chosen(name, small))).toEqual(first);
    if (name !== 'boosted-trees')
      expect((await run(data, chosen(name, small), 2)).model.digest).not.toBe(first.model.digest);
  },
);

test('where chance says which is which there is no signal, in 19 of 20 seeds and more; where the columns do, there is', async () => {
  let none = 0;
  for (let seed = 0; seed < 20; seed += 1) {
    const result = await run(await dataOf(flowers(150, seed, true)), chosen('logistic'), seed);
    if (result.verdict === 'no signal') none += 1;
  }
  expect(none).toBeGreaterThanOrEqual(19);
});

test('the encoding is fitted on training rows alone: what a held-out row holds moves no scale', async () => {
  const text = flowers(200, 3);
  const [header = '', ...lines] = text.split('\n');
  expect(await refusalOf(text, { time: 'when' })).toContain('no column “when”');
  // Held out by time: the last rows, whose lengths are made absurd and whose colour nobody has seen.
  const timed = (change: (line: string) => string): string =>
    [`when,${header}`, ...lines.map((line, row) => `${row},${row >= 160 ? change(line) : line}`)].join('\n');
  const plain = await dataOf(
    timed((line) => line),
    { time: 'when' },
  );
  const odd = await dataOf(
    timed((line) => line.replace(/^[\d.]+/, '900').replace(/red|blue|white/, 'green')),
    {
      time: 'when',
    },
  );
  expect(plain.heldOut.count).toBe(40);
  expect(odd.contract).toEqual(plain.contract);
  expect(odd.training.features).toEqual(plain.training.features);
  expect(odd.heldOut.count).toBe(40);
  expect(odd.notes.join()).toContain('40 cells of held-out rows hold what no training row does');
});

test('groups never straddle, and the column that names them is not learnt', async () => {
  const [header = '', ...lines] = flowers(200, 4).split('\n');
  const text = [`patient,${header}`, ...lines.map((line, row) => `${row % 40},${line}`)].join('\n');
  const data = await dataOf(text, { group: 'patient' });
  const kept = new Set(data.heldOutCells('patient'));
  expect(kept.size).toBeGreaterThan(2);
  // Every row of a group is held out with it: five of each, but for rows that are equal.
  expect(data.heldOut.count).toBe(kept.size * 5);
  expect(data.contract.kind === 'table' && data.contract.columns.map((column) => column.name)).not.toContain(
    'patient',
  );
});

test('class proportions are kept to one row, and equal rows stand on one side', async () => {
  const data = await dataOf(flowers(500, 5));
  const share = (targets: ArrayLike<number>): number =>
    Array.from(targets).filter((target) => target === 1).length / targets.length;
  expect(Math.abs(share(data.training.targets) - share(data.heldOut.targets))).toBeLessThan(0.01);
});

test('a target may be whether a number lies above another; dates become parts', async () => {
  const lines = Array.from(
    { length: 60 },
    (_, row) => `2024-0${(row % 9) + 1}-1${row % 7},${row % 13},${row % 5}`,
  );
  const data = await dataOf(['day,x,num', ...lines].join('\n'), { target: 'num>2' });
  expect(data.contract.kind === 'table' && data.contract.target).toMatchObject({
    type: 'classes',
    classes: [{ label: 'above 2' }, { label: 'up to 2' }],
  });
  expect(data.contract.kind === 'table' && data.contract.columns.map((column) => column.name)).toEqual([
    'day (month)',
    'day (day)',
    'day (weekday)',
    'x',
  ]);
});

test.each([
  ['', 'The file is empty'],
  ['kind', 'a header line and no rows'],
  ['a,kind\n1,x\n2,y', 'both need 2 at least'],
  ['a,b\n1,2\n3,4', 'There is no column “kind” to predict'],
  ['kind,kind\nx,y\n', 'names “kind” twice'],
  ['a,kind\n1,\n2,\n', 'No row has a value of “kind”'],
  [
    `name,kind\n${Array.from({ length: 60 }, (_, i) => `text ${i},${i % 2}`).join('\n')}`,
    'no column to learn from',
  ],
  [
    `a,kind\n${Array.from({ length: 60 }, (_, i) => `${i},same`).join('\n')}`,
    'has the same value in every row',
  ],
  [`a,kind\n${Array.from({ length: 300 }, (_, i) => `${i},word ${i}`).join('\n')}`, '300 different values'],
  [`a,kind\n${Array.from({ length: 60 }, (_, i) => `${i}`).join('\n')}`, 'has as many cells as the header'],
])('what cannot be learnt from is refused in a sentence (%#)', async (text, message) => {
  expect(await refusalOf(text)).toContain(message);
});

test('a search is the same for the same seed, goes on from what is known, and tells why', async () => {
  const data = await dataOf(flowers(160, 6));
  const search = {
    contract: data.contract,
    rows: data.training,
    seed: 3,
    deadline: null,
    mostTrials: 10,
    known: [],
  };
  const isQuick = (name: string): boolean => name !== 'mlp' && name !== 'forest' && name !== 'boosted-trees';
  const only = { ...search, isTried: isQuick };
  const whole = await searchModels(only, surroundings, () => {});
  if (!whole.ok) throw new Error(whole.error);
  expect(whole.value.trials).toHaveLength(10);
  expect(await searchModels(only, surroundings, () => {})).toEqual(whole);
  // Cut off after six: those are not fitted again, and the end is the same.
  const known = whole.value.trials.slice(0, 6).map((trial) => ({ ...trial, standardError: 77 }));
  const resumed = await searchModels({ ...only, known }, surroundings, () => {});
  if (!resumed.ok) throw new Error(resumed.error);
  expect(resumed.value.trials.slice(0, 6)).toEqual(known);
  expect(resumed.value.trials.slice(6)).toEqual(whole.value.trials.slice(6));
  expect(whole.value.leaders[0]?.reason).toContain('Lowest loss');
  expect(whole.value.leaders.map((leader) => leader.loss)).toEqual(
    whole.value.leaders.map((leader) => leader.loss).toSorted((a, b) => (a ?? 0) - (b ?? 0)),
  );
});

test('a run that is cancelled ends with the reason, between two steps', async () => {
  const data = await dataOf(flowers(200, 7));
  const cancel = new AbortController();
  const reason = new Error('Stopped.');
  const done = runBench(
    { data, chosen: chosen('forest', { trees: 2000 }), seed: 1 },
    { ...surroundings, signal: cancel.signal },
    (event) => {
      if (event.type === 'progress' && event.model === 'forest') cancel.abort(reason);
    },
  );
  await expect(done).rejects.toBe(reason);
});
