import { expect, test } from 'vitest';
import type { DatasetRecord } from '../ports/dataset-store.ts';
import type { DatasetAnswer, DatasetQuestion } from '../workers/ingest-messages.ts';
import { keepHandle, ReadAgain, spokenOutcome } from './read-again.svelte.ts';

type Outcome = Extract<DatasetAnswer, { type: 'read-again' }>;
const record = { id: 'set', version: 'v1' } as unknown as DatasetRecord;
const same: Outcome = { type: 'read-again', record, change: null, refused: 0, reason: null };
const differs: Outcome = { ...same, change: { changed: 1, added: 2, removed: 0 } };

function handleOf(
  permission: PermissionState,
  file: () => Promise<File>,
  asked: PermissionState = permission,
): FileSystemFileHandle {
  const handle = {
    name: 'a.csv',
    getFile: file,
    queryPermission: () => Promise.resolve(permission),
    requestPermission: () => Promise.resolve(asked),
  };
  return handle as unknown as FileSystemFileHandle;
}
function stage(handle: FileSystemFileHandle | undefined, answer: Outcome | Error) {
  const questions: DatasetQuestion[] = [];
  const kept: unknown[] = [];
  let loads = 0;
  const handles = {
    keep: (_: string, own: FileSystemFileHandle) => Promise.resolve(void kept.push(own)),
    of: () => Promise.resolve(handle),
  };
  const again = new ReadAgain(
    { id: 'set', record, load: () => Promise.resolve(void (loads += 1)) },
    {
      handles: () => Promise.resolve(handles),
      ingest: () =>
        Promise.resolve({
          ask(question: DatasetQuestion) {
            questions.push(question);
            return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
          },
        }),
    },
  );
  return { again, questions, kept, loads: () => loads };
}
const file = new File(['a\n1\n'], 'a.csv');

test('a file that the browser has hold of is read without being looked for, and what differs is loaded', async () => {
  const handle = handleOf('prompt', () => Promise.resolve(file), 'granted');
  const { again, questions, kept, loads } = stage(handle, differs);
  await again.start();
  expect(questions).toEqual([
    { type: 'read-again', dataset: 'set', base: 'v1', files: [{ path: 'a.csv', file }] },
  ]);
  expect(again).toMatchObject({ outcome: differs, problem: null, isAsking: false, reading: null });
  expect([kept, loads()]).toEqual([[handle], 1]);
});

test.each([
  ['none was kept', undefined, null],
  ['leave is not given', handleOf('denied', () => Promise.resolve(file)), /not allowed to read a\.csv/],
  [
    'it is gone',
    handleOf('granted', () => Promise.reject(new DOMException('', 'NotFoundError'))),
    /a\.csv is not where it was/,
  ],
])('the file is asked for where %s; shown, it is read', async (_, handle, problem) => {
  const { again, questions, loads } = stage(handle, same);
  await again.start();
  expect(questions).toEqual([]);
  expect(again.isAsking).toBe(true);
  if (problem === null) expect(again.problem).toBeNull();
  else expect(again.problem).toMatch(problem);
  await again.read([{ path: 'b.csv', file }]);
  expect(again).toMatchObject({ outcome: same, problem: null, isAsking: false });
  expect([questions.length, loads()]).toEqual([1, 0]);
});

test('what cannot be read again is told, and the file may be shown once more', async () => {
  const { again } = stage(undefined, new Error('Nothing was changed: There is no column “a”.'));
  await again.start();
  await again.read([{ path: 'b.csv', file }]);
  expect(again).toMatchObject({ outcome: null, isAsking: true, reading: null });
  expect(again.problem).toMatch(/no column “a”/);
});

test('a handle is kept of a single file, and without storage nothing is', async () => {
  const handle = handleOf('granted', () => Promise.resolve(file));
  const kept: unknown[] = [];
  const handles = { keep: () => Promise.resolve(void kept.push(1)), of: () => Promise.resolve(undefined) };
  const one = { path: 'a.csv', file, handle };
  await keepHandle({ handles: () => Promise.resolve(handles) }, 'set', [one, one]);
  await keepHandle({ handles: () => Promise.resolve(handles) }, 'set', [{ path: 'a.csv', file }]);
  expect(kept).toEqual([]);
  await keepHandle({ handles: () => Promise.resolve(handles) }, 'set', [one]);
  expect(kept).toEqual([1]);
  await keepHandle({ handles: () => Promise.reject(new Error('no storage')) }, 'set', [one]);
});

test('what came of it is a sentence', () => {
  expect(spokenOutcome(same, 'row')).toBe('Nothing changed: the file holds what is here.');
  expect(spokenOutcome({ ...differs, refused: 1, reason: 'It is too old.' }, 'row')).toBe(
    '1 row changed, 2 rows came: a new state. 1 row of the file was refused, the first because: It is too old.',
  );
});
