// How each participant behaves towards this server, over all its federations: what it sends that cannot be used weighs on it, and
// is forgiven by half in half an hour. Whoever weighs too much is told to stay away, the longer the more it weighs. In memory
// alone: a restart forgives.
import type { ParticipantId } from '#lib/core/ids.ts';
import type { UpdateReply } from '#lib/protocol/http.ts';
import type { Clock } from '../ports/clock.ts';

export type Offence = 'malformed' | 'unusable-update' | 'bad-shares' | 'abandoned-round';

/** A phone that loses every other round stays far below the most; five unusable updates do not. */
const weights: Readonly<Record<Offence, number>> = {
  malformed: 1,
  'unusable-update': 2,
  'bad-shares': 2,
  'abandoned-round': 0.25,
};
export const HALF_LIFE_MS = 30 * 60_000;
/** A score from which on a participant is turned away, until it has come down to half of this. */
export const MOST_SCORE = 10;
/** More is not remembered, so that nobody is away for more than two and a half hours. */
const CEILING = 16 * MOST_SCORE;
/** Below this nobody is remembered. */
const FORGIVEN = 0.05;
const MOST_REMEMBERED = 10_000;
/** So many rounds in a row whose settings came to nothing on one device are the server's to have given out. */
const FORGIVEN_IN_A_ROW = 3;

export interface Standing {
  readonly participant: ParticipantId;
  readonly score: number;
  /** Milliseconds for which it is turned away; null: it is not. */
  readonly awayMs: number | null;
}

export class Reputation {
  /** In the order in which they were last noted. */
  readonly #noted = new Map<
    ParticipantId,
    { readonly score: number; readonly at: number; readonly isAway: boolean }
  >();

  /** Rounds in a row that came to nothing; in the order in which they were last noted. */
  readonly #inVain = new Map<ParticipantId, number>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  note(participant: ParticipantId, offence: Offence): void {
    const score = Math.min(CEILING, this.#scoreOf(participant) + weights[offence]);
    const isAway = score >= MOST_SCORE || this.awayMs(participant) !== null;
    this.#noted.delete(participant);
    this.#noted.set(participant, { score, at: this.clock.monotonic(), isAway });
    for (const oldest of this.#noted.keys()) {
      if (this.#noted.size <= MOST_REMEMBERED) break;
      this.#noted.delete(oldest);
    }
  }

  /** It gave a round up because settings that the server chose came to nothing, as it says. */
  noteInVain(participant: ParticipantId): void {
    const inARow = (this.#inVain.get(participant) ?? 0) + 1;
    this.#inVain.delete(participant);
    this.#inVain.set(participant, inARow);
    for (const oldest of this.#inVain.keys()) {
      if (this.#inVain.size <= MOST_REMEMBERED) break;
      this.#inVain.delete(oldest);
    }
    if (inARow > FORGIVEN_IN_A_ROW) this.note(participant, 'abandoned-round');
  }

  /** What became of an update. One that came too late, or that nobody asked for any more, is nobody's fault. */
  noteReply(participant: ParticipantId, reply: UpdateReply | undefined): void {
    if (reply?.type === 'accepted') this.#inVain.delete(participant);
    if (reply?.type !== 'refused') return;
    switch (reply.refusal.kind) {
      case 'wrong-codec':
      case 'wrong-length':
      case 'wrong-digest':
      case 'not-finite':
      case 'too-large-coordinate':
      case 'invalid':
        return this.note(participant, 'unusable-update');
      case 'not-in-cohort':
      case 'duplicate':
      case 'stale-base':
      case 'round-closed':
      case 'wrong-federation':
      case 'excluded':
        return;
      default:
        return reply.refusal satisfies never;
    }
  }

  /** Milliseconds until a participant may check in again; null: it may. */
  awayMs(participant: ParticipantId): number | null {
    if (this.#noted.get(participant)?.isAway !== true) return null;
    const left = HALF_LIFE_MS * Math.log2(this.#scoreOf(participant) / (MOST_SCORE / 2));
    return left > 0 ? Math.ceil(left) : null;
  }

  /** Of those on whom something weighs, the heaviest first. */
  standings(): Standing[] {
    const all: Standing[] = [];
    for (const participant of [...this.#noted.keys()]) {
      const score = this.#scoreOf(participant);
      if (score < FORGIVEN) this.#noted.delete(participant);
      else all.push({ participant, score, awayMs: this.awayMs(participant) });
    }
    return all.sort((a, b) => b.score - a.score);
  }

  #scoreOf(participant: ParticipantId): number {
    const noted = this.#noted.get(participant);
    return noted === undefined ? 0 : noted.score * 2 ** (-(this.clock.monotonic() - noted.at) / HALF_LIFE_MS);
  }
}
