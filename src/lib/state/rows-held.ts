// What of this browser holds rows of a dataset beside the dataset itself, and goes with it: models that are made of rows (nearest
// neighbours), what a training that has not ended left, what rounds left for the next one, and updates that wait to be sent. Other
// models hold no row, only weights, thresholds, and the categories and words that they tell apart: they stay, and the page says so.
import { joinedFederations, readJoined } from '../participant/joined.ts';
import { checkpointKey, controlKey, nextControlKey, residualKey } from '../participant/round-keys.ts';
import { nameOf, sourceOfRecord } from '../participant/workbench/run-figures.ts';
import type { RunStore } from '../participant/workbench/run-record.ts';
import type { DatasetRecord } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import { localModelId } from '../workers/cut-off-runs.ts';
import { keptCheckpoints } from '../workers/kept-checkpoints.ts';
import { localRunList } from '../workers/local-run-list.ts';
import { webLockHolds, type RunHolds } from '../workers/run-holds.ts';
import { dateTime } from './format.ts';

export interface HeldRows {
  /** "The model of the run …". */
  readonly what: string;
  erase(): Promise<void>;
}

export interface RowsHeld {
  readonly held: readonly HeldRows[];
  /** Runs that some tab trains on these rows now: they would write what was erased anew. */
  readonly busy: readonly string[];
}

export interface HoldingStores {
  readonly runs: RunStore;
  readonly participant: ParticipantStore;
  readonly holds: RunHolds;
}

export async function rowsHeldHere(record: DatasetRecord): Promise<RowsHeld> {
  const { participantStore, runStore } = await import('./device-connection.ts');
  const [runs, participant] = await Promise.all([runStore(), participantStore()]);
  return rowsHeld({ runs, participant, holds: webLockHolds(navigator.locks) }, record);
}

/** Columns of a dataset were withheld: what its codec could not send of earlier updates would be sent with the next one. */
export async function forgetResidual({ federation }: DatasetRecord): Promise<void> {
  if (federation === null) return;
  const { participantStore } = await import('./device-connection.ts');
  await (await participantStore()).vectors.remove(residualKey(federation));
}

export async function rowsHeld(stores: HoldingStores, record: DatasetRecord): Promise<RowsHeld> {
  const { runs, participant, holds } = stores;
  const trained = await holds.held();
  const held: HeldRows[] = [];
  const busy: string[] = [];

  for (const { record: run } of await runs.list()) {
    if (run.dataset.id !== record.id) continue;
    const { outcome } = run;
    const name = `“${nameOf(sourceOfRecord(run))}” of ${dateTime(run.startedAt)}`;
    if (trained.has(run.id)) busy.push(`the run ${name}`);
    else if (outcome.type !== 'finished' && outcome.type !== 'grouped')
      held.push({
        what: `What the run ${name} had learnt when it ended early: it cannot go on`,
        erase: () => runs.eraseRows(run.id, Date.now()),
      });
    else if (outcome.model.holdsRows && outcome.model.erasedAt === undefined)
      held.push({
        what: `The model of the run ${name}, which is made of rows; its figures stay`,
        erase: () => runs.eraseRows(run.id, Date.now()),
      });
  }

  const list = localRunList(participant, holds);
  const kept = keptCheckpoints(participant, holds);
  const alone = new Map(
    [...(await list.read()), ...(await kept.list()).map(({ settings }) => settings)].map((one) => [
      one.id,
      one,
    ]),
  );
  for (const { id, dataset } of alone.values()) {
    if (dataset !== record.id) continue;
    if (trained.has(id)) busy.push('a training alone');
    else
      held.push({
        what: 'Checkpoints of a training alone: no run can go on from them',
        async erase() {
          await participant.checkpoints.remove(localModelId(id));
          await kept.discard(id);
          await list.remove(id);
        },
      });
  }

  // Those that were left too: an earlier program took nothing away then.
  const federations = new Set([
    ...(await joinedFederations(participant)),
    ...(await participant.receipts.list()).map(({ receipt }) => receipt.federation),
    ...(await participant.receipts.refusals()).map((refused) => refused.federation),
  ]);
  if (record.federation !== null) federations.add(record.federation);
  for (const federation of federations) {
    const joined = await readJoined(participant, federation);
    const isItsData = joined?.dataset === record.id;
    for (const { round, rows } of await participant.outbox.list(federation))
      if (rows === undefined ? isItsData : rows.dataset === record.id)
        held.push({
          what: `The update of round ${round} of ${federation}, which was not sent yet`,
          erase: () => participant.outbox.remove(federation, round),
        });
    // Where it is not known of which rows, it may be of these.
    if (!isItsData && joined?.leftOfOthers === false) continue;
    const checkpoint = checkpointKey(federation);
    const vectors = [residualKey, controlKey, nextControlKey].map((key) => key(federation));
    const left = await Promise.all([
      participant.checkpoints.get(checkpoint),
      ...vectors.map((key) => participant.vectors.get(key)),
    ]);
    if (left.some((one) => one !== undefined))
      held.push({
        what: `What rounds of ${federation} left for the next one`,
        async erase() {
          await participant.checkpoints.remove(checkpoint);
          for (const key of vectors) await participant.vectors.remove(key);
        },
      });
  }
  return { held, busy };
}
