// The tables, and how they came to be. Columns that end in _json hold JSON text; times are Unix milliseconds.
// PostgreSQL takes the same migrations: nothing here is SQLite's own.
import { sql, type Kysely, type Migration, type MigrationProvider } from 'kysely';

interface Owned {
  federation: string;
}

export interface Tables {
  federations: {
    id: string;
    /** Order of creation. */
    position: number;
    spec_json: string;
    created_at: number;
    state: string;
    run: number | null;
    rounds_committed: number;
    last_round: number;
    live: number;
    /** 0 or 1. */
    live_pinned: number;
    roots_json: string | null;
  };
  runs: Owned & {
    run: number;
    spec_json: string;
    started_at: number;
    ended_at: number | null;
    outcome: string | null;
    tuning_json: string | null;
  };
  rounds: Owned & {
    round: number;
    run: number;
    phase: string;
    state_json: string;
    remaining_ms: number | null;
  };
  updates: Owned & {
    run: number;
    round: number;
    participant: string;
    base: string;
    digest: string;
    bytes: number;
    examples: number;
    received_at: number;
    outcome: string;
    refusal_json: string | null;
    counted_in: number | null;
  };
  versions: Owned & {
    version: number;
    digest: string;
    bytes: number;
    state: string | null;
    residual: string | null;
    delta_json: string | null;
    norm: number | null;
    parent: number | null;
    run: number | null;
    round: number | null;
    committed_at: number;
    participants: number;
    examples: number;
    bytes_up: number;
    bytes_down: number;
    duration_ms: number | null;
    tuning_json: string | null;
  };
  evaluations: Owned & {
    version: number;
    participant: string;
    tally_json: string;
    personal_json: string | null;
    at: number;
    latency_step: number | null;
    slices_json: string | null;
  };
  alias_moves: Owned & { position: number; alias: string; version: number; at: number; by: string };
  acts: {
    sequence: number;
    at: number;
    by: string;
    act: string;
    federation: string | null;
    detail_json: string;
    previous: string;
    hash: string;
  };
  version_log: Owned & {
    version: number;
    leaf_json: string;
    root: string;
    at: number;
    journal: string;
    key: string;
    signature: string;
  };
  invitations: Owned & {
    id: string;
    digest: string;
    note: string;
    created_at: number;
    expires_at: number | null;
    devices: number;
    revoked_at: number | null;
  };
  admissions: Owned & { participant: string; invitation: string; at: number };
  exclusions: Owned & { participant: string; name: string; reason: string; at: number };
  surveys: Owned & { survey: number; survey_json: string };
  people: { id: string; name: string; role: string; created_at: number };
  credentials: {
    id: string;
    person: string;
    created_at: number;
    expires_at: number | null;
    secret_json: string;
  };
  sessions: { digest: string; person: string | null; created_at: number; expires_at: number };
  journal: Owned & {
    sequence: number;
    at: number;
    type: string;
    payload_json: string;
    previous: string;
    hash: string;
  };
}

const owned = (database: Kysely<unknown>, table: string) =>
  database.schema
    .createTable(table)
    .addColumn('federation', 'text', (c) => c.notNull().references('federations.id').onDelete('cascade'));

