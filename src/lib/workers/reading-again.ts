// A dataset's file read again: by the contract that it was read by, against the rows that are in use, and the difference is a state of
// the dataset like any other. Loaded with the first such question.
import { countUnlabelled } from '../core/data/class-counts.ts';
import { joinExamples, type Examples } from '../core/data/examples.ts';
import { changeToFile } from '../modalities/change-to-file.ts';
import { importFiles, type ImportOptions } from '../modalities/import.ts';
import { quoted } from '../modalities/import-report.ts';
import { fileName, sourceOfBlob } from '../modalities/source-file.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import type { DatasetAnswer, DatasetQuestion, ImportSource } from './ingest-messages.ts';
import { QuestionRefused } from './question-refused.ts';

type Reread = Extract<DatasetAnswer, { type: 'read-again' | 'rows-would-go' }>;

/** Rejects with QuestionRefused, DatasetMoved, StorageFull, and with the signal's reason. */
export async function readAgain(
  store: DatasetStore,
  { dataset, base, files, mayRemove }: Extract<DatasetQuestion, { type: 'read-again' }>,
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
  const { reading } = record;
  const { report } = await importFiles(
    files.map(({ path, file }) => ({ ...sourceOfBlob(path, file), reading })),
    record.contract,
    { append: (examples) => Promise.resolve(void parts.push(examples)) },
    options,
  );
  // The rows behind the damage are not gone, they are not read.
  if ((report.refusedByKind['corrupt-archive'] ?? 0) > 0) {
    const damaged = report.refusals.find(({ kind }) => kind === 'corrupt-archive');
    throw new QuestionRefused(
      'not-read-again',
      `Nothing was changed: ${damaged === undefined ? 'a file is damaged.' : `${quoted(fileName(damaged.file))}: ${damaged.message}`}`,
    );
  }
  const read = joinExamples(parts);
  if (read === undefined || report.unfit !== null)
    throw new QuestionRefused(
      'not-read-again',
      `Nothing was changed: ${report.unfit ?? report.refusals[0]?.message ?? 'the file holds no row.'}`,
    );
  const kept = await store.read(dataset);
  const change = kept === undefined ? undefined : changeToFile(kept, read);
  options.signal?.throwIfAborted();
  const refusals = { refused: report.refused, reason: report.refusals[0]?.message ?? null };
  if (change === undefined) return { type: 'read-again', record, change: null, ...refusals };
  const { replaced, removed, examples } = change;
  if (removed.length > mayRemove)
    return { type: 'rows-would-go', removed: removed.length, of: record.count, ...refusals };
  return {
    type: 'read-again',
    record: await store.commit(dataset, base, change, `Read again: ${describe({ type: 'files', files })}`),
    change: {
      changed: replaced.length,
      removed: removed.length,
      added: (examples?.count ?? 0) - replaced.length,
    },
    ...refusals,
  };
}
