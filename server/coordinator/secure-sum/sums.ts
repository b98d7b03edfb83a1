// The secure sums of one federation's present round: one of all its devices, or one of each group. They go side by side, each with its
// own keys, and end together: a version is made of all of them, or the round makes none.
import type { Digest, ParticipantId } from '#lib/core/ids.ts';
import type { Aggregation, Reporting, Round } from '#lib/core/round/round-state.ts';
import type { SumAttempt } from '#lib/core/secure-sum/attempt-state.ts';
import { openAttempt } from '#lib/core/secure-sum/attempt.ts';
import type { SumConfig } from '#lib/core/secure-sum/messages.ts';
import { drawGroups } from '#lib/core/secure-sum/groups.ts';
import type { Answer } from '#lib/protocol/messages.ts';
import type { SumTask } from '#lib/protocol/secure-sum.ts';
import { refused } from '../messages.ts';
import type { SumMessage } from './sum-event.ts';
import { slotOf, Summing, type SummingHost } from './summing.ts';

/** Where the sum of one group of the round stands. */
export interface GroupSum {
  readonly group: number;
  readonly sum: SumAttempt;
}

export interface SumsHost extends Omit<SummingHost, 'group' | 'round' | 'set' | 'keep' | 'opened'> {
  round(): Round | undefined;
  configFor(round: Reporting): SumConfig;
  /** In how many groups a cohort is summed. */
  groups(): number;
  /** One has moved on, in memory. */
  set(moved: GroupSum): void;
  /** The same, on disk when it resolves. */
  keep(moved: GroupSum): Promise<void>;
  /** The sums without their masks, in the order of groups. Within the queue. */
  opened(words: readonly Uint32Array<ArrayBuffer>[]): Promise<void>;
}

export class Sums {
  #all: readonly Summing[] = [];
  #opened = new Map<number, Uint32Array<ArrayBuffer>>();

  constructor(private readonly host: SumsHost) {}

  /** What a cohort member is told with its configuration; the first call of a round opens the sums. */
  task(round: Reporting, participant: ParticipantId): SumTask {
    const slot = slotOf(round, participant);
    const open = this.#round()?.sums[0];
    if (open !== undefined) return { config: open.config, slot };
    this.stop();
    const config = this.host.configFor(round);
    const groups = drawGroups(round.cohort.length, this.host.groups(), () => this.host.clock.draw());
    this.#begin(groups.length);
    for (const [group, slots] of groups.entries()) this.#all[group]!.begin(openAttempt(config, slots));
    return { config, slot };
  }

  /** After a restart. */
  resume(): void {
    this.#begin(this.#round()?.sums.length ?? 0);
    for (const one of this.#all) one.resume();
  }

  /** Reporting has closed: those whose vectors are kept are summed. Goes on from any later phase. */
  async close(): Promise<void> {
    for (const one of this.#all) await one.close();
  }

  /** Whether a vector of this member would be taken; else why not, in a sentence. */
  refusesVector(participant: ParticipantId): string | undefined {
    const summing = this.#of(participant);
    return summing === undefined
      ? 'there is no secure sum that it could be part of'
      : summing.refusesVector(participant);
  }

  /** The sum of its group with this member's vector in it: what becomes durable with its acceptance. */
  withVector(participant: ParticipantId, update: Digest): GroupSum {
    const group = this.#groupOf(participant);
    const sum = this.#all[group]?.withVector(participant, update);
    if (sum === undefined) throw new Error('There is no secure sum.');
    return { group, sum };
  }

  async receive(participant: ParticipantId, sent: SumMessage): Promise<Answer> {
    const summing = this.#of(participant);
    if (summing !== undefined) return summing.receive(participant, sent);
    return refused(
      'not-in-cohort',
      this.#round()?.round === sent.message.round
        ? 'The keys of this round are given out: this device takes part in the next one.'
        : `There is no secure sum of round ${sent.message.round} under way.`,
    );
  }

  /** A member has come back: it is told what it may have missed. */
  returned(participant: ParticipantId): void {
    this.#of(participant)?.returned(participant);
  }

  /** The round has moved: members that went are not waited for. */
  look(): void {
    for (const one of this.#all) one.look();
  }

  stop(): void {
    for (const one of this.#all) one.stop();
    this.#all = [];
    this.#opened.clear();
  }

  #begin(count: number): void {
    this.#all = Array.from({ length: count }, (_, group) => {
      const { host } = this;
      return new Summing({
        ...host,
        group,
        round: () => {
          const round = this.#round();
          const sum = round?.sums[group];
          return round === undefined || sum === undefined ? undefined : { ...round, sum };
        },
        set: (sum) => host.set({ group, sum }),
        keep: (sum) => host.keep({ group, sum }),
        opened: (words) => this.#open(group, words),
      });
    });
  }

  async #open(group: number, words: Uint32Array<ArrayBuffer>): Promise<void> {
    this.#opened.set(group, words);
    if (this.#opened.size < this.#all.length) return;
    for (const one of this.#all) await one.feed({ type: 'recovered' });
    await this.host.opened(this.#all.map((_, at) => this.#opened.get(at)!));
  }

  #round(): ((Reporting | Aggregation) & { readonly sums: readonly SumAttempt[] }) | undefined {
    const round = this.host.round();
    if (round?.phase !== 'reporting' && round?.phase !== 'aggregation') return undefined;
    return round.sums === undefined ? undefined : { ...round, sums: round.sums };
  }

  #of(participant: ParticipantId): Summing | undefined {
    return this.#all[this.#groupOf(participant)];
  }

  /** −1: it is in none, or is no longer. */
  #groupOf(participant: ParticipantId): number {
    const round = this.#round();
    const slot = round === undefined ? -1 : slotOf(round, participant);
    return round?.sums.findIndex((sum) => slotsIn(sum).includes(slot)) ?? -1;
  }
}

const slotsIn = (sum: SumAttempt): readonly number[] =>
  sum.phase === 'aborted'
    ? []
    : sum.phase === 'advertising'
      ? [...sum.awaited, ...sum.adverts.map(({ slot }) => slot)]
      : sum.roster.map(({ slot }) => slot);
