// Devices that dealt shares which do not open what they should: the round died of them, and they are not drawn for some rounds, for
// longer each time. In memory alone: a restart forgives.
import type { ParticipantId } from '#lib/core/ids.ts';

/** The first time; each further time it is twice as long. */
const ROUNDS = 4;
const MOST_ROUNDS = 256;

export class Blamed {
  readonly #of = new Map<ParticipantId, { readonly rounds: number; readonly until: number }>();

  /** It spoilt this round. */
  note(participant: ParticipantId, round: number): void {
    const before = this.#of.get(participant)?.rounds ?? ROUNDS / 2;
    const rounds = Math.min(MOST_ROUNDS, 2 * before);
    this.#of.set(participant, { rounds, until: round + rounds });
  }

  /** Whether it is left out of this round. */
  sitsOut(participant: ParticipantId, round: number): boolean {
    const noted = this.#of.get(participant);
    return noted !== undefined && round <= noted.until;
  }
}
