// One survey under way: its devices, the secure sum among them, and what is waited for. The sum is that of rounds (../secure-sum/summing.ts);
// what differs is that vectors come in one message each, and that all of it is in memory: a restart ends the survey, which has a number
// that is never used again.
import type { FederationSpec } from '#lib/core/federation.ts';
import type { ParticipantId, RoundNumber, SurveyNumber } from '#lib/core/ids.ts';
import type { SumAttempt } from '#lib/core/secure-sum/attempt-state.ts';
import { openAttempt, takesVector } from '#lib/core/secure-sum/attempt.ts';
import { fromText } from '#lib/core/secure-sum/bytes.ts';
import { totalWords } from '#lib/core/secure-sum/masked-words.ts';
import { fewestHonest } from '#lib/core/secure-sum/member-rules.ts';
import { LEAST_COHORT } from '#lib/core/secure-sum/rules.ts';
import type { SurveyPlan } from '#lib/core/statistics/survey-sum.ts';
import type { Answer, ClientMessages } from '#lib/protocol/messages.ts';
import type { SurveyAsked } from '#lib/protocol/surveys.ts';
import { changedNothing } from '../../ports/records.ts';
import { done, refused } from '../messages.ts';
import type { SumMessage } from '../secure-sum/sum-event.ts';
import { PHASE_MS, Summing, type SummingHost, type WithSum } from '../secure-sum/summing.ts';

/** What devices have to measure and to send, once keys are shared: a version may have to come first, and be run. */
const MEASURING_MS = 120_000;
/** Until all keys are shown, drawn by and shared, where each of that takes its whole time. */
const SHARING_MS = 3 * PHASE_MS;
/** Reasons of devices that decline, as the record of the survey keeps them. */
const MOST_REASONS = 20;

export interface OpenSurveyHost extends Pick<
  SummingHost,
  'clock' | 'key' | 'blobs' | 'connectionOf' | 'enqueue' | 'blamed' | 'warn'
> {
  /**
   * Who is in the sum is settled: durable, with what it costs them, when it resolves. Before any of them is asked to open it. A sentence:
   * it cannot be charged.
   */
  charge(summed: readonly ParticipantId[]): Promise<string | undefined>;
  /** `survivors`: what each of them shared the noise by. */
  opened(words: Uint32Array<ArrayBuffer>, devices: number, survivors: number): void;
  failed(reason: string): void;
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
  /** When vectors are taken no longer: at the latest, until keys are shared. */
  #deadlineAt: number;
  #isWaiting = false;
  #isOver = false;
  /** Why devices do not answer, as they say. */
  readonly declined: string[] = [];

  constructor(
    readonly task: SurveyTask,
    readonly plan: SurveyPlan,
    /** As it was when devices were asked, whatever becomes of the federation's. */
    readonly spec: FederationSpec,
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
    this.#deadlineAt = host.clock.now() + SHARING_MS + MEASURING_MS;
    this.#summing = new Summing({
      ...host,
      group: 'survey',
      // Works of one name take each other's place where the disk is full: a round's are others.
      enqueue: (name, work) => host.enqueue(`survey-${name}`, work),
      round: () => this.#sitting,
      set: (sum) => {
        this.#sum = sum;
        this.#waitForVectors();
      },
      keep: async (sum) => {
        if (sum.phase === 'consenting') {
          const summed = sum.summed.map((slot) => this.#cohort[slot]!.candidate.participant);
          const refusal = await host.charge(summed);
          if (refusal !== undefined) throw new NotCharged(refusal);
        }
        this.#sum = sum;
        this.#waitForVectors();
      },
      opened: async (words) => {
        await this.#summing.feed({ type: 'recovered' });
        if (this.#sum.phase !== 'summed') return host.failed('The secure sum could not be opened.');
        const { summed, roster, config } = this.#sum;
        host.opened(words, summed.length, fewestHonest(roster.length, config, LEAST_COHORT));
      },
      failed: async (reason) => host.failed(reason),
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
    if (this.#hasSent(participant))
      return refused('not-in-cohort', 'The answer of this device is in the survey already.');
    if (this.declined.length < MOST_REASONS && !this.declined.includes(reason)) this.declined.push(reason);
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
    this.#isOver = true;
    this.#undoDeadline();
    this.#summing.stop();
    const masked = 'masked' in this.#sum ? this.#sum.masked : [];
    for (const { update } of masked) await this.host.blobs.release(update);
  }

  get #sitting(): WithSum | undefined {
    if (this.#isOver) return undefined;
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
    // From the first of them on, however many come.
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#deadlineAt = this.host.clock.now() + MEASURING_MS;
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
    if (this.#phase !== 'reporting' || this.#isOver) return;
    this.#phase = 'aggregation';
    try {
      await this.#summing.close();
    } catch (error) {
      // What it costs is not written down: nobody was asked to open anything.
      if (error instanceof NotCharged) return this.host.failed(error.message);
      if (!changedNothing(error)) throw error;
      this.host.failed('The server’s disk is full: what the survey costs could not be written down.');
    }
  }
}

/** On its way through the secure sum, which goes no further. */
class NotCharged extends Error {
  override readonly name = 'NotCharged';
}

const notAsked = (): Answer => refused('not-in-cohort', 'This device was not asked in the survey.');
