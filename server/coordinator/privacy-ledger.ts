// What every participant has lost of its privacy in a federation, over all its runs. It is the journal's entries of charges, added up:
// each is durable before the noise that it pays for is drawn, and none is ever taken back, whether or not a version came of it, nor
// by deleting the federation: one that is made at its address again goes on from there.
import * as v from 'valibot';
import { ParticipantId } from '#lib/core/ids.ts';
import { affordsAfter, lossAfter, lossEpsilon, NO_LOSS, type Loss } from '#lib/core/privacy/loss-account.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import type { JournalRecord } from '../ports/records.ts';
import { DELETED } from './journal.ts';

const CHARGED = 'privacy-charged';

const CLIP_MOVED = 'privacy-clip-norm';
/** What of the journal this is made of. */
export const isOfLedger = (type: string): boolean => type === CHARGED || type === CLIP_MOVED;

const ClipMoved = v.object({ run: v.number(), clipNorm: v.number() });

/**
 * One release: of a version’s noisy sum, under local noise of one device’s update, or of a survey’s total. With a sampling rate
 * `participants` are all that the cohort was drawn from, drawn or not: the draw is secret, and each of them is charged for its chance.
 */
const Charge = v.object({
  participants: v.array(ParticipantId),
  noiseMultiplier: v.number(),
  samplingRate: v.optional(v.number()),
  mechanism: v.picklist(['central', 'local', 'distributed']),
});

interface Spent extends Loss {
  readonly releases: number;
}
const NOTHING: Spent = { ...NO_LOSS, releases: 0 };
export interface PlannedCharge {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** To be called once the entry is durable. */
  settle(): void;
}

export class PrivacyLedger {
  readonly #spent = new Map<ParticipantId, Spent>();
  /** By loss and δ: ε is a search. */
  #epsilons = new Map<string, number>();
  #releases = 0;
  #clip: v.InferOutput<typeof ClipMoved> | undefined;
  /** Who lost most by releases without sampling. */
  #most: Spent = NOTHING;
  /** Some release was of Skellam noise: from then on all are accounted for by what holds for that, which is never too little. */
  #hasSkellam = false;
  #hasSampled = false;

  constructor(journal: readonly JournalRecord[]) {
    for (const { type, payload } of journal) {
      if (type === CHARGED) this.#add(v.parse(Charge, payload));
      if (type === CLIP_MOVED) this.#clip = v.parse(ClipMoved, payload);
      // Runs count from 1 again.
      if (type === DELETED) this.#clip = undefined;
    }
  }

  /** Everything that was released so far. */
  get releases(): number {
    return this.#releases;
  }

  get totals(): { readonly releases: number; readonly participants: number } {
    return { releases: this.#releases, participants: this.#spent.size };
  }

  /** ε at `delta` of the participant that lost most. */
  mostAt(delta: number): number {
    return this.#mostOf([], delta, this.#type('central'));
  }

  /** All that were charged anything, each with its ε at `delta`. */
  spentAt(
    delta: number,
  ): { readonly participant: ParticipantId; readonly releases: number; readonly epsilon: number }[] {
    return [...this.#spent].map(([participant, spent]) => ({
      participant,
      releases: spent.releases,
      epsilon: this.#epsilonOf(spent, delta, this.#type('central')),
    }));
  }

  of(participant: ParticipantId): Spent {
    return this.#spent.get(participant) ?? NOTHING;
  }

  /**
   * Whether one more release that this participant is in stays within its budget, after `pending` that may come of what is under way,
   * whichever of them is charged first.
   */
  affords(participant: ParticipantId, privacy: Noised, pending: readonly Noised[] = []): boolean {
    const type = pending.some((one) => one.type === 'distributed') ? 'distributed' : this.#type(privacy.type);
    const after = (loss: Loss, one: Noised): Loss => lossAfter(loss, { ...one, type });
    return affordsAfter({ ...privacy, type }, pending.reduce(after, this.of(participant)));
  }

  /** The clip norm that this run's updates have led to; undefined: none yet. */
  clipNormOf(run: number): number | undefined {
    return this.#clip?.run === run ? this.#clip.clipNorm : undefined;
  }

  /** The entry that moves it. Lost, the clip norm before it stands again, and nothing is given away. */
  moveClip(moved: {
    readonly round: number;
    readonly run: number;
    readonly clipNorm: number;
  }): PlannedCharge {
    return { type: CLIP_MOVED, payload: moved, settle: () => (this.#clip = moved) };
  }

  /** The entry that charges a release; undefined where some participant has not enough left. */
  charge(
    of: { readonly run: number } & ({ readonly round: number } | { readonly survey: number }),
    participants: readonly ParticipantId[],
    privacy: Noised,
  ): PlannedCharge | undefined {
    const before = new Set(participants.map((one) => this.of(one)));
    const accounted = this.#accounted(privacy);
    if ([...before].some((spent) => !affordsAfter(accounted, spent))) return undefined;
    const { type, clipNorm, noiseMultiplier, samplingRate, delta } = privacy;
    const charge = {
      participants: [...participants],
      noiseMultiplier,
      ...(samplingRate === undefined ? {} : { samplingRate }),
      mechanism: type,
    };
    const after = [...before].map((spent) => lossAfter(spent, privacy));
    return {
      type: CHARGED,
      payload: {
        ...('survey' in of ? { survey: of.survey } : { round: of.round }),
        ...charge,
        run: of.run,
        clipNorm,
        delta,
        // Of the participant that lost most, after this.
        epsilon: this.#mostOf(after, delta, accounted.type),
      },
      settle: () => this.#add(charge),
    };
  }

  /** Of all as they stand, and of these. */
  #mostOf(after: readonly Loss[], delta: number, type: Noised['type']): number {
    // Where nobody was drawn losses are in order of one number; else of thousands that lost the same one is looked at.
    const standing = this.#hasSampled ? new Set(this.#spent.values()) : [this.#most];
    return Math.max(...[...standing, ...after].map((loss) => this.#epsilonOf(loss, delta, type)));
  }

  #epsilonOf(loss: Loss, delta: number, type: Noised['type']): number {
    const key = JSON.stringify([loss.cost, loss.sampled, delta, type]);
    const epsilon = this.#epsilons.get(key) ?? lossEpsilon(loss, delta, type);
    if (this.#epsilons.size >= 1000) this.#epsilons = new Map();
    this.#epsilons.set(key, epsilon);
    return epsilon;
  }

  #accounted(privacy: Noised): Noised {
    return { ...privacy, type: this.#type(privacy.type) };
  }

  /** What releases are accounted for as: all of them as of Skellam noise, once any was. */
  #type(mechanism: Noised['type']): Noised['type'] {
    return this.#hasSkellam ? 'distributed' : mechanism;
  }

  #add({ participants, noiseMultiplier, samplingRate, mechanism }: v.InferOutput<typeof Charge>): void {
    this.#hasSkellam ||= mechanism === 'distributed';
    this.#releases += 1;
    const release = {
      noiseMultiplier,
      type: mechanism,
      ...(samplingRate === undefined ? {} : { samplingRate }),
    };
    this.#hasSampled ||= samplingRate !== undefined;
    // Whoever lost the same before shares what is lost now.
    const after = new Map<Spent, Spent>();
    for (const participant of participants) {
      const before = this.of(participant);
      const spent = after.get(before) ?? { ...lossAfter(before, release), releases: before.releases + 1 };
      after.set(before, spent);
      this.#spent.set(participant, spent);
      if (spent.cost > this.#most.cost) this.#most = spent;
    }
  }
}
