// What the journal, or the chain of acts, names of a change: the very columns that it writes, table by table.
import type { Change, StoredRow } from '../../ports/records.ts';
import { isOver } from '#lib/core/round/round-state.ts';
import {
  aliasRow,
  credentialRow,
  evaluationRow,
  federationRow,
  invitationRow,
  logRow,
  personRow,
  roundRow,
  runRow,
  surveyRow,
  updateRow,
  versionRow,
} from './rows.ts';

type Column = string | number | null;

/** Which columns say which row of its table it is, beside the federation; none: the table only grows. */
export const sealedTables = {
  federations: [],
  runs: ['run'],
  rounds: ['round'],
  updates: ['round', 'participant'],
  versions: ['version'],
  evaluations: ['version', 'participant'],
  alias_moves: undefined,
  version_log: ['version'],
  invitations: ['id'],
  admissions: ['participant'],
  exclusions: ['participant'],
  surveys: ['survey'],
} as const satisfies Readonly<Record<string, readonly string[] | undefined>>;
export type SealedTable = keyof typeof sealedTables;
/** Of the server, and no federation's: the chain of acts names them. */
export const peopleTables = { people: ['id'], credentials: ['id'] } as const;
export type PeopleTable = keyof typeof peopleTables;

/** What is not a row's own: its place among all federations' or moves, and what is left of a deadline. */
const TRANSIENT: readonly string[] = ['position', 'remaining_ms'];

/** @param row as it is written, or as it was read: columns with texts, numbers and nulls */
export function storedRow(table: SealedTable | PeopleTable, row: object): StoredRow {
  const columns: readonly (readonly [string, Column])[] = Object.entries(row);
  const values = new Map(columns);
  const key = { ...sealedTables, ...peopleTables }[table];
  return {
    table,
    key: key === undefined ? '+' : key.map((column) => values.get(column)).join('/'),
    values: Object.fromEntries(
      columns.flatMap(([name, value]) => (value === null || TRANSIENT.includes(name) ? [] : [[name, value]])),
    ),
  };
}

export function rowsOf(change: Change): readonly StoredRow[] {
  switch (change.type) {
    case 'create-federation':
    case 'change-federation':
      return [storedRow('federations', federationRow(change.record))];
    case 'put-run':
      return [storedRow('runs', runRow(change.record))];
    case 'put-round':
      return isOver(change.record.round) ? [storedRow('rounds', roundRow(change.record))] : [];
    case 'insert-update':
      return [storedRow('updates', updateRow(change.record))];
    case 'insert-version':
    case 'replace-initial-version':
      return [storedRow('versions', versionRow(change.record))];
    case 'insert-evaluation':
      return [storedRow('evaluations', evaluationRow(change.record))];
    case 'move-alias':
      return [storedRow('alias_moves', aliasRow(change.federation, change.move))];
    case 'append-log':
      return [storedRow('version_log', logRow(change.record))];
    case 'put-invitation':
      return [storedRow('invitations', invitationRow(change.record))];
    case 'insert-admission':
      return [storedRow('admissions', change.record)];
    case 'put-exclusion':
      return [storedRow('exclusions', change.record)];
    case 'delete-exclusion':
      return [{ table: 'exclusions', key: change.participant, values: null }];
    case 'put-survey':
      return [storedRow('surveys', surveyRow(change.record))];
    case 'put-person':
      return [storedRow('people', personRow(change.record))];
    case 'delete-person':
      return [{ table: 'people', key: change.id, values: null }];
    case 'put-credential':
      return [storedRow('credentials', credentialRow(change.record))];
    case 'delete-credential':
      return [{ table: 'credentials', key: change.id, values: null }];
    case 'delete-federation':
    case 'insert-session':
    case 'delete-session':
    case 'append-act':
    case 'append-journal':
      return [];
    default:
      return change satisfies never;
  }
}
