// The guarantees of server/ports/records.ts and server/ports/blobs.ts, by every adapter: in memory, then on a real disk.
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, Migrator } from 'kysely';
import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { digestOf, digestOfText } from '#lib/core/digest.ts';
import { Digest, FederationId, ParticipantId, RoundNumber, RunNumber, VersionNumber } from '#lib/core/ids.ts';
import { openRound } from '#lib/core/round/round.ts';
import { PersonId } from '#lib/protocol/people.ts';
import { InvitationId } from '#lib/protocol/invitations.ts';
import { DataDirectoryInUse, ownDataDirectory } from '../../server/adapters/data-directory.ts';
import { fileBlobs, type Disk } from '../../server/adapters/file-blobs.ts';
import { memoryBlobs } from '../../server/adapters/memory-blobs.ts';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import { sqliteDialect } from '../../server/adapters/sqlite/dialect.ts';
import { sqliteRecords } from '../../server/adapters/sqlite/records.ts';
import { federationRow } from '../../server/adapters/sqlite/rows.ts';
import { migrations, type Tables } from '../../server/adapters/sqlite/schema.ts';
import { BlobMissing, BlobSpaceFull, type Blobs } from '../../server/ports/blobs.ts';
import {
  RecordConflict,
  RecordsFull,
  type CredentialRecord,
  type FederationRecord,
  type LogRecord,
  type InvitationRecord,
  type PersonRecord,
  type Records,
  type UpdateRecord,
  type VersionRecord,
} from '../../server/ports/records.ts';
import { exampleSpec } from '../simulation/example-spec.ts';

const directories: string[] = [];
const freshDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-stores-'));
  directories.push(directory);
  return directory;
};
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const digest = (text: string): Digest => digestOfText(text);
const participant = (hex: string): ParticipantId => v.parse(ParticipantId, hex.repeat(32));
const round = (number: number): RoundNumber => v.parse(RoundNumber, number);
const version = (number: number): VersionNumber => v.parse(VersionNumber, number);
const run = v.parse(RunNumber, 1);

const federation = (id: string, change: Partial<FederationRecord> = {}): FederationRecord => ({
  id: v.parse(FederationId, id),
  spec: exampleSpec(),
  createdAt: 1_700_000_000_123,
  state: 'draft',
  run: null,
  roundsCommitted: 0,
  lastRound: 0,
  live: version(0),
  livePinned: false,
  roots: [],
  ...change,
});
const versionRecord = (id: string, number: number): VersionRecord => ({
  federation: v.parse(FederationId, id),
  version: version(number),
  digest: digest(`version ${number}`),
  bytes: 24,
  state: number === 0 ? null : digest(`state ${number}`),
  residual: number === 2 ? digest(`residual ${number}`) : null,
  delta:
    number === 2
      ? { anchor: version(0), digest: digest(`delta ${number}`), bytes: 3, codec: 'eden:4' }
      : null,
  norm: number === 0 ? null : 0.25,
  parent: number === 0 ? null : version(number - 1),
  run: number === 0 ? null : run,
  round: number === 0 ? null : round(number),
  committedAt: 5,
  participants: 2,
  examples: 10,
  bytesUp: 48,
  bytesDown: 0,
  durationMs: number === 0 ? null : 17,
  ...(number === 2 ? { tuning: [{ learningRate: 0.1, localEpochs: 1, batchSize: 10, chance: 1 / 3 }] } : {}),
});
const update = (id: string, number: number, by: string): UpdateRecord => ({
  federation: v.parse(FederationId, id),
  run,
  round: round(number),
  participant: participant(by),
  base: digest('base'),
  update: digest(`update of ${by}`),
  bytes: 24,
  examples: 7,
  receivedAt: 9,
  countedIn: round(number),
  outcome: 'accepted',
  refusal: null,
});
const opened = (number: number) =>
  openRound({
    round: round(number),
    run,
    base: version(0),
    baseDigest: digest('base'),
    rules: exampleSpec().rules,
    maximumStaleness: 0,
    openedAt: 3,
  });

interface RecordsAdapter {
  readonly name: string;
  open(): Promise<Records>;
}
const recordsAdapters: RecordsAdapter[] = [
  { name: 'in memory', open: async () => memoryRecords() },
  { name: 'on SQLite', open: () => sqliteRecords(join(freshDirectory(), 'records.sqlite')) },
];

