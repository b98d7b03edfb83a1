// What was altered on disk, by whoever has it in hand, is named by the audit: every column of a row in every table, rows that were
// taken away, added or swapped, and bytes of versions.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Noised } from '#lib/core/privacy/rules.ts';
import type { Digest } from '#lib/core/ids.ts';
import { PersonId } from '#lib/protocol/people.ts';
import { openActs } from '../../server/acts.ts';
import { keyOfSeed } from '../../server/adapters/ed25519.ts';
import { serverKeyPath } from '../../server/adapters/file-server-key.ts';
import { sqliteRecords } from '../../server/adapters/sqlite/records.ts';
import { audit, type AuditReport } from '../../server/audit/audit.ts';
import { findingLine } from '../../server/audit/findings.ts';
import { signedHeadOf } from '../../server/coordinator/version-log.ts';
import { People } from '../../server/people/people.ts';
import { exampleSpec } from './example-spec.ts';
import { handClock } from './hand-clock.ts';
import { federation, World } from './world.ts';

const directory = mkdtempSync(join(tmpdir(), 'tributary-audit-'));
let database: InstanceType<typeof DatabaseSync>;
/** The database as it was written. */
const copy = join(directory, 'copy.sqlite');
let blobs: Digest[] = [];
const blobPath = (digest: string): string => join(directory, 'blobs', digest.slice(0, 2), digest);

