// How rounds end: the version that a commit makes, what opens with the end of the one before, and what devices are told of it.
import * as v from 'valibot';
import { VersionNumber } from '#lib/core/ids.ts';
import { completion } from '#lib/core/federated-model.ts';
import { secureSumOf } from '#lib/core/federation.ts';
import { carriedFrom, openBuffer } from '#lib/core/round/buffer.ts';
import {
  acceptedReports,
  isAsynchronous,
  memberOf,
  type EndedRound,
  type Reporting,
  type Round,
} from '#lib/core/round/round-state.ts';
import { step } from '#lib/core/round/round.ts';
import type { Change } from '../ports/records.ts';
import { planCommit, type Commit } from './commit.ts';
import type { Federation } from './federation.ts';
import type { Interlude } from './interlude.ts';
import { promote } from './live-version.ts';
import type { Pace } from './pace.ts';
import type { RoundHost } from './round-driver.ts';
import { AFTER_ABANDON_MS } from './surroundings.ts';
import { upstreamOf } from './upstream.ts';
import { madeBy } from './version-log.ts';

export class RoundEnding {
  #commit: Commit | undefined;
  /** The buffer that became durable with the end of the one before, until it takes its place. */
  #following: Reporting | undefined;
  #bytesDown = 0;
  /** Rounds with a secure sum that were abandoned in a row. */
  #sumsFailed = 0;

  constructor(
    private readonly federation: Federation,
    private readonly interlude: Interlude,
    private readonly pace: Pace,
  ) {}

  /** Bytes that devices fetched towards the version that will be made next. */
  downloaded(bytes: number): void {
    this.#bytesDown += bytes;
  }

  readonly plan: RoundHost['planCommit'] = (round, made, parameters, weight) => {
    const { federation } = this;
    const { run, record } = federation;
    if (run === undefined) throw new Error(`Round ${round.round} belongs to no run.`);
    const version = v.parse(VersionNumber, federation.versions.head.version + 1);
    const at = federation.around.clock.now();
    this.#commit = planCommit({
      record,
      run,
      round,
      version,
      made,
      completion: completion(federation.model, parameters),
      bytesDown: this.#bytesDown,
      weight,
      isForUpper: upstreamOf(federation) !== undefined,
      at,
    });
    const { charged } = federation.charges;
    const event = { type: 'aggregated', version, digest: made.digest, charged, at } as const;
    const ended = step(round, event, federation.quantumOf).round;
    return {
      event,
      changes: [...this.#commit.changes, federation.logged(this.#commit.version, madeBy(record.id, ended))],
    };
  };

  readonly follow: RoundHost['follow'] = (before, ended) => {
    const run = this.#committing(ended)?.run ?? this.federation.run;
    return [...this.federation.tried.endedWith(ended, run), ...this.#openFollowing(before, ended)];
  };

  /** What a commit changes; undefined: the round ends without a version. */
  #committing(ended: EndedRound): Commit | undefined {
    return ended.phase === 'committed' ? this.#commit : undefined;
  }

  /** The buffer that opens with the end of this one, where the run goes on: whoever trains is a member of it. */
  #openFollowing(before: Round, ended: EndedRound): readonly Change[] {
    const { federation } = this;
    this.#following = undefined;
    const commit = this.#committing(ended);
    const record = commit?.record ?? federation.record;
    const run = commit?.run ?? federation.run;
    // A cancelled round is followed by none.
    if (!isAsynchronous(before) || before.phase !== 'aggregation' || run === undefined) return [];
    if (record.state !== 'running' && record.state !== 'paused') return [];
    const base = ended.phase === 'committed' ? ended : undefined;
    const setting = federation.opening.settingOfNext(run, ended.endedAt, base);
    const next = openBuffer(setting, carriedFrom(before), federation.quantumOf);
    this.#following = next;
    return [
      { type: 'change-federation', record: { ...record, lastRound: next.round } },
      { type: 'put-round', record: { federation: record.id, round: next, remainingMs: null } },
      federation.entry('opened', { round: next.round, run: next.run, base: next.base }),
    ];
  }

  /** Durable already; memory follows, devices hear of it, and what has served is given up. */
  readonly ended: RoundHost['ended'] = (round) => {
    const { federation } = this;
    federation.summing.stop();
    const following = this.#following;
    this.#following = undefined;
    federation.seats.resting.stopAll();
    // Members of the next round have their grace still.
    if (following === undefined) federation.graces.stopAll();
    const commit = this.#commit;
    this.#commit = undefined;
    const tuned = federation.tried.takeRun();
    if (round.phase === 'committed' && commit !== undefined)
      this.#committed(round, commit, following !== undefined);
    else if (round.phase === 'abandoned') this.#abandoned(round, following !== undefined);
    federation.run = tuned ?? federation.run;
    if (following !== undefined) {
      federation.record = { ...federation.record, lastRound: following.round };
      federation.driver.goOnWith(following);
    }
    if (federation.record.state === 'running') this.pace.makeRoom(round);
    // The updates have served: what is kept of them is their digests and counts.
    for (const report of acceptedReports(round)) void federation.release(report.update);
  };

  #committed(
    round: Extract<EndedRound, { readonly phase: 'committed' }>,
    commit: Commit,
    isFollowed: boolean,
  ): void {
    const { federation } = this;
    const { attendance, versions, around } = federation;
    versions.add(commit.version);
    federation.rememberedBy = commit.run.spec.strategy.name;
    this.#bytesDown = 0;
    this.#sumsFailed = 0;
    federation.record = commit.record;
    federation.run = commit.run;
    federation.background('live', () => promote(federation));
    const deltas = versions.deltasTo(round.version);
    for (const { candidate, connection } of attendance.devices())
      connection.send('committed', {
        federation: federation.record.id,
        round: round.round,
        version: round.version,
        digest: round.digest,
        bytes: commit.version.bytes,
        deltas,
        counted: memberOf(round, candidate.participant)?.standing.type === 'accepted',
      });
    around.log.info(
      {
        federation: federation.record.id,
        round: round.round,
        version: round.version,
        // Of a cohort that was drawn neither says how many came.
        participants: commit.version.participants,
        bytes: commit.version.bytesUp,
      },
      'round committed',
    );
    if (federation.record.state === 'finished' || isFollowed) return;
    // No scores of rows leave single devices under privacy or secure aggregation: there is nothing to wait for.
    const areTold = federation.privacy.type === 'none' && secureSumOf(federation.spec) === undefined;
    const awaited = areTold
      ? acceptedReports(round)
          .map((report) => report.participant)
          .filter((one) => attendance.has(one))
      : [];
    this.interlude.begin(round.rules.pauseMs, round.version, awaited);
  }

  #abandoned(round: Extract<EndedRound, { readonly phase: 'abandoned' }>, isFollowed: boolean): void {
    const { record, attendance, around } = this.federation;
    for (const { connection } of attendance.devices())
      connection.send('abandoned', { federation: record.id, round: round.round, reason: round.reason });
    around.log.warn({ federation: record.id, round: round.round, reason: round.reason }, 'round abandoned');
    if (!isFollowed) this.interlude.begin(Math.max(round.rules.pauseMs, this.#afterAbandonMs()));
  }

  /** Devices need new keys for each attempt: after the first ones in a row they are given more time. */
  #afterAbandonMs(): number {
    if (secureSumOf(this.federation.spec) === undefined) return AFTER_ABANDON_MS;
    this.#sumsFailed += 1;
    return Math.min(30_000, AFTER_ABANDON_MS * 2 ** (this.#sumsFailed - 1));
  }
}
