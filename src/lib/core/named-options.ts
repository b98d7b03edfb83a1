// Things that are chosen by name with numbers to set: strategies, attacks. Their spec { name, options } on the wire and in
// records, and the same on a command line: `fedyogi:lr=0.01,tau=0.001`. Every option has a value within its range, or the
// whole is refused by name. What the names stand for is left to the lists (aggregation/index.ts, attacks/index.ts).
import * as v from 'valibot';
import { fail, ok, type Result } from './result.ts';

/** A setting: its field on the form, its flag on the command line and its check on the wire are made of this. */
export interface NumberOption {
  /** As in `fedyogi:tau=0.001`. */
  readonly name: string;
  readonly title: string;
  readonly hint: string;
  readonly default: number;
  /** Inclusive. */
  readonly minimum: number;
  /** Inclusive. */
  readonly maximum: number;
  readonly isWhole?: boolean;
}

/** A value for each option, checked against their ranges. */
export type OptionValues = Readonly<Record<string, number>>;

export interface Optioned {
  readonly name: string;
  readonly title: string;
  readonly options: readonly NumberOption[];
}

export interface Spec {
  readonly name: string;
  readonly options: OptionValues;
}

export interface SpecProblem {
  /** The option that stands in the way; null: the name itself. */
  readonly option: string | null;
  readonly message: string;
}

const rangeOf = ({ minimum, maximum, isWhole }: NumberOption): string =>
  `a${isWhole === true ? ' whole' : ''} number from ${minimum} to ${maximum}`;

const namesOf = (choices: readonly Optioned[]): string => choices.map((one) => one.name).join(', ');

/** Every option of `chosen`, given or at its default; what is unknown or out of range is refused. */
export function readOptions(
  chosen: Optioned,
  given: Readonly<Record<string, unknown>>,
): Result<OptionValues, SpecProblem> {
  const known = new Set(chosen.options.map((option) => option.name));
  for (const name of Object.keys(given))
    if (!known.has(name))
      return fail({
        option: name,
        message: `${chosen.title} has no option “${name}”. ${
          known.size === 0 ? 'It has none.' : `It has ${[...known].join(', ')}.`
        }`,
      });
  const options: Record<string, number> = {};
  for (const option of chosen.options) {
    const value = given[option.name] ?? option.default;
    if (
      typeof value !== 'number' ||
      !(value >= option.minimum && value <= option.maximum) ||
      (option.isWhole === true && !Number.isSafeInteger(value))
    )
      return fail({
        option: option.name,
        message: `${option.title} of ${chosen.title} needs ${rangeOf(option)}, but got ${String(value)}.`,
      });
    options[option.name] = value;
  }
  return ok(options);
}

/** Reads { name, options } against `choices`, filling in defaults. */
export const specSchema = (choices: readonly Optioned[]) =>
  v.pipe(
    v.strictObject({ name: v.string(), options: v.record(v.string(), v.number()) }),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const { name, options } = dataset.value;
      const chosen = choices.find((one) => one.name === name);
      if (chosen === undefined) {
        addIssue({ message: `one of ${namesOf(choices)}` });
        return NEVER;
      }
      const read = readOptions(chosen, options);
      if (read.ok) return { name, options: { ...read.value } };
      addIssue({ message: read.error.message });
      return NEVER;
    }),
  );

/**
 * Reads `name` or `name:option=number,…` against `choices`; `noun` is what the choices are, as in “There is no strategy …”.
 * An option that is given twice is refused, as is a value that is no number.
 */
export function parseSpec(
  text: string,
  choices: readonly Optioned[],
  noun: string,
): Result<{ name: string; options: Record<string, number> }, SpecProblem> {
  const [name = '', ...rest] = text.trim().split(':');
  const chosen = choices.find((one) => one.name === name);
  if (chosen === undefined)
    return fail({ option: null, message: `There is no ${noun} “${name}”. Use one of ${namesOf(choices)}.` });
  const options = parseOptions(rest.join(':'), chosen, `${chosen.name}:${exampleOf(chosen)}`);
  return options.ok ? ok({ name, options: { ...options.value } }) : options;
}

/** Reads `option=number,…`; what is left out is usual. */
export function parseOptions(
  text: string,
  chosen: Optioned,
  example = exampleOf(chosen),
): Result<OptionValues, SpecProblem> {
  const given: Record<string, number> = {};
  for (const part of text.split(',').filter((one) => one !== '')) {
    const [option = '', value = '', ...more] = part.split('=').map((one) => one.trim());
    if (value === '' || more.length > 0 || !Number.isFinite(Number(value)))
      return fail({ option, message: `“${part}” is not option=number, as in ${example}.` });
    if (Object.hasOwn(given, option))
      return fail({ option, message: `“${option}” is given twice. Give it once.` });
    given[option] = Number(value);
  }
  return readOptions(chosen, given);
}

const exampleOf = ({ options }: Optioned): string =>
  options.length === 0 ? 'no options' : options.map((one) => `${one.name}=${one.default}`).join(',');
