// A dataset's file read again: by the contract that it was read by, against the rows that are in use, and the difference is a state of
// the dataset like any other. Loaded with the first such question.
import { countUnlabelled } from '../core/data/class-counts.ts';
import { joinExamples, type Examples } from '../core/data/examples.ts';
import { changeToFile } from '../modalities/change-to-file.ts';
import { importFiles, type ImportOptions } from '../modalities/import.ts';
import { sourceOfBlob } from '../modalities/source-file.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import type { DatasetAnswer, DatasetQuestion, ImportSource } from './ingest-messages.ts';
import { QuestionRefused } from './question-refused.ts';

type Reread = Extract<DatasetAnswer, { type: 'read-again' }>;

/** Rejects with QuestionRefused, DatasetMoved, StorageFull, and with the signal's reason. */
export async function readAgain(
  store: DatasetStore,
  { dataset, base, files }: Extract<DatasetQuestion, { type: 'read-again' }>,
  options: ImportOptions,
  describe: (source: ImportSource) => string,
): Promise<Reread> {
  const [record, history] = await Promise.all([store.record(dataset), store.history(dataset)]);
  const root = history?.commits[0];
  if (record === undefined || root === undefined)
    throw new QuestionRefused('no-dataset', 'This dataset is not in this browser any more.');
  if (record.contract.kind === 'audio')
    throw new QuestionRefused(
      'not-read-again',
      'Recordings are not read again, because their sounds are kept apart. Bring them as data of their own.',
    );
  if (countUnlabelled(root) > 0)
    throw new QuestionRefused(
      'not-read-again',
      'Some of these rows came without a label and are labelled here. Reading the file again would take their labels away: bring it as data of its own.',
    );
  const parts: Examples[] = [];
  const { report } = await importFiles(
    files.map(({ path, file }) => sourceOfBlob(path, file)),
    record.contract,
    { append: (examples) => Promise.resolve(void parts.push(examples)) },
    options,
  );
  const read = joinExamples(parts);
  if (read === undefined || report.unfit !== null)
    throw new QuestionRefused(
      'not-read-again',
      `Nothing was changed: ${report.unfit ?? report.refusals[0]?.message ?? 'the file holds no row.'}`,
    );
  const kept = await store.read(dataset);
  const change = kept === undefined ? undefined : changeToFile(kept, read);
  options.signal?.throwIfAborted();
  const outcome = {
    type: 'read-again',
    refused: report.refused,
    reason: report.refusals[0]?.message ?? null,
  } as const;
  if (change === undefined) return { ...outcome, record, change: null };
  const { replaced, removed, examples } = change;
  return {
    ...outcome,
    record: await store.commit(dataset, base, change, `Read again: ${describe({ type: 'files', files })}`),
    change: {
      changed: replaced.length,
      removed: removed.length,
      added: (examples?.count ?? 0) - replaced.length,
    },
  };
}
