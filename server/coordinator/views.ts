// From records to what others are shown (protocol/views.ts).
import type { Tally } from '#lib/core/metrics/tally.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { cohortOf, isOver, stageOf, type Member, type Round } from '#lib/core/round/round-state.ts';
import { MAXIMUM_MESSAGE_BYTES } from '#lib/protocol/limits.ts';
import type { FederationView, Receipt, RoundView, VersionDelta, VersionView } from '#lib/protocol/views.ts';
import type { UpdateRecord, VersionRecord } from '../ports/records.ts';

/** Whether a version of this tally ends the run. */
export function reachesTarget(metric: FederationSpec['metric'], tally: Tally): boolean {
  const value = figure(tally, metric.name);
  if (metric.target === null || value === undefined) return false;
  return metrics[metric.name].higherIsBetter ? value >= metric.target : value <= metric.target;
}

export const versionView = (
  record: VersionRecord,
  delta: VersionDelta | null,
  evaluation: VersionView['evaluation'],
  damaged: boolean,
): VersionView => {
  const { federation: _, state: __, residual: ___, delta: ____, tuning, ...rest } = record;
  return { ...rest, ...(tuning === undefined ? {} : { tuning: [...tuning] }), delta, damaged, evaluation };
};

function memberView(
  { candidate, standing, history }: Member,
  tellsExamples: boolean,
): RoundView['cohort'][number] {
  return {
    participant: candidate.participant,
    name: candidate.name,
    stage: stageOf(standing),
    fraction: standing.type === 'active' ? standing.fraction : null,
    history: history.map((one) => ({ ...one })),
    examples: tellsExamples && standing.type === 'accepted' ? standing.report.examples : null,
    bytesUp: standing.type === 'accepted' ? standing.report.bytes : null,
    reason: 'reason' in standing ? standing.reason : null,
  };
}

/** In selection the candidates stand for the cohort to be. `tellsExamples`: not under privacy or a secure sum, where devices keep their number of rows. */
export function roundView(round: Round, deadlineAt: number | null, tellsExamples: boolean): RoundView {
  const cohort =
    // Whom the server drew it tells nobody.
    round.drawnFrom !== undefined
      ? []
      : round.phase === 'selection'
        ? round.candidates.map((candidate): RoundView['cohort'][number] => ({
            participant: candidate.participant,
            name: candidate.name,
            stage: 'waiting',
            fraction: null,
            history: [],
            examples: null,
            bytesUp: null,
            reason: null,
          }))
        : cohortOf(round).map((member) => memberView(member, tellsExamples));
  return {
    round: round.round,
    run: round.run,
    phase: round.phase,
    base: round.base,
    goal: round.rules.goal,
    minimum: round.rules.minimum,
    openedAt: round.openedAt,
    deadlineAt: isOver(round) ? null : deadlineAt,
    endedAt: isOver(round) ? round.endedAt : null,
    cohort,
    version: round.phase === 'committed' ? round.version : null,
    reason: round.phase === 'abandoned' ? round.reason : null,
  };
}

export const receiptOf = (record: UpdateRecord): Receipt => ({
  federation: record.federation,
  run: record.run,
  round: record.round,
  participant: record.participant,
  base: record.base,
  update: record.update,
  bytes: record.bytes,
  examples: record.examples,
  receivedAt: record.receivedAt,
  ...(record.countedIn === null || record.countedIn === record.round ? {} : { countedIn: record.countedIn }),
});

/**
 * A view that fits into one message: a large cohort goes without its timelines, and a very large one without its last
 * members. A recipe counts for nothing: it goes along whole, and what is sent to a page may be longer. The whole is at GET /api/federations/:id/rounds.
 */
export function compactView(view: FederationView): FederationView {
  const { round } = view;
  const most = MAXIMUM_MESSAGE_BYTES - 1024;
  const fits = ({ spec, ...one }: FederationView): boolean =>
    Buffer.byteLength(JSON.stringify({ ...one, spec: { ...spec, recipe: undefined } })) <= most;
  if (round === null || round.cohort.length <= 50 || fits(view)) return view;
  const cohort = round.cohort.map((member) => ({ ...member, history: member.history.slice(-1) }));
  for (let size = cohort.length; size > 0; size = Math.floor(size * 0.8)) {
    const smaller = { ...view, round: { ...round, cohort: cohort.slice(0, size) } };
    if (fits(smaller)) return smaller;
  }
  return { ...view, round: { ...round, cohort: [] } };
}
