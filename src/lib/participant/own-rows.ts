// This device's rows, split: what it learns from and what it keeps to judge by. Held in memory while it takes part.
import type { DataContract } from '../core/data/contract.ts';
import { labelledExamples, selectExamples, type Examples } from '../core/data/examples.ts';
import { splitExamples } from '../core/data/split.ts';
import type { FederationSpec } from '../core/federation.ts';
import type { DatasetVersion } from '../core/ids.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { DatasetCheck, DatasetStore } from '../ports/dataset-store.ts';
import type { Preparing } from './prepared-rows.ts';

export interface OwnRows {
  readonly version: DatasetVersion;
  readonly contract: DataContract;
  readonly training: Examples;
  /** Of a device that never trains, all that have a label. */
  readonly heldOut: Examples;
  /** Rows without a label: on neither side. */
  readonly unlabelled: number;
  /** What its import found of the data contract; undefined where nothing was checked. */
  readonly check: DatasetCheck | undefined;
}

/** Why there is nothing to train on, in a sentence. */
export const noTrainingRows = ({ heldOut, unlabelled }: OwnRows): string =>
  heldOut.count === 0 && unlabelled > 0
    ? 'No row of this data has a label yet, so there is nothing to train on. Label some under My device.'
    : 'All rows of this data are held out for testing, so there is nothing to train on. Add more rows.';

/** Two contracts that encode alike: written alike, since schemas write keys in one order. */
export const sameContract = (a: DataContract, b: DataContract): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** undefined where there is no such dataset. `neverTrains`: all rows are held out, and of those it may learn from some for itself (new-device.ts). */
export async function readOwnRows(
  datasets: Pick<DatasetStore, 'record' | 'read'>,
  dataset: string,
  neverTrains = false,
): Promise<OwnRows | undefined> {
  const record = await datasets.record(dataset);
  const all = await datasets.read(dataset);
  if (record === undefined || all === undefined) return undefined;
  const examples = labelledExamples(all);
  const split = splitExamples(examples);
  return {
    version: record.version,
    contract: record.contract,
    training: selectExamples(examples, split.training),
    heldOut: neverTrains ? examples : selectExamples(examples, split.heldOut),
    unlabelled: all.count - examples.count,
    check: record.check,
  };
}

/** The rows as the model of a federation takes them; refused in a sentence where its recipe is not one to go by, or makes too much of them. */
export async function preparedOwnRows(
  asRead: OwnRows,
  spec: Pick<FederationSpec, 'contract' | 'recipe'>,
): Promise<Result<{ readonly rows: OwnRows; readonly preparing: Preparing | null }, string>> {
  const { recipe } = spec;
  if (recipe === undefined) return ok({ rows: asRead, preparing: null });
  const { preparing } = await import('./prepared-rows.ts');
  const opened = preparing(spec, recipe);
  if (!opened.ok) return opened;
  const { contract, rows, tooLarge } = opened.value;
  const { training, heldOut } = asRead;
  const large = tooLarge(training.count + heldOut.count);
  if (large !== undefined) return fail(large);
  return ok({
    rows: { ...asRead, contract, training: rows(training), heldOut: rows(heldOut) },
    preparing: opened.value,
  });
}
