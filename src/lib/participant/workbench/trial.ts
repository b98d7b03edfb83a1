// One look of a search: what was tried, and how far off it was on rows that it had not learnt from.
import type { OptionValues } from '../../core/named-options.ts';

/** One setting tried on a share of the rows. */
export interface Trial {
  readonly model: string;
  readonly options: OptionValues;
  /** Of the rows to learn from. */
  readonly share: number;
  /** Share of wrong answers, or RMSE, on rows not learnt from; null where it could not be fitted. */
  readonly loss: number | null;
  /** Of the losses of the folds; where there was one, of its rows. */
  readonly standardError: number;
}
