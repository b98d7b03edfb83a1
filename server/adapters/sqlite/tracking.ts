// Runs that people's programs tell of, in an SQLite file of its own: nothing of a federation is in it, and nothing of it in theirs. Every
// call is one transaction, on disk when it returns.
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import {
  ParamChanged,
  TrackingFull,
  type LoggedBatch,
  type Named,
  type TrackedExperiment,
  type TrackedMetric,
  type TrackedRun,
  type TrackedRunInfo,
  type TrackingStore,
} from '../../ports/tracking.ts';
import { openDatabase } from './dialect.ts';

/** In order; the file's `user_version` says how many were done. One that was released is never changed: the next one is added. */
const MIGRATIONS = [
  `CREATE TABLE experiments (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, lifecycle TEXT NOT NULL,
     created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL);
   CREATE TABLE experiment_tags (experiment INTEGER NOT NULL REFERENCES experiments, key TEXT NOT NULL, value TEXT NOT NULL,
     PRIMARY KEY (experiment, key)) WITHOUT ROWID;
   CREATE TABLE runs (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
     experiment INTEGER NOT NULL REFERENCES experiments, name TEXT NOT NULL, user TEXT NOT NULL, state TEXT NOT NULL,
     lifecycle TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER);
   CREATE INDEX runs_of ON runs (experiment);
   CREATE TABLE params (run TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL,
     PRIMARY KEY (run, key)) WITHOUT ROWID;
   CREATE TABLE run_tags (run TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL,
     PRIMARY KEY (run, key)) WITHOUT ROWID;
   CREATE TABLE metrics (position INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL,
     value TEXT NOT NULL, at INTEGER NOT NULL, step INTEGER NOT NULL);
   CREATE INDEX metrics_of ON metrics (run, key, step, at);
   CREATE TABLE newest_metrics (run TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL,
     at INTEGER NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (run, key)) WITHOUT ROWID;
   INSERT INTO experiments VALUES (0, 'Default', 'active', 0, 0);`,
  // Null: deleted before that was kept, so before all others. Rows of metrics are counted here, since some are deleted now.
  `ALTER TABLE runs ADD COLUMN deleted_at INTEGER;
   CREATE TABLE totals (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO totals SELECT 'points', count(*) FROM metrics;`,
];

export interface TrackingLimits {
  readonly experiments: number;
  readonly runs: number;
  /** Of all runs together. */
  readonly points: number;
  /** Of one run, of each. */
  readonly names: number;
  /** Of everything, as the file holds it. */
  readonly bytes: number;
}
export const usualTrackingLimits: TrackingLimits = {
  experiments: 1000,
  runs: 20_000,
  points: 5_000_000,
  names: 2000,
  bytes: 2 * 1024 ** 3,
};

/** Where the newest of what was logged of a run lies. */
const LOGGED = { metrics: 'newest_metrics', params: 'params', tags: 'run_tags' } as const;

type Row = Readonly<Record<string, string | number | null>>;

