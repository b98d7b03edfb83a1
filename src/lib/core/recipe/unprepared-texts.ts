// Beside the recipe, so that a form that asks this loads no step.
import { textColumns } from '../data/contract.ts';
import type { FederationSpec } from '../federation.ts';
import { listOf, quoted } from '../spoken-list.ts';

/**
 * Why a federation cannot have the columns of texts that its contract names; undefined: it can, or has none. `summed`: the title of a
 * model that is learnt from sums.
 */
export function unpreparedTexts(
  { contract, recipe }: Pick<FederationSpec, 'contract' | 'recipe'>,
  summed: string | undefined,
): string | undefined {
  const texts = textColumns(contract);
  if (texts.length === 0 || (recipe !== undefined && summed === undefined)) return undefined;
  const [hold, columns] = texts.length === 1 ? ['holds', 'the column'] : ['hold', 'the columns'];
  const names = listOf(texts.map(quoted));
  return summed === undefined
    ? `${names} ${hold} texts, which say nothing to a model until a recipe hashes their terms (hashed-terms). Choose a recipe, or leave ${columns} out.`
    : `${names} ${hold} texts, and ${summed} are learnt from sums over numbers and categories. Leave ${columns} out, or choose a network.`;
}
