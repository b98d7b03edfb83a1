// Records in memory: for simulations and tests. Changes apply to a copy, which replaces the present state once all fit.
import type { FederationId } from '#lib/core/ids.ts';
import type { AliasMove } from '#lib/protocol/views.ts';
import { rowsOf } from './sqlite/stored-rows.ts';
import {
  RecordConflict,
  RecordsFull,
  type ActRecord,
  type AdmissionRecord,
  type Change,
  type CredentialRecord,
  type EvaluationRecord,
  type ExclusionRecord,
  type FederationRecord,
  type InvitationRecord,
  type JournalRecord,
  type LogRecord,
  type PersonRecord,
  type Records,
  type RoundRecord,
  type RunRecord,
  type SessionRecord,
  type SurveyRecord,
  type UpdateRecord,
  type VersionRecord,
} from '../ports/records.ts';

interface State {
  federations: Map<string, FederationRecord>;
  runs: Map<string, RunRecord>;
  rounds: Map<string, RoundRecord>;
  updates: Map<string, UpdateRecord>;
  versions: Map<string, VersionRecord>;
  evaluations: Map<string, EvaluationRecord>;
  aliases: Map<string, readonly AliasMove[]>;
  invitations: Map<string, InvitationRecord>;
  admissions: Map<string, AdmissionRecord>;
  exclusions: Map<string, ExclusionRecord>;
  surveys: Map<string, SurveyRecord>;
  people: Map<string, PersonRecord>;
  credentials: Map<string, CredentialRecord>;
  sessions: Map<string, SessionRecord>;
  log: Map<string, LogRecord>;
  acts: Map<string, ActRecord>;
  journal: Map<string, JournalRecord>;
}

export interface MemoryRecords extends Records {
  /** A disk without room: writes are refused while it is. */
  isFull: boolean;
}

/** Tables of records that name their federation: they go with it. */
const ofFederation = [
  'runs',
  'rounds',
  'updates',
  'versions',
  'evaluations',
  'invitations',
  'admissions',
  'exclusions',
  'surveys',
  'log',
] as const satisfies readonly (keyof State)[];

/** Which tables a change writes to: these are copied, the others stay. */
const touched: { readonly [Type in Change['type']]: readonly (keyof State)[] } = {
  'create-federation': ['federations'],
  'change-federation': ['federations'],
  'delete-federation': ['federations', 'aliases', ...ofFederation],
  'put-run': ['runs'],
  'put-round': ['rounds'],
  'insert-update': ['updates'],
  'insert-version': ['versions'],
  'replace-initial-version': ['versions'],
  'insert-evaluation': ['evaluations'],
  'move-alias': ['aliases'],
  'put-invitation': ['invitations'],
  'insert-admission': ['admissions'],
  'put-exclusion': ['exclusions'],
  'delete-exclusion': ['exclusions'],
  'put-survey': ['surveys'],
  'put-person': ['people'],
  'delete-person': ['people', 'credentials', 'sessions'],
  'put-credential': ['credentials'],
  'delete-credential': ['credentials'],
  'insert-session': ['sessions'],
  'delete-session': ['sessions'],
  'append-log': ['log'],
  'append-act': ['acts'],
  'append-journal': ['journal'],
};

const key = (...parts: (string | number)[]): string => parts.join('/');

export function memoryRecords(): MemoryRecords {
  let state: State = {
    federations: new Map(),
    runs: new Map(),
    rounds: new Map(),
    updates: new Map(),
    versions: new Map(),
    evaluations: new Map(),
    aliases: new Map(),
    invitations: new Map(),
    admissions: new Map(),
    exclusions: new Map(),
    surveys: new Map(),
    people: new Map(),
    credentials: new Map(),
    sessions: new Map(),
    log: new Map(),
    acts: new Map(),
    journal: new Map(),
  };
  const of = <T extends { readonly federation: FederationId }>(
    map: Map<string, T>,
    federation: FederationId,
  ): T[] => [...map.values()].filter((one) => one.federation === federation);

  const records: MemoryRecords = {
    isFull: false,
    async write(changes) {
      if (records.isFull) throw new RecordsFull('There is no room for more records.');
      const next: State = { ...state };
      for (const table of new Set(changes.flatMap(({ type }) => touched[type])))
        Object.assign(next, { [table]: new Map<string, unknown>(state[table]) });
      // Records are read-only to all who hold one: none is copied.
      for (const change of changes) apply(next, change);
      state = next;
    },
    rowsOf,
    federations: async () => [...state.federations.values()],
    run: async (federation, run) => state.runs.get(key(federation, run)),
    rounds: async (federation, { before = Infinity, limit }) =>
      of(state.rounds, federation)
        .filter((one) => one.round.round < before)
        .sort((a, b) => b.round.round - a.round.round)
        .slice(0, limit),
    round: async (federation, round) => state.rounds.get(key(federation, round)),
    update: async (federation, round, participant) => state.updates.get(key(federation, round, participant)),
    versions: async (federation) => of(state.versions, federation).sort((a, b) => a.version - b.version),
    evaluations: async (federation) => of(state.evaluations, federation),
    aliases: async (federation) => [...(state.aliases.get(federation) ?? [])].reverse(),
    invitations: async (federation) => of(state.invitations, federation),
    admissions: async (federation) => of(state.admissions, federation),
    exclusions: async (federation) => of(state.exclusions, federation),
    surveys: async (federation) =>
      of(state.surveys, federation).sort((a, b) => a.survey.survey - b.survey.survey),
    people: async () => [...state.people.values()],
    credentials: async () => [...state.credentials.values()],
    sessions: async () => [...state.sessions.values()],
    acts: async ({ before = Infinity, limit }) =>
      [...state.acts.values()]
        .filter(({ sequence }) => sequence < before)
        .sort((a, b) => b.sequence - a.sequence)
        .slice(0, limit),
    log: async (federation) => of(state.log, federation).sort((a, b) => a.version - b.version),
    journal: async (federation) => of(state.journal, federation).sort((a, b) => a.sequence - b.sequence),
    lastEntry: async (federation) =>
      of(state.journal, federation).reduce<JournalRecord | undefined>(
        (last, one) => (last === undefined || one.sequence > last.sequence ? one : last),
        undefined,
      ),
    async close() {},
  };
  return records;
}

