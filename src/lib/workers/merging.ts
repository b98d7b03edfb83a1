// One state of a dataset merged into the one in use: looked at first, then done by what was chosen, as a state of two parents. Loaded
// with the first such question.
import { areBranches, commonAncestor } from '../core/data/state-ancestry.ts';
import type { StateRows } from '../core/data/three-way.ts';
import { mergingStates } from '../modalities/merge-states.ts';
import {
  DatasetMoved,
  type DatasetHistory,
  type DatasetRecord,
  type DatasetStore,
} from '../ports/dataset-store.ts';
import type { DatasetAnswer, DatasetQuestion } from './ingest-messages.ts';
import { QuestionRefused } from './question-refused.ts';

/** Rejects with QuestionRefused, DatasetMoved, StorageFull. */
export async function mergeAnswer(
  store: DatasetStore,
  { id, contract, version }: DatasetRecord,
  question: Extract<DatasetQuestion, { type: 'look-at-merge' | 'merge' }>,
): Promise<DatasetAnswer> {
  const history = await store.history(id);
  const { from } = question;
  if (history === undefined || !history.commits.some((one) => one.number === from))
    throw new QuestionRefused('no-dataset', 'This state of the dataset is not in this browser any more.');
  const { head, commits } = history;
  if (question.type === 'merge' && question.onto !== head) throw new DatasetMoved(id);
  if (!areBranches(commits, head, from))
    throw new QuestionRefused(
      'not-merged',
      'One of these states was made of the other: there is nothing to merge. Use the later one.',
    );
  const rowsOf = async (state: number): Promise<StateRows> => {
    const [examples, identities] = await Promise.all([store.read(id, state), store.identities(id, state)]);
    if (examples === undefined || identities === undefined)
      throw new QuestionRefused('no-dataset', 'This state of the dataset is not in this browser any more.');
    return { examples, identities };
  };
  const [base, mine, theirs] = await Promise.all(
    [commonAncestor(commits, head, from), head, from].map(rowsOf),
  );
  const merging = mergingStates(contract, base!, mine!, theirs!);
  if (question.type === 'look-at-merge')
    return { type: 'merge-seen', onto: head, base: version, look: merging.look };
  const change = merging.change(question.choices);
  if (!change.ok) throw new QuestionRefused('not-merged', change.error);
  const message = `Merged ${nameOf(history, from)} into ${nameOf(history, head)}`;
  return {
    type: 'merged',
    record: await store.commit(id, question.base, change.value, message, { onto: head, from }),
  };
}

const NAME_LENGTH = 40;

/** By the name that a person gave to it, else by what it changed; of merges, messages would grow without end. */
function nameOf({ tags, commits }: DatasetHistory, state: number): string {
  const name =
    tags.find((tag) => tag.state === state)?.name ??
    commits.find((one) => one.number === state)?.message ??
    `state ${state}`;
  return `“${name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name}”`;
}
