// Rows as a federation may read them. What a person withheld is taken out here, in the worker, before anything that takes part sees a
// row: such a column is as one that nobody filled in, for training, for statistics and for scores alike.
import { encodedWidth, textColumns, type TableContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import { digestOfText } from '../core/digest.ts';
import type { DatasetVersion } from '../core/ids.ts';
import { listOf, quoted } from '../core/spoken-list.ts';
import type { DatasetRecord, DatasetStore } from '../ports/dataset-store.ts';
import type { TrainedOn } from '../ports/participant-store.ts';
import { JoinRefused } from './equipment.ts';

/** Datasets as whatever takes part may read them. */
export type GrantedDatasets = Pick<DatasetStore, 'record' | 'read' | 'withheld'>;

/** Columns that can be withheld: their cells may be missing by the contract. */
export const withholdable = ({ columns }: TableContract): readonly string[] =>
  columns.filter((column) => !('missingAllowed' in column) || column.missingAllowed).map(({ name }) => name);

/** A record whose columns are withheld has another version: it is other data. */
export const grantedDatasets = (datasets: GrantedDatasets): GrantedDatasets => ({
  withheld: datasets.withheld,
  async record(id) {
    const [record, withheld] = await Promise.all([datasets.record(id), datasets.withheld(id)]);
    if (record === undefined || withheld.length === 0) return record;
    // What came of checking the files would tell of the withheld columns too.
    const { check: _, ...rest } = record;
    return { ...rest, version: versionWithout(record, withheld) };
  },
  async read(id, state) {
    const [record, examples, withheld] = await Promise.all([
      datasets.record(id),
      datasets.read(id, state),
      datasets.withheld(id),
    ]);
    if (record?.contract.kind !== 'table' || examples === undefined || withheld.length === 0) return examples;
    const { contract } = record;
    const needed = withheld.filter((name) => !withholdable(contract).includes(name));
    if (needed.length > 0)
      throw new JoinRefused(
        'withheld',
        `This federation cannot do without ${listOf(needed.map(quoted))}, which you do not let it read. Let it, or take no part.`,
      );
    return withoutColumns(contract, examples, new Set(withheld));
  },
});

/**
 * Whether what was learnt of these rows may still leave the device. `rows` undefined: an earlier program did not say of which, so that
 * any column that is withheld may be in it.
 */
export const isStillGranted = async (
  datasets: Pick<GrantedDatasets, 'record' | 'withheld'>,
  rows: TrainedOn | undefined,
  joined = '',
): Promise<boolean> =>
  (await datasets.record(rows?.dataset ?? joined)) !== undefined &&
  (await datasets.withheld(rows?.dataset ?? joined)).every((name) => rows?.withheld.includes(name));

const versionWithout = ({ version }: DatasetRecord, withheld: readonly string[]): DatasetVersion =>
  digestOfText(JSON.stringify([version, withheld.toSorted()]));

/** The same rows with these columns missing; nothing of their cells is left in it. */
export function withoutColumns(
  contract: TableContract,
  examples: Examples,
  withheld: ReadonlySet<string>,
): Examples {
  const { count } = examples;
  const features = examples.features.slice();
  const width = count === 0 ? 0 : features.length / count;
  let offset = 0;
  for (const column of contract.columns) {
    const own = encodedWidth(column);
    if (withheld.has(column.name))
      for (let at = offset; at < features.length; at += width) {
        features.fill(0, at, at + own);
        // Of a number the last of its places says that it is missing (modalities/table/row-encoder.ts).
        if (column.type === 'number') features[at + own - 1] = 1;
      }
    offset += own;
  }
  const { texts } = examples;
  if (texts === undefined) return { ...examples, features };
  const emptied = textColumns(contract).map((name, at) =>
    withheld.has(name) ? Array.from({ length: count }, () => '') : (texts[at] ?? []),
  );
  return { ...examples, features, texts: emptied };
}