function insert<T>(map: Map<string, T>, at: string, record: T): void {
  if (map.has(at)) throw new RecordConflict(`There is a record at ${at} already.`);
  map.set(at, record);
}

function apply(state: State, change: Change): void {
  const known = (federation: FederationId): void => {
    if (!state.federations.has(federation))
      throw new RecordConflict(`There is no federation “${federation}”.`);
  };
  switch (change.type) {
    case 'create-federation':
      return insert(state.federations, change.record.id, change.record);
    case 'change-federation':
      known(change.record.id);
      state.federations.set(change.record.id, change.record);
      return;
    case 'delete-federation': {
      known(change.id);
      state.federations.delete(change.id);
      state.aliases.delete(change.id);
      for (const table of ofFederation)
        for (const [at, record] of state[table]) if (record.federation === change.id) state[table].delete(at);
      return;
    }
    case 'put-run':
      known(change.record.federation);
      state.runs.set(key(change.record.federation, change.record.run), change.record);
      return;
    case 'put-round':
      known(change.record.federation);
      state.rounds.set(key(change.record.federation, change.record.round.round), change.record);
      return;
    case 'insert-update': {
      const { federation, round, participant } = change.record;
      known(federation);
      return insert(state.updates, key(federation, round, participant), change.record);
    }
    case 'insert-version':
      known(change.record.federation);
      return insert(state.versions, key(change.record.federation, change.record.version), change.record);
    case 'replace-initial-version': {
      const at = key(change.record.federation, change.record.version);
      if (!state.versions.has(at)) throw new RecordConflict(`There is no version at ${at}.`);
      state.versions.set(at, change.record);
      return;
    }
    case 'insert-evaluation': {
      const { federation, version, participant } = change.record;
      known(federation);
      return insert(state.evaluations, key(federation, version, participant), change.record);
    }
    case 'move-alias':
      known(change.federation);
      state.aliases.set(change.federation, [...(state.aliases.get(change.federation) ?? []), change.move]);
      return;
    case 'put-invitation':
      known(change.record.federation);
      state.invitations.set(key(change.record.federation, change.record.id), change.record);
      return;
    case 'insert-admission': {
      const { federation, participant } = change.record;
      known(federation);
      return insert(state.admissions, key(federation, participant), change.record);
    }
    case 'put-exclusion': {
      const { federation, participant } = change.record;
      known(federation);
      state.exclusions.set(key(federation, participant), change.record);
      return;
    }
    case 'delete-exclusion':
      state.exclusions.delete(key(change.federation, change.participant));
      return;
    case 'put-survey': {
      const { federation, survey } = change.record;
      known(federation);
      state.surveys.set(key(federation, survey.survey), change.record);
      return;
    }
    case 'put-person':
      state.people.set(change.record.id, change.record);
      return;
    case 'delete-person':
      state.people.delete(change.id);
      for (const map of [state.credentials, state.sessions])
        for (const [at, { person }] of map) if (person === change.id) map.delete(at);
      return;
    case 'put-credential':
      if (!state.people.has(change.record.person))
        throw new RecordConflict(`There is no person ${change.record.person}.`);
      state.credentials.set(change.record.id, change.record);
      return;
    case 'delete-credential':
      state.credentials.delete(change.id);
      return;
    case 'insert-session':
      return insert(state.sessions, change.record.digest, change.record);
    case 'delete-session':
      state.sessions.delete(change.digest);
      return;
    case 'append-act':
      return insert(state.acts, String(change.record.sequence), change.record);
    case 'append-log':
      known(change.record.federation);
      return insert(state.log, key(change.record.federation, change.record.version), change.record);
    case 'append-journal':
      return insert(state.journal, key(change.record.federation, change.record.sequence), change.record);
    default:
      change satisfies never;
  }
}
