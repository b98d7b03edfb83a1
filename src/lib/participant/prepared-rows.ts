// The one place where rows that were read against a federation's contract become what its model sees, where the federation pins a recipe:
// for rounds, scores, surveys about a version, a run alone, and whoever uses a version. A row is taken back to its cells, and these go the
// way of the workbench's own (prepare.ts), so that a row is the same bits wherever it is prepared. Loaded where there is a recipe.
import { encodedWidth, type TableContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import type { FederationSpec, PinnedRecipe } from '../core/federation.ts';
import { MOST_VALUES } from '../core/recipe/encode.ts';
import { openPinned } from '../core/recipe/pinned.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { cellTexts, decodedInputs } from '../modalities/table/decoded-columns.ts';
import { servedRows } from './workbench/prepare.ts';

/** Cells stand as texts meanwhile: so many rows at a time, and memory stays small. */
const ROWS_AT_A_TIME = 4096;
/** Of texts a row is thousands of numbers: fewer rows then. */
const VALUES_AT_A_TIME = 2_000_000;
/** A device holds them all while it takes part, beside its network and an upload, and may be a phone: 128 megabytes. */
export const MOST_PREPARED = MOST_VALUES / 4;

export interface Preparing {
  /** What the model takes. */
  readonly contract: TableContract;
  /** Why so many rows are more than is held once they are prepared; undefined: they are not. */
  tooLarge(count: number): string | undefined;
  /** [count, F] as the contract encodes rows, and their texts → [count, F′] as the model takes them. Throws where they are more than is held. */
  features(
    encoded: Examples['features'],
    count: number,
    texts?: Examples['texts'],
  ): Float32Array<ArrayBuffer>;
  /** The same rows, with the features that the model takes. */
  rows<Given extends Pick<Examples, 'count' | 'features' | 'texts'>>(given: Given): Given;
}

/** How a federation's recipe prepares rows. Refused in a sentence where it is not one to go by. */
export function preparing(
  { contract }: Pick<FederationSpec, 'contract'>,
  recipe: PinnedRecipe,
): Result<Preparing, string> {
  if (contract.kind !== 'table')
    return fail('A recipe prepares the columns of a table, and this federation takes none.');
  const fitted = openPinned(recipe, contract);
  if (!fitted.ok) return fitted;
  const header = contract.columns.map(({ name }) => name);
  // What of a row may be missing shows in the columns, so that no mean of other rows ever stands in for a cell.
  const seen: TableContract = { kind: 'table', columns: recipe.columns, target: contract.target };
  const mean = new Float32Array(0);
  const values = recipe.columns.reduce((sum, column) => sum + encodedWidth(column), 0);
  const atATime = Math.max(1, Math.min(ROWS_AT_A_TIME, Math.floor(VALUES_AT_A_TIME / values)));
  const tooLarge: Preparing['tooLarge'] = (count) =>
    values * count > MOST_PREPARED
      ? `The recipe of this federation makes ${values} numbers of each of ${count} rows, which is more than the ${MOST_PREPARED / 1e6} million numbers that a device holds in memory. Choose a dataset of at most ${Math.floor(MOST_PREPARED / values)} rows.`
      : undefined;
  const features: Preparing['features'] = (encoded, count, texts) => {
    const large = tooLarge(count);
    if (large !== undefined) throw new Error(large);
    const width = count === 0 ? 0 : encoded.length / count;
    const all = new Float32Array(values * count);
    for (let from = 0; from < count; from += atATime) {
      const rows = Math.min(atATime, count - from);
      const piece = encoded.subarray(from * width, (from + rows) * width);
      const own = texts?.map((all) => all.slice(from, from + rows)) ?? [];
      const cells = cellTexts(decodedInputs(contract, { count: rows, features: piece, texts: own }), 0, rows);
      const served = servedRows(fitted.value, { contract: seen, mean }, { header, rows: cells });
      // It was done to every cell that the contract allows, when the recipe was opened.
      if (!served.ok) throw new Error(served.error);
      all.set(served.value.features, from * values);
    }
    return all;
  };
  return ok({
    contract: seen,
    tooLarge,
    features,
    rows: (given) => ({ ...given, features: features(given.features, given.count, given.texts) }),
  });
}
