// What a run promises of privacy, kept: who may still be in a release, and the charge of each, durable before it is made.
import { randomBytes } from 'node:crypto';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import { CLIP_RATE, nextClipNorm, noisyBits, updateNoiseOf } from '#lib/core/privacy/adaptive-clip.ts';
import { poissonSample } from '#lib/core/privacy/poisson-sample.ts';
import type { DrawBytes } from '#lib/core/privacy/random-bits.ts';
import type { Charged, Noised, Privacy } from '#lib/core/privacy/rules.ts';
import { acceptedReports, memberOf, type Aggregation, type Round } from '#lib/core/round/round-state.ts';
import type { SumAttempt } from '#lib/core/secure-sum/attempt-state.ts';
import type { Change, RunRecord } from '../ports/records.ts';
import type { PlannedCharge, PrivacyLedger } from './privacy-ledger.ts';
import type { AggregationPlan } from './stored-updates.ts';

/** Whether the release of this open round may charge it: whoever the cohort was drawn from, drawn or not. */
export const mayCharge = (round: Round, participant: ParticipantId): boolean =>
  round.drawnFrom?.includes(participant) ??
  (round.phase === 'selection'
    ? round.candidates.some((one) => one.participant === participant)
    : memberOf(round, participant) !== undefined);

interface Drawn {
  readonly drawnFrom: readonly ParticipantId[];
  readonly drawn: ReadonlySet<ParticipantId>;
}

interface RunPrivacyHost {
  readonly ledger: PrivacyLedger;
  /** Absent: the platform’s CSPRNG. */
  readonly noise: DrawBytes | undefined;
  run(): RunRecord | undefined;
  /** What a survey under way may charge it. */
  pendingOf(participant: ParticipantId): readonly Noised[];
  /** What the present run was started with. */
  spec(): FederationSpec;
  /** Made durable with the line that it has in the journal. */
  write(changes: readonly Change[]): Promise<void>;
  entry(type: string, payload: Readonly<Record<string, unknown>>): Change;
}

export class RunPrivacy {
  constructor(private readonly host: RunPrivacyHost) {}

  get promised(): Privacy {
    return this.host.spec().privacy;
  }

  /** The spec with the clip norm as the run's updates have led it. */
  get specNow(): FederationSpec {
    const spec = this.host.spec();
    const run = this.host.run();
    const clipNorm = run === undefined ? undefined : this.host.ledger.clipNormOf(run.run);
    return spec.privacy.type === 'none' || spec.privacy.followQuantile === undefined || clipNorm === undefined
      ? spec
      : { ...spec, privacy: { ...spec.privacy, clipNorm } };
  }

  /** What all releases so far cost, for the leaf of the version that they are in; undefined: nothing is promised. */
  get charged(): Charged | undefined {
    const { promised } = this;
    if (promised.type === 'none') return undefined;
    const { ledger } = this.host;
    return { releases: ledger.releases, epsilon: ledger.mostAt(promised.delta), delta: promised.delta };
  }

  /** Whether one more release with this participant in it stays within its budget, beside what a survey under way may cost it. */
  mayRelease(participant: ParticipantId): boolean {
    const { promised } = this;
    return (
      promised.type === 'none' ||
      this.host.ledger.affords(participant, promised, this.host.pendingOf(participant))
    );
  }

  /**
   * Where ε counts on a draw: whom it was made from, all that were ever let in and may be in one more release, and whom it drew, each by
   * itself. Undefined: devices are picked among those who are here.
   */
  draw(admitted: readonly ParticipantId[]): Drawn | undefined {
    const { promised } = this;
    if (promised.type === 'none' || promised.samplingRate === undefined) return undefined;
    const drawnFrom = admitted.filter((one) => this.mayRelease(one)).sort();
    return { drawnFrom, drawn: new Set(poissonSample(drawnFrom, promised.samplingRate, this.#draw)) };
  }

  /** Noise that the server adds to the sum of `expected` updates; undefined: it adds none. */
  centralNoise(expected: number): Pick<AggregationPlan, 'noise'> {
    const { privacy } = this.specNow;
    if (privacy.type !== 'central') return {};
    return {
      noise: {
        clipNorm: privacy.clipNorm,
        noiseMultiplier: updateNoiseOf(privacy, expected),
        expected,
        draw: this.#draw,
      },
    };
  }

  /** Under local noise an update is a release of its own, made when its bytes have come, whatever is decided on them. */
  async chargeReceived(participant: ParticipantId, round: number): Promise<void> {
    const { promised } = this;
    const run = this.host.run();
    if (run === undefined || promised.type !== 'local') return;
    const charge = this.host.ledger.charge({ round, run: run.run }, [participant], promised);
    if (charge === undefined) throw new Error(`${participant} was picked beyond its privacy budget.`);
    await this.#settle(charge);
  }

  /** What opening this sum gives away, to be written with those who are in it: before any device is asked to open it. */
  chargeOfSum(sum: SumAttempt, round: Round | undefined): PlannedCharge | undefined {
    const { promised } = this;
    if (promised.type !== 'distributed' || sum.phase !== 'consenting' || round?.phase !== 'aggregation')
      return undefined;
    const participants = sum.summed.map((slot) => round.cohort[slot]!.candidate.participant);
    const charge = this.host.ledger.charge(round, participants, promised);
    if (charge === undefined)
      throw new Error(`Devices of round ${round.round} were picked beyond their budget.`);
    return charge;
  }

  /** Charges the noisy sum that is about to be made, and moves the clip norm; a sentence: there is no budget for it. */
  async chargeRound(round: Aggregation): Promise<string | undefined> {
    const { privacy } = this.specNow;
    const { ledger } = this.host;
    if (privacy.type !== 'central') return undefined;
    const reports = acceptedReports(round);
    const charge = ledger.charge(
      round,
      round.drawnFrom ?? reports.map((report) => report.participant),
      privacy,
    );
    if (charge === undefined)
      return 'The privacy budget of a device in this round is spent: nothing is made of its updates.';
    await this.#settle(charge);
    if (privacy.followQuantile === undefined) return undefined;
    const { goal } = round.rules;
    const norms = reports.map((report) => report.norm);
    const bits = noisyBits(norms, privacy.clipNorm, goal, this.#draw);
    const adaptive = { quantile: privacy.followQuantile, rate: CLIP_RATE };
    const clipNorm = nextClipNorm(privacy.clipNorm, bits, goal, adaptive);
    await this.#settle(ledger.moveClip({ round: round.round, run: round.run, clipNorm }));
    return undefined;
  }

  get #draw(): DrawBytes {
    return this.host.noise ?? randomBytes;
  }

  async #settle({ type, payload, settle }: PlannedCharge): Promise<void> {
    await this.host.write([this.host.entry(type, payload)]);
    settle();
  }
}
