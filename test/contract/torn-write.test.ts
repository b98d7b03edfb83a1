// A loss of power in the middle of a write: the database's journal file ends anywhere, or in rubbish. What is read afterwards is a
// beginning of what was written, whole transactions only (FAULTS F10).
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import * as v from 'valibot';
import { FederationId, VersionNumber } from '#lib/core/ids.ts';
import { random } from '#lib/core/random.ts';
import { sqliteRecords } from '../../server/adapters/sqlite/records.ts';
import { firstBrokenEntry, journalAfter } from '../../server/coordinator/journal.ts';
import type { FederationRecord } from '../../server/ports/records.ts';
import { exampleSpec } from '../simulation/example-spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-torn-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const id = v.parse(FederationId, 'torn');
const record: FederationRecord = {
  id,
  spec: exampleSpec(),
  createdAt: 1,
  state: 'draft',
  run: null,
  roundsCommitted: 0,
  lastRound: 0,
  live: v.parse(VersionNumber, 0),
  livePinned: false,
  roots: [],
};

const WRITES = 12;
const CUTS = 60;

test('whatever is left of the journal’s file, what is read is a beginning of what was written', async () => {
  const path = join(folder, 'whole.sqlite');
  const records = await sqliteRecords(path);
  await records.write([{ type: 'create-federation', record }]);
  const journal = journalAfter(id, undefined);
  // Two lines and a change of the federation each: they are there together, or not at all.
  for (let write = 1; write <= WRITES; write += 1) {
    await records.write([
      { type: 'append-journal', record: journal.next('first', { write }, write) },
      { type: 'append-journal', record: journal.next('second', { write }, write) },
      { type: 'change-federation', record: { ...record, lastRound: write } },
    ]);
    journal.written();
  }
  const main = join(folder, 'main');
  copyFileSync(path, main);
  const log = readFileSync(`${path}-wal`);
  await records.close();

  const draws = random(3, 'cuts');
  const seen = new Set<number>();
  for (let cut = 0; cut <= CUTS; cut += 1) {
    const length = cut === CUTS ? log.length : draws.below(log.length);
    const left = Buffer.from(log);
    // The end is missing, or was written as something else.
    if (cut % 2 === 1) left.fill(draws.below(256), length);
    const torn = join(folder, `${cut}.sqlite`);
    copyFileSync(main, torn);
    writeFileSync(`${torn}-wal`, cut % 2 === 1 ? left : left.subarray(0, length));
    const again = await sqliteRecords(torn);
    const lines = await again.journal(id);
    const [federation] = await again.federations();
    expect(lines.length % 2, `cut at ${length}`).toBe(0);
    expect(federation?.lastRound ?? 0).toBe(lines.length / 2);
    expect(firstBrokenEntry(lines)).toBeUndefined();
    seen.add(lines.length / 2);
    await again.close();
    rmSync(torn, { force: true });
  }
  expect(Math.max(...seen)).toBe(WRITES);
  expect(seen.size).toBeGreaterThan(WRITES / 2);
});
