// The records of a simulation, in memory: the newest round whole; of earlier ones their versions, which is what a run's figures
// are made of. A server keeps every round for good; thousands of simulated rounds would only fill the memory. The journal is not
// kept, but for what was charged to privacy, nor is the log of versions: its chain proves to others that nothing was altered, and
// here there are no others.
import * as v from 'valibot';
import { InvitationId } from '#lib/protocol/invitations.ts';
import { FederationSpec } from '#lib/core/federation.ts';
import { Digest, FederationId, ParticipantId, RoundNumber, RunNumber, VersionNumber } from '#lib/core/ids.ts';
import { LatencyStep } from '#lib/core/metrics/latency.ts';
import { Tally } from '#lib/core/metrics/tally.ts';
import { Round, type EndedRound } from '#lib/core/round/round-state.ts';
import { TuningState } from '#lib/core/search/tuned-rounds.ts';
import { SettingsChance } from '#lib/protocol/views.ts';
import { isOfLedger } from '../coordinator/privacy-ledger.ts';
import {
  RecordConflict,
  type Change,
  type FederationRecord,
  type Records,
  type VersionRecord,
} from '../ports/records.ts';

const numberOrNull = v.nullable(v.number());

const JournalEntry = v.object({
  federation: FederationId,
  sequence: v.number(),
  at: v.number(),
  type: v.string(),
  payload: v.unknown(),
  previous: v.string(),
  hash: v.string(),
});

/** What is kept, as plain data: it goes into a simulation's state file and is read back by this schema. */
export const KeptRecords = v.object({
  federation: v.object({
    id: FederationId,
    spec: FederationSpec,
    createdAt: v.number(),
    state: v.picklist(['draft', 'running', 'paused', 'finished']),
    run: v.nullable(RunNumber),
    roundsCommitted: v.number(),
    lastRound: v.number(),
    live: VersionNumber,
    livePinned: v.boolean(),
    roots: v.optional(v.array(ParticipantId), []),
  }),
  run: v.nullable(
    v.object({
      federation: FederationId,
      run: RunNumber,
      spec: FederationSpec,
      startedAt: v.number(),
      endedAt: numberOrNull,
      outcome: v.nullable(v.string()),
      tuning: v.exactOptional(TuningState),
    }),
  ),
  round: v.nullable(v.object({ federation: FederationId, round: Round, remainingMs: numberOrNull })),
  versions: v.array(
    v.object({
      federation: FederationId,
      version: VersionNumber,
      digest: Digest,
      bytes: v.number(),
      state: v.nullable(Digest),
      residual: v.nullable(Digest),
      delta: v.nullable(
        v.object({ anchor: VersionNumber, digest: Digest, bytes: v.number(), codec: v.string() }),
      ),
      norm: numberOrNull,
      parent: v.nullable(VersionNumber),
      run: v.nullable(RunNumber),
      round: v.nullable(RoundNumber),
      committedAt: v.number(),
      participants: v.number(),
      examples: v.number(),
      bytesUp: v.number(),
      bytesDown: v.number(),
      durationMs: numberOrNull,
      tuning: v.exactOptional(v.array(SettingsChance)),
    }),
  ),
  /** The journal's charges to the privacy ledger. */
  charges: v.optional(v.array(JournalEntry), []),
  /** Whom cohorts are drawn from, where they are. */
  admissions: v.optional(
    v.array(
      v.object({
        federation: FederationId,
        participant: ParticipantId,
        invitation: InvitationId,
        at: v.number(),
      }),
    ),
    [],
  ),
  evaluations: v.array(
    v.object({
      federation: FederationId,
      version: VersionNumber,
      participant: ParticipantId,
      tally: Tally,
      personal: v.nullable(Tally),
      latency: v.exactOptional(LatencyStep),
      at: v.number(),
    }),
  ),
});
export type KeptRecords = v.InferOutput<typeof KeptRecords>;

export interface RoundRecords extends Records {
  /** Undefined before there is a federation. */
  kept(): KeptRecords | undefined;
  /** The newest round that has ended: of an asynchronous run the next one is open by then. */
  ended(): EndedRound | undefined;
  /** Whose updates were accepted in it, in that order: the order in which they were folded. */
  accepted(): readonly ParticipantId[];
}

const keptOf = (record: FederationRecord): KeptRecords['federation'] => ({
  ...record,
  roots: [...record.roots],
});

