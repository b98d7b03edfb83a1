// What a recipe does to the rows of files, step by step: for `tributary data --recipe`. All rows are looked at, for what is shown; a
// training fits the recipe anew, to the rows that it learns from.
import { readFile } from 'node:fs/promises';
import { sourceFiles } from '#lib/adapters/node/data-path.ts';
import { fitRecipe } from '#lib/core/recipe/fit.ts';
import { readRecipe, recipeDigest, usualRecipe, type Recipe } from '#lib/core/recipe/recipe.ts';
import { tableOf } from '#lib/core/recipe/table.ts';
import { readRawTable } from '#lib/modalities/raw-table.ts';
import { isHidden } from '#lib/modalities/source-file.ts';
import type { TableReading } from '#lib/modalities/table/table-reading.ts';
import { spokenChange } from './lines.ts';

export interface ShownRecipe {
  readonly recipe: Recipe;
  readonly lines: readonly string[];
}

/** `file`: of a recipe; the usual one where it is left out. `target` is no input of it. Rejects with a sentence. */
export async function recipeOnRows(
  paths: readonly string[],
  file: string | undefined,
  target: string | undefined,
  reading?: TableReading,
): Promise<ShownRecipe> {
  const recipe = file === undefined ? usualRecipe : await recipeIn(file);
  const files = (await sourceFiles(paths, reading)).filter((one) => !isHidden(one.path));
  const table = await readRawTable(files, target ?? '');
  if (!table.ok) throw new Error(table.error);
  const { header, rows } = table.value;
  if (target !== undefined && !header.includes(target))
    throw new Error(`There is no column “${target}”. The header has ${header.join(', ')}.`);
  const inputs = header.map((name) => (name === target ? '' : name));
  const at = target === undefined ? -1 : header.indexOf(target);
  const targets = at < 0 ? undefined : rows.map((row) => row[at] ?? '');
  const done = fitRecipe(recipe, tableOf(inputs, rows, Array.from(rows.keys()), targets));
  const reports = done.ok ? done.value.reports : done.error.reports;
  const lines = [
    `Recipe ${recipeDigest(recipe).slice(0, 16)} on ${rows.length.toLocaleString('en')} rows${target === undefined ? '; name the target (--target), so that it is no input' : ''}:`,
    ...reports.flatMap((report, place) => {
      const change = spokenChange(report);
      return [
        `${place + 1}. ${report.step}: ${change === '' ? 'as many rows, columns and values as before' : change}`,
        ...report.notes.map((note) => `   ${note}`),
      ];
    }),
  ];
  return { recipe, lines: done.ok ? lines : [...lines, done.error.message] };
}

async function recipeIn(path: string): Promise<Recipe> {
  let given: unknown;
  try {
    given = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new Error(
      `${path} cannot be read as a recipe: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  const read = readRecipe(given);
  if (!read.ok) throw new Error(`${path}: ${read.error}`);
  return read.value;
}
