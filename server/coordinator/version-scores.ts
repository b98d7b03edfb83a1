// What devices say of one version: their tallies added up, and each device's own figure of the success metric, worked out here
// from the tally that it returned. The sum answers for all rows together, the figures for how it differs from device to device. What
// devices say that never train is kept apart from what the others say.
import { figure } from '#lib/core/metrics/figures.ts';
import type { MetricName } from '#lib/core/metrics/metric-name.ts';
import { spreadOf } from '#lib/core/metrics/spread.ts';
import type { SettledTally, Tally } from '#lib/core/metrics/tally.ts';
import { addTallies, emptyTally, settled, shapeOf } from '#lib/core/metrics/tally-sums.ts';
import type { SliceTally } from '#lib/core/gates/slice-tally.ts';
import { FEWEST_DRAWN } from '#lib/protocol/version-curves.ts';
import type { Evaluated } from '#lib/protocol/views.ts';
import { ToldSlices } from './told-slices.ts';

class Scores {
  readonly #figures: number[] = [];
  #sum: { readonly participants: number; readonly tally: Tally } | undefined;
  /** Devices with rows whose scores are in the sum. */
  #scorers = 0;
  /** undefined: not made since the last device was heard. */
  #view: Exclude<Evaluated['personal'], null> | undefined;

  constructor(readonly metric: MetricName) {}

  get tally(): Tally | undefined {
    return this.#sum?.tally;
  }

  get participants(): number {
    return this.#sum?.participants ?? 0;
  }

  get scorers(): number {
    return this.#scorers;
  }

  /** False where the tally does not fit to the others. */
  add(tally: Tally): boolean {
    const sum = this.#sum === undefined ? tally : addTallies(this.#sum.tally, tally);
    if (sum === undefined) return false;
    this.#sum = { participants: (this.#sum?.participants ?? 0) + 1, tally: sum };
    if (tally.type === 'classification' && tally.scores !== undefined && tally.count > 0) this.#scorers += 1;
    const own = figure(tally, this.metric);
    if (own !== undefined) this.#figures.push(own);
    this.#view = undefined;
    return true;
  }

  view(): Evaluated['personal'] {
    if (this.#sum === undefined) return null;
    this.#view ??= {
      participants: this.#sum.participants,
      tally: settled(this.#sum.tally),
      figure: figure(this.#sum.tally, this.metric) ?? null,
      spread: spreadOf(this.#figures) ?? null,
    };
    return this.#view;
  }
}

/** What else a device may have told with its tallies. */
interface Beside {
  readonly latency?: number | undefined;
  readonly slices?: readonly SliceTally[] | undefined;
}

export class VersionScores {
  readonly #version: Scores;
  readonly #personal: Scores;
  /** How many devices told which step of how long a prediction takes. */
  readonly #latency = new Map<number, number>();
  readonly #slices = new ToldSlices();
  readonly #neverTrained: Scores;
  /** Of what devices that never train made of it for themselves. */
  readonly #unseenPersonal: Scores;

  constructor(metric: MetricName) {
    this.#version = new Scores(metric);
    this.#personal = new Scores(metric);
    this.#neverTrained = new Scores(metric);
    this.#unseenPersonal = new Scores(metric);
  }

  /** Of the version itself on devices that train; undefined before the first. */
  get tally(): Tally | undefined {
    return this.#version.tally;
  }

  /** Devices that train and have judged the version. */
  get participants(): number {
    return this.#version.participants;
  }

  /** The sum that curves are drawn of; undefined: its histograms would be those of one device, or of none. */
  get drawn(): Tally | undefined {
    return this.#version.scorers < FEWEST_DRAWN ? undefined : this.#version.tally;
  }

  /** Of one device that was not heard before. False where the tallies do not fit to the others. */
  add(tally: Tally, personal: Tally | null, isHeldOut: boolean, { latency, slices }: Beside = {}): boolean {
    if (!(isHeldOut ? this.#neverTrained : this.#version).add(tally)) return false;
    if (personal !== null) (isHeldOut ? this.#unseenPersonal : this.#personal).add(personal);
    // What a device says that never trains is in no condition.
    if (isHeldOut) return true;
    if (latency !== undefined) this.#latency.set(latency, (this.#latency.get(latency) ?? 0) + 1);
    if (slices !== undefined) this.#slices.add(slices, tally);
    return true;
  }

  view(): Evaluated | null {
    const neverTrained = this.#neverTrained.view();
    const personal = this.#unseenPersonal.view();
    // Where no device that trains holds rows out, those that never train say what there is to say.
    const version = this.#version.view() ?? (neverTrained && scoredByNone(neverTrained.tally));
    if (version === null) return null;
    const slices = this.#slices.view();
    const latency = [...this.#latency]
      .sort(([a], [b]) => a - b)
      .map(([step, devices]) => ({ step, devices }));
    return {
      ...version,
      personal: this.#personal.view(),
      ...(latency.length === 0 ? {} : { latency }),
      ...(slices === undefined ? {} : { slices }),
      ...(neverTrained === null
        ? {}
        : { neverTrained: { ...neverTrained, ...(personal === null ? {} : { personal }) } }),
    };
  }
}

/** Of devices that train none yet: no row, of the same kind as those of the others. */
const scoredByNone = (like: SettledTally): NonNullable<Evaluated['personal']> => ({
  participants: 0,
  tally: settled(emptyTally(shapeOf(like))),
  figure: null,
  spread: null,
});