describe.each(recordsAdapters)('records $name', ({ open }) => {
  test('give back a federation as it was written, in order of creation', async () => {
    const records = await open();
    const changed = federation('b', {
      state: 'running',
      run,
      lastRound: 4,
      livePinned: true,
      roots: [participant('a'), participant('b')],
      live: version(2),
    });
    await records.write([{ type: 'create-federation', record: federation('b') }]);
    await records.write([{ type: 'create-federation', record: federation('a') }]);
    await records.write([{ type: 'change-federation', record: changed }]);
    expect(await records.federations()).toEqual([changed, federation('a')]);
    await records.close();
  });

  test('write all of a transaction or nothing', async () => {
    const records = await open();
    await records.write([{ type: 'create-federation', record: federation('a') }]);
    await expect(
      records.write([
        { type: 'insert-version', record: versionRecord('a', 0) },
        { type: 'create-federation', record: federation('a') },
      ]),
    ).rejects.toBeInstanceOf(RecordConflict);
    expect(await records.versions(federation('a').id)).toEqual([]);
    await records.close();
  });

  test('hold one decision a participant and round, whatever is written later', async () => {
    const records = await open();
    const { id } = federation('a');
    await records.write([{ type: 'create-federation', record: federation('a') }]);
    await records.write([{ type: 'insert-update', record: update('a', 1, 'a') }]);
    const other: UpdateRecord = {
      ...update('a', 1, 'a'),
      update: digest('another'),
      outcome: 'refused',
      refusal: { kind: 'x' },
    };
    await expect(records.write([{ type: 'insert-update', record: other }])).rejects.toBeInstanceOf(
      RecordConflict,
    );
    await records.write([{ type: 'insert-update', record: { ...other, round: round(2) } }]);
    expect(await records.update(id, round(1), participant('a'))).toEqual(update('a', 1, 'a'));
    expect(await records.update(id, round(2), participant('a'))).toEqual({ ...other, round: round(2) });
    expect(await records.update(id, round(1), participant('b'))).toBeUndefined();
    await records.close();
  });

  test('keep each leaf of the log of versions as it was written, in order', async () => {
    const records = await open();
    const id = v.parse(FederationId, 'digits');
    const leaf = (number: number): LogRecord => ({
      federation: id,
      version: version(number),
      leaf: `{"version":${number}}`,
      root: digest(`root ${number}`),
      at: 5 + number,
      journal: digest('line'),
      signed: { key: 'a'.repeat(64), signature: 'b'.repeat(128) },
    });
    await records.write([
      { type: 'create-federation', record: federation('digits') },
      { type: 'append-log', record: leaf(0) },
    ]);
    await records.write([{ type: 'append-log', record: leaf(1) }]);
    await expect(records.write([{ type: 'append-log', record: leaf(1) }])).rejects.toThrow(RecordConflict);
    expect(await records.log(id)).toEqual([leaf(0), leaf(1)]);
    await records.write([{ type: 'delete-federation', id }]);
    expect(await records.log(id)).toEqual([]);
    await records.close();
  });

  test('never overwrite a version, an evaluation or a line of the journal', async () => {
    const records = await open();
    const { id } = federation('a');
    await records.write([
      { type: 'create-federation', record: federation('a') },
      { type: 'insert-version', record: versionRecord('a', 0) },
      { type: 'insert-version', record: versionRecord('a', 1) },
    ]);
    const tally = { type: 'classification' as const, count: 1, lossSum: 0.5, confusion: [1, 0, 0, 0] };
    const evaluation = {
      federation: id,
      version: version(1),
      participant: participant('a'),
      tally,
      personal: { ...tally, lossSum: 0.25 },
      at: 1,
    };
    const slices = [{ column: 'sex', part: 'is Female', tally }];
    const without = { ...evaluation, participant: participant('b'), personal: null, latency: -3, slices };
    // Of the same moment, and of an earlier one by a clock that was set back.
    const late = ['d', 'c'].map((name) => ({ ...without, participant: participant(name) }));
    const earlier = { ...without, participant: participant('e'), at: 0 };
    const line = {
      federation: id,
      sequence: 1,
      at: 1,
      type: 'opened',
      payload: { round: 1 },
      previous: '0',
      hash: '1',
    };
    await records.write([
      { type: 'insert-evaluation', record: evaluation },
      { type: 'insert-evaluation', record: without },
      ...[...late, earlier].map((record) => ({ type: 'insert-evaluation' as const, record })),
      { type: 'append-journal', record: line },
    ]);
    const again = [
      { type: 'insert-version', record: { ...versionRecord('a', 1), digest: digest('other') } },
      { type: 'insert-evaluation', record: { ...evaluation, at: 2 } },
      { type: 'append-journal', record: { ...line, type: 'closed' } },
    ] as const;
    for (const change of again) await expect(records.write([change])).rejects.toBeInstanceOf(RecordConflict);
    expect(await records.versions(id)).toEqual([versionRecord('a', 0), versionRecord('a', 1)]);
    expect(await records.evaluations(id)).toEqual([evaluation, without, ...late, earlier]);
    expect(await records.journal(id)).toEqual([line]);
    expect(await records.lastEntry(id)).toEqual(line);
    await records.close();
  });

  test('page through rounds, newest first, each as it was last written', async () => {
    const records = await open();
    const { id } = federation('a');
    await records.write([{ type: 'create-federation', record: federation('a') }]);
    for (const number of [1, 2, 3, 10])
      await records.write([
        { type: 'put-round', record: { federation: id, round: opened(number), remainingMs: 1000 } },
        { type: 'put-round', record: { federation: id, round: opened(number), remainingMs: number + 0.5 } },
      ]);
    const page = await records.rounds(id, { limit: 2 });
    expect(page.map((one) => [one.round.round, one.remainingMs])).toEqual([
      [10, 10.5],
      [3, 3.5],
    ]);
    expect((await records.rounds(id, { before: 3, limit: 10 })).map((one) => one.round.round)).toEqual([
      2, 1,
    ]);
    expect((await records.round(id, round(2)))?.round).toEqual(opened(2));
    await records.close();
  });

  test('keep the history of an alias, newest first', async () => {
    const records = await open();
    const { id } = federation('a');
    await records.write([{ type: 'create-federation', record: federation('a') }]);
    const moves = [0, 1, 0].map(
      (number, at) => ({ alias: 'live', version: version(number), at, by: 'coordinator' }) as const,
    );
    for (const move of moves) await records.write([{ type: 'move-alias', federation: id, move }]);
    expect(await records.aliases(id)).toEqual([...moves].reverse());
    await records.close();
  });

  test('delete a federation with everything that is its own but its journal, and nothing else', async () => {
    const records = await open();
    for (const id of ['a', 'b'])
      await records.write([
        { type: 'create-federation', record: federation(id) },
        { type: 'insert-version', record: versionRecord(id, 0) },
        { type: 'insert-update', record: update(id, 1, 'a') },
        { type: 'put-round', record: { federation: federation(id).id, round: opened(1), remainingMs: null } },
      ]);
    const line = (sequence: number) => ({
      federation: federation('a').id,
      sequence,
      at: 1,
      type: 'opened',
      payload: {},
      previous: '0',
      hash: '1',
    });
    await records.write([{ type: 'append-journal', record: line(1) }]);
    await records.write([
      { type: 'delete-federation', id: federation('a').id },
      { type: 'append-journal', record: line(2) },
    ]);
    expect(await records.federations()).toEqual([federation('b')]);
    // What was charged to its participants stands there.
    expect(await records.journal(federation('a').id)).toEqual([line(1), line(2)]);
    expect(await records.versions(federation('a').id)).toEqual([]);
    expect(await records.update(federation('a').id, round(1), participant('a'))).toBeUndefined();
    expect(await records.versions(federation('b').id)).toHaveLength(1);
    await expect(
      records.write([{ type: 'delete-federation', id: federation('a').id }]),
    ).rejects.toBeInstanceOf(RecordConflict);
    await records.close();
  });

  test('refuse what belongs to no federation', async () => {
    const records = await open();
    await expect(
      records.write([{ type: 'insert-version', record: versionRecord('a', 0) }]),
    ).rejects.toBeInstanceOf(RecordConflict);
    await expect(
      records.write([{ type: 'insert-update', record: update('a', 1, 'a') }]),
    ).rejects.toBeInstanceOf(RecordConflict);
    await records.close();
  });

  test('keep invitations as last written, who joined by them once, and who is left out until taken back', async () => {
    const records = await open();
    await records.write([{ type: 'create-federation', record: federation('a') }]);
    const { id } = federation('a');
    const invitation: InvitationRecord = {
      federation: id,
      id: v.parse(InvitationId, 'ab'.repeat(6)),
      digest: digest('code'),
      note: 'Ward 3',
      createdAt: 1,
      expiresAt: null,
      devices: 5,
      revokedAt: null,
    };
    const admission = { federation: id, participant: participant('a'), invitation: invitation.id, at: 2 };
    const exclusion = { federation: id, participant: participant('b'), name: 'Bob', reason: 'So.', at: 3 };
    await records.write([
      { type: 'put-invitation', record: invitation },
      { type: 'insert-admission', record: admission },
      { type: 'put-exclusion', record: exclusion },
    ]);
    await records.write([{ type: 'put-invitation', record: { ...invitation, revokedAt: 4 } }]);
    await records.write([{ type: 'put-exclusion', record: { ...exclusion, reason: 'Other.' } }]);
    expect(await records.invitations(id)).toEqual([{ ...invitation, revokedAt: 4 }]);
    expect(await records.admissions(id)).toEqual([admission]);
    expect(await records.exclusions(id)).toEqual([{ ...exclusion, reason: 'Other.' }]);
    await expect(
      records.write([{ type: 'insert-admission', record: { ...admission, at: 9 } }]),
    ).rejects.toBeInstanceOf(RecordConflict);
    await records.write([{ type: 'delete-exclusion', federation: id, participant: participant('b') }]);
    expect(await records.exclusions(id)).toEqual([]);
    await records.write([{ type: 'delete-federation', id }]);
    expect(await records.invitations(id)).toEqual([]);
    expect(await records.admissions(id)).toEqual([]);
    await records.close();
  });

  test('keep people and their credentials as last written; a person goes with all that is its own', async () => {
    const records = await open();
    const person = (name: string): PersonRecord => ({
      id: v.parse(PersonId, digest(name).slice(0, 12)),
      name,
      role: 'owner',
      createdAt: name.length,
    });
    const [ada, bob] = [person('Ada'), person('Robert')];
    const link: CredentialRecord = {
      id: 'a',
      person: ada.id,
      createdAt: 1,
      expiresAt: 5,
      secret: { type: 'sign-in-link', digest: digest('code') },
    };
    const passkey: CredentialRecord = {
      id: 'b',
      person: bob.id,
      createdAt: 2,
      expiresAt: null,
      secret: { type: 'passkey', name: 'Phone', publicKey: 'AQ', counter: 0, transports: ['internal'] },
    };
    for (const record of [ada, bob]) await records.write([{ type: 'put-person', record }]);
    for (const record of [link, passkey]) await records.write([{ type: 'put-credential', record }]);
    const session = { digest: digest('cookie'), person: ada.id, createdAt: 1, expiresAt: 2 };
    await records.write([{ type: 'insert-session', record: session }]);
    const counted = { ...passkey, secret: { ...passkey.secret, counter: 7 } } as CredentialRecord;
    await records.write([{ type: 'put-credential', record: counted }]);
    await records.write([{ type: 'put-person', record: { ...bob, role: 'viewer' } }]);
    expect(await records.people()).toEqual([ada, { ...bob, role: 'viewer' }]);
    expect(await records.credentials()).toEqual([link, counted]);
    await records.write([{ type: 'delete-person', id: ada.id }]);
    expect(await records.people()).toEqual([{ ...bob, role: 'viewer' }]);
    expect(await records.credentials()).toEqual([counted]);
    expect(await records.sessions()).toEqual([]);
    await records.write([{ type: 'delete-credential', id: 'b' }]);
    expect(await records.credentials()).toEqual([]);
    await expect(records.write([{ type: 'put-credential', record: link }])).rejects.toBeInstanceOf(
      RecordConflict,
    );
    await records.close();
  });

  test('keep sessions until they are deleted', async () => {
    const records = await open();
    const session = { digest: digest('cookie'), person: null, createdAt: 1, expiresAt: 2 };
    await records.write([{ type: 'insert-session', record: session }]);
    expect(await records.sessions()).toEqual([session]);
    await records.write([{ type: 'delete-session', digest: session.digest }]);
    expect(await records.sessions()).toEqual([]);
    await records.close();
  });
});