/** `:memory:` for tests. Throws where the file cannot be read. */
export function sqliteTracking(path: string, limits: TrackingLimits = usualTrackingLimits): TrackingStore {
  const database = openDatabase(path);
  migrate(database);
  /** There are few texts, and each is asked often. */
  const prepared = new Map<string, ReturnType<typeof database.prepare>>();
  const statement = (sql: string): ReturnType<typeof database.prepare> => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const all = (sql: string, ...values: (string | number | null)[]): readonly Row[] =>
    statement(sql).all(...values) as readonly Row[];
  const one = (sql: string, ...values: (string | number | null)[]): Row | undefined => all(sql, ...values)[0];
  const run = (sql: string, ...values: (string | number | null)[]): number =>
    Number(statement(sql).run(...values).changes);
  const numberOf = (sql: string): number => Number(Object.values(one(sql) ?? {})[0] ?? 0);
  /** Pages in use; those that were freed are written again. */
  const bytes = (): number =>
    numberOf('PRAGMA page_size') * (numberOf('PRAGMA page_count') - numberOf('PRAGMA freelist_count'));
  const within = <T>(work: () => T): T => {
    // Calls that `wouldFit` tries are transactions inside its own.
    const isInner = database.isTransaction;
    database.exec(isInner ? 'SAVEPOINT inner_one' : 'BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec(isInner ? 'RELEASE inner_one' : 'COMMIT');
      return result;
    } catch (error) {
      if (database.isTransaction)
        database.exec(isInner ? 'ROLLBACK TO inner_one; RELEASE inner_one' : 'ROLLBACK');
      throw error;
    }
  };
  const tagsOf = (table: string, column: string, owner: string): Named =>
    Object.fromEntries(
      all(`SELECT key, value FROM ${table} WHERE ${column} = ?`, owner).map((row) => [
        String(row['key']),
        String(row['value']),
      ]),
    );
  const put = (table: string, column: string, owner: string, tags: Named): void => {
    for (const [key, value] of Object.entries(tags))
      run(`INSERT OR REPLACE INTO ${table} (${column}, key, value) VALUES (?, ?, ?)`, owner, key, value);
  };
  const readExperiment = (row: Row): TrackedExperiment => ({
    id: String(row['id']),
    name: String(row['name']),
    lifecycle: row['lifecycle'] === 'deleted' ? 'deleted' : 'active',
    tags: tagsOf('experiment_tags', 'experiment', String(row['id'])),
    createdAt: Number(row['created_at']),
    changedAt: Number(row['changed_at']),
  });
  const experiment = (id: string): TrackedExperiment | undefined => {
    const row = /^\d{1,15}$/.test(id) ? one('SELECT * FROM experiments WHERE id = ?', Number(id)) : undefined;
    return row && readExperiment(row);
  };
  const readRun = (row: Row): TrackedRun => {
    const id = String(row['id']);
    return {
      ...infoOf(row),
      params: tagsOf('params', 'run', id),
      tags: tagsOf('run_tags', 'run', id),
      metrics: all('SELECT * FROM newest_metrics WHERE run = ? ORDER BY key', id).map(metricOf),
    };
  };
  const roomFor = (there: number, most: number, what: string, isHelpedByPurging: boolean): void => {
    if (there > most)
      throw new TrackingFull(
        `This server keeps ${most.toLocaleString('en')} ${what} at most. ${isHelpedByPurging ? 'Delete runs, or ask' : 'Ask'} whoever runs it.`,
        isHelpedByPurging,
      );
  };
  /** What takes room is done, and undone where it took too much. */
  const growing = <T>(work: () => T): T =>
    within(() => {
      const result = work();
      roomFor(bytes(), limits.bytes, 'bytes of runs', true);
      return result;
    });

  return {
    createExperiment: (name, tags, at) =>
      growing(() => {
        if (one('SELECT id FROM experiments WHERE name = ?', name) !== undefined) return undefined;
        const there = numberOf('SELECT count(*) FROM experiments');
        roomFor(there + 1, limits.experiments, 'experiments', false);
        run(
          'INSERT INTO experiments (name, lifecycle, created_at, changed_at) VALUES (?, ?, ?, ?)',
          name,
          'active',
          at,
          at,
        );
        const row = one('SELECT * FROM experiments WHERE name = ?', name);
        if (row === undefined) throw new Error('What was just written is there.');
        put('experiment_tags', 'experiment', String(row['id']), tags);
        return readExperiment(row);
      }),
    experiments: () => all('SELECT * FROM experiments ORDER BY id').map(readExperiment),
    experiment,
    changeExperiment: (id, { name, lifecycle }, at) =>
      within(() => {
        if (
          name !== undefined &&
          one('SELECT id FROM experiments WHERE name = ? AND id <> ?', name, Number(id))
        )
          return false;
        run(
          'UPDATE experiments SET name = coalesce(?, name), lifecycle = coalesce(?, lifecycle), changed_at = ? WHERE id = ?',
          name ?? null,
          lifecycle ?? null,
          at,
          Number(id),
        );
        return true;
      }),
    tagExperiment: (id, tags) => growing(() => put('experiment_tags', 'experiment', id, tags)),
    createRun: (made, tags) =>
      growing(() => {
        roomFor(numberOf('SELECT count(*) FROM runs') + 1, limits.runs, 'runs', true);
        run(
          'INSERT INTO runs (id, experiment, name, user, state, lifecycle, started_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          made.id,
          Number(made.experiment),
          made.name,
          made.user,
          made.state,
          made.lifecycle,
          made.startedAt,
          made.endedAt,
        );
        put('run_tags', 'run', made.id, tags);
      }),
    runs: (experiments, view) =>
      experiments
        .filter((id) => /^\d{1,15}$/.test(id))
        .flatMap((id) =>
          view.length === 1
            ? all(
                'SELECT * FROM runs WHERE experiment = ? AND lifecycle = ? ORDER BY position DESC',
                Number(id),
                view[0]!,
              )
            : all('SELECT * FROM runs WHERE experiment = ? ORDER BY position DESC', Number(id)),
        )
        .map(infoOf),
    logged(id, kind, key) {
      const value = one(`SELECT value FROM ${LOGGED[kind]} WHERE run = ? AND key = ?`, id, key)?.['value'];
      return value === undefined ? undefined : kind === 'metrics' ? Number(value) : String(value);
    },
    run(id) {
      const row = one('SELECT * FROM runs WHERE id = ?', id);
      return row && readRun(row);
    },
    info(id) {
      const row = one('SELECT * FROM runs WHERE id = ?', id);
      return row && infoOf(row);
    },
    changeRun: (id, { name, state, lifecycle, endedAt }, at) =>
      within(() => {
        run(
          'UPDATE runs SET name = coalesce(?, name), state = coalesce(?, state), lifecycle = coalesce(?, lifecycle), ended_at = coalesce(?, ended_at) WHERE id = ?',
          name ?? null,
          state ?? null,
          lifecycle ?? null,
          endedAt ?? null,
          id,
        );
        if (lifecycle === 'deleted')
          run('UPDATE runs SET deleted_at = coalesce(deleted_at, ?) WHERE id = ?', at, id);
        else if (lifecycle === 'active') run('UPDATE runs SET deleted_at = NULL WHERE id = ?', id);
      }),
    purgeOldest,
    wouldFit(work) {
      database.exec('BEGIN IMMEDIATE');
      try {
        while (purgeOldest() !== undefined)
          try {
            work();
            return true;
          } catch (error) {
            if (error instanceof ParamChanged) return false;
            if (!(error instanceof TrackingFull)) throw error;
          }
        return false;
      } finally {
        if (database.isTransaction) database.exec('ROLLBACK');
      }
    },
    log: (id, batch) => growing(() => write(id, batch)),
    untagRun: (id, key) => within(() => run('DELETE FROM run_tags WHERE run = ? AND key = ?', id, key) > 0),
    history: (id, key, { from, most }) =>
      all(
        'SELECT * FROM metrics WHERE run = ? AND key = ? ORDER BY step, at, position LIMIT ? OFFSET ?',
        id,
        key,
        most,
        from,
      ).map(metricOf),
    close: () => database.close(),
  };

  function purgeOldest(): TrackedRunInfo | undefined {
    return within(() => {
      const row = one(
        "SELECT * FROM runs WHERE lifecycle = 'deleted' ORDER BY coalesce(deleted_at, 0), position LIMIT 1",
      );
      if (row === undefined) return undefined;
      const id = String(row['id']);
      counted(-run('DELETE FROM metrics WHERE run = ?', id));
      for (const table of Object.values(LOGGED)) run(`DELETE FROM ${table} WHERE run = ?`, id);
      run('DELETE FROM runs WHERE id = ?', id);
      return infoOf(row);
    });
  }

  function counted(more: number): void {
    run("UPDATE totals SET n = n + ? WHERE name = 'points'", more);
  }

  function write(id: string, { metrics, params, tags }: LoggedBatch): void {
    if (metrics.length > 0) {
      const there = numberOf("SELECT n FROM totals WHERE name = 'points'");
      roomFor(there + metrics.length, limits.points, 'values of metrics', true);
      counted(metrics.length);
    }
    for (const [key, value] of Object.entries(params)) {
      const before = one('SELECT value FROM params WHERE run = ? AND key = ?', id, key)?.['value'];
      if (before !== undefined && before !== value)
        throw new ParamChanged(
          `The parameter ${key} has the value ${JSON.stringify(before)} already, and a parameter is not changed: got ${JSON.stringify(value)}.`,
        );
    }
    put('params', 'run', id, params);
    put('run_tags', 'run', id, tags);
    for (const { key, value, at, step } of metrics) {
      const text = String(value);
      run('INSERT INTO metrics (run, key, value, at, step) VALUES (?, ?, ?, ?, ?)', id, key, text, at, step);
      const row = one('SELECT * FROM newest_metrics WHERE run = ? AND key = ?', id, key);
      const newest = row === undefined ? undefined : metricOf(row);
      if (newest === undefined || isNewer({ key, value, at, step }, newest))
        run(
          'INSERT OR REPLACE INTO newest_metrics (run, key, value, at, step) VALUES (?, ?, ?, ?, ?)',
          id,
          key,
          text,
          at,
          step,
        );
    }
    for (const table of Object.values(LOGGED)) {
      const names = Number(one(`SELECT count(*) AS n FROM ${table} WHERE run = ?`, id)?.['n'] ?? 0);
      if (names > limits.names)
        throw new TrackingFull(`A run has ${limits.names} names of each kind at most. Log fewer.`, false);
    }
  }
}

