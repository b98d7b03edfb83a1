// A federation as its records tell of it: found again after a restart, and gone on with.
import * as v from 'valibot';
import { federatedModel } from '#lib/core/federated-model.ts';
import { RoundNumber, type ParticipantId } from '#lib/core/ids.ts';
import { neverTrains } from '#lib/core/round/held-out-devices.ts';
import { acceptedReports, cohortOf, isOver } from '#lib/core/round/round-state.ts';
import type { FederationRecord, RoundRecord } from '../ports/records.ts';
import { Briefs } from './briefs.ts';
import { finishAtTarget } from './ending.ts';
import { Federation } from './federation.ts';
import { Invitations } from './invitations.ts';
import { firstBrokenEntry, journalAfter, sinceMade } from './journal.ts';
import { promote } from './live-version.ts';
import { beginLog } from './log-replies.ts';
import { PrivacyLedger } from './privacy-ledger.ts';
import { goOnFromIntact, onceDamaged } from './restore.ts';
import { RoundCosts, type DrawnRounds } from './round-costs.ts';
import type { Surroundings } from './surroundings.ts';
import { lastAdopted } from './upstream.ts';
import { VersionList } from './version-list.ts';
import { versionLog } from './version-log.ts';

/** Whoever took part in none of so many rounds counts as one that never did. */
const ROUNDS_REMEMBERED = 200;

/** By participant, from rounds in any order; whom the server drew in secret is not remembered. */
function lastRoundsOf(rounds: readonly RoundRecord[]): Map<ParticipantId, number> {
  const last = new Map<ParticipantId, number>();
  for (const { round } of rounds)
    for (const { candidate, task } of round.drawnFrom === undefined ? cohortOf(round) : [])
      last.set(candidate.participant, Math.max(last.get(candidate.participant) ?? 0, task.round));
  return last;
}

export async function loadFederation(
  around: Surroundings,
  record: FederationRecord,
  drawn: DrawnRounds,
): Promise<Federation> {
  const { records, blobs, log } = around;
  const { id } = record;
  const built = federatedModel(record.spec);
  if (!built.ok)
    throw new Error(`The model of federation ${id} cannot be built any more: ${built.error.message}`);
  const journal = await records.journal(id);
  const broken = firstBrokenEntry(journal);
  if (broken !== undefined)
    log.error({ federation: id, entry: broken }, 'the journal was altered: its hash chain breaks here');
  const versions = new VersionList(
    await records.versions(id),
    record.spec.metric.name,
    neverTrains(id, record.spec.rules),
    await records.evaluations(id),
  );
  const surveys = await records.surveys(id);
  for (const one of surveys) if ('survey' in one) versions.surveyed(one.survey);
  for (const digest of versions.digests()) blobs.retain(digest);
  const run = record.run === null ? undefined : await records.run(id, record.run);
  const { runOfState } = versions;
  const remembered = runOfState === null ? undefined : await records.run(id, runOfState);
  const federation = new Federation(
    {
      record,
      run,
      model: built.value,
      versions,
      journal: journalAfter(id, journal.at(-1)),
      ledger: new PrivacyLedger(journal),
      log: versionLog(id, around.key, await records.log(id)),
      briefs: new Briefs(record, journal),
      costs: new RoundCosts(journal, around.meter, drawn),
      invitations: new Invitations(await records.invitations(id), await records.admissions(id)),
      exclusions: await records.exclusions(id),
      surveys,
      lastRounds: lastRoundsOf(await records.rounds(id, { limit: ROUNDS_REMEMBERED })),
    },
    around,
  );
  federation.rememberedBy = remembered?.spec.strategy.name;
  federation.adopted = lastAdopted(sinceMade(journal));
  await beginLog(federation);
  const last =
    record.lastRound === 0 ? undefined : await records.round(id, v.parse(RoundNumber, record.lastRound));
  if (last !== undefined && isOver(last.round)) federation.driver.round = last.round;
  else if (last !== undefined) {
    for (const report of acceptedReports(last.round)) blobs.retain(report.update);
    log.info({ federation: id, round: last.round.round, phase: last.round.phase }, 'the open round goes on');
    federation.resume(last);
  }
  federation.surveys.resume();
  // A damaged disk is found out before anybody trains from it.
  const doubtful = onceDamaged(sinceMade(journal));
  federation.background('check-versions', async () => {
    await goOnFromIntact(federation, doubtful);
    await promote(federation, 'all');
    await finishAtTarget(federation);
  });
  return federation;
}
