// The tables as they lie on disk, row by row and unread: the audit judges what is stored, not what a program makes of it.
import { DatabaseSync } from '@photostructure/sqlite';

export type Row = Readonly<Record<string, string | number | null>>;

export interface Stored {
  /** In order of `order`; every row of a table, or those of one federation. */
  rows(table: string, order: string, federation?: string): readonly Row[];
  /** Federations that rows of a table belong to. */
  owners(table: string): readonly string[];
  close(): void;
}

/** Opens a database for reading alone, as it is at this moment: a server that runs on goes on undisturbed. */
export function openStored(path: string): Stored {
  const database = new DatabaseSync(path, { readOnly: true });
  database.exec('BEGIN');
  return {
    rows(table, order, federation) {
      const where = federation === undefined ? '' : 'where federation = ?';
      const statement = database.prepare(`select * from ${table} ${where} order by ${order}`);
      return (federation === undefined ? statement.all() : statement.all(federation)) as Row[];
    },
    owners: (table) =>
      (database.prepare(`select distinct federation from ${table}`).all() as Row[]).map((row) =>
        String(row['federation']),
      ),
    close: () => database.close(),
  };
}
