// One secure sum of a federation's present round or survey, alive: what devices say goes through the pure attempt (core/secure-sum), its
// effects to the devices, its phases against deadlines, and at the end the masks come off what was kept. Calls come from the
// federation's queue, but for the arithmetic, which runs beside it. The attempt itself lies in the round, and is durable with it.
import { participantIdOf } from '#lib/core/digest.ts';
import type { Digest, ParticipantId, RoundNumber } from '#lib/core/ids.ts';
import { memberOf, type Round } from '#lib/core/round/round-state.ts';
import type { SumAttempt, SumEffect, SumEvent, SumPhase } from '#lib/core/secure-sum/attempt-state.ts';
import { stepSum, takesVector } from '#lib/core/secure-sum/attempt.ts';
import { fromText } from '#lib/core/secure-sum/bytes.ts';
import type { SharedKeys } from '#lib/core/secure-sum/messages.ts';
import type { SumGroup } from '#lib/core/secure-sum/roster-statement.ts';
import type { Answer } from '#lib/protocol/messages.ts';
import { BlobMissing, type Blobs } from '../../ports/blobs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ServerKey } from '../../ports/server-key.ts';
import type { Connection } from '../connection.ts';
import { done, refused } from '../messages.ts';
import { BlobDamaged } from '../stored-updates.ts';
import { newsFor, type SumNews } from './news.ts';
import { openSum, type SumOutcome } from './open-sum.ts';
import { agreedOf, eventOf, type Agreed, type SumMessage } from './sum-event.ts';

/** What devices have to show keys, to share them, to consent and to answer; a round has its own deadline for the vectors. */
export const PHASE_MS = 20_000;

export interface SummingHost {
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly key: ServerKey;
  /** Which of the round's sums it is. */
  readonly group: SumGroup;
  round(): WithSum | undefined;
  connectionOf(participant: ParticipantId): Connection | undefined;
  /** The attempt has moved on, in memory. */
  set(attempt: SumAttempt): void;
  /** The same, on disk when it resolves. */
  keep(attempt: SumAttempt): Promise<void>;
  enqueue(name: string, work: () => Promise<void>): void;
  /** The sum without its masks. Within the queue. */
  opened(words: Uint32Array<ArrayBuffer>): Promise<void>;
  /** The sum could not be opened, for the shares that this device dealt. */
  blamed(participant: ParticipantId): void;
  /** There will be no sum. Within the queue. */
  failed(reason: string): Promise<void>;
  warn(message: string, about: Readonly<Record<string, unknown>>): void;
}

/** What of a round, or of a survey, its secure sum needs to know. */
export interface WithSum {
  /** The number of the round, or of the survey. */
  readonly round: RoundNumber;
  readonly phase: 'reporting' | 'aggregation';
  /** In the order of slots. */
  readonly cohort: readonly {
    readonly candidate: { readonly participant: ParticipantId };
    readonly standing: { readonly type: string };
  }[];
  readonly sum: SumAttempt;
  /** It is a survey's: messages say so. */
  readonly survey?: true;
}

const slotWithin = ({ cohort }: WithSum, participant: ParticipantId): number =>
  cohort.findIndex(({ candidate }) => candidate.participant === participant);

export class Summing {
  #timer: { readonly phase: SumPhase; readonly cancel: () => void } | undefined;
  /** What devices sealed for each other: in memory alone, for those who come back before they have read it. */
  #sealed: readonly SharedKeys[] = [];
  /** What follows from the roster that the sum has come to. */
  #agreed: { readonly of: readonly unknown[]; readonly is: Agreed } | undefined;
  #recovering = false;
  /** Whose secrets could not be rebuilt when it was tried last. */
  #unfitting: readonly number[] = [];
  /** The masks are off. Until others are open too it stands as it is: a restart opens it once more. */
  #isOpen = false;

  constructor(private readonly host: SummingHost) {}

  begin(sum: SumAttempt): void {
    this.host.set(sum);
    this.#watch(sum);
  }

  /** After a restart: an attempt that had given nothing away ends, any other goes on. */
  resume(): void {
    const round = this.host.round();
    if (round === undefined) return;
    if (round.sum.phase === 'aborted') {
      // The round was to end with it, and the process ended first.
      const { reason } = round.sum;
      this.host.enqueue('sum', () => this.host.failed(reason));
    } else if ('awaited' in round.sum)
      this.host.enqueue('sum', () =>
        this.feed({ type: 'cancelled', reason: 'The server was restarted while keys were being shared.' }),
      );
    else if (round.phase === 'aggregation') this.host.enqueue('sum', () => this.close());
    else this.#watch(round.sum);
  }

