// What a coordinator asks of a federation's devices beside training: one survey at a time, each a release. It is written down before
// anybody is asked, charged before anybody is asked to open its sum, and its figures are worked out once, here, of the total.
import * as v from 'valibot';
import type { FederationSpec } from '#lib/core/federation.ts';
import {
  RoundNumber,
  RunNumber,
  SurveyNumber,
  type ParticipantId,
  type VersionNumber,
} from '#lib/core/ids.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { sumFaultSentence } from '#lib/core/secure-sum/encoding.ts';
import { LEAST_COHORT, MOST_COHORT } from '#lib/core/secure-sum/rules.ts';
import { surveyPlan, surveyTotal } from '#lib/core/statistics/survey-sum.ts';
import { checkQuestion, readSurvey, versionAsked, type Question } from '#lib/core/statistics/survey.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { noiseOfSurveys, statisticsOf } from '#lib/core/statistics/rules.ts';
import type { Answer, ClientMessages } from '#lib/protocol/messages.ts';
import { SurveyView, type ShownSurvey } from '#lib/protocol/survey-views.ts';
import type { SurveyAsked } from '#lib/protocol/surveys.ts';
import type { Change, FederationRecord, StoredSurvey, VersionRecord } from '../../ports/records.ts';
import type { ActionRefusal } from '../actions.ts';
import { refused } from '../messages.ts';
import type { PrivacyLedger } from '../privacy-ledger.ts';
import type { SumMessage } from '../secure-sum/sum-event.ts';
import { OpenSurvey, type OpenSurveyHost } from './open-survey.ts';

export interface SurveysHost extends Omit<OpenSurveyHost, 'charge' | 'opened' | 'failed'> {
  readonly ledger: PrivacyLedger;
  record(): FederationRecord;
  /** The version of this number, else the newest; a sentence: it cannot be had. */
  version(version: VersionNumber | undefined): Pick<VersionRecord, 'version' | 'digest' | 'bytes'> | string;
  deltasTo(version: VersionRecord['version']): SurveyAsked['base']['deltas'];
  /** Devices that are here and may be asked, in any order. */
  here(): readonly ParticipantId[];
  /** What a round that is open may charge it too. */
  pendingOf(participant: ParticipantId): readonly Noised[];
  write(changes: readonly Change[]): Promise<void>;
  entry(type: string, payload: Readonly<Record<string, unknown>>): Change;
  /** It was opened, and its figures are on the disk. */
  answered(view: SurveyView): void;
  /** What waited for the end of the survey may go on. */
  ended(): void;
}

export class Surveys {
  readonly #all: SurveyView[];
  /** Numbers of those whose records the disk lost: what came of them is not known, and each may have been answered. */
  readonly #lost: readonly SurveyNumber[];
  #open: OpenSurvey | undefined;
  /** What came of the open one: decided once, and it is open until that is on the disk. */
  #ending: SurveyView | undefined;

  constructor(
    private readonly host: SurveysHost,
    records: readonly StoredSurvey[],
  ) {
    this.#all = records.flatMap((record) => ('survey' in record ? [record.survey] : []));
    this.#lost = records.flatMap((record) => ('unreadable' in record ? [record.unreadable] : []));
  }

