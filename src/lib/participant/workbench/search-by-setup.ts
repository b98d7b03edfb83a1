// A search as it stands in a run's setup: one reading for the command line and for the tab.
import { ok, type Result } from '../../core/result.ts';
import { benchModels } from './models.ts';
import type { SearchLimits } from './run-bench.ts';
import type { TrainSetup } from './run-manifest.ts';
import { readSpace } from './spaces.ts';

/** Of so little time the question about preparations would leave next to nothing. As the budget was given, not what is left of it. */
const SHORT_MS = 30_000;
const isShort = ({ budgetMs = null }: Partial<Pick<TrainSetup, 'budgetMs'>>): boolean =>
  budgetMs !== null && budgetMs < SHORT_MS;

/** Refused where what is to be searched through cannot be, in a sentence. */
export function searchBySetup(
  setup: Pick<TrainSetup, 'search'> & Partial<Pick<TrainSetup, 'space' | 'starts' | 'recipes' | 'budgetMs'>>,
  limits: Pick<SearchLimits, 'budgetMs' | 'mostTrials' | 'known'>,
): Result<SearchLimits, string> {
  // These are absent from what an earlier program kept.
  const { search: way, space = null, starts = [], recipes = false } = setup;
  const read = space === null ? ok(null) : readSpace(space, benchModels);
  return read.ok
    ? ok({ type: 'search', way, space: read.value, starts, recipes: recipes && !isShort(setup), ...limits })
    : read;
}