interface SmallDisk {
  readonly records: Records;
  /** Until no federation more finds room. */
  fill(): Promise<void>;
  makeRoom(): Promise<void>;
}
const smallDisks: readonly { readonly name: string; open(): Promise<SmallDisk> }[] = [
  {
    name: 'in memory',
    open: async () => {
      const records = memoryRecords();
      const set = (isFull: boolean) => async (): Promise<void> => void (records.isFull = isFull);
      return { records, fill: set(true), makeRoom: set(false) };
    },
  },
  {
    name: 'on SQLite',
    open: async () => {
      const records = await sqliteRecords(join(freshDirectory(), 'records.sqlite'), { mostPages: 60 });
      const fillers: FederationRecord[] = [];
      return {
        records,
        async fill() {
          for (;;) {
            const filler = federation(`filler-${fillers.length}`);
            try {
              await records.write([{ type: 'create-federation', record: filler }]);
            } catch (error) {
              expect(error).toBeInstanceOf(RecordsFull);
              return;
            }
            fillers.push(filler);
          }
        },
        async makeRoom() {
          expect(fillers.length).toBeGreaterThan(5);
          for (const { id } of fillers.slice(-5)) await records.write([{ type: 'delete-federation', id }]);
        },
      };
    },
  },
];

test.each(smallDisks)(
  'records $name that find no room are refused as a whole, change nothing, and are taken when there is room',
  async ({ open: openSmall }) => {
    const { records, fill, makeRoom } = await openSmall();
    const { id } = federation('a');
    await records.write([{ type: 'create-federation', record: federation('a') }]);
    await fill();
    const before = await records.federations();
    const line = (sequence: number) =>
      ({
        type: 'append-journal',
        // Larger than what is left of any page.
        record: {
          federation: id,
          sequence,
          at: 1,
          type: 'x',
          payload: 'x'.repeat(5_000),
          previous: '0',
          hash: '1',
        },
      }) as const;
    for (let again = 0; again < 3; again += 1)
      await expect(
        records.write([{ type: 'insert-version', record: versionRecord('a', 0) }, line(1), line(2)]),
      ).rejects.toBeInstanceOf(RecordsFull);
    expect(await records.federations()).toEqual(before);
    expect(await records.versions(id)).toEqual([]);
    expect(await records.journal(id)).toEqual([]);
    await makeRoom();
    await records.write([{ type: 'insert-version', record: versionRecord('a', 0) }, line(1)]);
    expect(await records.versions(id)).toEqual([versionRecord('a', 0)]);
    expect(await records.journal(id)).toHaveLength(1);
    await records.close();
  },
);