const first: Migration = {
  async up(database: Kysely<unknown>) {
    const { schema } = database;
    const integer = 'bigint';
    await schema
      .createTable('federations')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('position', integer, (c) => c.notNull().unique())
      .addColumn('spec_json', 'text', (c) => c.notNull())
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('run', integer)
      .addColumn('rounds_committed', integer, (c) => c.notNull())
      .addColumn('last_round', integer, (c) => c.notNull())
      .addColumn('live', integer, (c) => c.notNull())
      .addColumn('live_pinned', integer, (c) => c.notNull())
      .execute();
    await owned(database, 'runs')
      .addColumn('run', integer, (c) => c.notNull())
      .addColumn('spec_json', 'text', (c) => c.notNull())
      .addColumn('started_at', integer, (c) => c.notNull())
      .addColumn('ended_at', integer)
      .addColumn('outcome', 'text')
      .addPrimaryKeyConstraint('runs_key', ['federation', 'run'])
      .execute();
    await owned(database, 'rounds')
      .addColumn('round', integer, (c) => c.notNull())
      .addColumn('run', integer, (c) => c.notNull())
      .addColumn('phase', 'text', (c) => c.notNull())
      .addColumn('state_json', 'text', (c) => c.notNull())
      .addColumn('remaining_ms', 'double precision')
      .addPrimaryKeyConstraint('rounds_key', ['federation', 'round'])
      .execute();
    await owned(database, 'updates')
      .addColumn('run', integer, (c) => c.notNull())
      .addColumn('round', integer, (c) => c.notNull())
      .addColumn('participant', 'text', (c) => c.notNull())
      .addColumn('base', 'text', (c) => c.notNull())
      .addColumn('digest', 'text', (c) => c.notNull())
      .addColumn('bytes', integer, (c) => c.notNull())
      .addColumn('examples', integer, (c) => c.notNull())
      .addColumn('received_at', integer, (c) => c.notNull())
      .addColumn('outcome', 'text', (c) => c.notNull())
      .addColumn('refusal_json', 'text')
      // An update is decided on once: the key is the guarantee, whatever the code above it does.
      .addPrimaryKeyConstraint('updates_key', ['federation', 'round', 'participant'])
      .execute();
    await owned(database, 'versions')
      .addColumn('version', integer, (c) => c.notNull())
      .addColumn('digest', 'text', (c) => c.notNull())
      .addColumn('bytes', integer, (c) => c.notNull())
      .addColumn('parent', integer)
      .addColumn('run', integer)
      .addColumn('round', integer)
      .addColumn('committed_at', integer, (c) => c.notNull())
      .addColumn('participants', integer, (c) => c.notNull())
      .addColumn('examples', integer, (c) => c.notNull())
      .addColumn('bytes_up', integer, (c) => c.notNull())
      .addColumn('bytes_down', integer, (c) => c.notNull())
      .addColumn('duration_ms', integer)
      .addPrimaryKeyConstraint('versions_key', ['federation', 'version'])
      .execute();
    await owned(database, 'evaluations')
      .addColumn('version', integer, (c) => c.notNull())
      .addColumn('participant', 'text', (c) => c.notNull())
      .addColumn('tally_json', 'text', (c) => c.notNull())
      .addColumn('at', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('evaluations_key', ['federation', 'version', 'participant'])
      .execute();
    await owned(database, 'alias_moves')
      .addColumn('position', integer, (c) => c.notNull())
      .addColumn('alias', 'text', (c) => c.notNull())
      .addColumn('version', integer, (c) => c.notNull())
      .addColumn('at', integer, (c) => c.notNull())
      .addColumn('by', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('alias_moves_key', ['federation', 'position'])
      .execute();
    await schema
      .createTable('sessions')
      .addColumn('digest', 'text', (c) => c.primaryKey())
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('expires_at', integer, (c) => c.notNull())
      .execute();
    await owned(database, 'journal')
      .addColumn('sequence', integer, (c) => c.notNull())
      .addColumn('at', integer, (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('payload_json', 'text', (c) => c.notNull())
      .addColumn('previous', 'text', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('journal_key', ['federation', 'sequence'])
      .execute();
  },
};

/** What a strategy and the downlink remember with a version, how it is sent, and how far it went from its parent. */
const versionState: Migration = {
  async up(database: Kysely<unknown>) {
    for (const column of ['state', 'residual', 'delta_json'])
      await database.schema.alterTable('versions').addColumn(column, 'text').execute();
    await database.schema.alterTable('versions').addColumn('norm', 'double precision').execute();
  },
};

/** What a device's own model says beside the version's tally. */
const personalTallies: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema.alterTable('evaluations').addColumn('personal_json', 'text').execute();
  },
};

/** In which round an update counts, where that is not the one that its device was configured in. */
const countedIn: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema.alterTable('updates').addColumn('counted_in', 'bigint').execute();
    await sql`update updates set counted_in = round where outcome = 'accepted'`.execute(database);
  },
};

/** Devices that a federation's coordinator trusts; null: none. */
const roots: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema.alterTable('federations').addColumn('roots_json', 'text').execute();
  },
};

