import { expect, test } from 'vitest';
import type { DatasetRecord } from '../ports/dataset-store.ts';
import type { FileOrigin } from '../adapters/idb/file-origins.ts';
import type { DatasetAnswer, DatasetQuestion } from '../workers/ingest-messages.ts';
import { keepOrigin, ReadAgain, spokenOutcome, spokenQuestion } from './read-again.svelte.ts';

type Outcome = Extract<DatasetAnswer, { type: 'read-again' }>;
const recordOf = (source: string): DatasetRecord =>
  ({ id: 'set', version: 'v1', source }) as unknown as DatasetRecord;
const record = recordOf('a.csv (6 bytes)');
const same: Outcome = { type: 'read-again', record, change: null, refused: 0, reason: null };
const differs: Outcome = { ...same, change: { changed: 1, added: 2, removed: 0 } };

function handleOf(
  permission: PermissionState,
  file: () => Promise<File>,
  asked: () => Promise<PermissionState> = () => Promise.resolve(permission),
): FileSystemFileHandle {
  const handle = {
    name: 'a.csv',
    getFile: file,
    queryPermission: () => Promise.resolve(permission),
    requestPermission: asked,
  };
  return handle as unknown as FileSystemFileHandle;
}
function stage(origin: FileOrigin | undefined, ...answers: readonly (DatasetAnswer | Error)[]) {
  const questions: DatasetQuestion[] = [];
  const kept: unknown[] = [];
  let loads = 0;
  const shown = { id: 'set', record, load: () => Promise.resolve(void (loads += 1)) };
  const origins = {
    keep: (_: string, own: FileOrigin) => Promise.resolve(void kept.push(own)),
    of: () => Promise.resolve(origin),
  };
  const fetched: string[] = [];
  const again = new ReadAgain(shown, {
    origins: () => Promise.resolve(origins),
    fetching: () =>
      Promise.resolve({
        fetch(address, onBytes) {
          fetched.push(address);
          if (address.endsWith('gone.csv')) return Promise.reject(new Error('There is no such file.'));
          onBytes(3, 6);
          return Promise.resolve({ name: 'a.csv', blob: file, note: undefined });
        },
        close: () => undefined,
      }),
    ingest: () =>
      Promise.resolve({
        ask(question: DatasetQuestion) {
          const answer = answers[questions.push(question) - 1];
          if (answer === undefined) throw new Error('Nobody said what is answered.');
          return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
        },
      }),
  });
  return { again, shown, questions, kept, fetched, loads: () => loads };
}
const file = new File(['a\n1\n'], 'a.csv');

test('a file that the browser has hold of is read without being looked for, and what differs is loaded', async () => {
  const handle = handleOf(
    'prompt',
    () => Promise.resolve(file),
    () => Promise.resolve('granted'),
  );
  const { again, questions, kept, loads } = stage(handle, differs);
  await again.start();
  expect(questions).toEqual([
    { type: 'read-again', dataset: 'set', base: 'v1', files: [{ path: 'a.csv', file }], mayRemove: 0 },
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
  [
    'the browser does not even ask',
    handleOf(
      'prompt',
      () => Promise.resolve(file),
      () => Promise.reject(new DOMException('', 'SecurityError')),
    ),
    /a\.csv is not where it was, or cannot be read/,
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

const gone: Extract<DatasetAnswer, { type: 'rows-would-go' }> = {
  type: 'rows-would-go',
  removed: 2,
  of: 9,
  refused: 0,
  reason: null,
};
test('rows go only after the person said so, and no more of them than were named', async () => {
  const { again, questions, loads } = stage(undefined, gone, gone, differs);
  await again.read([{ path: 'b.csv', file }]);
  expect(again).toMatchObject({ question: { removed: 2, of: 9 }, outcome: null, reading: null });
  await again.answer(false);
  expect(again.question).toBeNull();
  expect([questions.length, loads()]).toEqual([1, 0]);
  await again.read([{ path: 'b.csv', file }]);
  await again.answer(true);
  expect(questions.at(-1)).toMatchObject({ files: [{ path: 'b.csv' }], mayRemove: 2 });
  expect(again).toMatchObject({ question: null, outcome: differs });
});

test('one that was fetched is fetched again from there; where it is gone, it is asked for', async () => {
  const address = 'https://example.org/a.csv';
  const { again, questions, kept, fetched, loads } = stage(address, differs);
  await again.start();
  expect(fetched).toEqual([address]);
  expect(questions).toMatchObject([{ type: 'read-again', files: [{ path: 'a.csv' }] }]);
  expect([again.outcome, kept, loads()]).toEqual([differs, [address], 1]);
  const gone = stage('https://example.org/gone.csv', same);
  await gone.again.start();
  expect(gone.again).toMatchObject({ isAsking: true, problem: 'There is no such file.', reading: null });
});

test('of a dataset that was read from several files, or from none, none is kept', async () => {
  const handle = handleOf('granted', () => Promise.resolve(file));
  for (const source of ['3 files (18 bytes)', 'sample: Digits, 6 examples, seed 1']) {
    const { again, shown, kept } = stage(undefined, differs);
    shown.record = recordOf(source);
    await again.read([{ path: 'a.csv', file, handle }]);
    expect([again.outcome, kept]).toEqual([differs, []]);
  }
});

test('it is busy from the click on, and one whose page was left by then asks for nothing', async () => {
  const { again, questions } = stage(
    handleOf('granted', () => Promise.resolve(file)),
    differs,
  );
  const started = again.start();
  expect(again.reading).toMatchObject({ message: 'Opening…' });
  again.cancel();
  await started;
  expect(questions).toEqual([]);
  expect(again).toMatchObject({ reading: null, problem: null, isAsking: false });
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
  const origins = {
    keep: () => Promise.resolve(void kept.push(1)),
    of: () => Promise.resolve(undefined),
  };
  const one = { path: 'a.csv', file, handle };
  await keepOrigin({ origins: () => Promise.resolve(origins) }, 'set', [one, one]);
  await keepOrigin({ origins: () => Promise.resolve(origins) }, 'set', [{ path: 'a.csv', file }]);
  expect(kept).toEqual([]);
  await keepOrigin({ origins: () => Promise.resolve(origins) }, 'set', [one]);
  expect(kept).toEqual([1]);
  await keepOrigin({ origins: () => Promise.reject(new Error('no storage')) }, 'set', [one]);
});

test('what came of it is a sentence', () => {
  expect(spokenOutcome(same, 'row')).toBe('Nothing changed: the file holds what is here.');
  expect(spokenOutcome({ ...differs, refused: 1, reason: 'It is too old.' }, 'row')).toBe(
    '1 row changed, 2 rows came: a new state. 1 row of the file was refused, the first because: It is too old.',
  );
  expect(spokenQuestion({ ...gone, removed: 1 }, 'row')).toBe(
    '1 row of 9 is not in the file, and would go. The states before keep them.',
  );
});