test('records on SQLite are there when the file is opened again', async () => {
  const path = join(freshDirectory(), 'records.sqlite');
  const first = await sqliteRecords(path);
  await first.write([{ type: 'create-federation', record: federation('a') }]);
  await first.close();
  const second = await sqliteRecords(path);
  expect(await second.federations()).toEqual([federation('a')]);
  await second.close();
});

test('lines of journals that an earlier version wrote are there after its file was brought up to date', async () => {
  const path = join(freshDirectory(), 'records.sqlite');
  const database = new Kysely<Tables>({ dialect: sqliteDialect(path) });
  await new Migrator({ db: database, provider: migrations }).migrateTo('0009-people');
  const line = { sequence: 1, at: 1, type: 'created', previous: '0', hash: '1' };
  await database
    .insertInto('federations')
    .values({ ...federationRow(federation('a')), position: 1 })
    .execute();
  const row = { federation: federation('a').id, payload_json: '{"version":0}', ...line };
  await database.insertInto('journal').values(row).execute();
  await database.destroy();
  const records = await sqliteRecords(path);
  expect(await records.journal(federation('a').id)).toEqual([
    { federation: 'a', payload: { version: 0 }, ...line },
  ]);
  await records.close();
});

test('a file that is no database is refused by name', async () => {
  const path = join(freshDirectory(), 'records.sqlite');
  writeFileSync(path, 'not a database at all, but long enough to be read as one'.repeat(100));
  await expect(sqliteRecords(path)).rejects.toThrow();
});

