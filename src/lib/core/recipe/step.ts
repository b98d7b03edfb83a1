// What a step of a recipe is: a pure pair of functions. `fit` looks at the rows to learn from, and at no others: it is given a table that
// holds them alone. What it learns is plain JSON; `apply` does the same to any rows by that. As scikit-learn's transformers and the
// steps of R's `recipes` (prep and bake).
import * as v from 'valibot';
import type { Canonical } from '../canonical.ts';
import { fail, ok, type Result } from '../result.ts';
import { listOf, quoted } from '../spoken-list.ts';
import { settingsSchema, type Fields, type Settings, type SettingsOf } from './fields.ts';
import type { Column, Table } from './table.ts';

export interface Learnt<State> {
  readonly state: State;
  /** What a person should know of it, each a sentence. */
  readonly notes: readonly string[];
}

export interface StepDefinition<F extends Fields, State extends Canonical> {
  /** In a recipe's JSON. */
  readonly name: string;
  readonly title: string;
  /** What it does, in a sentence, and by whose definition. */
  readonly description: string;
  readonly fields: F;
  readonly state: v.GenericSchema<unknown, State>;
  /** What is wrong with settings that are each right by themselves; undefined: nothing. */
  check?(settings: SettingsOf<F>): string | undefined;
  /** Refused in a sentence. */
  fit(settings: SettingsOf<F>, table: Table): Result<Learnt<State>, string>;
  /** undefined: the state is none of these settings. */
  apply(settings: SettingsOf<F>, state: State, table: Table): Table | undefined;
  /**
   * Which rows to learn from stay (places, ascending); all where it is absent. Rows to judge by and rows to predict are always answered,
   * as with `skip = TRUE` in R's recipes: what is hard would otherwise be left out of the figures.
   */
  keep?(settings: SettingsOf<F>, table: Table): number[];
}

/** The same, whatever its settings and state: both are read by their schemas first. */
export interface Step {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly fields: Fields;
  /** Settings with all that was left out filled in, or where it is wrong. */
  readSettings(given: unknown): Result<Settings, SettingProblem>;
  fit(settings: Settings, table: Table): Result<Learnt<Canonical>, string>;
  /** undefined: the state is none of this step. */
  apply(settings: Settings, state: unknown, table: Table): Table | undefined;
  keep(settings: Settings, table: Table): number[] | undefined;
}

export interface SettingProblem {
  /** undefined: the settings together. */
  readonly setting: string | undefined;
  /** There is no such setting; else what is wrong with the whole, or undefined where the field says what it needs. */
  readonly isUnknown: boolean;
  readonly message: string | undefined;
}

export function defineStep<const F extends Fields, State extends Canonical>(
  step: StepDefinition<F, State>,
): Step {
  const schema = settingsSchema(step.fields);
  const read = (settings: Settings): SettingsOf<F> => v.parse(schema, settings);
  return {
    name: step.name,
    title: step.title,
    description: step.description,
    fields: step.fields,
    readSettings(given) {
      const parsed = v.safeParse(schema, given);
      if (!parsed.success) {
        const [issue] = parsed.issues;
        const setting = issue.path?.[0]?.key;
        const name = typeof setting === 'string' ? setting : undefined;
        return fail({
          setting: name,
          isUnknown: name !== undefined && !Object.hasOwn(step.fields, name),
          message: undefined,
        });
      }
      const wrong = step.check?.(parsed.output);
      return wrong === undefined
        ? ok(parsed.output)
        : fail({ setting: undefined, isUnknown: false, message: wrong });
    },
    fit: (settings, table) => step.fit(read(settings), table),
    apply(settings, state, table) {
      const parsed = v.safeParse(step.state, state);
      return parsed.success ? step.apply(read(settings), parsed.output, table) : undefined;
    },
    keep: (settings, table) => step.keep?.(read(settings), table),
  };
}

/** The columns of that name, or all of that type where nobody named any. Refused where one is not there, or of another type. */
export function pickColumns<C extends Column>(
  { columns }: Table,
  names: readonly string[] | null,
  isSuited: (column: Column) => column is C,
  wanted: string,
): Result<readonly C[], string> {
  if (names === null) return ok(columns.filter(isSuited));
  const found: C[] = [];
  for (const name of names) {
    const column = columns.find((one) => one.name === name);
    if (column === undefined)
      return fail(
        `there is no column ${quoted(name)} here. There are ${listOf(
          columns.map((one) => quoted(one.name)),
          20,
        )}.`,
      );
    if (!isSuited(column))
      return fail(
        `${quoted(name)} holds ${held[column.type]} at this step, and it needs ${wanted}.${
          column.type === 'text' ? ' A “cast” step before this one makes numbers of texts.' : ''
        }`,
      );
    found.push(column);
  }
  return ok(found);
}

const held = {
  text: 'texts',
  number: 'numbers',
  category: 'categories',
  terms: 'terms of texts',
  hashed: 'hashed terms',
} as const;

export const isAny = (_: Column): _ is Column => true;

/** Where the steps could find nothing to do. */
export const noteNothing = (count: number, what: string): string[] =>
  count > 0 ? [] : [`No column here holds ${what}, so that there is nothing to do.`];
