// A split that is kept: the borders that were found at the first training, what they are of, and where they are kept beside a dataset.
// Later trainings on the same data go by them, so that no row that judged teaches. An edited row is another one, and falls anew.
import * as v from 'valibot';
import { canonicalText } from '../../core/canonical.ts';
import { splitRows, type HowToSplit, type RowSplit, type SplitRows } from '../../core/data/row-split.ts';
import { fitBorders, SplitBorders } from '../../core/data/split-borders.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { quoted } from '../../core/spoken-list.ts';
import { spokenHeldOut, type RowsHeldOut } from './rows-held-out.ts';

export const HeldOutShare = v.pipe(v.number(), v.minValue(0.01), v.maxValue(0.9));

export const KeptSplit = v.strictObject({
  /** null: of pictures. */
  target: v.nullable(v.string()),
  heldOut: HeldOutShare,
  stratify: v.exactOptional(v.boolean()),
  group: v.nullable(v.string()),
  time: v.nullable(v.string()),
  /** The columns whose cells tell a row, in the order in which they do; null: of pictures, and where groups or times are parted. */
  columns: v.nullable(v.array(v.string())),
  borders: SplitBorders,
});
export type KeptSplit = v.InferOutput<typeof KeptSplit>;

/** Beside a dataset: of each target, way and share that by which a run was judged first, or first since it was drawn anew. */
export const SplitOfRun = v.strictObject({
  run: v.string(),
  /** Unix ms. */
  since: v.number(),
  split: KeptSplit,
});
export type SplitOfRun = v.InferOutput<typeof SplitOfRun>;
export const SplitsOfRuns = v.array(SplitOfRun);

/** Said where a kept split cannot be gone by. */
export const DRAW_ANEW = 'Draw the split anew (without --split-as).';

/** What of a split its borders are for. */
type SplitAsked = RowsHeldOut & Pick<KeptSplit, 'target'>;

const asked = ({ target, heldOut, stratify, group, time }: SplitAsked): string =>
  canonicalText({ target, heldOut, stratify: stratify !== false, group, time });

export const isSplitFor = (kept: KeptSplit, wanted: SplitAsked): boolean => asked(kept) === asked(wanted);

/** Why a kept split is not one of what is asked for, in a sentence; undefined: it is. */
export function otherSplit(kept: KeptSplit, wanted: SplitAsked): string | undefined {
  if (isSplitFor(kept, wanted)) return undefined;
  const spoken = (one: SplitAsked): string =>
    `${spokenHeldOut(one)}, to predict ${one.target === null ? 'the label of pictures or recordings' : quoted(one.target)}`;
  return `its split is of ${spoken(kept)}, and this one is to be of ${spoken(wanted)}. Ask for the same, or leave it out and split anew.`;
}

/** Those that are kept then: one of each target, way and share. */
export const withSplit = (kept: readonly SplitOfRun[], one: SplitOfRun): SplitOfRun[] => [
  ...kept.filter(({ split }) => !isSplitFor(split, one.split)),
  one,
];

/** Split by the kept borders, or by those of these rows. Refused where the borders are of rows of another kind. */
export function splitAsKept(
  rows: SplitRows,
  how: HowToSplit,
  share: number,
  kept: KeptSplit | undefined,
): Result<RowSplit & Pick<KeptSplit, 'borders'>, string> {
  const borders = kept?.borders ?? fitBorders(rows, how, share);
  const isOther =
    borders.type !== how.type ||
    (borders.type === 'rows' &&
      borders.classes.some(({ label }) => (label === null) !== (rows.classes === undefined)));
  return isOther
    ? fail(
        `The split that is kept cannot be gone by: ${borders.type === how.type ? 'the target was of another kind then' : `it parts ${parted(borders.type)}, and these are parted as ${parted(how.type)}`}. ${DRAW_ANEW}`,
      )
    : ok({ ...splitRows(rows, how, share, borders), borders });
}

const parted = (type: HowToSplit['type']): string =>
  ({ rows: 'rows by their class', chance: 'rows', groups: 'whole groups', time: 'times' })[type];