const blobAdapters: { readonly name: string; open(): Promise<{ blobs: Blobs; reopen(): Promise<Blobs> }> }[] =
  [
    {
      name: 'in memory',
      open: async () => {
        const blobs = memoryBlobs();
        return { blobs, reopen: async () => blobs.reopened() };
      },
    },
    {
      name: 'as files',
      open: async () => {
        const directory = freshDirectory();
        return { blobs: await fileBlobs(directory), reopen: () => fileBlobs(directory) };
      },
    },
  ];

async function readAll(
  blobs: Blobs,
  name: Digest,
  scratchBytes: number,
): Promise<{ bytes: number[]; offsets: number[] }> {
  const bytes: number[] = [];
  const offsets: number[] = [];
  await blobs.read(name, new ArrayBuffer(scratchBytes), (chunk, offset) => {
    bytes.push(...chunk);
    offsets.push(offset);
  });
  return { bytes, offsets };
}

describe.each(blobAdapters)('blobs $name', ({ open }) => {
  const content = Uint8Array.from({ length: 10 }, (_, index) => index);

  test('are named by the digest of their content and read back in full chunks', async () => {
    const { blobs } = await open();
    const name = await blobs.put(content);
    expect(name).toBe(digestOf(content));
    expect(await blobs.size(name)).toBe(10);
    expect(await readAll(blobs, name, 4)).toEqual({ bytes: [...content], offsets: [0, 4, 8] });
    expect(await readAll(blobs, name, 5)).toEqual({ bytes: [...content], offsets: [0, 5] });
  });

  test('stream any range', async () => {
    const { blobs } = await open();
    const name = await blobs.put(content);
    for (const [start, end] of [
      [0, 10],
      [3, 7],
      [9, 10],
      [4, 4],
    ] as const) {
      const got: number[] = [];
      for await (const part of await blobs.stream(name, start, end)) got.push(...part);
      expect(got).toEqual([...content.subarray(start, end)]);
    }
  });

  test('grow as drafts, invisible until they are kept', async () => {
    const { blobs } = await open();
    const draft = await blobs.draft();
    await draft.append(content.subarray(0, 3));
    await draft.append(content.subarray(3));
    expect(draft.length).toBe(10);
    expect(draft.digest()).toBe(digestOf(content));
    expect(await blobs.size(digestOf(content))).toBeUndefined();
    const seen: number[] = [];
    await draft.read(new ArrayBuffer(8), (chunk) => seen.push(...chunk));
    expect(seen).toEqual([...content]);
    expect(await draft.keep()).toBe(digestOf(content));
    await draft.discard();
    expect(await blobs.size(digestOf(content))).toBe(10);
  });

  test('leave nothing of a discarded draft', async () => {
    const { blobs, reopen } = await open();
    const draft = await blobs.draft();
    await draft.append(content);
    await draft.discard();
    await draft.discard();
    expect(await blobs.size(digestOf(content))).toBeUndefined();
    expect(await (await reopen()).sweep()).toBe(0);
  });

  test('go with their last holder and not before', async () => {
    const { blobs } = await open();
    const name = await blobs.put(content);
    blobs.retain(name);
    await blobs.release(name);
    expect(await blobs.size(name)).toBe(10);
    await blobs.release(name);
    expect(await blobs.size(name)).toBeUndefined();
    await expect(readAll(blobs, name, 4)).rejects.toBeInstanceOf(BlobMissing);
    await expect(blobs.stream(name, 0, 1)).rejects.toBeInstanceOf(BlobMissing);
  });

  test('that nobody retains are swept after a restart', async () => {
    const { blobs, reopen } = await open();
    const kept = await blobs.put(content);
    const loose = await blobs.put(content.subarray(1));
    const after = await reopen();
    after.retain(kept);
    expect(await after.sweep()).toBe(1);
    expect(await after.size(kept)).toBe(10);
    expect(await after.size(loose)).toBeUndefined();
  });

  test('of no bytes are blobs too', async () => {
    const { blobs } = await open();
    const name = await blobs.put(new Uint8Array(0));
    expect(await readAll(blobs, name, 4)).toEqual({ bytes: [], offsets: [] });
  });
});

