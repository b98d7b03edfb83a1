// Which rows of a dataset a person wants held out to judge by: for a page to offer, so that nothing of the workbench is loaded for it.
import type { DataContract } from '../../core/data/contract.ts';
import type { TrainSetup } from './run-manifest.ts';

export type RowsHeldOut = Pick<TrainSetup, 'heldOut' | 'stratify' | 'group' | 'time'>;

/** As a page asks for them: by the split that is kept for them, or, `isAnew`, by one of the rows as they are. */
export interface SplitWish extends RowsHeldOut {
  readonly isAnew?: boolean;
}

/** As a run was asked for them; of windows, `time` is no matter of choice. */
export const splitOf = ({ heldOut, stratify, group, time, series }: TrainSetup): RowsHeldOut => ({
  heldOut,
  ...(stratify === undefined ? {} : { stratify }),
  group,
  time: series === null ? time : null,
});

/** As on the command line. */
export const usuallyHeldOut: RowsHeldOut = { heldOut: 0.2, group: null, time: null };

/** Whether the contract keeps rows together, by a column that names their groups or by who speaks: then nobody has a choice. */
export const keepsGroups = (contract: DataContract): boolean =>
  contract.kind === 'table'
    ? contract.rules?.some((rule) => rule.type === 'group') === true
    : contract.kind === 'audio' && contract.groups !== undefined;

export type WayToHoldOut = 'proportion' | 'chance' | 'group' | 'time';

export const wayOf = ({ group, time, stratify }: RowsHeldOut): WayToHoldOut =>
  group !== null ? 'group' : time !== null ? 'time' : stratify === false ? 'chance' : 'proportion';

/** In a few words, for a line that is closed over the rest. */
export function spokenHeldOut(split: RowsHeldOut): string {
  const share = `${Math.round(split.heldOut * 100)} % of the rows`;
  const way = wayOf(split);
  switch (way) {
    case 'group':
      return `${share}, whole groups of “${split.group}”`;
    case 'time':
      return `${share}, the latest by “${split.time}”`;
    case 'chance':
      return `${share}, at random`;
    case 'proportion':
      return share;
    default:
      return way satisfies never;
  }
}
