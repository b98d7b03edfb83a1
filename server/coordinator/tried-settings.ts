// The local settings that devices of a run try: who was given which, and what a round says of them when it ends.
import type { ParticipantId } from '#lib/core/ids.ts';
import { triedIn, type EndedRound } from '#lib/core/round/round-state.ts';
import type { TrainingPlan } from '#lib/core/model/spec.ts';
import type { Judged, JudgedInVain, Tried } from '#lib/core/search/judged.ts';
import { planInPlay, settingsDrawn, tunedBy } from '#lib/core/search/tuned-rounds.ts';
import type { Change, RunRecord } from '../ports/records.ts';
import type { Federation } from './federation.ts';

export class TriedSettings {
  /** The run as the end of a round has left it, until that is heard of. */
  #run: RunRecord | undefined;

  constructor(private readonly federation: Federation) {}

  get areTried(): boolean {
    return this.federation.spec.tuning !== undefined;
  }

  /** What a device of the open round measured of the settings that it was given; undefined: nothing, or none are tried. */
  measuredBy(
    participant: ParticipantId,
    round: number,
    judged: Judged | JudgedInVain | null | undefined,
  ): Tried | undefined {
    if (judged == null || this.federation.spec.tuning === undefined) return undefined;
    return { settings: this.#of(participant, round), after: null, ...judged };
  }

  /** What a device of the open round trains by; undefined: the round is not the open one: what it gave out is not known any more. */
  plan(participant: ParticipantId, round: number): TrainingPlan | undefined {
    return this.federation.openRound?.round === round ? this.planOf(participant, round) : undefined;
  }

  /** The same of a round that is open, or about to be. */
  planOf(participant: ParticipantId, round: number): TrainingPlan {
    const { run, spec } = this.federation;
    if (spec.tuning === undefined) return spec.plan;
    return planInPlay(spec, run?.tuning, this.#of(participant, round));
  }

  /** By what rounds so far came to: that stays as it is until the open one has ended. */
  #of(participant: ParticipantId, round: number): number {
    const { record, run, spec } = this.federation;
    return settingsDrawn(spec, run?.tuning, { federation: record.id, round, participant });
  }

  /** What the round says of the settings that its devices tried, whether it made a version or not. */
  endedWith(ended: EndedRound, run: RunRecord | undefined): readonly Change[] {
    this.#run = undefined;
    const tried = triedIn(ended);
    if (run === undefined || tried.length === 0) return [];
    const { round } = ended;
    const tuned = tunedBy(run.spec, run.tuning, tried, { federation: run.federation, round });
    if (tuned === undefined) return [];
    this.#run = { ...run, tuning: tuned.state };
    return [{ type: 'put-run', record: this.#run }, this.federation.entry('tuned', { round, ...tuned.told })];
  }

  /** The run as the round that has just ended leaves it; undefined: as it was. */
  takeRun(): RunRecord | undefined {
    const run = this.#run;
    this.#run = undefined;
    return run;
  }
}