  /** Reporting has closed: those whose vectors are kept are summed. Goes on from any later phase. */
  async close(): Promise<void> {
    const sum = this.host.round()?.sum;
    if (sum === undefined) return;
    if (sum.phase === 'consenting' || sum.phase === 'revealing') {
      this.#watch(sum);
      for (const slot of sum.summed) this.#tell(slot);
      if (sum.phase === 'revealing') this.#recover();
    } else if (sum.phase === 'collecting') await this.feed({ type: 'close' });
    else if (sum.phase === 'aborted') await this.host.failed(sum.reason);
    else await this.host.failed('The secure sum of the round was lost.');
  }

  /** Whether a vector of this member would be taken; else why not, in a sentence. */
  refusesVector(participant: ParticipantId): string | undefined {
    const round = this.host.round();
    if (round === undefined) return 'there is no secure sum that it could be part of';
    return takesVector(round.sum, slotWithin(round, participant))
      ? undefined
      : 'its device has not shared the keys of this round, so its masks could not come off';
  }

  /** The attempt with this member's vector in it: what becomes durable with its acceptance. */
  withVector(participant: ParticipantId, update: Digest): SumAttempt {
    const round = this.host.round();
    if (round === undefined) throw new Error('There is no secure sum.');
    return stepSum(round.sum, { type: 'masked', slot: slotWithin(round, participant), update }).attempt;
  }

  async receive(participant: ParticipantId, sent: SumMessage): Promise<Answer> {
    const round = this.host.round();
    if (round?.round !== sent.message.round)
      return refused('not-in-cohort', `There is no secure sum of round ${sent.message.round} under way.`);
    const slot = slotWithin(round, participant);
    if (sent.name === 'sum-advert' && participantIdOf(fromText(sent.message.advert.identity)) !== participant)
      return refused('malformed', 'The keys are signed by another device than the one that shows them.');
    const event = await eventOf(round.sum, slot, sent, await this.#agreedOf(round.sum));
    if (typeof event === 'string') return refused('malformed', event);
    const before = this.host.round()?.sum;
    await this.feed(event);
    // A device that lost its seeds shows other keys than the roster has: the round goes on without it.
    if (
      event.type === 'advert' &&
      before !== undefined &&
      before.phase !== 'advertising' &&
      !('roster' in before && before.roster.some((one) => one.sealKey === event.advert.sealKey))
    )
      return refused(
        'not-in-cohort',
        'The keys of this round are given out: this device takes part in the next one.',
      );
    return done;
  }

  /** A member has come back: it is told what it may have missed. */
  returned(participant: ParticipantId): void {
    const round = this.host.round();
    if (round !== undefined) this.#tell(slotWithin(round, participant));
  }

  /** The round has moved: members that went are not waited for. */
  look(): void {
    const round = this.host.round();
    if (round === undefined) return this.stop();
    if (!('awaited' in round.sum)) return;
    const gone = round.sum.awaited.filter((slot) => round.cohort[slot]?.standing.type !== 'active');
    for (const slot of gone) this.host.enqueue('sum', () => this.feed({ type: 'gone', slot }));
  }

  async feed(event: SumEvent): Promise<void> {
    const round = this.host.round();
    if (round === undefined) return;
    const { attempt, effects } = stepSum(round.sum, event);
    if (attempt === round.sum) return;
    if (effects.some((effect) => effect.type === 'record')) await this.host.keep(attempt);
    else this.host.set(attempt);
    this.#watch(attempt);
    for (const effect of effects) await this.#perform(attempt, effect);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sealed = [];
    this.#agreed = undefined;
    this.#unfitting = [];
  }

  async #perform(attempt: SumAttempt, effect: SumEffect): Promise<void> {
    switch (effect.type) {
      case 'send-roster':
        await this.#agreedOf(attempt);
        if ('roster' in attempt) for (const { slot } of attempt.roster) this.#tell(slot);
        return;
      case 'send-nonces':
        if ('roster' in attempt) for (const { slot } of attempt.roster) this.#tell(slot, 'sum-nonces');
        return;
      case 'forward':
        this.#sealed = effect.keys;
        await this.#agreedOf(attempt);
        for (const { slot } of effect.keys) this.#tell(slot);
        return;
      case 'ask':
      case 'send-consents':
        if ('summed' in attempt) for (const slot of attempt.summed) this.#tell(slot);
        return;
      case 'recover':
        return this.#recover();
      case 'abort':
        this.#blame();
        return this.host.failed(effect.reason);
      case 'record':
        return;
      default:
        effect satisfies never;
    }
  }

