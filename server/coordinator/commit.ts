// What a commit changes beyond its round: a version, where `live` stands, and whether the run has come to its end.
import type { VersionNumber } from '#lib/core/ids.ts';
import { acceptedReports, type Aggregation } from '#lib/core/round/round-state.ts';
import { inPlayOf } from '#lib/core/search/tuned-rounds.ts';
import type { Change, FederationRecord, RunRecord, VersionRecord } from '../ports/records.ts';
import { hasGates } from './live-version.ts';
import type { MadeVersion } from './publish.ts';

export interface Commit {
  readonly version: VersionRecord;
  readonly record: FederationRecord;
  readonly run: RunRecord;
  readonly changes: readonly Change[];
}

export function planCommit(input: {
  readonly record: FederationRecord;
  readonly run: RunRecord;
  readonly round: Aggregation;
  readonly version: VersionNumber;
  readonly made: MadeVersion;
  /** Why no further round is needed, in a sentence; undefined: one is. */
  readonly completion: string | undefined;
  readonly bytesDown: number;
  /** Rows that its devices count, where their reports do not say; undefined: they do. */
  readonly weight?: number | undefined;
  /** It was made for an upper federation, which says what is live here, and how many rounds there are. */
  readonly isForUpper: boolean;
  readonly at: number;
}): Commit {
  const { round, at, version } = input;
  const reports = acceptedReports(round);
  const isSecret = round.drawnFrom !== undefined;
  const inPlay = inPlayOf(input.run.spec, input.run.tuning);
  const made: VersionRecord = {
    federation: input.record.id,
    version,
    digest: input.made.digest,
    bytes: input.made.bytes,
    state: input.made.state,
    residual: input.made.residual,
    delta: input.made.delta,
    norm: input.made.norm,
    parent: round.base,
    run: round.run,
    round: round.round,
    committedAt: at,
    // How many of the drawn came is as secret as who: what is expected is what the sum was divided by.
    participants: isSecret ? round.rules.goal : reports.length,
    // Under privacy devices do not say how many rows they have.
    examples:
      input.weight ??
      (input.run.spec.privacy.type === 'none'
        ? reports.reduce((total, report) => total + report.examples, 0)
        : 0),
    bytesUp: isSecret ? 0 : reports.reduce((total, report) => total + report.bytes, 0),
    // Devices fetch what they train from: the bytes would tell how many were drawn.
    bytesDown: isSecret ? 0 : input.bytesDown,
    durationMs: Math.max(0, at - round.openedAt),
    ...(inPlay === undefined ? {} : { tuning: inPlay }),
  };
  const roundsCommitted = input.record.roundsCommitted + 1;
  const outcome =
    input.completion !== undefined
      ? `The run ended after ${roundsCommitted} ${roundsCommitted === 1 ? 'round' : 'rounds'}. ${input.completion}`
      : !input.isForUpper && roundsCommitted >= input.run.spec.rules.maximumRounds
        ? `The run ended after its last round: ${roundsCommitted} are committed.`
        : undefined;
  const isLast = outcome !== undefined;
  // Nobody has scored it yet: gates are judged later (live-version.ts).
  const staysLive = input.record.livePinned || input.isForUpper || hasGates(input.record);
  const record: FederationRecord = {
    ...input.record,
    roundsCommitted,
    state: isLast ? 'finished' : input.record.state,
    live: staysLive ? input.record.live : version,
  };
  const run: RunRecord = isLast ? { ...input.run, endedAt: at, outcome } : input.run;
  return {
    version: made,
    record,
    run,
    changes: [
      { type: 'insert-version', record: made },
      { type: 'change-federation', record },
      ...(isLast ? [{ type: 'put-run', record: run } as const] : []),
      ...(staysLive
        ? []
        : [
            {
              type: 'move-alias',
              federation: record.id,
              move: { alias: 'live', version, at, by: 'automatic' },
            } as const,
          ]),
    ],
  };
}
