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
  /** Of what was learnt; left out where it was not fitted. */
  readonly bytes?: number | undefined;
  /** To answer a thousand rows here: measured, so it is another at each time, and decides nothing. */
  readonly msPerThousand?: number | undefined;
}

/** As a manifest keeps it. */
export const plainTrial = ({ model, options, share, loss, standardError, bytes, msPerThousand }: Trial) => ({
  model,
  options: { ...options },
  share,
  loss,
  standardError,
  ...(bytes === undefined ? {} : { bytes }),
  ...(msPerThousand === undefined ? {} : { msPerThousand }),
});
