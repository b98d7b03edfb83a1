// Kysely over @photostructure/sqlite: its synchronous, node:sqlite-like statements in the shape that Kysely's own SQLite
// driver asks for. Statements are kept prepared by their text.
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { SqliteAdapter, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';

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
        // SQLite itself rolls back what found no room (sqlite.org/lang_transaction.html, §3.2): rolling back once more
        // would fail, and hide why.
        run: (parameters) =>
          sql === 'rollback' && !database.isTransaction
            ? { changes: 0, lastInsertRowid: 0 }
            : statement.run(...parameters),
        iterate: (parameters) => statement.iterate(...parameters),
      };
      if (statements.size >= KEPT_STATEMENTS) statements.clear();
      statements.set(sql, made);
      return made;
    },
  };
}

/** WAL with a sync at every commit: what was committed survives a loss of power. `mostPages` of 4 KiB, where it may not grow on. */
export function openDatabase(path: string, mostPages?: number): DatabaseSyncInstance {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA foreign_keys = ON');
  database.exec('PRAGMA busy_timeout = 5000');
  if (mostPages !== undefined) database.exec(`PRAGMA max_page_count = ${mostPages}`);
  return database;
}

/**
 * Kysely takes SQLite for a database whose tables are not made in transactions, which they are: a process that died between two
 * migrations' statements would leave tables that the next one cannot make again.
 */
class TransactionalDdl extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class Dialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalDdl();
  }
}

export const sqliteDialect = (path: string, mostPages?: number): SqliteDialect =>
  new Dialect({ database: async () => adapted(openDatabase(path, mostPages)) });
