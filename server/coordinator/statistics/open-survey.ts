// One survey under way: its devices, the secure sum among them, and what is waited for. The sum is that of rounds (../secure-sum/summing.ts);
// what differs is that vectors come in one message each, and that all of it is in memory: a restart ends the survey, which has a number
// that is never used again.
import type { ParticipantId, RoundNumber, SurveyNumber } from '#lib/core/ids.ts';
import type { SumAttempt } from '#lib/core/secure-sum/attempt-state.ts';
import { openAttempt, takesVector } from '#lib/core/secure-sum/attempt.ts';
import { fromText } from '#lib/core/secure-sum/bytes.ts';
import { totalWords } from '#lib/core/secure-sum/masked-words.ts';
import { fewestSummed } from '#lib/core/secure-sum/member-rules.ts';
import { LEAST_COHORT } from '#lib/core/secure-sum/rules.ts';
import type { SurveyPlan } from '#lib/core/statistics/survey-sum.ts';
import type { Answer, ClientMessages } from '#lib/protocol/messages.ts';
import type { SurveyAsked } from '#lib/protocol/surveys.ts';
import { changedNothing } from '../../ports/records.ts';
import { done, refused } from '../messages.ts';
import type { SumMessage } from '../secure-sum/sum-event.ts';
import { Summing, type SummingHost, type WithSum } from '../secure-sum/summing.ts';

/** What devices have to measure and to send, once keys are shared: a version may have to come first, and be run. */
const MEASURING_MS = 120_000;

export interface OpenSurveyHost extends Pick<
  SummingHost,
  'clock' | 'key' | 'blobs' | 'connectionOf' | 'enqueue' | 'blamed' | 'warn'
> {
  /** Who is in the sum is settled: durable, with what it costs them, when it resolves. Before any of them is asked to open it. */
  charge(summed: readonly ParticipantId[]): Promise<void>;
  /** Within the queue. */
  opened(words: Uint32Array<ArrayBuffer>, devices: number, survivors: number): Promise<void>;
  failed(reason: string): Promise<void>;
  changed(): void;
}

export interface SurveyTask extends Omit<SurveyAsked, 'secureSum' | 'deadlineMs'> {
  readonly survey: SurveyNumber;
}

interface Asked {
  readonly candidate: { readonly participant: ParticipantId };
  standing: { readonly type: 'active' | 'gone' };
}

export class OpenSurvey {
  readonly #cohort: Asked[];
  readonly #summing: Summing;
  #sum: SumAttempt;
  #phase: WithSum['phase'] = 'reporting';
  #undoDeadline: () => void = () => {};
  readonly #deadlineAt: number;
  /** Why devices do not answer, as they say. */
  readonly declined: string[] = [];

