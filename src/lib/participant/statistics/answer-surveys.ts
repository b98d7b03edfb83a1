// Surveys as this device answers them, beside its rounds: it looks at the question itself, measures its rows, adds its share of the noise,
// and sends words that say something only in the sum of all devices. Loaded when it is asked for the first time.
import * as v from 'valibot';
import { canonicalText } from '../../core/canonical.ts';
import type { FederationSpec } from '../../core/federation.ts';
import { isClassifier, softmaxRows } from '../../core/model/head.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { toText } from '../../core/secure-sum/bytes.ts';
import { askedStatistic } from '../../core/statistics/index.ts';
import { statisticsOf } from '../../core/statistics/rules.ts';
import type { Measured } from '../../core/statistics/statistic.ts';
import { surveyPlan, surveyWords, type SurveyPlan } from '../../core/statistics/survey-sum.ts';
import { checkQuestion, measureSurvey, Question, versionAsked } from '../../core/statistics/survey.ts';
import type { Rows } from '../../ports/trainer.ts';
import type { ServerMessages } from '../../protocol/messages.ts';
import type { SurveyAsked } from '../../protocol/surveys.ts';
import { weakerSurvey } from '../agreed-terms.ts';
import { firstOf, type Equipment } from '../equipment.ts';
import type { Equipping } from '../equipping.ts';
import { mayBeAsked, type Ground } from '../ground.ts';
import { parametersOf } from '../parameter-source.ts';
import type { PersonalModels } from '../personal-models.ts';
import { ownRefusal } from '../protection.ts';
import { createSumTalk, type SumTalk } from '../secure-sum/sum-round.ts';
import { startState } from '../train-locally.ts';
import { answeredSurveys } from './answered-surveys.ts';
import { hashedIn, questionDigest, refusesSurvey, willAnswerSurvey, withAnswer } from './own-surveys.ts';

/**
 * After its answer a device keeps what opens the sum, because the others cannot do without: until it hears of the survey's end, and at most
 * so long. By then the server has waited for every phase as long as it does (server/coordinator/statistics/open-survey.ts).
 */
const KEPT_AFTER_ANSWER_MS = 600_000;

export interface AnswerSurveys {
  asked(message: SurveyAsked): Promise<void>;
  ended(message: ServerMessages['survey-ended']): void;
  /** Of the secure sum of this survey. */
  summing(survey: number, say: (sum: SumTalk) => void): void;
  /** Whatever is under way ends. */
  stop(): void;
}

interface InHand {
  readonly survey: number;
  readonly ending: AbortController;
  /** Of what ends it in time. */
  undo: () => void;
  sum?: SumTalk;
  /** Says again what was sent: the connection may have gone before it arrived. */
  again?: () => Promise<void>;
}

class Declined extends Error {
  override readonly name = 'Declined';
}

interface CheckedPlan extends SurveyPlan {
  readonly question: Question;
}

/** What the device makes of what it is asked, by itself, of the spec that its person joined by. */
export function checkedPlan(message: SurveyAsked, spec: FederationSpec): Result<CheckedPlan, string> {
  const { federation, run, survey, base, secureSum } = message;
  const rules = statisticsOf(spec);
  if (rules === undefined)
    return fail('This federation was joined without surveys: the question is not answered.');
  const read = v.safeParse(Question, message.question);
  if (!read.success)
    return fail('This version of the app does not know what is asked: load it anew, or update the program.');
  const question = read.output;
  const wrong = checkQuestion(question, spec.contract);
  if (wrong !== undefined) return fail(`The question does not fit the data contract: ${wrong}`);
  const about = { federation, run, survey, question, version: base.version, digest: base.digest };
  const asked = versionAsked(question);
  if (asked !== undefined && asked !== base.version)
    return fail('The server sends another version than it asks about: the question is not answered.');
  const plan = surveyPlan(spec, about, secureSum.config.cohort);
  if (!plan.ok) return plan;
  return canonicalText(plan.value.config) === canonicalText(secureSum.config)
    ? ok({ ...plan.value, question })
    : fail(
        'The server asks for another sum, or for less noise, than the question and the federation’s promise come to: nothing is sent.',
      );
}

