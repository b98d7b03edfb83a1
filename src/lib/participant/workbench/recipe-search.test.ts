// Which preparation a search takes before it looks for models.
import { expect, test } from 'vitest';
import { createSystemClock } from '../../adapters/system-clock.ts';
import { random } from '../../core/random.ts';
import { usualRecipe } from '../../core/recipe/recipe.ts';
import { sourceOfText } from '../../modalities/source-file.ts';
import { tableData, type BenchData } from './bench-data.ts';
import { skewnessOf, withSteps } from './further-steps.ts';
import { recipeTaken, searchRecipe, type RecipeTried } from './recipe-search.ts';
import { usualStep } from '../../core/recipe/recipe.ts';

const surroundings = {
  clock: createSystemClock(),
  openEngine: () => Promise.reject(new Error('no network is tried')),
};
type Draw = ReturnType<typeof random>;

async function table(
  header: string,
  rowOf: (draw: Draw) => readonly (number | string)[],
): Promise<BenchData> {
  const draw = random(5, 'recipes');
  const lines = Array.from({ length: 400 }, () => rowOf(draw).join(','));
  const settings = { target: 'y', kind: null, without: [], heldOut: 0.2, group: null, time: null };
  const read = await tableData([sourceOfText('table.csv', [header, ...lines].join('\n'))], settings);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}
async function asked(data: BenchData) {
  const heard: RecipeTried[] = [];
  const found = await searchRecipe(data, 1, surroundings, (one) => heard.push(one));
  expect(found.tried).toEqual(heard);
  return found;
}

test('logarithms are taken of what grows by its order, and the rows are prepared by them from then on', async () => {
  const data = await table('dose,y', (draw) => {
    const log = 3 * draw.normal();
    return [Math.exp(log).toFixed(4), (Math.log1p(Math.exp(log)) + 0.05 * draw.normal()).toFixed(4)];
  });
  const { data: prepared, tried } = await asked(data);
  expect(tried.map(({ title, isTaken }) => [title, isTaken]).slice(0, 3)).toEqual([
    ['As usual', true],
    ['Logarithms of “dose”', true],
    ['Bins of “dose” beside the numbers', false],
  ]);
  expect(tried[1]!.loss).toBeLessThan(tried[0]!.loss / 2);
  const { recipe } = recipeTaken(prepared, { recipes: tried });
  expect(JSON.stringify(recipe)).toContain('{"step":"log","columns":["dose"]}');
  expect(prepared.heldOut.targets).toEqual(data.heldOut.targets);
  expect(prepared.digest).toBe(data.digest);
});

test('what only a pair of categories tells is found by a line of the pair', async () => {
  const data = await table('town,month,other,y', (draw) => {
    const [town, month] = [draw.below(4), draw.below(4)];
    return [`t${town}`, `m${month}`, draw.normal().toFixed(3), (town + month) % 4 < 2 ? 'yes' : 'no'];
  });
  const { tried } = await asked(data);
  expect(tried.find(({ title }) => title.startsWith('Pairs'))).toMatchObject({ loss: 0, isTaken: true });
});

test('where nothing helps beyond luck the recipe stays as it is', async () => {
  const data = await table('a,b,kind,sort,y', (draw) => [
    draw.normal().toFixed(3),
    Math.exp(2 * draw.normal()).toFixed(3),
    `k${draw.below(3)}`,
    `s${draw.below(3)}`,
    draw.below(2) === 0 ? 'yes' : 'no',
  ]);
  const { data: prepared, tried } = await asked(data);
  expect(tried.length).toBe(4);
  expect(tried.slice(1).every(({ isTaken }) => !isTaken)).toBe(true);
  expect(prepared).toBe(data);
  expect(recipeTaken(prepared, { recipes: tried })).toEqual({});
});

test('further steps stand where they usually do, and skewness is that of the third moment', () => {
  const { steps } = withSteps(usualRecipe, [usualStep('bin', { columns: ['a'], keep: true })]);
  expect(steps.map(({ step }) => step)).toEqual([
    'dates',
    'terms',
    'cast',
    'drop-useless',
    'bin',
    'one-hot',
    'scale',
  ]);
  // Deviations −1, −1, −1, 3 and their mean square 3, mean cube 6: 6 / 3^1.5.
  expect(skewnessOf(Float64Array.of(0, 0, 0, 4, NaN))).toBeCloseTo(6 / 3 ** 1.5, 12);
});