  constructor(
    readonly task: SurveyTask,
    readonly plan: SurveyPlan,
    participants: readonly ParticipantId[],
    /** Where a round's number stands, the survey's. */
    private readonly number: RoundNumber,
    private readonly host: OpenSurveyHost,
  ) {
    this.#cohort = participants.map((participant) => ({
      candidate: { participant },
      standing: { type: 'active' },
    }));
    this.#sum = openAttempt(
      plan.config,
      participants.map((_, slot) => slot),
    );
    this.#deadlineAt = host.clock.now() + MEASURING_MS;
    this.#summing = new Summing({
      ...host,
      group: 'survey',
      round: () => this.#sitting,
      set: (sum) => {
        this.#sum = sum;
        this.#waitForVectors();
      },
      keep: async (sum) => {
        if (sum.phase === 'consenting')
          await host.charge(sum.summed.map((slot) => this.#cohort[slot]!.candidate.participant));
        this.#sum = sum;
        this.#waitForVectors();
      },
      opened: async (words) => {
        await this.#summing.feed({ type: 'recovered' });
        if (this.#sum.phase !== 'summed') return host.failed('The secure sum could not be opened.');
        const { summed, roster, config } = this.#sum;
        await host.opened(words, summed.length, fewestSummed(roster.length, config, LEAST_COHORT));
      },
      failed: (reason) => host.failed(reason),
    });
  }

  /** Within the queue. */
  begin(): void {
    this.#summing.begin(this.#sum);
    for (const { candidate } of this.#cohort) this.#ask(candidate.participant);
  }

  /** Whether it may still be charged for this survey. */
  concerns(participant: ParticipantId): boolean {
    return this.#cohort.some(
      ({ candidate, standing }) => candidate.participant === participant && standing.type === 'active',
    );
  }

  /** It has come back: it is told what it may have missed. */
  returned(participant: ParticipantId): void {
    if (!this.concerns(participant)) return;
    this.#ask(participant);
    this.#summing.returned(participant);
  }

  /** It is gone, or does not answer. Within the queue. */
  async left(participant: ParticipantId): Promise<void> {
    const one = this.#cohort.find(({ candidate }) => candidate.participant === participant);
    if (one === undefined || this.#hasSent(participant)) return;
    one.standing = { type: 'gone' };
    this.#summing.look();
    await this.#closeIfAllSent();
  }

  receiveSum(participant: ParticipantId, sent: SumMessage): Promise<Answer> {
    return this.#summing.receive(participant, sent);
  }

  async declines(participant: ParticipantId, { reason }: ClientMessages['survey-declined']): Promise<Answer> {
    if (!this.concerns(participant)) return notAsked();
    if (!this.declined.includes(reason)) this.declined.push(reason);
    await this.left(participant);
    this.host.changed();
    return done;
  }

  /** A masked vector. Within the queue. */
  async answers(participant: ParticipantId, { words }: ClientMessages['survey-answer']): Promise<Answer> {
    const { host } = this;
    if (!this.concerns(participant)) return notAsked();
    const bytes = fromText(words);
    const wanted = 4 * totalWords(this.plan.config);
    if (bytes.length !== wanted)
      return refused('malformed', `The vector of this survey has ${wanted} bytes, not ${bytes.length}.`);
    if (this.#hasSent(participant)) return done;
    const slot = this.#slotOf(participant);
    if (!takesVector(this.#sum, slot))
      return refused('not-in-cohort', 'The survey takes no answers any more, or not from this device.');
    const update = await host.blobs.put(bytes);
    await this.#summing.feed({ type: 'masked', slot, update });
    await this.#closeIfAllSent();
    return done;
  }

  tellEnd(message: string): void {
    const { federation, survey } = this.task;
    for (const { candidate } of this.#cohort)
      this.host.connectionOf(candidate.participant)?.send('survey-ended', { federation, survey, message });
  }

  /** Nothing of it is needed any longer. */
  async stop(): Promise<void> {
    this.#undoDeadline();
    this.#summing.stop();
    const masked = 'masked' in this.#sum ? this.#sum.masked : [];
    for (const { update } of masked) await this.host.blobs.release(update);
  }

  get #sitting(): WithSum {
    return {
      round: this.number,
      phase: this.#phase,
      cohort: this.#cohort,
      sum: this.#sum,
      survey: true,
    };
  }

  #slotOf(participant: ParticipantId): number {
    return this.#cohort.findIndex(({ candidate }) => candidate.participant === participant);
  }

  #hasSent(participant: ParticipantId): boolean {
    const slot = this.#slotOf(participant);
    return 'masked' in this.#sum && this.#sum.masked.some((one) => one.slot === slot);
  }

  #ask(participant: ParticipantId): void {
    this.host.connectionOf(participant)?.send('survey', {
      ...this.task,
      deadlineMs: Math.max(0, this.#deadlineAt - this.host.clock.now()),
      secureSum: { config: this.plan.config, slot: this.#slotOf(participant) },
    });
  }

  #waitForVectors(): void {
    if (this.#sum.phase !== 'collecting') return this.#undoDeadline();
    this.#undoDeadline();
    this.#undoDeadline = this.host.clock.after(MEASURING_MS, () =>
      this.host.enqueue('survey', () => this.#close()),
    );
  }

  /** Whoever is still here has sent. */
  async #closeIfAllSent(): Promise<void> {
    if (this.#sum.phase !== 'collecting' || this.#phase !== 'reporting') return;
    const { masked, shared } = this.#sum;
    const isAwaited = shared.some(
      ({ slot }) =>
        this.#cohort[slot]?.standing.type === 'active' && !masked.some((one) => one.slot === slot),
    );
    if (!isAwaited) await this.#close();
  }

  async #close(): Promise<void> {
    if (this.#phase !== 'reporting') return;
    this.#phase = 'aggregation';
    try {
      await this.#summing.close();
    } catch (error) {
      // What it costs could not be written down: nobody was asked to open anything.
      if (!changedNothing(error)) throw error;
      await this.host.failed('The server’s disk is full: what the survey costs could not be written down.');
    }
  }
}

const notAsked = (): Answer => refused('not-in-cohort', 'This device was not asked in the survey.');
