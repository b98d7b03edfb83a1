// A federation that is new: its first version, its records and its journal, in one durable step.
import { bytesOf } from '#lib/core/digest.ts';
import type { FederatedModel } from '#lib/core/federated-model.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { FederationId } from '#lib/core/ids.ts';
import { neverTrains } from '#lib/core/round/held-out-devices.ts';
import { changedNothing, RecordConflict, type Change, type FederationRecord } from '../ports/records.ts';
import { initialVersion } from './actions.ts';
import { Briefs } from './briefs.ts';
import { Federation } from './federation.ts';
import { Invitations } from './invitations.ts';
import { journalAfter } from './journal.ts';
import { PrivacyLedger } from './privacy-ledger.ts';
import { RoundCosts, type DrawnRounds } from './round-costs.ts';
import { sealed, SEALS } from './seal.ts';
import type { Surroundings } from './surroundings.ts';
import { VersionList } from './version-list.ts';
import { versionLog } from './version-log.ts';

interface NewFederation {
  readonly id: FederationId;
  readonly spec: FederationSpec;
  readonly model: FederatedModel;
  readonly drawn: DrawnRounds;
}

/** undefined: its name is taken after all, and nothing is kept. */
export async function createFederation(
  around: Surroundings,
  { id, spec, model, drawn }: NewFederation,
): Promise<Federation | undefined> {
  const { records, blobs, clock } = around;
  const at = clock.now();
  const initial = initialVersion(id, spec, model, at);
  await blobs.put(bytesOf(initial.parameters));
  const { version } = initial.record;
  const record: FederationRecord = {
    id,
    spec,
    createdAt: at,
    state: 'draft',
    run: null,
    roundsCommitted: 0,
    lastRound: 0,
    live: version,
    livePinned: false,
    roots: [],
  };
  // Of a federation that was deleted: its lines stay, and what it charged is charged.
  const former = await records.journal(id);
  const journal = journalAfter(id, former.at(-1));
  try {
    const changes: Change[] = [
      { type: 'create-federation', record },
      { type: 'insert-version', record: initial.record },
      { type: 'move-alias', federation: id, move: { alias: 'live', version, at, by: 'automatic' } },
      {
        type: 'append-journal',
        record: journal.next('created', { version, digest: initial.record.digest, seals: SEALS }, at),
      },
    ];
    await records.write(sealed(changes, records, journal, at));
    journal.written();
  } catch (error) {
    await blobs.release(initial.record.digest);
    if (error instanceof RecordConflict) return undefined;
    if (!changedNothing(error)) around.fatal(error);
    throw error;
  }
  const versions = new VersionList([initial.record], spec.metric.name, neverTrains(id, spec.rules), []);
  return new Federation(
    {
      record,
      run: undefined,
      model,
      versions,
      journal,
      ledger: new PrivacyLedger(former),
      log: versionLog(id, around.key, []),
      invitations: new Invitations([], []),
      briefs: new Briefs(record, []),
      costs: new RoundCosts([], around.meter, drawn),
      exclusions: [],
      surveys: [],
      lastRounds: new Map(),
    },
    around,
  );
}