describe('blobs of which a disk has no room', () => {
  const content = Uint8Array.from({ length: 10 }, (_, index) => index);

  test('in memory are refused, and taken when there is room', async () => {
    const blobs = memoryBlobs();
    blobs.isFull = true;
    await expect(blobs.put(content)).rejects.toBeInstanceOf(BlobSpaceFull);
    await expect(blobs.draft()).rejects.toBeInstanceOf(BlobSpaceFull);
    expect(blobs.digests()).toEqual([]);
    blobs.isFull = false;
    expect(await blobs.put(content)).toBe(digestOf(content));
  });

  const failure = (code: string): Error => Object.assign(new Error(`${code}: as a disk says`), { code });
  /** What writes a blob, in order; `count` calls of it succeed before one fails. */
  const steps = [
    ['making its file', 'open', 0],
    ['writing it', 'write', 0],
    ['syncing it', 'sync', 0],
    ['making its shelf', 'mkdir', 0],
    ['syncing the name of its shelf', 'sync', 1],
    ['giving it its name', 'rename', 0],
    ['syncing its name', 'sync', 2],
  ] as const;

  function failing(): { readonly disk: Disk; failAt(step: string, count: number, code: string): void } {
    let planned: { readonly step: string; left: number; readonly code: string } | undefined;
    const pass = (step: string): void => {
      if (planned?.step !== step) return;
      if (planned.left === 0) {
        const { code } = planned;
        planned = undefined;
        throw failure(code);
      }
      planned.left -= 1;
    };
    const disk: Disk = {
      async open(path, flags) {
        if (flags !== 'r') pass('open');
        const handle = await open(path, flags);
        const { sync, write } = handle;
        handle.sync = () => (pass('sync'), sync.call(handle));
        return Object.assign(handle, {
          write: (bytes: Uint8Array, offset: number, length: number, position: number) => (
            pass('write'),
            Reflect.apply(write, handle, [bytes, offset, length, position])
          ),
        });
      },
      mkdir: async (path, options) => (pass('mkdir'), mkdir(path, options)),
      rename: async (from, to) => (pass('rename'), rename(from, to)),
    };
    return { disk, failAt: (step, left, code) => (planned = { step, left, code }) };
  }

  test.each(steps)(
    'as files are refused at %s, leave nothing, and are taken later',
    async (_, step, count) => {
      const directory = freshDirectory();
      const { disk, failAt } = failing();
      const blobs = await fileBlobs(directory, disk);
      failAt(step, count, 'ENOSPC');
      await expect(blobs.put(content)).rejects.toBeInstanceOf(BlobSpaceFull);
      expect(await blobs.size(digestOf(content))).toBeUndefined();
      expect(readdirSync(join(directory, 'incoming'))).toEqual([]);
      const name = await blobs.put(content);
      expect(await blobs.size(name)).toBe(10);
      // One holder, not two: the refused bytes are held by nobody.
      await blobs.release(name);
      expect(await blobs.size(name)).toBeUndefined();
    },
  );

  test('as files stay where another holds the same bytes', async () => {
    const { disk, failAt } = failing();
    const blobs = await fileBlobs(freshDirectory(), disk);
    const name = await blobs.put(content);
    failAt('rename', 0, 'EDQUOT');
    await expect(blobs.put(content)).rejects.toBeInstanceOf(BlobSpaceFull);
    expect((await readAll(blobs, name, 16)).bytes).toEqual([...content]);
  });

  test.each(steps)('are told from those that the disk failed at %s', async (_, step, count) => {
    const { disk, failAt } = failing();
    const blobs = await fileBlobs(freshDirectory(), disk);
    failAt(step, count, 'EIO');
    await expect(blobs.put(content)).rejects.toMatchObject({ code: 'EIO' });
  });
});

describe('a data directory', () => {
  test('has one owner: a second one is refused by a sentence that names it', () => {
    const path = freshDirectory();
    const owner = ownDataDirectory(path);
    expect(() => ownDataDirectory(path)).toThrow(DataDirectoryInUse);
    expect(() => ownDataDirectory(path)).toThrow(
      new RegExp(`in use by another Tributary process \\(process ${process.pid}\\)`),
    );
    owner.close();
    ownDataDirectory(path).close();
  });

  test('holds no half-written blob after a process died while one was coming in', async () => {
    const path = freshDirectory();
    const blobs = await fileBlobs(path);
    const draft = await blobs.draft();
    await draft.append(new Uint8Array(100));
    const [name] = readdirSync(join(path, 'incoming'));
    truncateSync(join(path, 'incoming', name ?? ''), 10);
    const after = await fileBlobs(path);
    expect(readdirSync(join(path, 'incoming'))).toEqual([]);
    expect(await after.sweep()).toBe(0);
    await draft.discard();
  });
});
