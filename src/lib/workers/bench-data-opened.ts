// The rows of a kept dataset as the workbench takes them, those that were opened last held ready: training them costs no second reading.
import { canonicalText } from '../core/canonical.ts';
import { thingsOf } from '../core/data/example-words.ts';
import type { RecipeProblem } from '../core/recipe/fit.ts';
import { readRecipe, recipeDigest, usualRecipe } from '../core/recipe/recipe.ts';
import { ok } from '../core/result.ts';
import type { BenchData } from '../participant/workbench/bench-data.ts';
import { timeOf } from '../core/series/time-columns.ts';
import { kindOf, storedData } from '../participant/workbench/stored-data.ts';
import { keepsGroups, type RowsHeldOut } from '../participant/workbench/rows-held-out.ts';
import type { RunDataset } from '../participant/workbench/run-record.ts';
import type { TrainSetup } from '../participant/workbench/run-manifest.ts';
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
  ) {
    super(message);
  }
}

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
  readonly data: BenchData;
  /** Whether these rows are those that the dataset has now. */
  readonly isInUse: boolean;
}

/** What is learnt from a dataset, and how its rows are taken. */
export type AskedData = Pick<TrainSetup, 'recipe' | 'series'> & {
  readonly target: string;
  readonly split: RowsHeldOut;
};

export interface DataOpener {
  /** `state`: undefined for the one in use. Rejects with Unusable, QuestionRefused and DataLocked. */
  open(dataset: string, asked: AskedData, state?: number): Promise<OpenedData>;
  /** The same rows, to be split as asked: as they were opened last where that can be, by whatever split. Rejects as `open` does. */
  forSplit(dataset: string, asked: AskedData): Promise<BenchData>;
  /** The rows of a state, which must be of this version, as the text of a file. Rejects as `open` does. */
  text(dataset: RunDataset): Promise<string>;
}

export function dataOpener(store: () => Promise<DatasetStore>): DataOpener {
  let kept: (OpenedData & { readonly prepared: string; readonly wish: RowsHeldOut }) | undefined;
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
    async open(dataset, { target, recipe, series, split: wish }, wanted) {
      const read = recipe === null ? ok(usualRecipe) : readRecipe(recipe);
      if (!read.ok) throw new Unusable(read.error);
      const prepared = series === null ? recipeDigest(read.value) : JSON.stringify(series);
      const { datasets, record, state, version, isInUse } = await found(dataset, wanted);
      const isKept = kept?.dataset.id === dataset && kept.dataset.version === version;
      if (kept !== undefined && isKept && kept.target === target && kept.prepared === prepared)
        if (canonicalText(kept.wish) === canonicalText(wish)) return { ...kept, isInUse };
      const examples = await datasets.read(dataset, state);
      if (examples === undefined) throw gone();
      const { contract, name } = record;
      const data = storedData(contract, examples, target, wish, read.value, series ?? undefined);
      if (!data.ok) throw new Unusable(withoutFlags(data.error.message), data.error.recipe);
      const task = contract.kind === 'table' ? kindOf(contract, target) : null;
      const of = { id: dataset, name, state, version };
      const isSeries = contract.kind === 'table' && series !== null;
      const split = isSeries ? { ...wish, time: timeOf(contract).join(',') } : wish;
      kept = { dataset: of, target, task, recipe, series, split, prepared, wish, data: data.value, isInUse };
      return kept;
    },
    async forSplit(dataset, asked) {
      const { version } = await found(dataset, undefined);
      const isSame =
        kept?.dataset.id === dataset &&
        kept.dataset.version === version &&
        kept.target === asked.target &&
        JSON.stringify([kept.recipe, kept.series]) === JSON.stringify([asked.recipe, asked.series]);
      // Hashes of rows are without the column of their groups: by another they are not those that would be split.
      const { group } = kept?.wish ?? asked.split;
      if (kept !== undefined && isSame && kept.data.parted !== undefined)
        if (group === null || group === asked.split.group) return kept.data;
      return (await opener.open(dataset, asked)).data;
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

export const OTHER_ROWS =
  'The rows that this run was begun with are not kept any more: others were added since.';

const gone = (): QuestionRefused =>
  new QuestionRefused('no-dataset', 'This dataset is not in this browser any more.');

/** Sentences of the workbench name the flags of the command line, which are not to be had here. */
export const withoutFlags = (sentence: string): string =>
  sentence.replaceAll(/ \(--[a-z-]+(?: [a-z]+)?\)/g, '');