  /** Newest first. */
  get views(): readonly SurveyView[] {
    return [...this.#all].reverse();
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Whether a survey under way may charge it. */
  concerns(participant: ParticipantId): boolean {
    return this.#open?.concerns(participant) ?? false;
  }

  /** What a survey under way may charge it. */
  pendingOf(participant: ParticipantId): readonly Noised[] {
    const noised = this.concerns(participant) ? noiseOfSurveys(this.#open!.spec.privacy) : undefined;
    return noised === undefined ? [] : [noised];
  }

  /** After a restart: what was under way had given nothing away that was not charged, and ends. */
  resume(): void {
    const reason = 'The server was restarted while it was under way.';
    for (const survey of this.#lost)
      this.host.warn('the record of a survey cannot be read: it is left out', { survey });
    for (const view of this.#all)
      if (view.state === 'asking') this.#endLater({ ...view, state: 'failed', reason });
  }

  /** Within the queue. */
  async ask(question: Question): Promise<Result<SurveyView, ActionRefusal>> {
    const { host } = this;
    const record = host.record();
    const { spec } = record;
    const rules = statisticsOf(spec);
    if (rules === undefined)
      return notNow(
        'This federation asks for no statistics. Allow them in its settings, so that whoever joins can read of it.',
      );
    if (this.#open !== undefined) return notNow('A survey is under way. Ask again when it has ended.');
    const answered = this.#all.filter(({ devices }) => devices !== null).length + this.#lost.length;
    if (answered >= rules.mostSurveys)
      return notNow(
        `This federation promises ${rules.mostSurveys} ${rules.mostSurveys === 1 ? 'survey' : 'surveys'} at most, and so many were answered.`,
      );
    const wrong = checkQuestion(question, spec.contract) ?? foreign(question, spec);
    if (wrong !== undefined)
      return fail({ error: 'invalid', message: wrong, issues: [{ path: 'question', message: wrong }] });
    const version = host.version(versionAsked(question));
    if (typeof version === 'string') return fail({ error: 'unknown-version', message: version });
    const noised = noiseOfSurveys(spec.privacy);
    const here = host.here();
    const affording =
      noised === undefined
        ? here
        : here.filter((one) => host.ledger.affords(one, noised, host.pendingOf(one)));
    if (affording.length < LEAST_COHORT)
      return notNow(
        affording.length < here.length
          ? `The privacy budget (ε ${noised?.epsilon} at δ ${noised?.delta}) of ${here.length - affording.length} of ${here.length} devices is spent: a sum that hides each device needs ${LEAST_COHORT}.`
          : `Only ${here.length} ${here.length === 1 ? 'device is' : 'devices are'} here: a sum that hides each device needs ${LEAST_COHORT}.`,
      );
    const cohort = shuffled(affording, () => host.clock.draw()).slice(0, MOST_COHORT);
    const survey = v.parse(
      SurveyNumber,
      Math.max(0, ...this.#all.map((one) => one.survey), ...this.#lost) + 1,
    );
    const run = record.run ?? v.parse(RunNumber, 1);
    const about = { federation: record.id, run, survey, question };
    const plan = surveyPlan(
      spec,
      { ...about, version: version.version, digest: version.digest },
      cohort.length,
    );
    if (!plan.ok)
      return fail({
        error: 'invalid',
        message: plan.error,
        issues: [{ path: 'question', message: plan.error }],
      });
    const view: SurveyView = {
      survey,
      run,
      question,
      version: version.version,
      askedAt: host.clock.now(),
      endedAt: null,
      state: 'asking',
      asked: cohort.length,
      devices: null,
      declined: [],
      reason: null,
      figures: null,
      deviations: plan.value.layout.parts.map(() => 0),
      mostRows: noised === undefined ? null : rules.mostRows,
      epsilon: null,
      isShown: false,
    };
    await host.write([
      { type: 'put-survey', record: { federation: record.id, survey: view } },
      host.entry('survey-asked', { survey, question, version: version.version, devices: cohort.length }),
    ]);
    this.#all.push(view);
    const base = { ...version, deltas: host.deltasTo(version.version) };
    const task = { ...about, base };
    const open: OpenSurvey = new OpenSurvey(task, plan.value, spec, cohort, v.parse(RoundNumber, survey), {
      ...host,
      charge: (summed) => this.#charge(open, summed),
      opened: (words, devices, survivors) => this.#read(open, words, devices, survivors),
      failed: (reason) => this.#decide(open, { state: 'failed', reason }),
    });
    this.#open = open;
    this.#ending = undefined;
    open.begin();
    host.changed();
    return ok(view);
  }

  /** Within the queue. Shows the figures of an answered survey to whoever takes part, or no longer. */
  async show(survey: SurveyNumber, isShown: boolean): Promise<Result<SurveyView, ActionRefusal>> {
    const { host } = this;
    const at = this.#all.findIndex((one) => one.survey === survey);
    const before = this.#all[at];
    if (before?.state !== 'answered')
      return notNow(`Survey ${survey} has no figures to show: only one that was answered has.`);
    if (before.isShown === isShown) return ok(before);
    const view: SurveyView = { ...before, isShown };
    await host.write([
      { type: 'put-survey', record: { federation: host.record().id, survey: view } },
      host.entry(isShown ? 'survey-shown' : 'survey-hidden', { survey }),
    ]);
    this.#all[at] = view;
    return ok(view);
  }

  /** What participants are shown, newest first. */
  get shown(): readonly ShownSurvey[] {
    return this.views.flatMap(({ survey, question, endedAt, devices, figures, deviations, isShown }) =>
      isShown && endedAt !== null && devices !== null && figures !== null
        ? [{ survey, question, endedAt, devices, figures, deviations }]
        : [],
    );
  }

  async receive(
    participant: ParticipantId,
    sent:
      | SumMessage
      | { readonly name: 'survey-answer'; readonly message: ClientMessages['survey-answer'] }
      | { readonly name: 'survey-declined'; readonly message: ClientMessages['survey-declined'] },
  ): Promise<Answer> {
    const open = this.#open;
    const isAsked = 'round' in sent.message || sent.message.survey === open?.task.survey;
    if (open === undefined || !isAsked) return refused('not-in-cohort', 'There is no such survey under way.');
    switch (sent.name) {
      case 'survey-answer':
        return open.answers(participant, sent.message);
      case 'survey-declined':
        return open.declines(participant, sent.message);
      default:
        return open.receiveSum(participant, sent);
    }
  }

  returned(participant: ParticipantId): void {
    this.#open?.returned(participant);
  }

  async left(participant: ParticipantId): Promise<void> {
    await this.#open?.left(participant);
  }

  stop(): void {
    void this.#open?.stop();
    this.#open = undefined;
  }

  /** A sentence: it was asked beyond a budget, which cannot be: `ask` looked, and rounds keep what the survey may cost. */
  async #charge(open: OpenSurvey, summed: readonly ParticipantId[]): Promise<string | undefined> {
    const { host } = this;
    const { survey, run } = open.task;
    const about = { survey, run };
    const noised = noiseOfSurveys(open.spec.privacy);
    if (noised === undefined) {
      await host.write([host.entry('survey-opening', { ...about, devices: summed.length })]);
      return undefined;
    }
    const charge = host.ledger.charge(about, summed, noised);
    if (charge === undefined) {
      host.warn('devices were asked in a survey beyond their budget', about);
      return 'The privacy budget of a device in this survey is spent: nothing is opened.';
    }
    await host.write([host.entry(charge.type, charge.payload)]);
    charge.settle();
    return undefined;
  }

  #read(open: OpenSurvey, words: Uint32Array<ArrayBuffer>, devices: number, survivors: number): void {
    const { plan, spec } = open;
    const total = surveyTotal(plan, words, devices, survivors);
    if (!total.ok) return this.#decide(open, { state: 'failed', reason: sumFaultSentence(total.error) });
    const { deviations } = total.value;
    const { privacy } = spec;
    this.#decide(open, {
      state: 'answered',
      devices,
      figures: readSurvey(plan.layout, spec.contract, { ...total.value, devices }),
      deviations: [...deviations],
      epsilon: privacy.type === 'none' ? null : this.host.ledger.mostAt(privacy.delta),
    });
  }

  /** What came of the open survey: what is decided first stands. */
  #decide(open: OpenSurvey, outcome: Partial<SurveyView>): void {
    const view = this.#all.find((one) => one.survey === open.task.survey);
    if (this.#open !== open || this.#ending !== undefined || view === undefined) return;
    this.#ending = { ...view, ...outcome, declined: [...open.declined] };
    this.#endLater(this.#ending);
  }

  /** In its turn, and again and again where the disk has no room for it. */
  #endLater(view: SurveyView): void {
    this.host.enqueue(`survey/${view.survey}`, () => this.#end(view));
  }

  async #end(ended: SurveyView): Promise<void> {
    const { host } = this;
    // What cannot be read again is not written.
    const view = v.parse(SurveyView, { ...ended, endedAt: host.clock.now() });
    const { survey, state, reason, devices } = view;
    await host.write([
      { type: 'put-survey', record: { federation: host.record().id, survey: view } },
      host.entry(`survey-${state}`, state === 'answered' ? { survey, devices } : { survey, reason }),
    ]);
    this.#all[this.#all.findIndex((one) => one.survey === survey)] = view;
    if (view.state === 'answered') host.answered(view);
    const open = this.#open;
    if (open?.task.survey === survey) {
      this.#open = undefined;
      open.tellEnd(
        state === 'answered'
          ? `The sum over ${devices} devices was opened.`
          : `Nothing came of it: ${reason ?? 'it was ended'}`,
      );
      await open.stop();
    }
    host.changed();
    host.ended();
  }
}

/** What a model of sums cannot be asked. */
const foreign = (question: Question, spec: FederationSpec): string | undefined =>
  spec.family === 'k-means' && versionAsked(question) !== undefined
    ? 'Clusters give rows no class: there is nothing to hold them against.'
    : undefined;

const notNow = (message: string): { ok: false; error: ActionRefusal } => fail({ error: 'not-now', message });

function shuffled<T>(items: readonly T[], draw: () => number): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const other = Math.floor(draw() * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}
