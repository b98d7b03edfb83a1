// What is shown of a living federation.
import { secureSumOf } from '#lib/core/federation.ts';
import { inPlayOf } from '#lib/core/search/tuned-rounds.ts';
import type { FederationSummary, FederationView, RoundView } from '#lib/protocol/views.ts';
import type { RoundPage } from '../ports/records.ts';
import type { Federation } from './federation.ts';
import { maskedBytesOf } from './secure-sum/sum-terms.ts';
import { statusSentence, type Situation } from './status.ts';
import { upstreamOf } from './upstream.ts';
import { roundView } from './views.ts';

const OUT_OF_SPACE =
  'The server’s disk is full: the federation goes on by itself once its coordinator has made room.';

function deadlineAt({ driver, around }: Federation): number | null {
  const left = driver.remainingMs;
  return left === null ? null : around.clock.now() + left;
}

/** Else a device says no more than that its rows suffice. */
const tellsExamples = ({ record: { spec } }: Federation): boolean =>
  spec.privacy.type === 'none' && secureSumOf(spec) === undefined;

function rootOf({ roots, isRootAway }: Federation): Situation['root'] {
  if (roots === null) return null;
  return roots.length === 0 ? 'not-chosen' : isRootAway ? 'away' : 'here';
}

/** The version that the newest repeats; one that was adopted from above has other parameters than the version before it. */
function restoredFrom({ versions }: Federation): Situation['restoredFrom'] {
  const { round, parent, digest } = versions.head;
  return round === null && parent !== null && versions.get(parent)?.digest === digest ? parent : null;
}

export function viewOf(federation: Federation): FederationView {
  const { record, versions, attendance, driver, run } = federation;
  const { round } = driver;
  // Of the present run, or the last.
  const tuning = inPlayOf(run?.spec ?? record.spec, run?.tuning);
  return {
    id: record.id,
    spec: record.spec,
    createdAt: record.createdAt,
    state: record.state,
    run: record.run,
    roundsCommitted: record.roundsCommitted,
    connected: attendance.connected,
    checkedIn: attendance.checkedIn,
    ...(record.spec.rules.heldOutDevices === undefined ? {} : { heldOutHere: attendance.heldOutHere }),
    round: round === undefined ? null : roundView(round, deadlineAt(federation), tellsExamples(federation)),
    head: versions.view(versions.head),
    live: record.live,
    updateBytes:
      maskedBytesOf(record.spec, federation.model) ??
      federation.wanted.uplink.byteLength(federation.wanted.length),
    roots: federation.roots === null ? null : [...federation.roots],
    ...(record.spec.privacy.type === 'none'
      ? {}
      : {
          privacy: {
            releases: federation.ledger.releases,
            epsilon: federation.ledger.mostAt(record.spec.privacy.delta),
          },
        }),
    ...(tuning === undefined ? {} : { tuning: [...tuning] }),
    status:
      federation.damage ??
      (federation.isOutOfSpace ? OUT_OF_SPACE : undefined) ??
      statusSentence({
        state: record.state,
        outcome: run?.outcome ?? null,
        round,
        minimum: record.spec.rules.minimum,
        checkedIn: attendance.checkedIn,
        between: federation.between,
        headVersion: versions.head.version,
        restoredFrom: restoredFrom(federation),
        upstream: upstreamOf(federation)?.status ?? null,
        root: rootOf(federation),
      }),
  };
}

export function summaryOf({ record, versions, attendance }: Federation): FederationSummary {
  return {
    id: record.id,
    title: record.spec.brief.title,
    coordinator: record.spec.brief.coordinator,
    state: record.state,
    roundsCommitted: record.roundsCommitted,
    maximumRounds: record.spec.rules.maximumRounds,
    connected: attendance.connected,
    headVersion: versions.head.version,
    metric: versions.newestFigure(record.spec.metric),
  };
}

/** Newest first; the round in progress as it is now. */
export async function roundsOf(federation: Federation, page: RoundPage): Promise<RoundView[]> {
  const records = await federation.around.records.rounds(federation.record.id, page);
  const present = federation.driver.round;
  return records.map(({ round }) =>
    present?.round === round.round
      ? roundView(present, deadlineAt(federation), tellsExamples(federation))
      : roundView(round, null, tellsExamples(federation)),
  );
}