const keptVersion = ({ tuning, ...version }: VersionRecord): KeptRecords['versions'][number] => ({
  ...version,
  ...(tuning === undefined ? {} : { tuning: [...tuning] }),
});

type UpdateRecord = Extract<Change, { type: 'insert-update' }>['record'];

/** One federation at a time. `before`: what an earlier process kept. */
export function roundRecords(before?: KeptRecords): RoundRecords {
  let kept = before === undefined ? undefined : structuredClone(before);
  let ended: EndedRound | undefined;
  let accepted: readonly ParticipantId[] = [];
  /** Of the newest round's members, by the round that each was configured in. */
  const updates = new Map<string, UpdateRecord>();
  const keyOf = ({ round, participant }: Pick<UpdateRecord, 'round' | 'participant'>): string =>
    `${round}/${participant}`;

  const present = (): KeptRecords => {
    if (kept === undefined) throw new RecordConflict('There is no federation yet.');
    return kept;
  };
  const apply = (change: Change): void => {
    switch (change.type) {
      case 'create-federation':
        if (kept !== undefined) throw new RecordConflict('A simulation has one federation.');
        kept = {
          federation: keptOf(change.record),
          run: null,
          round: null,
          versions: [],
          evaluations: [],
          charges: [],
          admissions: [],
        };
        return;
      case 'change-federation':
        present().federation = keptOf(change.record);
        return;
      case 'put-run':
        present().run = change.record;
        return;
      case 'put-round': {
        const all = present();
        if (all.round?.round.round !== change.record.round.round) updates.clear();
        all.round = change.record;
        const { round } = change.record;
        if (round.phase !== 'committed' && round.phase !== 'abandoned') return;
        ended = round;
        accepted = Array.from(updates.values()).flatMap(({ outcome, participant }) =>
          outcome === 'accepted' ? [participant] : [],
        );
        return;
      }
      case 'insert-update':
        if (updates.has(keyOf(change.record)))
          throw new RecordConflict('There is a decision on this update already.');
        updates.set(keyOf(change.record), change.record);
        return;
      case 'insert-version':
        if (present().versions.some((one) => one.version === change.record.version))
          throw new RecordConflict(`There is a version ${change.record.version} already.`);
        present().versions.push(keptVersion(change.record));
        return;
      case 'insert-evaluation':
        // The rows are the laboratory's: most devices say only that they have none.
        if (change.record.tally.count > 0) present().evaluations.push(change.record);
        return;
      case 'append-journal':
        if (isOfLedger(change.record.type)) present().charges.push(change.record);
        return;
      case 'append-log':
      case 'move-alias':
      // Whoever was let in stays; for others there is another invitation when a simulation goes on.
      case 'put-invitation':
        return;
      case 'insert-admission':
        present().admissions.push(change.record);
        return;
      case 'delete-federation':
      case 'replace-initial-version':
      case 'append-act':
      case 'put-exclusion':
      case 'delete-exclusion':
      case 'put-survey':
      case 'put-person':
      case 'delete-person':
      case 'put-credential':
      case 'delete-credential':
      case 'insert-session':
      case 'delete-session':
        throw new Error(`A simulation does not ask for “${change.type}”.`);
      default:
        change satisfies never;
    }
  };
  return {
    kept: () => kept,
    ended: () => ended,
    accepted: () => accepted,
    async write(changes) {
      for (const change of changes) apply(change);
    },
    rowsOf: () => [],
    federations: async () => (kept === undefined ? [] : [kept.federation]),
    run: async (_, run) => (kept?.run?.run === run ? kept.run : undefined),
    rounds: async () => (kept?.round == null ? [] : [kept.round]),
    round: async (_, round) => (kept?.round?.round.round === round ? kept.round : undefined),
    update: async (_, round, participant) => updates.get(keyOf({ round, participant })),
    versions: async () => kept?.versions ?? [],
    evaluations: async () => kept?.evaluations ?? [],
    aliases: async () => [],
    invitations: async () => [],
    admissions: async () => kept?.admissions ?? [],
    exclusions: async () => [],
    surveys: async () => [],
    people: async () => [],
    credentials: async () => [],
    sessions: async () => [],
    acts: async () => [],
    log: async () => [],
    journal: async () => kept?.charges ?? [],
    lastEntry: async () => undefined,
    async close() {},
  };
}
