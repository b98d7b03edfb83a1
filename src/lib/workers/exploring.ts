// What the ingest worker does with a dataset that is kept: explores it, shows rows, changes it by hand, compares states. Loaded with
// the first such request. The dataset looked at last stays decoded: a page of rows costs no reading.
import { countClasses } from '../core/data/class-counts.ts';
import { labelledExamples } from '../core/data/examples.ts';
import { splitExamples } from '../core/data/split.ts';
import { featuresName } from '../core/labelling/example-names.ts';
import type { DatasetVersion } from '../core/ids.ts';
import { differenceBetween } from '../modalities/dataset-difference.ts';
import { changeOf } from '../modalities/edit-dataset.ts';
import {
  exploreDataset,
  openDataset,
  rowsAt,
  rowsOf,
  type OpenedDataset,
} from '../modalities/explore-dataset.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import type { DatasetAnswer, DatasetQuestion, SplitShares } from './ingest-messages.ts';
import type { Labelling } from './labelling.ts';
import { QuestionRefused } from './question-refused.ts';

/** Of what is kept alone: files are read by reading-again.ts. */
type KeptQuestion = Exclude<DatasetQuestion, { type: 'read-again' }>;

export interface Exploring {
  /** Rejects with DatasetMoved, DataLocked, StorageFull and, for what a person must mend, QuestionRefused. */
  answer(store: DatasetStore, question: KeptQuestion, underWay?: UnderWay): Promise<DatasetAnswer>;
}

/** Of what takes a while: who asked may stop it, and is told the share of the way. */
export interface UnderWay {
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
}
const alone: UnderWay = { signal: new AbortController().signal, onProgress: () => {} };

export function exploring(): Exploring {
  let kept:
    { readonly id: string; readonly version: DatasetVersion; readonly dataset: OpenedDataset } | undefined;

  let labels: Labelling | undefined;

  const recordOf = async (store: DatasetStore, id: string) => {
    const record = await store.record(id);
    if (record === undefined)
      throw new QuestionRefused('no-dataset', 'This dataset is not in this browser any more.');
    return record;
  };
  const keptOf = async (store: DatasetStore, id: string): Promise<NonNullable<typeof kept>> => {
    const { version, contract } = await recordOf(store, id);
    if (kept?.id === id && kept.version === version) return kept;
    const dataset = openDataset(contract, await examplesOf(store, id));
    return (kept = { id, version, dataset });
  };
  const opened = async (store: DatasetStore, id: string): Promise<OpenedDataset> =>
    (await keptOf(store, id)).dataset;
  const examplesOf = async (store: DatasetStore, id: string, state?: number) => {
    const examples = await store.read(id, state);
    if (examples === undefined)
      throw new QuestionRefused('no-dataset', 'This state of the dataset is not in this browser any more.');
    return examples;
  };

  return {
    async answer(store, question, { signal, onProgress } = alone) {
      const id = question.dataset;
      switch (question.type) {
        case 'explore': {
          const dataset = await opened(store, id);
          return { type: 'explored', found: exploreDataset(dataset), split: sharesOf(dataset) };
        }
        case 'rows':
          return { type: 'rows', rows: rowsOf(await opened(store, id), question.start, question.end) };
        case 'rows-at':
          return { type: 'rows', rows: rowsAt(await opened(store, id), question.rows) };
        case 'measure': {
          const { ownFigures } = await import('./own-figures.ts');
          return { type: 'measured', figures: ownFigures(await opened(store, id), question.question) };
        }
        case 'project': {
          const { projecting } = await import('./projecting.ts');
          const dataset = await opened(store, id);
          return { type: 'projected', projection: await projecting(dataset, question, signal, onProgress) };
        }
        case 'series': {
          const { seriesAnswer } = await import('./series-answer.ts');
          return { type: 'series', shown: seriesAnswer(await opened(store, id), question) };
        }
        case 'sound': {
          const { contract, examples } = await opened(store, id);
          if (contract.kind !== 'audio' || !(question.row >= 0 && question.row < examples.count))
            throw new QuestionRefused('bad-edit', 'There is no such recording.');
          const size = examples.features.length / examples.count;
          const own = examples.features.slice(question.row * size, (question.row + 1) * size);
          const samples = await store.sound(id, featuresName(own));
          return { type: 'sound', samples: samples ?? null, sampleRate: contract.sampleRate };
        }
        case 'edit': {
          const change = changeOf(await opened(store, id), question.edit);
          if (!change.ok) throw new QuestionRefused('bad-edit', change.error);
          return {
            type: 'edited',
            record: await store.commit(id, question.base, change.value, question.message),
          };
        }
        case 'difference': {
          const { contract } = await recordOf(store, id);
          const [before, after] = await Promise.all([
            examplesOf(store, id, question.from),
            examplesOf(store, id, question.to),
          ]);
          return {
            type: 'difference',
            difference: differenceBetween(openDataset(contract, before), openDataset(contract, after)),
          };
        }
        case 'look-at-merge':
        case 'merge': {
          const { mergeAnswer } = await import('./merging.ts');
          return mergeAnswer(store, await recordOf(store, id), question);
        }
        case 'export': {
          const [record, history] = [await recordOf(store, id), await store.history(id)];
          const commit = history?.commits.find((one) => one.number === question.state);
          const examples = await examplesOf(store, id, question.state);
          if (commit === undefined) throw new Error(`The dataset ${id} has no state ${question.state}.`);
          const { exportDataset } = await import('../modalities/export-dataset.ts');
          const soundOf = (name: string) => store.sound(id, name);
          const files = await exportDataset(record, commit, examples, soundOf);
          if (!files.ok) throw new QuestionRefused('not-exported', files.error);
          return { type: 'exported', files: files.value };
        }
        case 'labelling': {
          const { labelling } = await import('./labelling.ts');
          labels ??= labelling();
          return {
            type: 'labelling',
            answer: await labels.answer(store, await keptOf(store, id), question.asks),
          };
        }
        default:
          return question satisfies never;
      }
    },
  };
}

function sharesOf({ contract, examples: all }: OpenedDataset): SplitShares {
  const examples = labelledExamples(all);
  const { training, heldOut } = splitExamples(examples);
  const byClass = (rows: Uint32Array): number[] =>
    countClasses(
      contract,
      Int32Array.from(rows, (row) => examples.targets[row]!),
    );
  return {
    training: training.length,
    heldOut: heldOut.length,
    trainingByClass: byClass(training),
    heldOutByClass: byClass(heldOut),
  };
}
