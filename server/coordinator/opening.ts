// How rounds open: when one is due, with which devices, in what order, and who is left out of it.
import * as v from 'valibot';
import { maximumStaleness } from '#lib/core/aggregation/fedbuff.ts';
import { valueOf } from '#lib/core/aggregation/options.ts';
import { optionsOf } from '#lib/core/aggregation/strategy-spec.ts';
import { RoundNumber, type ParticipantId } from '#lib/core/ids.ts';
import { openBuffer, type RoundSetting } from '#lib/core/round/buffer.ts';
import { rootsFirst } from '#lib/core/round/roots.ts';
import type { Step } from '#lib/core/round/round-events.ts';
import { isAsynchronous, type Candidate } from '#lib/core/round/round-state.ts';
import { openDrawn, openRound, step } from '#lib/core/round/round.ts';
import { expectedTrainingMs, inPickingOrder } from '#lib/core/round/select.ts';
import type { FederationRecord, RunRecord, VersionRecord } from '../ports/records.ts';
import { finishRun } from './ending.ts';
import type { Federation } from './federation.ts';
import { Blamed } from './secure-sum/blamed.ts';
import { spentOutcome } from './status.ts';
import { isAskedFor } from './upstream.ts';

export class Opening {
  /** The last round that each participant was configured in, as far as records are kept in memory. */
  readonly #lastRounds: Map<ParticipantId, number>;
  readonly #blamed = new Blamed();

  constructor(
    private readonly federation: Federation,
    lastRounds: ReadonlyMap<ParticipantId, number>,
  ) {
    this.#lastRounds = new Map(lastRounds);
  }

  lastRoundOf(participant: ParticipantId): number | undefined {
    return this.#lastRounds.get(participant);
  }

  configured(participant: ParticipantId, round: number): void {
    this.#lastRounds.set(participant, round);
  }

  /** Opens the next round where one is due and enough devices wait. Within the queue. */
  async openIfDue(): Promise<void> {
    const { federation } = this;
    const { record, run, attendance } = federation;
    if (
      record.state !== 'running' ||
      run === undefined ||
      federation.openRound !== undefined ||
      federation.damage !== undefined ||
      federation.isOutOfSpace
    )
      return;
    if (federation.between !== undefined || attendance.checkedIn < run.spec.rules.minimum) return;
    if (federation.isRootAway || !isAskedFor(federation)) return;
    const at = federation.around.clock.now();
    const setting = this.settingOfNext(run, at);
    const { round, base } = setting;
    const affording = attendance
      .candidates()
      .filter(({ participant }) => federation.charges.mayRelease(participant));
    if (run.spec.privacy.type !== 'none' && affording.length < run.spec.rules.minimum) {
      // What a survey under way may cost is spent only if it is opened.
      if (federation.surveys.isOpen) return;
      return finishRun(federation, spentOutcome(run.spec.privacy, attendance.checkedIn - affording.length));
    }
    const next: FederationRecord = { ...record, lastRound: round };
    await federation.driver.open(this.#opening(setting, affording, at), [
      { type: 'change-federation', record: next },
      federation.entry('opened', { round, run: run.run, base }),
    ]);
    federation.record = next;
  }

  #opening(setting: RoundSetting, affording: readonly Candidate[], at: number): Step {
    const { federation } = this;
    if (isAsynchronous(setting)) return { round: openBuffer(setting, [], federation.quantumOf), effects: [] };
    const population = federation.invitations.admitted.filter((one) => !federation.exclusions.has(one));
    const draw = federation.charges.draw(population);
    if (draw !== undefined) {
      const here = affording.filter(({ participant }) => draw.drawn.has(participant));
      return openDrawn({ ...setting, drawnFrom: [...draw.drawnFrom] }, here, federation.quantumOf);
    }
    const candidates = this.inPickingOrder(this.#withoutBlamed(affording, setting.round));
    const first = { type: 'available', candidates, population: candidates.length, at } as const;
    return step(openRound(setting), first, federation.quantumOf);
  }

  /** It dealt shares that do not open what they should. */
  blamed(participant: ParticipantId): void {
    this.#blamed.note(participant, this.federation.record.lastRound);
    this.federation.around.reputation?.note(participant, 'bad-shares');
  }

  /** Where enough others are here: without any of them no round would open for as long as they sit out. */
  #withoutBlamed(candidates: readonly Candidate[], round: number): readonly Candidate[] {
    const others = candidates.filter(({ participant }) => !this.#blamed.sitsOut(participant, round));
    return others.length < this.federation.spec.rules.minimum ? candidates : others;
  }

  /** What the next round is opened with. */
  settingOfNext(
    run: RunRecord,
    at: number,
    base: Pick<VersionRecord, 'version' | 'digest'> = this.federation.versions.head,
  ): RoundSetting {
    const { federation } = this;
    const { rules, strategy } = run.spec;
    return {
      round: v.parse(RoundNumber, federation.record.lastRound + 1),
      run: run.run,
      base: base.version,
      baseDigest: base.digest,
      rules,
      maximumStaleness:
        rules.mode.type === 'asynchronous' ? valueOf(optionsOf(strategy), maximumStaleness) : 0,
      ...(federation.roots === null ? {} : { roots: [...federation.roots] }),
      openedAt: at,
    };
  }

  inPickingOrder(candidates: readonly Candidate[]): Candidate[] {
    const { federation } = this;
    const { rules, plan } = federation.spec;
    const known = {
      round: federation.record.lastRound + 1,
      lastRoundOf: (participant: ParticipantId) => this.lastRoundOf(participant),
      trainingMsOf: (participant: ParticipantId) => {
        const facts = federation.attendance.factsOf(participant);
        return facts === undefined ? undefined : expectedTrainingMs(plan, facts);
      },
    };
    const ordered = inPickingOrder(candidates, rules.selection.fairness, known, () =>
      federation.around.clock.draw(),
    );
    return federation.roots === null ? ordered : rootsFirst({ roots: [...federation.roots] }, ordered);
  }

  /** These devices are there: a round that is choosing takes them, a buffer has seats for them or not. Within the queue. */
  async offer(devices: readonly Candidate[]): Promise<void> {
    const { federation } = this;
    const { openRound } = federation;
    if (openRound?.phase !== 'selection') return federation.seats.fill();
    const candidates = devices.filter(
      ({ participant }) =>
        federation.charges.mayRelease(participant) && !this.#blamed.sitsOut(participant, openRound.round),
    );
    if (candidates.length === 0) return;
    const at = federation.around.clock.now();
    await federation.feed({ type: 'available', candidates, population: federation.attendance.checkedIn, at });
  }
}
