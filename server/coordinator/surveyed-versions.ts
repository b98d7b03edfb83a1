// What surveys said of versions on the held-out rows of all devices together: what is known of them where no device tells its own scores.
import type { VersionNumber } from '#lib/core/ids.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';
import type { Evaluated } from '#lib/protocol/views.ts';

/** Without the success metric, which another choice of it would make another. */
export type Surveyed = Omit<Evaluated, 'figure'>;

export class SurveyedVersions {
  readonly #byVersion = new Map<VersionNumber, Surveyed>();

  /** Of one version the last answer stands. Nothing is taken of a survey that was not answered, or not about a version. */
  add({ survey, figures, devices, deviations }: SurveyView): void {
    if (figures === null || devices === null) return;
    for (const [index, one] of figures.entries()) {
      if (one.statistic !== 'evaluation') continue;
      this.#byVersion.set(one.version, {
        participants: devices,
        // What else scores say, a survey does not count.
        tally: one.tally.type === 'classification' ? { ...one.tally, scores: { areas: one.auc } } : one.tally,
        spread: null,
        personal: null,
        survey: { survey, deviation: deviations[index] ?? 0 },
      });
    }
  }

  get(version: VersionNumber): Surveyed | undefined {
    return this.#byVersion.get(version);
  }

  clear(): void {
    this.#byVersion.clear();
  }
}
