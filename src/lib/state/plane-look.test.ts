import { expect, test } from 'vitest';
import type { Projection } from '../modalities/project-dataset.ts';
import type { DatasetAnswer, DatasetQuestion } from '../workers/ingest-messages.ts';
import { PlaneLook } from './plane-look.svelte.ts';

const projection: Projection = {
  method: 'axes',
  places: Float32Array.of(0, 1, 2, 3),
  axes: [],
  far: [],
  trust: undefined,
  rows: Uint32Array.of(0, 4),
  total: 9,
  leftOut: [],
  colour: { type: 'classes', labels: ['a'], codes: Int32Array.of(0, 0) },
};

/** Answers when it is told to. */
function waiting() {
  const asked: { readonly question: DatasetQuestion; readonly signal: AbortSignal | undefined }[] = [];
  const open: { resolve(answer: DatasetAnswer): void; reject(error: Error): void }[] = [];
  const look = new PlaneLook('set', async () => ({
    ask: (question, options) => {
      asked.push({ question, signal: options?.signal });
      return new Promise((resolve, reject) => open.push({ resolve, reject }));
    },
  }));
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { look, asked, open, settled };
}
const rowsOf = (row: number): DatasetAnswer => ({
  type: 'rows',
  rows: { kind: 'table', header: ['row'], rows: [[String(row)]] },
});

test('what is asked for anew takes the place of what was under way, whichever comes first', async () => {
  const { look, asked, open, settled } = waiting();
  void look.show(null, 'neighbours');
  await settled();
  void look.show('note', 'axes');
  await settled();
  expect(asked.map(({ signal }) => signal?.aborted)).toEqual([true, false]);
  open[0]!.reject(new Error('stopped'));
  await settled();
  expect([look.trouble, look.progress]).toEqual([undefined, 0]);
  open[1]!.resolve({ type: 'projected', projection });
  await settled();
  expect([look.made, look.progress]).toEqual([projection, undefined]);
  void look.show(null, 'axes');
  await settled();
  look.stop();
  open[2]!.reject(new Error('stopped'));
  await settled();
  expect([look.made, look.trouble, look.progress]).toEqual([projection, undefined, undefined]);
});

test('of the rows that a hand passes over, the last one is read', async () => {
  const { look, asked, open, settled } = waiting();
  for (const row of [1, 2, 3]) void look.lookAt(row);
  await settled();
  open[0]!.resolve(rowsOf(1));
  await settled();
  open[1]!.resolve(rowsOf(3));
  await settled();
  expect(asked.map(({ question }) => question.type === 'rows-at' && question.rows)).toEqual([[1], [3]]);
  expect(look.active?.row).toBe(3);
  void look.lookAt(undefined);
  expect(look.active).toBeUndefined();
  void look.list([4, 5]);
  await settled();
  open[2]!.reject(new Error('locked'));
  await settled();
  expect([look.listed, look.trouble]).toEqual([undefined, 'locked']);
});
