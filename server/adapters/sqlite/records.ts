// Records in one SQLite file. Every `write` is one transaction, on disk when it resolves.
import { Kysely, Migrator, sql, type Transaction } from 'kysely';
import { RecordConflict, RecordsFull, type Change, type Records } from '../../ports/records.ts';
import { sqliteDialect } from './dialect.ts';
import {
  actRow,
  aliasRow,
  credentialRow,
  evaluationRow,
  federationRow,
  invitationRow,
  journalRow,
  logRow,
  readAct,
  personRow,
  readAdmission,
  readAlias,
  readCredential,
  readEntry,
  readEvaluation,
  readExclusion,
  readFederation,
  readLog,
  readInvitation,
  readPerson,
  readRound,
  readRun,
  readSession,
  readSurvey,
  readUpdate,
  readVersion,
  roundRow,
  runRow,
  sessionRow,
  surveyRow,
  updateRow,
  versionRow,
} from './rows.ts';
import { migrations, type Tables } from './schema.ts';
import { rowsOf } from './stored-rows.ts';

/**
 * Opens `path`, made and migrated where needed. Rejects when the file cannot be read or a migration fails.
 * `mostPages`: the file grows to this many pages of 4 KiB, as if its disk were full then.
 */
export async function sqliteRecords(
  path: string,
  options: { readonly mostPages?: number } = {},
): Promise<Records> {
  const database = new Kysely<Tables>({ dialect: sqliteDialect(path, options.mostPages) });
  const { error } = await new Migrator({ db: database, provider: migrations }).migrateToLatest();
  if (error !== undefined) {
    await database.destroy();
    throw new Error(`The database ${path} could not be brought up to date.`, { cause: error });
  }

  return {
    async write(changes) {
      try {
        await database.transaction().execute(async (transaction) => {
          for (const change of changes) await apply(transaction, change);
        });
      } catch (error) {
        if (isConstraint(error))
          throw new RecordConflict('The write breaks a guarantee of the records.', { cause: error });
        if (isFull(error))
          throw new RecordsFull('The disk of the server has no room for more records.', { cause: error });
        throw error;
      }
    },
    rowsOf,
    federations: async () =>
      (await database.selectFrom('federations').selectAll().orderBy('position').execute()).map(
        readFederation,
      ),
    async run(federation, run) {
      const row = await database
        .selectFrom('runs')
        .selectAll()
        .where('federation', '=', federation)
        .where('run', '=', run)
        .executeTakeFirst();
      return row === undefined ? undefined : readRun(row);
    },
    async rounds(federation, { before, limit }) {
      let query = database.selectFrom('rounds').selectAll().where('federation', '=', federation);
      if (before !== undefined) query = query.where('round', '<', before);
      return (await query.orderBy('round', 'desc').limit(limit).execute()).map(readRound);
    },
    async round(federation, round) {
      const row = await database
        .selectFrom('rounds')
        .selectAll()
        .where('federation', '=', federation)
        .where('round', '=', round)
        .executeTakeFirst();
      return row === undefined ? undefined : readRound(row);
    },
    async update(federation, round, participant) {
      const row = await database
        .selectFrom('updates')
        .selectAll()
        .where('federation', '=', federation)
        .where('round', '=', round)
        .where('participant', '=', participant)
        .executeTakeFirst();
      return row === undefined ? undefined : readUpdate(row);
    },
    versions: async (federation) =>
      (
        await database
          .selectFrom('versions')
          .selectAll()
          .where('federation', '=', federation)
          .orderBy('version')
          .execute()
      ).map(readVersion),
    evaluations: async (federation) =>
      (
        await database
          .selectFrom('evaluations')
          .selectAll()
          .where('federation', '=', federation)
          // Rises with each insertion (SQLite, "Rowid Tables"); several come in one millisecond, and clocks are set back.
          .orderBy(sql`rowid`)
          .execute()
      ).map(readEvaluation),
    aliases: async (federation) =>
      (
        await database
          .selectFrom('alias_moves')
          .selectAll()
          .where('federation', '=', federation)
          .orderBy('position', 'desc')
          .execute()
      ).map(readAlias),
    invitations: async (federation) =>
      (
        await database
          .selectFrom('invitations')
          .selectAll()
          .where('federation', '=', federation)
          .orderBy('created_at')
          .execute()
      ).map(readInvitation),
    admissions: async (federation) =>
      (
        await database
          .selectFrom('admissions')
          .selectAll()
          .where('federation', '=', federation)
          .orderBy('at')
          .execute()
      ).map(readAdmission),
    exclusions: async (federation) =>
      (
        await database
          .selectFrom('exclusions')
          .selectAll()
          .where('federation', '=', federation)
          .orderBy('at')
          .execute()
      ).map(readExclusion),
    surveys: async (federation) =>
      (
        await database
          .selectFrom('surveys')
          .selectAll()
          .where('federation', '=', federation)
          .orderBy('survey')
          .execute()
      ).map(readSurvey),
    people: async () =>
      (await database.selectFrom('people').selectAll().orderBy('created_at').execute()).map(readPerson),
    credentials: async () =>
      (await database.selectFrom('credentials').selectAll().orderBy('created_at').execute()).map(
        readCredential,
      ),
    sessions: async () => (await database.selectFrom('sessions').selectAll().execute()).map(readSession),
    async acts({ before, limit }) {
      let query = database.selectFrom('acts').selectAll();
      if (before !== undefined) query = query.where('sequence', '<', before);
      return (await query.orderBy('sequence', 'desc').limit(limit).execute()).map(readAct);
    },
    log: async (federation) =>
      (
        await database
          .selectFrom('version_log')
          .selectAll()
          .where('federation', '=', federation)
          .orderBy('version')
          .execute()
      ).map(readLog),
    journal: async (federation) =>
      (
        await database
          .selectFrom('journal')
          .selectAll()
          .where('federation', '=', federation)
          .orderBy('sequence')
          .execute()
      ).map(readEntry),
    async lastEntry(federation) {
      const row = await database
        .selectFrom('journal')
        .selectAll()
        .where('federation', '=', federation)
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : readEntry(row);
    },
    close: () => database.destroy(),
  };
}

