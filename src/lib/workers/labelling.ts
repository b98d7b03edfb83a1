// What the ingest worker does while a dataset is labelled: the queue, the examples, agreement, weak rules, and keeping labels. Loaded
// with the first such question. The dataset's examples stay named: the queue after a few labels costs no second naming.
import { planeOf } from '../core/data/contract.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import { exampleSize, selectExamples, UNLABELLED, type Examples } from '../core/data/examples.ts';
import type { DatasetVersion } from '../core/ids.ts';
import { exampleName, exampleNames } from '../core/labelling/example-names.ts';
import type { Judge } from '../core/labelling/journal.ts';
import { zipOf } from '../core/run-export/zip.ts';
import type { OpenedDataset } from '../modalities/explore-dataset.ts';
import { labelChange, type RowLabel } from '../modalities/label-rows.ts';
import { cellTexts } from '../modalities/table/decoded-columns.ts';
import { labelAgreement } from '../participant/labelling/label-agreement.ts';
import {
  classesOf,
  labelsToKeep,
  nameExamples,
  type NamedExamples,
} from '../participant/labelling/label-book.ts';
import {
  agreeingOnShapes,
  cocoFiles,
  labelShapes,
  newInCoco,
} from '../participant/labelling/label-shapes.ts';
import { labelSpans } from '../participant/labelling/label-spans.ts';
import { labelQueue } from '../participant/labelling/label-queue.ts';
import { weakGuide, weakLabels, type WeakRows } from '../participant/labelling/weak-labels.ts';
import type { DatasetRecord, DatasetStore } from '../ports/dataset-store.ts';
import type { LabellingAnswer, LabellingQuestion, ShownExample } from './labelling-messages.ts';
import { QuestionRefused } from './question-refused.ts';

const NO_PICTURES = 'Shapes are drawn in pictures, and this dataset has none.';

export interface OpenedForLabels {
  readonly id: string;
  readonly version: DatasetVersion;
  readonly dataset: OpenedDataset;
}

export interface Labelling {
  /** Rejects as Exploring does. */
  answer(store: DatasetStore, opened: OpenedForLabels, question: LabellingQuestion): Promise<LabellingAnswer>;
}

export function labelling(): Labelling {
  const clock = createSystemClock();
  let kept:
    { readonly id: string; readonly version: DatasetVersion; readonly named: NamedExamples } | undefined;
  let came: { readonly named: NamedExamples; readonly cameWith: (row: number) => boolean } | undefined;

  const namedOf = ({ id, version, dataset }: OpenedForLabels): NamedExamples => {
    if (kept?.id !== id || kept.version !== version) {
      if (classesOf(dataset.contract) === 0)
        throw new QuestionRefused(
          'bad-edit',
          'This dataset’s target is a number: there are no classes to label with.',
        );
      kept = { id, version, named: nameExamples(dataset.contract, dataset.examples) };
    }
    return kept.named;
  };
  /** The import is read once for the state that is asked about. */
  const cameWithOf = async (store: DatasetStore, id: string, named: NamedExamples) => {
    if (came?.named === named) return came.cameWith;
    const imported = await importedLabels(store, id);
    const cameWith = (row: number): boolean => imported === undefined || imported.has(named.nameOf(row));
    came = { named, cameWith };
    return cameWith;
  };
  const weakOf = async (
    store: DatasetStore,
    { id, dataset }: OpenedForLabels,
    named: NamedExamples,
    judge: Judge,
  ): Promise<WeakRows> => {
    const table = tableOf(dataset);
    const cameWith = await cameWithOf(store, id, named);
    return { named, cameWith, table, journal: await store.journal(id), judge };
  };

  return {
    async answer(store, opened, question) {
      const { id, dataset } = opened;
      const named = namedOf(opened);
      switch (question.type) {
        case 'queue': {
          const journal = await store.journal(id);
          const guide =
            question.guide.type === 'rules'
              ? weakGuide(await weakOf(store, opened, named, question.judge), question.guide)
              : question.guide;
          const queue = await labelQueue(named, journal, { ...question, guide }, () => clock.tick());
          return { type: 'queue', queue };
        }
        case 'examples':
          return { type: 'examples', examples: question.rows.map((row) => shown(dataset, named, row)) };
        case 'features':
          return featuresOf(selectExamples(dataset.examples, question.rows));
        case 'agreement':
          return { type: 'agreement', agreement: labelAgreement(named, await store.journal(id)) };
        case 'spans': {
          const textOf = (row: number, column: string): string => {
            const at = dataset.table?.columns.findIndex(({ name }) => name === column) ?? -1;
            return dataset.table === undefined ? '' : (cellTexts(dataset.table, row, row + 1)[0]?.[at] ?? '');
          };
          const spans = labelSpans(named, textOf, await store.journal(id), question.judge);
          return { type: 'spans', spans };
        }
        case 'shapes': {
          const { judge, scope } = question;
          return { type: 'shapes', shapes: labelShapes(named, await store.journal(id), judge, scope) };
        }
        case 'shape-agreement':
          return { type: 'shape-agreement', pairs: agreeingOnShapes(named, await store.journal(id)) };
        case 'coco': {
          const { contract } = dataset;
          if (contract.kind !== 'image') throw new QuestionRefused('bad-edit', NO_PICTURES);
          const pixelsOf = question.withPictures
            ? (row: number) => ({ ...contract, pixels: pixelsAt(dataset, row) })
            : undefined;
          const files = cocoFiles(named, await store.journal(id), question, contract, pixelsOf);
          return { type: 'coco', bytes: question.withPictures ? zipOf(files) : files[0]!.bytes.slice() };
        }
        case 'read-coco': {
          const { contract } = dataset;
          if (contract.kind !== 'image') throw new QuestionRefused('bad-edit', NO_PICTURES);
          const read = newInCoco(named, await store.journal(id), question.judge, question.text, contract);
          return { type: 'read-coco', read };
        }
        case 'weak': {
          const rows = await weakOf(store, opened, named, question.judge);
          const { labels: _, ...weak } = weakLabels(rows, question.rules, question);
          return { type: 'weak', weak };
        }
        case 'keep': {
          const labels = labelsToKeep(named, await store.journal(id), question.judge);
          return { type: 'kept', record: await keep(store, opened, question, labels) };
        }
        case 'keep-weak': {
          const rows = await weakOf(store, opened, named, question.judge);
          const { labels } = weakLabels(rows, question.rules, question);
          return { type: 'kept', record: await keep(store, opened, question, labels) };
        }
        default:
          return question satisfies never;
      }
    },
  };
}