export function createAnswerSurveys(
  ground: Ground,
  equipping: Equipping,
  personal: Pick<PersonalModels, 'startOf'>,
): AnswerSurveys {
  const { standing, blocks, options } = ground;
  const { federation, link, store, clock } = options;
  let inHand: InHand | undefined;

  function letGo(reason: string): void {
    inHand?.ending.abort(new Declined(reason));
    inHand = undefined;
  }

  /** Of the held-out rows; undefined: nothing is asked about a version. */
  async function scored(
    { base }: SurveyAsked,
    question: Question,
    equipment: Equipment,
    spec: FederationSpec,
    signal: AbortSignal,
  ): Promise<Measured | undefined> {
    if (versionAsked(question) === undefined) return undefined;
    const { heldOut, contract } = equipment.asRead;
    const none = new Float32Array(0);
    if (heldOut.count === 0) return { ...heldOut, contract, outputs: none, predict: () => none };
    const initial = (): Float32Array<ArrayBuffer> => firstOf(equipment, spec.plan);
    const parameters = await ground.patiently(signal, (attempt) =>
      parametersOf({ federation, store, link, initial }, base, {
        signal: attempt,
        onFull: ground.storageFull,
      }),
    );
    const outputs = await equipment.engine.alone(async () => {
      signal.throwIfAborted();
      return outputsOf(equipment, spec, parameters, equipment.rows.heldOut);
    });
    const asks = await asksOf(equipment, spec, parameters);
    const { preparing } = equipment;
    // Asked are rows of the contract, in which a survey changes one column or another.
    const predict: typeof asks =
      preparing === null ? asks : (features, count) => asks(preparing.features(features, count), count);
    return { ...heldOut, contract, outputs, predict };
  }

  /** Of any rows as the model takes them, at once: a network in plain loops, which is quick enough for few rows. */
  async function asksOf(
    equipment: Equipment,
    spec: FederationSpec,
    parameters: Float32Array<ArrayBuffer>,
  ): Promise<NonNullable<Measured['predict']>> {
    if ('sums' in equipment)
      return (features, count) => {
        const predicted = equipment.sums.predict(parameters, features, count);
        if (!predicted.ok) throw new Declined(predicted.error.message);
        return predicted.value;
      };
    const { network } = equipment;
    const start = await personal.startOf(network, spec.personalisation, parameters);
    const { forward } = await import('../../core/model/reference/passes.ts');
    return (features, count) => {
      const outputs = Float32Array.from(forward(network, start, features, count).at(-1) ?? []);
      if (isClassifier(network)) softmaxRows(outputs, network.outputSize);
      return outputs;
    };
  }

  async function outputsOf(
    equipment: Equipment,
    spec: FederationSpec,
    parameters: Float32Array<ArrayBuffer>,
    rows: Rows,
  ): Promise<Float32Array> {
    if ('sums' in equipment) {
      const predicted = equipment.sums.predict(parameters, rows.features, rows.count);
      if (!predicted.ok) throw new Declined(predicted.error.message);
      return predicted.value;
    }
    const { engine, network } = equipment;
    const start = await personal.startOf(network, spec.personalisation, parameters);
    const session = await (await engine.trainer()).open(network, spec.plan);
    try {
      await session.setState(startState(start));
      return await session.predict(rows.features, rows.count);
    } finally {
      session.close();
    }
  }

  /** Of its own accounts, as they stand now; with the round that it works on, and updates that wait to be sent. */
  async function budgetRefusal(spec: FederationSpec, surveys: number): Promise<string | undefined> {
    const sending = await store.outbox.list(federation);
    const { contributions, hand } = standing;
    const rounds = new Set(sending.map(({ round }) => round));
    if (hand !== undefined) rounds.add(hand.round);
    const underWay = [...rounds].filter((round) => contributions?.has(round) !== true).length;
    return ownRefusal(spec.privacy, contributions, surveys, { type: 'survey', underWay });
  }

  async function answer(one: InHand, message: SurveyAsked): Promise<void> {
    const { survey, secureSum: task } = message;
    const { signal } = one.ending;
    const equipment = await equipping.ready();
    const spec = standing.view?.spec ?? equipment.spec;
    const weaker = weakerSurvey(standing.joined?.terms ?? null, spec);
    if (weaker !== undefined) throw new Declined(weaker);
    const plan = checkedPlan(message, spec);
    if (!plan.ok) throw new Declined(plan.error);
    const { question } = plan.value;
    const answered = await answeredSurveys(store, federation);
    const mostSurveys = Math.min(plan.value.rules.mostSurveys, standing.joined?.surveys ?? 0);
    const refusal =
      refusesSurvey(
        answered,
        { question, run: task.config.run },
        mostSurveys,
        options.learner === undefined,
      ) ?? (await budgetRefusal(spec, answered.length));
    if (refusal !== undefined) throw new Declined(refusal);
    one.sum = createSumTalk({
      task,
      about: { federation, round: task.config.round, survey: true },
      // What speaks against it was looked at here.
      refusal: async () => undefined,
      answering: async () => undefined,
      identity: await store.identity(),
      store,
      signal,
      tell: ground.tell,
      happened: ground.happened,
      failed: (sentence) => one.ending.abort(new Declined(sentence)),
      onPeers: () => {},
    });
    const { training, heldOut, contract, check } = equipment.asRead;
    // Told once, with the first of its rows.
    const checked = check === undefined ? {} : { checked: check };
    // Of a device that never trains all rows are held out: each counts once.
    const [first, ...more] = equipment.isHeldOut ? [heldOut] : [training, heldOut];
    const data: Measured[] = [
      { ...first!, contract, ...checked },
      ...more.map((rows) => ({ ...rows, contract })),
    ];
    const measured = await scored(message, question, equipment, spec, signal);
    const values = measureSurvey(plan.value.layout, data, measured);
    const rows = { data: data.reduce((sum, { count }) => sum + count, 0), version: heldOut.count };
    const bytes = await one.sum.maskWords((survivors, draw) =>
      surveyWords(plan.value, values, rows, { survivors, rounding: toText(draw(16)), draw }),
    );
    const titles = question.map((asked) => askedStatistic(asked).title);
    // Keys and figures took their time: a round may have begun meanwhile. From here on rounds count this answer.
    const before = await answeredSurveys(store, federation);
    standing.surveyed = withAnswer(before, {
      survey,
      question: questionDigest(question),
      titles,
      at: clock.now(),
      bytes: bytes.byteLength,
      ...hashedIn(question, task.config.run),
    });
    const late = await budgetRefusal(spec, before.length);
    if (late !== undefined) {
      standing.surveyed = before;
      throw new Declined(late);
    }
    await willAnswerSurvey(store, federation, standing.surveyed);
    signal.throwIfAborted();
    one.undo();
    one.undo = clock.after(KEPT_AFTER_ANSWER_MS, () => {
      if (inHand !== one) return;
      ground.happened(`How survey ${survey} ended was not told.`);
      letGo('The server did not say how the survey ended.');
    });
    const words = toText(bytes);
    one.again = async () => {
      const said = await ground.tell('survey-answer', { federation, survey, words });
      if (said?.ok === false) one.ending.abort(new Declined(said.message));
    };
    await one.again();
    ground.happened(`Answered survey ${survey} with masked sums: ${titles.join(', ').toLowerCase()}.`);
  }

  return {
    async asked(message) {
      const { joined } = standing;
      if (message.federation !== federation || joined === null || standing.superseded) return;
      // Of a server that shows another history, or that this device asked for nothing, nothing is taken.
      if (!mayBeAsked(standing, blocks)) return;
      if (inHand?.survey === message.survey) {
        inHand.sum?.again();
        return inHand.again?.();
      }
      letGo('Another survey began.');
      const { survey } = message;
      const ending = new AbortController();
      const undo = clock.after(message.deadlineMs, () =>
        ending.abort(new Declined('There was not enough time.')),
      );
      const one: InHand = { survey, ending, undo };
      inHand = one;
      ending.signal.addEventListener('abort', () => one.undo(), { once: true });
      try {
        if (joined.pausedAt !== null) throw new Declined('Its person has paused it.');
        await answer(one, message);
      } catch (failure) {
        const { signal } = one.ending;
        const cause: unknown = signal.aborted ? signal.reason : failure;
        const reason = cause instanceof Error ? cause.message : 'Something broke on the device.';
        // Whatever broke, no round is concerned: the survey goes on without this device.
        if (!signal.aborted && !(failure instanceof Declined)) options.onFault(failure);
        ground.happened(`Survey ${survey} is not answered: ${reason}`);
        one.ending.abort(cause);
        if (inHand !== one) return;
        inHand = undefined;
        await ground.tell('survey-declined', { federation, survey, reason: reason.slice(0, 200) });
      }
    },
    ended({ federation: of, survey, message }) {
      if (of !== federation || inHand?.survey !== survey) return;
      ground.happened(`Survey ${survey} has ended. ${message}`);
      letGo('The survey has ended.');
    },
    summing(survey, say) {
      if (inHand?.survey === survey && inHand.sum !== undefined) say(inHand.sum);
    },
    stop: () => letGo('This device takes part no more.'),
  };
}
