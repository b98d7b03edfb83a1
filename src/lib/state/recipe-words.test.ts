import { expect, test } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import { usualSettings } from '../core/recipe/fields.ts';
import { historyJson, newHistory } from '../core/recipe/history.ts';
import { placeFor } from '../core/recipe/place-for.ts';
import { recipeDigest, usualRecipe, usualStep } from '../core/recipe/recipe.ts';
import { stepNamed, steps } from '../core/recipe/steps/index.ts';
import { DatasetRecipe, type RecipeStore } from './dataset-recipe.svelte.ts';
import { changeWords, settingsWords, settingTrouble, titleOf, totalWords } from './recipe-words.ts';

test('a step says what of it differs from usual', () => {
  expect(settingsWords(usualStep('impute'))).toBe('as usual');
  expect(settingsWords(usualStep('drop-useless'))).toBe('');
  expect(
    settingsWords(
      usualStep('impute', { columns: ['a', 'b', 'c', 'd', 'e'], method: 'mean', indicator: true }),
    ),
  ).toBe('a, b, c, d and 1 more · with mean · a column that says where');
  expect(settingsWords(usualStep('replace', { find: 'kg', how: 'part' }))).toBe('find “kg” · as part');
  expect(titleOf(usualStep('cast'))).toBe('Numbers out of texts');
});

test('what a step changed is told, and what it did not is not', () => {
  const before = { rows: 1200, columns: 7, missing: 8 };
  expect(changeWords({ before, after: { rows: 1190, columns: 7, missing: 0 } })).toBe(
    'rows 1,200 → 1,190, missing 8 → 0',
  );
  expect(changeWords({ before, after: before })).toBe('');
  expect(totalWords(before, { ...before, columns: 9 })).toBe(
    '1,200 rows, 7 → 9 columns, 8 cells without a value',
  );
});

test('a new step comes before the first that usually follows it', () => {
  const { steps: own } = usualRecipe;
  expect(own.map(({ step }) => step)).toEqual(['dates', 'terms', 'cast', 'drop-useless', 'one-hot', 'scale']);
  expect(placeFor(own, 'trim')).toBe(0);
  expect(placeFor(own, 'impute')).toBe(4);
  expect(placeFor(own, 'scale')).toBe(6);
});

test('every step can be filled in: its usual settings are right, or name the columns that it needs', () => {
  for (const step of steps) {
    const trouble = settingTrouble(step, usualSettings(step.fields));
    if (trouble !== undefined)
      expect([step.name, trouble.message]).toEqual([
        step.name,
        expect.stringMatching(/^(Choose|it has nothing to find)/),
      ]);
  }
  expect(settingTrouble(stepNamed('bin')!, { columns: ['a'], bins: NaN })).toEqual({
    field: 'bins',
    message: 'A whole number from 2 to 100.',
  });
  expect(settingTrouble(stepNamed('cross')!, { columns: ['a'] })?.message).toBe('Choose 2 columns at least.');
});

async function kept(): Promise<RecipeStore> {
  const store = memoryDatasetStore();
  const writer = await store.write({
    id: 'set',
    federation: null,
    name: 'set',
    contract: { kind: 'image', height: 1, width: 1, channels: 1, classes: ['a', 'b'] },
    source: 'a test',
  });
  const one = {
    count: 1,
    features: Uint8Array.of(1),
    targets: Int32Array.of(0),
    hashes: Uint32Array.of(1, 2),
  };
  await writer.append(one, 1);
  await writer.finish();
  return store;
}

test('changes of a recipe are kept in order, undone to the digest that was, and found again', async () => {
  const store = await kept();
  const recipe = new DatasetRecipe('set', async () => store);
  await recipe.load();
  expect(recipe.isUsual).toBe(true);
  const usual = recipeDigest(recipe.recipe);
  expect(recipe.add(usualStep('impute'))).toBe(4);
  recipe.move(4, -1);
  recipe.move(0, -1);
  recipe.set(3, usualStep('impute', { method: 'mean' }));
  recipe.remove(0);
  expect(recipe.recipe.steps.map(({ step }) => step)).toEqual([
    'terms',
    'cast',
    'impute',
    'drop-useless',
    'one-hot',
    'scale',
  ]);
  await recipe.saved();
  const again = new DatasetRecipe('set', async () => store);
  await again.load();
  expect(again.history).toEqual(recipe.history);
  for (let undone = 0; undone < 4; undone += 1) again.undo();
  expect(recipeDigest(again.recipe)).toBe(usual);
  expect(again.canUndo).toBe(false);
  again.redo();
  again.reset();
  expect(again.isUsual).toBe(true);
  expect(again.canRedo).toBe(false);
  await again.saved();
  expect(await store.recipe('set')).toEqual(historyJson(again.history));
});

test('what cannot be kept or read is said, and the usual steps stand', async () => {
  const broken = new DatasetRecipe('none', kept);
  broken.add(usualStep('trim'));
  await broken.saved();
  expect(broken.trouble).toMatch(/^The steps are not kept: There is no dataset none/);
  const store = await kept();
  await store.keepRecipe('set', { now: 'later' });
  const later = new DatasetRecipe('set', async () => store);
  await later.load();
  expect(later.trouble).toMatch(/cannot be read\. The usual steps stand here instead/);
  expect(later.history).toEqual(newHistory());
  // A program that cannot read it leaves it as it is.
  later.add(usualStep('trim'));
  await later.saved();
  expect(later.canUndo).toBe(true);
  expect(later.trouble).toMatch(/is not kept/);
  expect(await store.recipe('set')).toEqual({ now: 'later' });
});