/** Invitations, who joined by which, and who was left out. */
const access: Migration = {
  async up(database: Kysely<unknown>) {
    const integer = 'bigint';
    await owned(database, 'invitations')
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('digest', 'text', (c) => c.notNull())
      .addColumn('note', 'text', (c) => c.notNull())
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('expires_at', integer)
      .addColumn('devices', integer, (c) => c.notNull())
      .addColumn('revoked_at', integer)
      .addPrimaryKeyConstraint('invitations_key', ['federation', 'id'])
      .execute();
    await owned(database, 'admissions')
      .addColumn('participant', 'text', (c) => c.notNull())
      .addColumn('invitation', 'text', (c) => c.notNull())
      .addColumn('at', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('admissions_key', ['federation', 'participant'])
      .execute();
    await owned(database, 'exclusions')
      .addColumn('participant', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('at', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('exclusions_key', ['federation', 'participant'])
      .execute();
  },
};

/** Who works the console, and by what each comes in. */
const people: Migration = {
  async up(database: Kysely<unknown>) {
    const { schema } = database;
    const integer = 'bigint';
    await schema
      .createTable('people')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('role', 'text', (c) => c.notNull())
      .addColumn('created_at', integer, (c) => c.notNull())
      .execute();
    await schema
      .createTable('credentials')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('person', 'text', (c) => c.notNull().references('people.id').onDelete('cascade'))
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('expires_at', integer)
      .addColumn('secret_json', 'text', (c) => c.notNull())
      .execute();
    await schema.alterTable('sessions').addColumn('person', 'text').execute();
  },
};

/** The Merkle tree of versions, leaf by leaf, and its head with each of them, signed. */
const versionLog: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema
      .createTable('version_log')
      .addColumn('federation', 'text', (c) => c.notNull().references('federations.id').onDelete('cascade'))
      .addColumn('version', 'bigint', (c) => c.notNull())
      .addColumn('leaf_json', 'text', (c) => c.notNull())
      .addColumn('root', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('journal', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('signature', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('version_log_key', ['federation', 'version'])
      .execute();
  },
};

/** What coordinators did. Its federation may be gone: it references none. */
const acts: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema
      .createTable('acts')
      .addColumn('sequence', 'bigint', (c) => c.primaryKey())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('by', 'text', (c) => c.notNull())
      .addColumn('act', 'text', (c) => c.notNull())
      .addColumn('federation', 'text')
      .addColumn('detail_json', 'text', (c) => c.notNull())
      .addColumn('previous', 'text', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull())
      .execute();
  },
};

/**
 * A journal outlives its federation: what was charged to participants is not forgotten with it. SQLite drops no constraint of a
 * table (sqlite.org/lang_altertable.html, §7): it is made again without the one that would take the lines along.
 */
const journalOutlives: Migration = {
  async up(database: Kysely<unknown>) {
    const { schema } = database;
    await schema
      .createTable('journal_for_good')
      .addColumn('federation', 'text', (c) => c.notNull())
      .addColumn('sequence', 'bigint', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('payload_json', 'text', (c) => c.notNull())
      .addColumn('previous', 'text', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('journal_key', ['federation', 'sequence'])
      .execute();
    const columns = sql.raw('federation, sequence, at, type, payload_json, previous, hash');
    await sql`insert into journal_for_good (${columns}) select ${columns} from journal`.execute(database);
    await schema.dropTable('journal').execute();
    await schema.alterTable('journal_for_good').renameTo('journal').execute();
  },
};

/** What coordinators asked of devices beside training, and the figures that came of it. */
const surveys: Migration = {
  async up(database: Kysely<unknown>) {
    await owned(database, 'surveys')
      .addColumn('survey', 'bigint', (c) => c.notNull())
      .addColumn('survey_json', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('surveys_key', ['federation', 'survey'])
      .execute();
  },
};

/** How likely rounds hold each of the local settings that they try: for the next round, and for that of each version. */
const tuning: Migration = {
  async up(database: Kysely<unknown>) {
    for (const table of ['runs', 'versions'])
      await database.schema.alterTable(table).addColumn('tuning_json', 'text').execute();
  },
};

/** How long one prediction takes on the device that scored a version. */
const latency: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema.alterTable('evaluations').addColumn('latency_step', 'integer').execute();
  },
};

/** What a device counted of the slices of its rows that conditions are about. */
const slices: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema.alterTable('evaluations').addColumn('slices_json', 'text').execute();
  },
};

/**
 * In order of their names. A migration that was released is never changed: the next one is added. New columns are empty in the rows
 * that are there, which the journal names by digests over their columns with a value: a migration that writes into old rows would
 * look like somebody's tampering.
 */
export const migrations: MigrationProvider = {
  getMigrations: async () => ({
    '0001-first': first,
    '0002-version-state': versionState,
    '0003-personal-tallies': personalTallies,
    '0004-counted-in': countedIn,
    '0005-roots': roots,
    '0006-version-log': versionLog,
    '0007-acts': acts,
    '0008-access': access,
    '0009-people': people,
    '0010-journal-outlives': journalOutlives,
    '0011-surveys': surveys,
    '0012-tuning': tuning,
    '0013-latency': latency,
    '0014-slices': slices,
  }),
};