function migrate(database: DatabaseSyncInstance): void {
  const row = database.prepare('PRAGMA user_version').all()[0] as { user_version: number } | undefined;
  const done = row?.user_version ?? 0;
  if (done > MIGRATIONS.length)
    throw new Error('The runs of this directory were kept by a later version of Tributary. Use that one.');
  for (const [at, sql] of MIGRATIONS.entries()) {
    if (at < done) continue;
    database.exec(`BEGIN; ${sql}; PRAGMA user_version = ${at + 1}; COMMIT`);
  }
}

const infoOf = (row: Row): TrackedRunInfo => ({
  id: String(row['id']),
  experiment: String(row['experiment']),
  name: String(row['name']),
  user: String(row['user']),
  state: String(row['state']) as TrackedRunInfo['state'],
  lifecycle: row['lifecycle'] === 'deleted' ? 'deleted' : 'active',
  startedAt: Number(row['started_at']),
  endedAt: row['ended_at'] === null ? null : Number(row['ended_at']),
});

/** Values are texts in the file: SQLite takes NaN for NULL. */
const metricOf = (row: Row): TrackedMetric => ({
  key: String(row['key']),
  value: Number(row['value']),
  at: Number(row['at']),
  step: Number(row['step']),
});

const isNewer = (one: TrackedMetric, other: TrackedMetric): boolean =>
  one.step !== other.step
    ? one.step > other.step
    : one.at !== other.at
      ? one.at > other.at
      : one.value >= other.value || Number.isNaN(other.value);