  /** What a device of this slot is to know as things stand; said again after every reconnection. */
  #tell(slot: number, only?: SumNews['name']): void {
    const round = this.host.round();
    const participant = round?.cohort[slot]?.candidate.participant;
    const connection = participant === undefined ? undefined : this.host.connectionOf(participant);
    if (round === undefined || connection === undefined) return;
    for (const { name, message } of newsFor(round, this.host.group, slot, this.#sealed, this.#agreed?.is))
      if (only === undefined || name === only) connection.send(name, message);
  }

  /** Worked out once for a roster and its order. */
  async #agreedOf(sum: SumAttempt): Promise<Agreed> {
    const of = [sum.config, 'roster' in sum ? sum.roster : 0, 'nonces' in sum ? sum.nonces.length : 0];
    const known = this.#agreed;
    if (known !== undefined && of.every((part, i) => part === known.of[i])) return known.is;
    const is = await agreedOf(sum, this.host.group, this.host.key);
    this.#agreed = { of, is };
    return is;
  }

  /** The one whose shares do not fit, where everybody else's do. */
  #blame(): void {
    const [slot, ...others] = this.#unfitting;
    const dealer = slot === undefined ? undefined : this.host.round()?.cohort[slot]?.candidate.participant;
    if (dealer !== undefined && others.length === 0) this.host.blamed(dealer);
    this.#unfitting = [];
  }

  #watch({ phase }: SumAttempt): void {
    if (this.#isOpen || this.#timer?.phase === phase) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    // The round's own deadline closes it.
    if (phase === 'collecting' || phase === 'summed' || phase === 'aborted') return;
    const cancel = this.host.clock.after(PHASE_MS, () =>
      this.host.enqueue('sum', () => this.feed({ type: 'deadline', phase })),
    );
    this.#timer = { phase, cancel };
  }

  /** Beside the queue: seconds of arithmetic must not keep anybody waiting. One at a time. */
  #recover(): void {
    const round = this.host.round();
    if (this.#recovering || this.#isOpen || round?.sum.phase !== 'revealing') return;
    const attempt = round.sum;
    this.#recovering = true;
    // What has come is being looked at: its time is over only where that does not do.
    this.#timer?.cancel();
    void openSum(this.host.blobs, attempt)
      .catch((error: unknown): SumOutcome => {
        // The disk's business, or a bug: without a sum the round ends, and the next one begins anew.
        this.host.warn('a secure sum could not be opened', { error: String(error) });
        const isDisk = error instanceof BlobMissing || error instanceof BlobDamaged;
        return {
          type: 'failed',
          reason: isDisk
            ? `${error.message} The round cannot be summed.`
            : 'The secure sum could not be opened.',
        };
      })
      .then((outcome) =>
        this.host.enqueue('sum', async () => {
          this.#recovering = false;
          // Another round is there by now, perhaps.
          if (this.host.round()?.round !== round.round) return;
          switch (outcome.type) {
            case 'opened':
              this.#isOpen = true;
              this.#timer?.cancel();
              return this.host.opened(outcome.words);
            case 'unfitting': {
              const answers = attempt.reveals.length;
              this.host.warn('shares of a secure sum do not fit', {
                round: round.round,
                slots: outcome.slots,
                answers,
              });
              this.#unfitting = outcome.slots;
              this.#timer = undefined;
              await this.feed({ type: 'unrecoverable', blamed: outcome.slots, answers });
              const { sum } = this.host.round() ?? {};
              if (sum?.phase !== 'revealing') return;
              if (sum.reveals.length > answers) this.#recover();
              else this.#watch(sum);
              return;
            }
            case 'failed':
              return this.feed({ type: 'cancelled', reason: outcome.reason });
            default:
              outcome satisfies never;
          }
        }),
      );
  }
}

export function slotOf(round: Round, participant: ParticipantId): number {
  const member = memberOf(round, participant);
  return member === undefined || round.phase === 'selection' ? -1 : round.cohort.indexOf(member);
}