async function keep(
  store: DatasetStore,
  { id, dataset }: OpenedForLabels,
  { base, message }: { readonly base: DatasetVersion; readonly message: string },
  labels: readonly RowLabel[],
): Promise<DatasetRecord> {
  const change = labelChange(dataset, labels);
  if (!change.ok) throw new QuestionRefused('bad-edit', change.error);
  return store.commit(id, base, change.value, message);
}

function tableOf({ table, contract }: OpenedDataset): WeakRows['table'] {
  if (table === undefined || contract.kind !== 'table')
    throw new QuestionRefused('bad-edit', 'Rules look at the columns of a table, and these have none.');
  // A rule that looked at the label would be no rule.
  return { ...table, columns: table.columns.filter((column) => column.name !== contract.target.name) };
}

/** The names of the rows that had a label when they were imported; undefined where nothing was changed since. */
async function importedLabels(store: DatasetStore, id: string): Promise<ReadonlySet<string> | undefined> {
  const history = await store.history(id);
  if (history === undefined || history.commits.length === 1) return undefined;
  const examples = await store.read(id, 0);
  if (examples === undefined) return undefined;
  const names = exampleNames(examples);
  return new Set(
    Array.from(examples.targets.keys()).flatMap((row) =>
      examples.targets[row] === UNLABELLED ? [] : [exampleName(names, row)],
    ),
  );
}

function shown(
  { contract, examples, table }: OpenedDataset,
  named: NamedExamples,
  row: number,
): ShownExample {
  if (!(row >= 0 && row < examples.count))
    throw new QuestionRefused('bad-edit', `There are the rows 1 to ${examples.count}.`);
  const head = { row, name: named.nameOf(row), label: examples.targets[row]! };
  if (contract.kind !== 'table') {
    const { height, width, channels } = planeOf(contract);
    const pixels = pixelsAt({ examples }, row);
    return { ...head, shows: { kind: contract.kind, height, width, channels, pixels } };
  }
  if (table === undefined) throw new Error('A table was opened without its columns.');
  const [cells = []] = cellTexts(table, row, row + 1);
  const columns = table.columns.filter((column) => column.name !== contract.target.name);
  return {
    ...head,
    shows: { kind: 'table', cells: columns.map(({ name }, at) => [name, cells[at] ?? ''] as const) },
  };
}

function pixelsAt({ examples }: Pick<OpenedDataset, 'examples'>, row: number): Uint8Array<ArrayBuffer> {
  const size = exampleSize(examples);
  return Uint8Array.from(examples.features.subarray(row * size, (row + 1) * size));
}

const featuresOf = ({ features, texts }: Examples): LabellingAnswer => ({
  type: 'features',
  features,
  ...(texts === undefined ? {} : { texts }),
});
