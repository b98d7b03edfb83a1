// The parts of this device's held-out rows that conditions for going live are about, each scored apart. Loaded where there is one.
import type { ModelRows } from '../core/aggregation/summed-model.ts';
import { selectExamples, type Examples } from '../core/data/examples.ts';
import type { FederationSpec } from '../core/federation.ts';
import type { SliceTally } from '../core/gates/slice-tally.ts';
import { slicesAsked } from '../core/gates/slices-asked.ts';
import type { Tally } from '../core/metrics/tally.ts';
import { emptyTally, shapeOf } from '../core/metrics/tally-sums.ts';
import { columnsOf } from '../core/statistics/columns.ts';
import { partOf, partsOf } from '../core/statistics/parts.ts';
import type { Equipment } from './equipment.ts';

type Rows = Equipment['rows']['heldOut'];

/** Of each part, of no rows too. Which part a row is in shows in it as it was read; `evaluate` takes it as the model does, `whole`: of all. */
export async function countSlices(
  { asRead, rows }: Pick<Equipment, 'asRead' | 'rows'>,
  spec: Pick<FederationSpec, 'contract' | 'gates'>,
  whole: Tally,
  evaluate: (rows: Rows) => Tally | Promise<Tally>,
): Promise<SliceTally[]> {
  const told: SliceTally[] = [];
  for (const { column, part } of slicesAsked(spec)) {
    const [found] = columnsOf(spec.contract, [column]);
    const at = partsOf(found!.column).indexOf(part);
    const within = placesWhere(asRead.heldOut, (row) => partOf(asRead.heldOut, row, found!) === at);
    const tally =
      within.length === 0 ? emptyTally(shapeOf(whole)) : await evaluate(selectExamples(rows.heldOut, within));
    told.push({ column, part, tally: shortened(tally) });
  }
  return told;
}

const placesWhere = (
  { count }: Pick<ModelRows | Examples, 'count'>,
  holds: (row: number) => boolean,
): number[] => Array.from({ length: count }, (_, row) => row).filter(holds);

/** Histograms of more than two classes would make what is told of a dozen parts too long: no condition asks for them. */
function shortened(tally: Tally): Tally {
  if (tally.type !== 'classification' || tally.confusion.length <= 4) return tally;
  const { scores: _, ...rest } = tally;
  return rest;
}
