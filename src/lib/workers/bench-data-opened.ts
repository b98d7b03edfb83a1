// The rows of a kept dataset as the workbench takes them, those that were opened last held ready: training them costs no second reading.
import * as v from 'valibot';
import { canonicalText, type Canonical } from '../core/canonical.ts';
import { thingsOf } from '../core/data/example-words.ts';
import type { RecipeProblem } from '../core/recipe/fit.ts';
import { readRecipe, recipeDigest, usualRecipe } from '../core/recipe/recipe.ts';
import { ok } from '../core/result.ts';
import type { BenchData } from '../participant/workbench/bench-data.ts';
import { timeOf } from '../core/series/time-columns.ts';
import { kindOf, storedData } from '../participant/workbench/stored-data.ts';
import {
  isSplitFor,
  SplitsOfRuns,
  withSplit,
  type KeptSplit,
  type SplitOfRun,
} from '../participant/workbench/kept-split.ts';
import {
  keepsGroups,
  splitOf,
  type RowsHeldOut,
  type SplitWish,
} from '../participant/workbench/rows-held-out.ts';
import type { RunDataset } from '../participant/workbench/run-record.ts';
import type { RunManifest, TrainSetup } from '../participant/workbench/run-manifest.ts';
import { storedTable } from '../modalities/stored-table.ts';
import { tableText } from '../modalities/table-text.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import { QuestionRefused } from './question-refused.ts';

/** Rows that cannot be learnt from, or a run that cannot be: the sentence says what to do. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
  /** `recipe`: what came of its steps, where it is their doing. */
  constructor(
    message: string,
    readonly recipe?: RecipeProblem,
    /** Whether it is the doing of the split that is kept: drawn anew, these rows can be learnt from. */
    readonly isByKeptSplit = false,
  ) {
    super(message);
  }
}

/** What pictures are opened by, which have no column. */
export const PICTURES_TARGET = 'label';

export interface OpenedData {
  readonly dataset: RunDataset;
  readonly target: string;
  /** How the target is read where it is a column. */
  readonly task: TrainSetup['task'];
  /** As it was asked for; null: what is usual. */
  readonly recipe: TrainSetup['recipe'];
  readonly series: TrainSetup['series'];
  /** As it was asked for; of a series, `time` names the columns that tell it. */
  readonly split: RowsHeldOut;
  /** The split of an earlier run that the rows are parted by; undefined: by one of their own. */
  readonly kept: KeptSplit | undefined;
  readonly data: BenchData;
  /** Whether these rows are those that the dataset has now. */
  readonly isInUse: boolean;
}

/** What is learnt from a dataset, and how its rows are taken. */
export type AskedData = Pick<TrainSetup, 'recipe' | 'series'> & {
  readonly target: string;
  readonly split: SplitWish;
  /** That of a run, null where it has kept none; undefined: what is kept beside the dataset, unless it is to be drawn anew. */
  readonly kept?: KeptSplit | null;
};

/** As a run took them. */
export const askedAsRun = ({ setup, split }: RunManifest, recipe: TrainSetup['recipe']): AskedData => ({
  ...{ recipe, series: setup.series, split: splitOf(setup), kept: split ?? null },
  target: setup.target ?? PICTURES_TARGET,
});

export interface DataOpener {
  /** `state`: undefined for the one in use. Rejects with Unusable, QuestionRefused and DataLocked. */
  open(dataset: string, asked: AskedData, state?: number): Promise<OpenedData>;
  /** The same rows, to be split as asked: as they were opened last where that can be, by whatever split. Rejects as `open` does. */
  forSplit(
    dataset: string,
    asked: AskedData,
  ): Promise<{ readonly data: BenchData; readonly kept: SplitOfRun | undefined }>;
  /** Later runs go by it; by one that is kept for the same already, unless this one was drawn anew. */
  keepSplit(dataset: string, split: SplitOfRun, isAnew: boolean): Promise<void>;
  /** The rows of a state, which must be of this version, as the text of a file. Rejects as `open` does. */
  text(dataset: RunDataset): Promise<string>;
}

