// Whether a recipe that somebody fitted to rows of his own may go to others: only where nothing that it learnt is a value of a single row.
// Means and deviations are of many; a smallest value, a quantile, a word is somebody's.
import * as v from 'valibot';
import { categoryOf, categorySpellings } from '../data/cell-category.ts';
import type { TableContract } from '../data/contract.ts';
import { quoted } from '../spoken-list.ts';
import { namedIn } from './fields.ts';
import { LEAST_HELD } from './hashed-terms.ts';
import type { FittedRecipe } from './fit.ts';
import type { RecipeStep } from './recipe.ts';
import { labelsOf, ownEdges } from './steps/bin.ts';
import { CROSSED } from './steps/cross.ts';
import { OneHotState } from './steps/one-hot.ts';

/** Whether everybody knows that a column may hold this text. */
type IsKnown = (text: string) => boolean;
/** By column: those whose texts are known beforehand, from the contract or the settings. What any other holds is known from rows alone. */
type Known = ReadonlyMap<string, IsKnown>;

/** What stands in the way, in a sentence that names the step and says what to do; undefined: nothing. */
export function rowValuesIn({ recipe, states }: FittedRecipe, contract: TableContract): string | undefined {
  let known: Known = new Map(
    contract.columns.flatMap((column) =>
      column.type === 'category' ? [[column.name, among(column.categories)] as const] : [],
    ),
  );
  for (const [at, step] of recipe.steps.entries()) {
    const held = heldBy(step, states[at], contract, known);
    if (held !== undefined) return `Step ${at + 1} (${step.step}) ${held}`;
    known = new Map([...known, ...madeKnown(step, states[at], known)]);
  }
  return undefined;
}

function heldBy(
  { step, settings }: RecipeStep,
  state: unknown,
  contract: TableContract,
  known: Known,
): string | undefined {
  switch (step) {
    case 'terms':
    case 'words':
    case 'tf-idf':
      return 'holds words of single rows. Use hashed-terms, which learns none.';
    case 'hashed-terms':
      return Number(settings['least']) < LEAST_HELD && tellsOfBuckets(state)
        ? `tells of buckets that a single row holds. Set “least” to ${LEAST_HELD} or more.`
        : undefined;
    case 'impute':
      return settings['method'] === 'median' || settings['method'] === 'most-frequent'
        ? 'may hold the value of a single row. Fill in the mean or a constant.'
        : undefined;
    case 'clip':
      return settings['by'] === 'values'
        ? undefined
        : 'holds values of single rows. Clip to values of your own.';
    case 'bin':
      return settings['by'] === 'edges' ? undefined : 'holds values of single rows. Give edges of your own.';
    case 'scale':
      return settings['method'] === 'standard'
        ? undefined
        : 'holds values of single rows. Use standard, or fit it from a survey.';
    case 'one-hot':
      return heldByCategories(state, contract, known);
    default:
      return undefined;
  }
}

/** By what was learnt: settings may be changed afterwards. */
const tellsOfBuckets = (state: unknown): boolean => {
  const read = v.safeParse(HashedState, state);
  return !read.success || read.output.some(({ idf }) => idf !== null);
};
const HashedState = v.array(v.looseObject({ idf: v.nullable(v.string()) }));

function heldByCategories(state: unknown, { columns }: TableContract, known: Known): string | undefined {
  for (const { name, labels, other } of oneHotsOf(state)) {
    const isKnown = known.get(name);
    const column = columns.find((one) => one.name === name);
    if (isKnown === undefined)
      return column?.type === 'number'
        ? `holds the ${column.reads === 'time' ? 'times' : 'numbers'} that rows have in ${quoted(name)}. Bin them at edges of your own, or scale them.`
        : `holds what rows have in ${quoted(name)}, which the contract does not list. Bin numbers at edges of your own first, or leave the column out.`;
    const strange = labels.find((label, place) => place !== other && !isKnown(label));
    if (strange !== undefined)
      return `holds ${quoted(strange)}, which is no category of ${quoted(name)} ${column?.type === 'category' ? 'in the contract' : 'by the contract and the steps before'}. Fit it from a survey.`;
  }
  return undefined;
}

/** The columns of which a step makes known what they hold. Whatever else it does to texts, they are told from the known ones later. */
function madeKnown(
  { step, settings }: RecipeStep,
  state: unknown,
  known: Known,
): readonly [string, IsKnown][] {
  switch (step) {
    case 'bin': {
      const edges = ownEdges(String(settings['edges'])) ?? [];
      const bins = labelsOf(edges);
      const isKnown = among(settings['as'] === 'number' ? bins.map((_, place) => String(place)) : bins);
      return namedIn(settings).map((name) => [settings['keep'] === true ? `${name} (bin)` : name, isKnown]);
    }
    case 'impute': {
      if (settings['method'] !== 'constant') return [];
      const isFill = among([String(settings['value'])]);
      return [...known].map(([name, isKnown]) => [name, (text) => isKnown(text) || isFill(text)]);
    }
    case 'cross': {
      const names = namedIn(settings);
      const parts = names.flatMap((name) => known.get(name) ?? []);
      return parts.length < names.length ? [] : [[names.join(CROSSED), crossedOf(parts)]];
    }
    case 'one-hot':
      // Crossed later, the rare ones are a text as the others are.
      return oneHotsOf(state).flatMap(({ name, labels, other }): [string, IsKnown][] => {
        const isKnown = known.get(name);
        const rare = other === null ? undefined : labels[other];
        return isKnown === undefined || rare === undefined
          ? []
          : [[name, (text) => text === rare || isKnown(text)]];
      });
    default:
      return [];
  }
}

function oneHotsOf(state: unknown): v.InferOutput<typeof OneHotState> {
  const read = v.safeParse(OneHotState, state);
  return read.success ? read.output : [];
}

/** One of these, however it is spelled. */
function among(labels: readonly string[]): IsKnown {
  const spellings = categorySpellings(labels.map((label) => [label]));
  return (text) => categoryOf(spellings, text) >= 0;
}

/** One text of each column, in their order. A text may itself hold what stands between them. */
function crossedOf(parts: readonly IsKnown[]): IsKnown {
  return (text) => {
    const pieces = text.split(CROSSED);
    // How many of the pieces the columns so far may have taken.
    let taken = new Set([0]);
    for (const isKnown of parts) {
      const next = new Set<number>();
      for (const from of taken)
        for (let to = from + 1; to <= pieces.length; to += 1)
          if (isKnown(pieces.slice(from, to).join(CROSSED))) next.add(to);
      taken = next;
    }
    return taken.has(pieces.length);
  };
}