/** SQLITE_CONSTRAINT and its kinds: a key that is there already, or a federation that is not. */
const isConstraint = (error: unknown): boolean =>
  error instanceof Error && /constraint failed/i.test(error.message);

/** SQLITE_FULL: the transaction is rolled back. An error of the disk itself is SQLITE_IOERR (10), and stays one. */
const isFull = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === 13;

const nextPosition = async (
  transaction: Transaction<Tables>,
  federation: string | undefined,
): Promise<number> => {
  const last =
    federation === undefined
      ? await transaction
          .selectFrom('federations')
          .select((e) => e.fn.max('position').as('last'))
          .executeTakeFirst()
      : await transaction
          .selectFrom('alias_moves')
          .select((e) => e.fn.max('position').as('last'))
          .where('federation', '=', federation)
          .executeTakeFirst();
  return (last?.last ?? 0) + 1;
};

async function apply(transaction: Transaction<Tables>, change: Change): Promise<void> {
  switch (change.type) {
    case 'create-federation':
      await transaction
        .insertInto('federations')
        .values({ ...federationRow(change.record), position: await nextPosition(transaction, undefined) })
        .execute();
      return;
    case 'change-federation': {
      const { numUpdatedRows } = await transaction
        .updateTable('federations')
        .set(federationRow(change.record))
        .where('id', '=', change.record.id)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) throw new RecordConflict(`There is no federation “${change.record.id}”.`);
      return;
    }
    case 'delete-federation': {
      const { numDeletedRows } = await transaction
        .deleteFrom('federations')
        .where('id', '=', change.id)
        .executeTakeFirst();
      if (numDeletedRows !== 1n) throw new RecordConflict(`There is no federation “${change.id}”.`);
      return;
    }
    case 'put-run': {
      const row = runRow(change.record);
      await transaction
        .insertInto('runs')
        .values(row)
        .onConflict((c) => c.columns(['federation', 'run']).doUpdateSet(row))
        .execute();
      return;
    }
    case 'put-round': {
      const row = roundRow(change.record);
      await transaction
        .insertInto('rounds')
        .values(row)
        .onConflict((c) => c.columns(['federation', 'round']).doUpdateSet(row))
        .execute();
      return;
    }
    case 'insert-update':
      await transaction.insertInto('updates').values(updateRow(change.record)).execute();
      return;
    case 'insert-version':
      await transaction.insertInto('versions').values(versionRow(change.record)).execute();
      return;
    case 'replace-initial-version': {
      const { numUpdatedRows } = await transaction
        .updateTable('versions')
        .set(versionRow(change.record))
        .where('federation', '=', change.record.federation)
        .where('version', '=', change.record.version)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) throw new RecordConflict('There is no such version to replace.');
      return;
    }
    case 'insert-evaluation':
      await transaction.insertInto('evaluations').values(evaluationRow(change.record)).execute();
      return;
    case 'move-alias':
      await transaction
        .insertInto('alias_moves')
        .values({
          ...aliasRow(change.federation, change.move),
          position: await nextPosition(transaction, change.federation),
        })
        .execute();
      return;
    case 'put-invitation': {
      const row = invitationRow(change.record);
      await transaction
        .insertInto('invitations')
        .values(row)
        .onConflict((c) => c.columns(['federation', 'id']).doUpdateSet(row))
        .execute();
      return;
    }
    case 'insert-admission':
      await transaction.insertInto('admissions').values(change.record).execute();
      return;
    case 'put-exclusion':
      await transaction
        .insertInto('exclusions')
        .values(change.record)
        .onConflict((c) => c.columns(['federation', 'participant']).doUpdateSet(change.record))
        .execute();
      return;
    case 'delete-exclusion':
      await transaction
        .deleteFrom('exclusions')
        .where('federation', '=', change.federation)
        .where('participant', '=', change.participant)
        .execute();
      return;
    case 'put-survey': {
      const row = surveyRow(change.record);
      await transaction
        .insertInto('surveys')
        .values(row)
        .onConflict((c) => c.columns(['federation', 'survey']).doUpdateSet(row))
        .execute();
      return;
    }
    case 'put-person': {
      const row = personRow(change.record);
      await transaction
        .insertInto('people')
        .values(row)
        .onConflict((c) => c.column('id').doUpdateSet(row))
        .execute();
      return;
    }
    case 'delete-person':
      await transaction.deleteFrom('people').where('id', '=', change.id).execute();
      await transaction.deleteFrom('sessions').where('person', '=', change.id).execute();
      return;
    case 'put-credential': {
      const row = credentialRow(change.record);
      await transaction
        .insertInto('credentials')
        .values(row)
        .onConflict((c) => c.column('id').doUpdateSet(row))
        .execute();
      return;
    }
    case 'delete-credential':
      await transaction.deleteFrom('credentials').where('id', '=', change.id).execute();
      return;
    case 'insert-session':
      await transaction.insertInto('sessions').values(sessionRow(change.record)).execute();
      return;
    case 'delete-session':
      await transaction.deleteFrom('sessions').where('digest', '=', change.digest).execute();
      return;
    case 'append-act':
      await transaction.insertInto('acts').values(actRow(change.record)).execute();
      return;
    case 'append-log':
      await transaction.insertInto('version_log').values(logRow(change.record)).execute();
      return;
    case 'append-journal':
      await transaction.insertInto('journal').values(journalRow(change.record)).execute();
      return;
    default:
      change satisfies never;
  }
}
