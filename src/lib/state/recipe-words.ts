// A recipe in a person's words: what a step is set to, and what it did to the rows.
import type { Field, Setting, Settings } from '../core/recipe/fields.ts';
import type { StepReport } from '../core/recipe/fit.ts';
import type { RecipeStep } from '../core/recipe/recipe.ts';
import type { Step } from '../core/recipe/step.ts';
import type { TableCounts } from '../core/recipe/table.ts';
import { stepNamed } from '../core/recipe/steps/index.ts';
import { listOf } from '../core/spoken-list.ts';
import { count } from './format.ts';

const NAMED = 4;

export const titleOf = ({ step }: RecipeStep): string => stepNamed(step)?.title ?? step;

/** What differs from usual, as phrases with middle dots between; "as usual" where nothing does. */
export function settingsWords({ step: name, settings }: RecipeStep): string {
  const step = stepNamed(name);
  if (step === undefined) return '';
  const said = Object.entries(step.fields).flatMap(([setting, field]) => {
    const value = settings[setting];
    return value === undefined || !isTold(field, value) ? [] : [fieldWords(field, value)];
  });
  return said.length === 0 ? (Object.keys(step.fields).length === 0 ? '' : 'as usual') : said.join(' · ');
}

const isTold = (field: Field, value: Setting): boolean =>
  field.type === 'columns' ? value !== null : value !== field.default;

function fieldWords(field: Field, value: Setting): string {
  if (Array.isArray(value)) return listOf(value as readonly string[], NAMED);
  if (field.type === 'flag')
    return value === true ? field.title.toLowerCase() : `not ${field.title.toLowerCase()}`;
  return `${field.title.toLowerCase()} ${field.type === 'text' ? `“${String(value)}”` : String(value)}`;
}

/** "rows 120 → 110, missing 8 → 0"; empty where nothing of it changed. */
export function changeWords({ before, after }: Pick<StepReport, 'before' | 'after'>): string {
  const told = (what: string, from: number, to: number): string[] =>
    from === to ? [] : [`${what} ${count(from)} → ${count(to)}`];
  return [
    ...told('rows', before.rows, after.rows),
    ...told('columns', before.columns, after.columns),
    ...told('missing', before.missing, after.missing),
  ].join(', ');
}

/** "239 → 230 rows, 9 columns, 93 → 0 cells without a value": of all steps together. */
export function totalWords(before: TableCounts, after: TableCounts): string {
  const told = (from: number, to: number): string =>
    from === to ? count(from) : `${count(from)} → ${count(to)}`;
  return `${told(before.rows, after.rows)} rows, ${told(before.columns, after.columns)} columns, ${told(before.missing, after.missing)} cells without a value`;
}

/** What is wrong with settings of a form, by field where it is one's; undefined: nothing. */
export function settingTrouble(
  step: Step,
  settings: Settings,
): { readonly field: string | undefined; readonly message: string } | undefined {
  const read = step.readSettings(settings);
  if (read.ok) return undefined;
  const { setting, message } = read.error;
  const field = setting === undefined ? undefined : step.fields[setting];
  return {
    field: setting,
    message:
      message ??
      (field?.type === 'columns'
        ? `Choose ${field.least === undefined || field.least === 1 ? 'a column' : `${field.least} columns`} at least.`
        : field?.type === 'number'
          ? `A ${field.isWhole === true ? 'whole number' : 'number'} from ${field.minimum} to ${field.maximum}.`
          : 'This cannot be read.'),
  };
}
