// Whether the network that a model is to see by has learnt from rows that judge this model: its figures would then be better than they
// are of new examples, and nothing in them would say so.
import { canonicalText } from '../../core/canonical.ts';
import { spokenHeldOut, splitOf, type RowsHeldOut } from './rows-held-out.ts';
import type { RunRecord } from './run-record.ts';

/** Of a network that somebody brings: no run says what it learnt from. */
export const BROUGHT_NOTE =
  'Nobody here knows what a network that is brought was trained on: if these examples were among it, the figures are better than they are of new ones.';

type Run = Pick<RunRecord, 'dataset' | 'manifest'>;

/** Refused in a sentence; undefined: the network's run learnt from other data, or from just the rows that this one learns from. */
export function networkLeak(run: Run, ofNetwork: Run): string | undefined {
  const isOfThese =
    run.dataset.id === ofNetwork.dataset.id ||
    run.dataset.version === ofNetwork.dataset.version ||
    (run.manifest.data !== null && run.manifest.data === ofNetwork.manifest.data);
  if (!isOfThese) return undefined;
  const { setup } = run.manifest;
  const otherData = 'a network that was trained on other data';
  if (setup.folds !== null)
    return refusal(
      `Cross-validation judges by every row, and the network has learnt from some of them. Leave cross-validation out, or choose ${otherData}.`,
    );
  if (setup.checkLabels)
    return refusal(
      `Labels are checked by models of the other rows, and the network has learnt from all of them. Leave the check out, or choose ${otherData}.`,
    );
  // An edited row is another one, whose side may be another, however the split is kept.
  if (run.dataset.version !== ofNetwork.dataset.version)
    return refusal(
      `Its run was of other rows of “${ofNetwork.dataset.name}” than there are now, so that some of those that it learnt from may judge. Train the network again on the rows as they are, or choose ${otherData}.`,
    );
  const theirs = splitOf(ofNetwork.manifest.setup);
  if (!isSameSplit(splitOf(setup), theirs))
    return refusal(
      `Its run held out other rows than this one: ${spokenHeldOut(theirs)}. Hold out the same, or choose ${otherData}.`,
    );
  // What an earlier program kept says no borders.
  const [split, before] = [run.manifest.split, ofNetwork.manifest.split];
  return split === undefined || before === undefined || canonicalText(split) === canonicalText(before)
    ? undefined
    : refusal(
        `The split was drawn anew between its run and this one. Train the network again by the split as it is, or choose ${otherData}.`,
      );
}

const refusal = (why: string): string =>
  `This network was trained on rows that would judge the model by it, and the figures would be too good. ${why}`;

/** Classes are in proportion unless it says otherwise. */
const isSameSplit = (one: RowsHeldOut, other: RowsHeldOut): boolean =>
  canonicalText({ ...one, stratify: one.stratify !== false }) ===
  canonicalText({ ...other, stratify: other.stratify !== false });