beforeAll(async () => {
  const path = join(directory, 'tributary.sqlite');
  const records = await sqliteRecords(path);
  const acts = await openActs(records, handClock(5));
  const tuning = { learningRates: [0.1, 1], localEpochs: [], batchSizes: [] };
  const world = await World.open(5, exampleSpec({ rules: { maximumRounds: 3 }, tuning }), 4, records, {
    acts: () => acts.end,
  });
  for (const device of world.devices)
    device.judges = ({ learningRate }) => ({ rows: 5, before: 1, after: 1 - learningRate / 2 });
  await world.start();
  await world.until(() => world.coordinator.view(federation)?.state === 'finished', 600_000);
  expect((await world.check()).committed).toBe(3);
  expect(world.proved).toBeGreaterThan(0);
  const [first, second] = world.devices;
  for (const devices of [1, 2, 3])
    await world.coordinator.invite(federation, { note: 'Ward', devices, expiresInMs: null });
  await world.coordinator.exclude(federation, first!.participant, { reason: 'Doubled.' });
  await world.coordinator.exclude(federation, second!.participant, { reason: 'Taken back.' });
  await world.coordinator.readmit(federation, second!.participant);
  const people = await People.open(records, world.clock, acts);
  const owner = await people.firstOwner();
  const leaving = v.parse(PersonId, (await addedBy(people, 'Leaving')).id);
  await addedBy(people, 'Vera');
  await people.makeRecoveryCodes(owner);
  await people.makeToken(owner, { name: 'CI', scopes: ['view'], expiresInMs: 86_400_000 });
  await people.keepPasskey(owner, 'passkey', { name: 'Laptop', publicKey: 'AA', counter: 0, transports: [] });
  await people.keepPasskey(owner, 'passkey', { name: 'Laptop', publicKey: 'AA', counter: 7, transports: [] });
  await people.remove(leaving);
  for (const hex of ['a', 'b', 'c']) {
    const digest = hex.repeat(64) as Digest;
    const created = world.clock.now();
    await acts.record(
      'coordinator',
      { act: 'signed-in', federation: null, detail: { session: digest, created, expires: created + 9 } },
      [
        {
          type: 'insert-session',
          record: { digest, person: null, createdAt: created, expiresAt: created + 9 },
        },
      ],
    );
  }
  // After the acts, so that a line names their end.
  await world.coordinator.invite(federation, { note: 'Last', devices: 1, expiresInMs: null });
  await world.coordinator.close();
  blobs = (await records.versions(federation)).map(({ digest }) => digest);
  for (const digest of blobs) {
    const parts: Uint8Array[] = [];
    await world.blobs.read(digest, new ArrayBuffer(1024), (chunk) => parts.push(chunk.slice()));
    mkdirSync(join(blobPath(digest), '..'), { recursive: true });
    writeFileSync(blobPath(digest), Buffer.concat(parts));
  }
  await records.close();
  mkdirSync(join(serverKeyPath(directory), '..'));
  writeFileSync(serverKeyPath(directory), keyOfSeed().export({ format: 'pem', type: 'pkcs8' }));
  database = new DatabaseSync(path);
  database.exec('PRAGMA foreign_keys = OFF');
  database.exec(`VACUUM INTO '${copy}'`);
});
afterAll(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

async function addedBy(people: People, name: string) {
  await people.add({ name, role: 'viewer' });
  return people.views().find((one) => one.name === name)!;
}

const lines = ({ findings }: AuditReport): string[] => findings.map(findingLine);

/** What the audit says while the database is changed by these statements, which are taken back afterwards. */
async function whileChanged(...statements: string[]): Promise<string[]> {
  try {
    for (const statement of statements) database.exec(statement);
    return lines(await audit(directory));
  } finally {
    restore();
  }
}

const TABLES = [
  'federations',
  'runs',
  'rounds',
  'updates',
  'versions',
  'evaluations',
  'alias_moves',
  'version_log',
  'journal',
  'acts',
  'sessions',
  'invitations',
  'exclusions',
  'people',
  'credentials',
];
function restore(): void {
  database.exec(`ATTACH '${copy}' AS copy`);
  database.exec('BEGIN');
  for (const table of TABLES) {
    database.exec(`DELETE FROM main.${table}`);
    database.exec(`INSERT INTO main.${table} SELECT * FROM copy.${table}`);
  }
  database.exec('COMMIT');
  database.exec('DETACH copy');
}

test('a directory that nobody touched is as it was written', async () => {
  const report = await audit(directory);
  expect(lines(report)).toEqual([]);
  expect(report.federations).toMatchObject([{ federation, versions: 4, leaves: 4, unnamed: 0 }]);
  expect(report.federations[0]!.rows).toBeGreaterThan(20);
  expect(report.key).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
});

/** Not a row's own: its place among federations, and what is left of a deadline. */
const UNBOUND = ['federations.position', 'alias_moves.position', 'rounds.remaining_ms'];

for (const table of TABLES)
  test(`one changed value in any column of ${table} is named`, async () => {
    const all = database.prepare(`select rowid as place, * from ${table}`).all() as Record<
      string,
      string | number | null
    >[];
    const row = all[Math.floor(all.length / 2)]!;
    let changed = 0;
    for (const [column, value] of Object.entries(row)) {
      if (column === 'place' || UNBOUND.includes(`${table}.${column}`)) continue;
      // One character, in the middle of a text: in JSON, of a name or of a value.
      const other =
        typeof value === 'number'
          ? String(value + 1000)
          : value === null
            ? '1'
            : `'${value.slice(0, value.length >> 1)}${value[value.length >> 1] === '7' ? '8' : '7'}${value.slice((value.length >> 1) + 1)}'`;
      const said = await whileChanged(
        `UPDATE ${table} SET "${column}" = ${other} WHERE rowid = ${row['place']}`,
      );
      expect(
        said.filter((line) => line.startsWith(table)),
        `${table}.${column} = ${other}`,
      ).not.toEqual([]);
      changed += 1;
    }
    expect(changed).toBeGreaterThan(2);
  });

test('rows that were taken away, added or swapped are named', async () => {
  expect(await whileChanged('DELETE FROM journal WHERE sequence = 4')).toContain(
    `journal · ${federation} · sequence 5: it stands where sequence 4 should: a line is missing.`,
  );
  expect(
    await whileChanged(
      'UPDATE journal SET sequence = -4 WHERE sequence = 4',
      'UPDATE journal SET sequence = 4 WHERE sequence = 5',
      'UPDATE journal SET sequence = 5 WHERE sequence = -4',
    ),
  ).toContain(`journal · ${federation} · sequence 4: it does not follow from the line before it.`);
  expect(await whileChanged('DELETE FROM updates WHERE rowid = 2')).toEqual([
    expect.stringMatching(/^updates · .* it is not there: it was taken away/),
  ]);
  expect(
    await whileChanged(
      `INSERT INTO evaluations SELECT federation, version, '${'0'.repeat(32)}', tally_json, at, personal_json, latency_step, slices_json FROM evaluations LIMIT 1`,
    ),
  ).toEqual([expect.stringMatching(/^evaluations · .*the journal knows of no such row/)]);
  const last = await whileChanged(
    'DELETE FROM version_log WHERE version = 3',
    'DELETE FROM versions WHERE version = 3',
  );
  expect(last.filter((line) => line.startsWith('versions'))).not.toEqual([]);
  expect(last.filter((line) => line.startsWith('version_log'))).not.toEqual([]);
  const end = database.prepare('select max(sequence) as last from journal').get() as { last: number };
  expect(await whileChanged(`DELETE FROM journal WHERE sequence = ${end.last}`)).not.toEqual([]);
});

test('who was invited or left out is sealed: taking an exclusion away, or bringing one back, is named', async () => {
  expect(await whileChanged('DELETE FROM exclusions')).toEqual([
    expect.stringMatching(/^exclusions · .* it is not there: it was taken away/),
  ]);
  const back = `INSERT INTO exclusions SELECT federation, '${'0'.repeat(32)}', name, reason, at FROM exclusions LIMIT 1`;
  expect(await whileChanged(back)).toEqual([
    expect.stringMatching(/^exclusions · .*the journal knows of no such row/),
  ]);
});

test('people and their ways in are sealed by the acts: one who is added, let back in or given another role is named', async () => {
  const role = await whileChanged(`UPDATE people SET role = 'owner' WHERE name = 'Vera'`);
  expect(role).toEqual([expect.stringMatching(/^people · id .*: it is not what the act says was written/)]);
  // However old it is said to be.
  const added = `INSERT INTO people (id, name, role, created_at) VALUES ('0123456789ab', 'Mallory', 'owner', 0)`;
  expect(await whileChanged(added)).toEqual([
    'people · id 0123456789ab: no act knows of such a row: it was added, or its id was changed.',
  ]);
  expect(await whileChanged(`DELETE FROM credentials WHERE id = 'passkey'`)).toEqual([
    expect.stringMatching(/^credentials · id passkey: an act names this row, and it is not there/),
  ]);
  const counter = `UPDATE credentials SET secret_json = replace(secret_json, '"counter":7', '"counter":0')`;
  expect(await whileChanged(counter)).toEqual([
    expect.stringMatching(/^credentials · id passkey: it is not what the act says/),
  ]);
});

test('acts that were taken from the end of their chain are missed by the journals that were written after them', async () => {
  const cut = await whileChanged(
    'DELETE FROM acts WHERE sequence = (SELECT max(sequence) FROM acts)',
    'DELETE FROM sessions',
  );
  expect(cut).toEqual([
    expect.stringMatching(/^acts · sequence \d+: line \d+ of the journal of .* names this act/),
  ]);
});

test('a directory that was set back whole is named by a head that was kept elsewhere', async () => {
  const records = await sqliteRecords(join(directory, 'tributary.sqlite'));
  const log = await records.log(federation);
  await records.close();
  const head = signedHeadOf(log.at(-1)!);
  expect(lines(await audit(directory, { head }))).toEqual([]);
  const forked = { ...head, head: { ...head.head, root: 'f'.repeat(64) } };
  expect(lines(await audit(directory, { head: forked }))).toEqual([
    expect.stringMatching(/not signed: it vouches for nothing/),
  ]);
  try {
    database.exec('DELETE FROM version_log WHERE version = 3');
    expect(lines(await audit(directory, { head }))).toContain(
      `version_log · ${federation} · version 3: the head that was kept has 4 versions, and the log 3: the directory was set back to an older state.`,
    );
  } finally {
    restore();
  }
});

test('a leaf with its root that was made to fit is found out by the signature', async () => {
  const said = await whileChanged(`UPDATE version_log SET at = at + 1 WHERE version = 2`);
  expect(said).toContain(`version_log · ${federation} · version 2: the signature of its head does not hold.`);
});

test('bytes of a version that are others, or gone, are named', async () => {
  const digest = blobs[2]!;
  const path = blobPath(digest);
  writeFileSync(path, Buffer.from('other'));
  expect(lines(await audit(directory))).toEqual([
    `blobs · ${federation} · version 2, parameters: its bytes are not what their digest says.`,
  ]);
  rmSync(path);
  expect(lines(await audit(directory))).toEqual([
    expect.stringMatching(/^blobs · .* · version 2, parameters: its bytes cannot be read: ENOENT/),
  ]);
});

test('a journal without its federation is one that was deleted, or that somebody took away', async () => {
  const all = ['versions', 'version_log', 'rounds', 'runs', 'updates', 'evaluations', 'alias_moves'];
  const gone = all.map((table) => `DELETE FROM ${table}`);
  expect(await whileChanged('DELETE FROM federations', ...gone)).toEqual([
    expect.stringMatching(/^federations · .*rows of this federation are there, and it is not/),
  ]);
});

test('a federation that was deleted leaves its journal, which is still checked and tells what was charged', async () => {
  const other = mkdtempSync(join(tmpdir(), 'tributary-audit-'));
  const path = join(other, 'tributary.sqlite');
  const records = await sqliteRecords(path);
  const privacy: Noised = { type: 'central', clipNorm: 0.5, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 };
  const rules = { maximumRounds: 2, goal: 3, minimum: 3, overSelection: 1 };
  const world = await World.open(6, exampleSpec({ privacy, rules }), 3, records);
  await world.start();
  await world.until(() => world.coordinator.view(federation)?.state === 'finished', 600_000);
  await world.coordinator.idle();
  const before = await audit(other);
  expect(lines(before).filter((line) => /charged/.test(line))).toEqual([]);
  // A round, and the leaf, that say less was charged than the journal does.
  const { round } = (await records.rounds(federation, { limit: 1 }))[0]!;
  if (round.phase !== 'committed' || round.charged === undefined) throw new Error('Nothing was charged.');
  const less = new DatabaseSync(path);
  const change = `UPDATE rounds SET state_json = replace(state_json, '"epsilon":${round.charged.epsilon}', '"epsilon":0.5') WHERE round = ${round.round}`;
  less.exec(change);
  expect(lines(await audit(other))).toContain(
    `version_log · ${federation} · version 2: what it says was charged is not what the journal charged by then.`,
  );
  less.exec(change.replace(/'"epsilon":([\d.]+)', '"epsilon":0.5'/, `'"epsilon":0.5', '"epsilon":$1'`));
  less.close();
  await world.coordinator.remove(federation);
  await world.coordinator.close();
  await records.close();
  const report = await audit(other);
  expect(report.deleted).toEqual([{ federation, lines: expect.any(Number), releases: 2, participants: 3 }]);
  // Its key lies elsewhere.
  expect(lines(report).filter((line) => !line.startsWith('keys'))).toEqual([]);
  const opened = new DatabaseSync(path);
  opened.exec(`UPDATE journal SET payload_json = '{}' WHERE type = 'privacy-charged'`);
  opened.close();
  expect(lines(await audit(other)).filter((line) => line.startsWith('journal'))).toHaveLength(2);
  rmSync(other, { recursive: true });
});

test('a directory without a database is no server’s', async () => {
  await expect(audit(join(directory, 'blobs'))).rejects.toThrow('There is no database in');
});
