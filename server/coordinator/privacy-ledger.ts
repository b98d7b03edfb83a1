// What every participant has lost of its privacy in a federation, over all its runs. It is the journal's entries of charges, added up:
// each is durable before the noise that it pays for is drawn, and none is ever taken back, whether or not a version came of it, nor
// by deleting the federation: one that is made at its address again goes on from there.
import * as v from 'valibot';
import { ParticipantId } from '#lib/core/ids.ts';
import { affords, costOf, epsilonOf } from '#lib/core/privacy/budget.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import type { JournalRecord } from '../ports/records.ts';
import { DELETED } from './journal.ts';

const CHARGED = 'privacy-charged';

const CLIP_MOVED = 'privacy-clip-norm';
/** What of the journal this is made of. */
export const isOfLedger = (type: string): boolean => type === CHARGED || type === CLIP_MOVED;

const ClipMoved = v.object({ run: v.number(), clipNorm: v.number() });

/** One release: of a version’s noisy sum, under local noise of one device’s update, or of a survey’s total. */
const Charge = v.object({
  participants: v.array(ParticipantId),
  noiseMultiplier: v.number(),
  mechanism: v.picklist(['central', 'local', 'distributed']),
});

interface Spent {
  readonly releases: number;
  /** Σ 1/z², and a little more of Skellam noise (costOf) */
  readonly cost: number;
}
const NOTHING: Spent = { releases: 0, cost: 0 };

export interface PlannedCharge {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** To be called once the entry is durable. */
  settle(): void;
}

export class PrivacyLedger {
  readonly #spent = new Map<ParticipantId, Spent>();
  #releases = 0;
  #clip: v.InferOutput<typeof ClipMoved> | undefined;
  #most: Spent = NOTHING;
  /** Some release was of Skellam noise: from then on all are accounted for by what holds for that, which is never too little. */
  #hasSkellam = false;

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
    return this.#epsilonOf(this.#most.cost, delta);
  }

  /** All that were charged anything, each with its ε at `delta`. */
  spentAt(
    delta: number,
  ): { readonly participant: ParticipantId; readonly releases: number; readonly epsilon: number }[] {
    // Many spent the same, and ε is a search.
    const known = new Map<number, number>();
    return [...this.#spent].map(([participant, { releases, cost }]) => {
      const epsilon = known.get(cost) ?? this.#epsilonOf(cost, delta);
      known.set(cost, epsilon);
      return { participant, releases, epsilon };
    });
  }

  of(participant: ParticipantId): Spent {
    return this.#spent.get(participant) ?? NOTHING;
  }

  /** Whether one more release that this participant is in stays within its budget, after `others` that may come of what is under way. */
  affords(participant: ParticipantId, privacy: Noised, others = 0): boolean {
    const accounted = this.#accounted(privacy);
    return affords(accounted, this.of(participant).cost + others * costOf(accounted));
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
    if (participants.some((one) => !this.affords(one, privacy))) return undefined;
    const { type, clipNorm, noiseMultiplier, delta } = privacy;
    const charge = { participants: [...participants], noiseMultiplier, mechanism: type };
    const cost = Math.max(this.#most.cost, ...participants.map((one) => this.of(one).cost + costOf(privacy)));
    return {
      type: CHARGED,
      payload: {
        ...('survey' in of ? { survey: of.survey } : { round: of.round }),
        ...charge,
        run: of.run,
        clipNorm,
        delta,
        // Of the participant that lost most, after this.
        epsilon: epsilonOf(cost, delta, this.#accounted(privacy).type),
      },
      settle: () => this.#add(charge),
    };
  }

  #epsilonOf(cost: number, delta: number): number {
    return epsilonOf(cost, delta, this.#hasSkellam ? 'distributed' : 'central');
  }

  #accounted(privacy: Noised): Noised {
    return this.#hasSkellam ? { ...privacy, type: 'distributed' } : privacy;
  }

  #add({ participants, noiseMultiplier, mechanism }: v.InferOutput<typeof Charge>): void {
    this.#hasSkellam ||= mechanism === 'distributed';
    this.#releases += 1;
    for (const participant of participants) {
      const before = this.of(participant);
      const spent = {
        releases: before.releases + 1,
        cost: before.cost + costOf({ noiseMultiplier, type: mechanism }),
      };
      this.#spent.set(participant, spent);
      if (spent.cost > this.#most.cost) this.#most = spent;
    }
  }
}
