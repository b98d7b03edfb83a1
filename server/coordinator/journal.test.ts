import * as v from 'valibot';
import { expect, test } from 'vitest';
import { FederationId } from '#lib/core/ids.ts';
import type { JournalRecord } from '../ports/records.ts';
import { firstBrokenEntry, journalAfter } from './journal.ts';

const federation = v.parse(FederationId, 'a');
function chain(length: number): JournalRecord[] {
  const journal = journalAfter(federation, undefined);
  return Array.from({ length }, (_, index) => journal.next('opened', { round: index + 1 }, index));
}

test('an intact journal has no broken entry, and goes on from its last line', () => {
  const entries = chain(4);
  expect(firstBrokenEntry(entries)).toBeUndefined();
  const next = journalAfter(federation, entries.at(-1)).next('closed', {}, 9);
  expect(next).toMatchObject({ sequence: 5, previous: entries[3]?.hash });
  expect(firstBrokenEntry([...entries, next])).toBeUndefined();
});

test('an edited, removed, exchanged or repeated line is found at its place', () => {
  const [one, two, three, four] = chain(4) as [JournalRecord, JournalRecord, JournalRecord, JournalRecord];
  expect(firstBrokenEntry([one, { ...two, payload: { round: 99 } }, three, four])).toBe(2);
  expect(firstBrokenEntry([one, { ...two, at: two.at + 1 }, three])).toBe(2);
  expect(firstBrokenEntry([one, three, four])).toBe(2);
  expect(firstBrokenEntry([one, three, two, four])).toBe(2);
  expect(firstBrokenEntry([one, two, two, three])).toBe(3);
  expect(firstBrokenEntry([two])).toBe(1);
});

test('lines that were not written free their numbers', () => {
  const journal = journalAfter(federation, undefined);
  const first = journal.next('opened', {}, 1);
  journal.written();
  journal.next('closed', {}, 2);
  journal.undo();
  expect(firstBrokenEntry([first, journal.next('abandoned', {}, 3)])).toBeUndefined();
});
