// Kysely over @photostructure/sqlite: its synchronous, node:sqlite-like statements in the shape that Kysely's own SQLite
// driver asks for. Statements are kept prepared by their text.
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';

const KEPT_STATEMENTS = 200;

function adapted(database: DatabaseSyncInstance): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      const made: SqliteStatement = {
        // A statement with result columns is read, the rest are run: INSERT … RETURNING included.
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...parameters),
        run: (parameters) => statement.run(...parameters),
        iterate: (parameters) => statement.iterate(...parameters),
      };
      if (statements.size >= KEPT_STATEMENTS) statements.clear();
      statements.set(sql, made);
      return made;
    },
  };
}

/** WAL with a sync at every commit: what was committed survives a loss of power. */
export function openDatabase(path: string): DatabaseSyncInstance {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA foreign_keys = ON');
  database.exec('PRAGMA busy_timeout = 5000');
  return database;
}

export const sqliteDialect = (path: string): SqliteDialect =>
  new SqliteDialect({ database: async () => adapted(openDatabase(path)) });