export function dataOpener(store: () => Promise<DatasetStore>): DataOpener {
  let last: (OpenedData & { readonly prepared: string }) | undefined;
  /** What is kept beside the dataset for what is asked. */
  async function splitFor(datasets: DatasetStore, id: string, asked: AskedData) {
    if (asked.series !== null) return undefined;
    const { contract } = (await datasets.record(id)) ?? {};
    const target = contract?.kind === 'table' ? asked.target : null;
    return splitsIn(await datasets.splits(id)).find(({ split }) =>
      isSplitFor(split, { ...asked.split, target }),
    );
  }
  async function found(dataset: string, wanted: number | undefined) {
    const datasets = await store();
    const [record, history] = await Promise.all([datasets.record(dataset), datasets.history(dataset)]);
    if (record === undefined || history === undefined) throw gone();
    const state = wanted ?? history.head;
    const version = history.commits.find((one) => one.number === state)?.version;
    if (version === undefined) throw gone();
    return { datasets, record, state, version, isInUse: state === history.head };
  }
  const opener: DataOpener = {
    async open(dataset, asked, wanted) {
      const { target, recipe, series } = asked;
      const read = recipe === null ? ok(usualRecipe) : readRecipe(recipe);
      if (!read.ok) throw new Unusable(read.error);
      const prepared = series === null ? recipeDigest(read.value) : JSON.stringify(series);
      const { datasets, record, state, version, isInUse } = await found(dataset, wanted);
      const { isAnew, ...wish } = asked.split;
      const ofDataset = asked.kept === undefined && isAnew !== true;
      const kept = ofDataset ? (await splitFor(datasets, dataset, asked))?.split : (asked.kept ?? undefined);
      const { contract, name } = record;
      const isSeries = contract.kind === 'table' && series !== null;
      const split = isSeries ? { ...wish, time: timeOf(contract).join(',') } : wish;
      const isLast = last?.dataset.id === dataset && last.dataset.version === version;
      if (last !== undefined && isLast && last.target === target && last.prepared === prepared)
        if (canonicalText(last.split) === canonicalText(split) && isSplitOf(last, kept))
          return { ...last, kept, isInUse };
      const examples = await datasets.read(dataset, state);
      if (examples === undefined) throw gone();
      const parted = (by: KeptSplit | undefined) =>
        storedData(contract, examples, target, { ...wish, kept: by }, read.value, series ?? undefined);
      const data = parted(kept);
      if (!data.ok) {
        const isByKept = ofDataset && kept !== undefined && parted(undefined).ok;
        throw new Unusable(withoutFlags(data.error.message), data.error.recipe, isByKept);
      }
      const task = contract.kind === 'table' ? kindOf(contract, target) : null;
      const of = { id: dataset, name, state, version };
      last = { dataset: of, target, task, recipe, series, split, prepared, kept, data: data.value, isInUse };
      return last;
    },
    async forSplit(dataset, asked) {
      const { datasets, version } = await found(dataset, undefined);
      const kept = await splitFor(datasets, dataset, asked);
      const isSame =
        last?.dataset.id === dataset &&
        last.dataset.version === version &&
        last.target === asked.target &&
        JSON.stringify([last.recipe, last.series]) === JSON.stringify([asked.recipe, asked.series]);
      // Hashes of rows are without the column of their groups: by another they are not those that would be split.
      const { group } = last?.split ?? asked.split;
      if (last !== undefined && isSame && last.data.parted !== undefined)
        if (group === null || group === asked.split.group) return { data: last.data, kept };
      return { data: (await opener.open(dataset, asked)).data, kept };
    },
    async keepSplit(id, one, isAnew) {
      await (
        await store()
      ).keepSplits(id, (known) => {
        const kept = splitsIn(known);
        const isKept = !isAnew && kept.some(({ split }) => isSplitFor(split, one.split));
        return isKept ? [...kept] : withSplit(kept, one);
      });
    },
    async text({ id, state: wanted, version }) {
      const { datasets, record, state, ...present } = await found(id, wanted);
      const examples = await datasets.read(id, state);
      if (examples === undefined || present.version !== version) throw new Unusable(OTHER_ROWS);
      const { contract } = record;
      if (contract.kind !== 'table')
        throw new Unusable(`${thingsOf(contract)} are no table: have the run again here, where they are.`);
      if (keepsGroups(contract))
        throw new Unusable(
          'The column that names the groups of these rows is not kept, so that no file of them is split as they are. Have the run again here.',
        );
      const table = storedTable(contract, examples);
      if (!table.ok) throw new Unusable(table.error);
      return tableText(table.value);
    },
  };
  return opener;
}

/** Rows that were parted by their own borders are parted alike by these once they are kept. */
const isSplitOf = ({ data, kept }: OpenedData, wanted: KeptSplit | undefined): boolean =>
  wanted === undefined ? kept === undefined : canonicalText(data.kept ?? null) === canonicalText(wanted);

/** Throws Unusable where they cannot be read: a later version's are left as they are. */
function splitsIn(kept: Canonical | undefined): readonly SplitOfRun[] {
  const read = v.safeParse(SplitsOfRuns, kept ?? []);
  if (!read.success)
    throw new Unusable(
      'How these rows were split is kept in a form that this page cannot read: it may be a later version’s. Load the page anew.',
    );
  return read.output;
}

export const OTHER_ROWS =
  'The rows that this run was begun with are not kept any more: others were added since.';

const gone = (): QuestionRefused =>
  new QuestionRefused('no-dataset', 'This dataset is not in this browser any more.');

/** Sentences of the workbench name the flags of the command line, which are not to be had here. */
export const withoutFlags = (sentence: string): string =>
  sentence.replaceAll(/ \((?:without )?--[a-z-]+(?: [a-z]+)?\)/g, '');
