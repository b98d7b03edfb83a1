// The settings of a step, declared once: what a recipe's JSON may say of it, what a form asks for and what a refusal names follow from
// the same list.
import * as v from 'valibot';

export type Field =
  /** Names of columns; null: all that suit. */
  | {
      readonly type: 'columns';
      readonly title: string;
      readonly of: 'number' | 'text' | 'any';
      /** They must be named, at least so many. */
      readonly least?: number;
    }
  | {
      readonly type: 'choice';
      readonly title: string;
      readonly choices: readonly string[];
      readonly default: string;
    }
  | {
      readonly type: 'number';
      readonly title: string;
      readonly minimum: number;
      readonly maximum: number;
      readonly isWhole?: true;
      readonly default: number;
    }
  | { readonly type: 'text'; readonly title: string; readonly default: string }
  | { readonly type: 'flag'; readonly title: string; readonly default: boolean };

export type Fields = Readonly<Record<string, Field>>;

export type SettingOf<F extends Field> = F extends { type: 'columns'; least: number }
  ? readonly string[]
  : F extends { type: 'columns' }
    ? readonly string[] | null
    : F extends { type: 'choice'; choices: readonly (infer Choice)[] }
      ? Choice
      : F extends { type: 'number' }
        ? number
        : F extends { type: 'flag' }
          ? boolean
          : string;
export type SettingsOf<F extends Fields> = { readonly [Name in keyof F]: SettingOf<F[Name]> };
export type Setting = string | number | boolean | null | readonly string[];
export type Settings = Readonly<Record<string, Setting>>;

/** The columns that settings name; none where they name all that suit. */
export const namedIn = ({ columns }: Settings): readonly string[] =>
  Array.isArray(columns) ? columns.map(String) : [];

const MOST_NAMED = 1000;
const LONGEST_TEXT = 200;
const names = v.pipe(
  v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  v.maxLength(MOST_NAMED),
  v.check((all) => new Set(all).size === all.length, 'columns named once each'),
);

/** What a field wants, as the end of "it needs …". */
export function wantedBy(field: Field): string {
  switch (field.type) {
    case 'columns':
      return field.least === undefined
        ? 'a list of column names, each once, or null for all that suit'
        : `a list of ${field.least} column names or more, each once`;
    case 'choice':
      return `one of ${field.choices.join(', ')}`;
    case 'number':
      return `a ${field.isWhole === true ? 'whole number' : 'number'} from ${field.minimum} to ${field.maximum}`;
    case 'text':
      return `a text of at most ${LONGEST_TEXT} letters`;
    case 'flag':
      return 'true or false';
    default:
      return field satisfies never;
  }
}

function fieldSchema(field: Field): v.GenericSchema<unknown, Setting> {
  switch (field.type) {
    case 'columns':
      return field.least === undefined
        ? v.optional(v.nullable(v.pipe(names, v.minLength(1))), null)
        : v.pipe(names, v.minLength(field.least));
    case 'choice':
      return v.optional(v.picklist(field.choices), field.default);
    case 'number':
      return v.optional(
        v.pipe(
          v.number(),
          v.check(
            (value) => Number.isFinite(value) && (field.isWhole !== true || Number.isSafeInteger(value)),
          ),
          v.minValue(field.minimum),
          v.maxValue(field.maximum),
        ),
        field.default,
      );
    case 'text':
      return v.optional(v.pipe(v.string(), v.maxLength(LONGEST_TEXT)), field.default);
    case 'flag':
      return v.optional(v.boolean(), field.default);
    default:
      return field satisfies never;
  }
}

/** Reads an object of settings, and fills in what it leaves out. */
export function settingsSchema<F extends Fields>(fields: F): v.GenericSchema<unknown, SettingsOf<F>> {
  const entries = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)]),
  );
  // What each entry gives is what SettingOf says of its field.
  return v.strictObject(entries) as unknown as v.GenericSchema<unknown, SettingsOf<F>>;
}

/** A step's settings before anybody has set one; columns that must be named are none yet. */
export const usualSettings = (fields: Fields): Settings =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]): [string, Setting] => [
      name,
      field.type === 'columns' ? (field.least === undefined ? null : []) : field.default,
    ]),
  );
