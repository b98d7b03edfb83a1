// The rows of a kept dataset as the workbench takes them, those that were opened last held ready: training them costs no second reading.
import type { BenchData } from '../participant/workbench/bench-data.ts';
import { kindOf, storedData } from '../participant/workbench/stored-data.ts';
import type { RunDataset } from '../participant/workbench/run-record.ts';
import type { TrainSetup } from '../participant/workbench/run-manifest.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import { QuestionRefused } from './question-refused.ts';

/** Rows that cannot be learnt from, or a run that cannot be: the sentence says what to do. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

export interface OpenedData {
  readonly dataset: RunDataset;
  readonly target: string;
  /** How the target is read where it is a column. */
  readonly task: TrainSetup['task'];
  readonly data: BenchData;
}

export interface DataOpener {
  /** `state`: undefined for the one in use. Rejects with Unusable, QuestionRefused and DataLocked. */
  open(dataset: string, target: string, state?: number): Promise<OpenedData>;
}

export function dataOpener(store: () => Promise<DatasetStore>): DataOpener {
  let kept: OpenedData | undefined;
  return {
    async open(dataset, target, wanted) {
      const datasets = await store();
      const [record, history] = await Promise.all([datasets.record(dataset), datasets.history(dataset)]);
      if (record === undefined || history === undefined) throw gone();
      const state = wanted ?? history.head;
      const version = history.commits.find((one) => one.number === state)?.version;
      if (version === undefined) throw gone();
      const isKept = kept?.dataset.id === dataset && kept.dataset.version === version;
      if (kept !== undefined && isKept && kept.target === target) return kept;
      const examples = await datasets.read(dataset, state);
      if (examples === undefined) throw gone();
      const { contract, name } = record;
      const data = storedData(contract, examples, target);
      if (!data.ok) throw new Unusable(withoutFlags(data.error));
      const task = contract.kind === 'image' ? null : kindOf(contract, target);
      kept = { dataset: { id: dataset, name, state, version }, target, task, data: data.value };
      return kept;
    },
  };
}

const gone = (): QuestionRefused =>
  new QuestionRefused('no-dataset', 'This dataset is not in this browser any more.');

/** Sentences of the workbench name the flags of the command line, which are not to be had here. */
export const withoutFlags = (sentence: string): string =>
  sentence.replaceAll(/ \(--[a-z-]+(?: [a-z]+)?\)/g, '');
