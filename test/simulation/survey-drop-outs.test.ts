// Surveys on a clock that is moved by hand: devices that go before and after they have shared their keys, a round beside a survey that both
// cost a budget, a restart in its middle, and what the server holds of a single device.
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { participantIdOf } from '#lib/core/digest.ts';
import { SurveyNumber, type ParticipantId } from '#lib/core/ids.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { shareVariance } from '#lib/core/privacy/skellam.ts';
import { toText } from '#lib/core/secure-sum/bytes.ts';
import { fewestHonest } from '#lib/core/secure-sum/member-rules.ts';
import { LEAST_COHORT } from '#lib/core/secure-sum/rules.ts';
import { usualStatistics } from '#lib/core/statistics/rules.ts';
import { surveyWords } from '#lib/core/statistics/survey-sum.ts';
import type { Question } from '#lib/core/statistics/survey.ts';
import { checkedPlan } from '#lib/participant/statistics/answer-surveys.ts';
import { createSumTalk, type SumTalk } from '#lib/participant/secure-sum/sum-round.ts';
import type { Answer, ServerMessages } from '#lib/protocol/messages.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';
import type { SurveyAsked } from '#lib/protocol/surveys.ts';
import type { Connection } from '../../server/coordinator/connection.ts';
import type { ClientMessage } from '../../server/coordinator/messages.ts';
import { PrivacyLedger } from '../../server/coordinator/privacy-ledger.ts';
import { seededBytes } from '../../server/simulate/seeded-bytes.ts';
import { testIdentity } from '../doubles/node-primitives.ts';
import { exampleSpec } from './example-spec.ts';
import { settle } from './hand-clock.ts';
import { federation, SecureWorld } from './secure-world.ts';

vi.mock('#lib/core/secure-sum/primitives.ts', async (load) => {
  const { nodePrimitives } = await import('../doubles/node-primitives.ts');
  return { ...(await load<object>()), webPrimitives: nodePrimitives };
});

/** No round opens: more devices are waited for than there are. */
const spec = {
  ...exampleSpec({ rules: { goal: 99, minimum: 99, overSelection: 1 } }),
  statistics: { ...usualStatistics, mostSurveys: 9 },
};
const question: Question = [{ statistic: 'target' }];

/** Its rows are 10 of the left and as many of the right as its index says. */
class Asked {
  readonly identity;
  readonly participant: ParticipantId;
  readonly sent: Uint32Array[] = [];
  readonly ends: string[] = [];
  /** What the server says to its check-ins and reasons. */
  readonly answers: Answer[] = [];
  message: SurveyAsked | undefined;
  /** How far it goes. */
  until: 'asked' | 'shared' | 'end' = 'end';
  /** Whether it helps to open the sum that it is asked about. */
  consents: () => boolean = () => true;
  readonly #store = createMemoryParticipantStore();
  #talk: SumTalk | undefined;
  #connection: Connection | undefined;

  constructor(
    readonly world: SecureWorld,
    readonly index: number,
    readonly of: typeof spec | (typeof spec & { privacy: Noised }),
  ) {
    this.identity = testIdentity(seededBytes(7, 'identity', index)(32));
    this.participant = participantIdOf(this.identity.publicKey);
  }

  connect(): void {
    const connection: Connection = {
      id: `${this.index}`,
      participant: this.participant,
      name: null,
      kind: 'headless',
      send: (name, message) => this.#heard(name, message as ServerMessages[typeof name]),
    };
    this.#connection = connection;
    void this.#ask({ name: 'check-in', message: { federation, examples: 1, backend: 'none' } });
  }

  go(): void {
    if (this.#connection !== undefined) this.world.coordinator.disconnected(this.#connection);
    this.#connection = undefined;
  }

  decline(reason: string): void {
    const { survey } = this.message!;
    void this.#ask({ name: 'survey-declined', message: { federation, survey, reason } });
  }

  async #ask(message: ClientMessage): Promise<void> {
    const answer = await this.#tell(message);
    if (answer !== undefined) this.answers.push(answer);
  }

  async #tell(message: ClientMessage) {
    return this.#connection && this.world.coordinator.receive(this.#connection, message);
  }

  #heard(name: keyof ServerMessages, message: ServerMessages[keyof ServerMessages]): void {
    if (name === 'survey') this.#asked(message as SurveyAsked);
    if (name === 'survey-ended') this.ends.push((message as ServerMessages['survey-ended']).message);
    const talk = this.#talk;
    if (talk === undefined) return;
    if (name === 'sum-roster') talk.roster(message as ServerMessages['sum-roster']);
    if (name === 'sum-forward') talk.forward((message as ServerMessages['sum-forward']).forward);
    if (name === 'sum-question' && this.consents())
      talk.question((message as ServerMessages['sum-question']).summed);
    if (name === 'sum-consents') talk.consents((message as ServerMessages['sum-consents']).consents);
  }

  #asked(message: SurveyAsked): void {
    this.message = message;
    if (this.until === 'asked') return;
    const { survey, secureSum: task } = message;
    const plan = checkedPlan(message, this.of);
    if (!plan.ok) throw new Error(plan.error);
    const talk = createSumTalk({
      task,
      about: { federation, round: task.config.round, survey: true },
      refusal: async () => undefined,
      answering: async () => undefined,
      identity: this.identity,
      store: this.#store,
      signal: new AbortController().signal,
      tell: async (name, content) => this.#tell({ name, message: content } as ClientMessage),
      happened: () => {},
      failed: () => {},
      onPeers: () => {},
    });
    this.#talk = talk;
    if (this.until === 'shared') return;
    const values = Float64Array.of(10, this.index);
    const rows = { data: 10 + this.index, version: 0 };
    void talk
      .maskWords((survivors, draw) =>
        surveyWords(plan.value, values, rows, { survivors, rounding: toText(draw(16)), draw }),
      )
      .then((bytes) => {
        this.sent.push(new Uint32Array(bytes.slice().buffer));
        return this.#tell({ name: 'survey-answer', message: { federation, survey, words: toText(bytes) } });
      })
      .catch(() => undefined);
  }
}

async function opened(of: Asked['of'] = spec, count = 7) {
  const world = await SecureWorld.open(1, of, 0);
  await world.start();
  const devices = Array.from({ length: count }, (_, index) => new Asked(world, index, of));
  for (const device of devices) device.connect();
  await settle();
  return { world, devices };
}

const latest = (world: SecureWorld): SurveyView => world.coordinator.surveys(federation)![0]!;

async function ask(world: SecureWorld): Promise<void> {
  const asked = await world.coordinator.survey(federation, question);
  if (asked?.ok !== true) throw new Error(asked?.error.message);
}

const ended = (world: SecureWorld): Promise<boolean> =>
  world.until(() => latest(world).state !== 'asking', 600_000);

/** Rows of the left and of the right. */
function counts(view: SurveyView): number[] | undefined {
  const [figures] = view.figures ?? [];
  return figures?.statistic === 'target' ? figures.classes?.map((one) => one.count) : undefined;
}

test('the sum is of those who stay: one goes before and one after it has shared its keys', async () => {
  const { world, devices } = await opened();
  devices[0]!.until = 'asked';
  devices[1]!.until = 'shared';
  await ask(world);
  expect(await ended(world)).toBe(true);
  // Devices 2 to 6.
  expect(latest(world)).toMatchObject({ state: 'answered', asked: 7, devices: 5 });
  expect(counts(latest(world))).toEqual([50, 2 + 3 + 4 + 5 + 6]);
  expect(devices[6]!.ends).toEqual(['The sum over 5 devices was opened.']);
  // Nothing of it is kept but the total.
  expect(world.blobs.digests().length).toBe(1);
});

test('what a single device sends says nothing: of a count that is 10 on every device the words are anywhere', async () => {
  const { world, devices } = await opened();
  for (let survey = 0; survey < 8; survey += 1) {
    await ask(world);
    expect(await ended(world)).toBe(true);
    expect(counts(latest(world))).toEqual([70, 21]);
  }
  const words = devices.flatMap(({ sent }) => sent.map(([first]) => first!));
  expect(words.length).toBe(56);
  expect(words).not.toContain(10);
  expect(new Set(words).size).toBe(56);
  // Halves of the ring: 56 coins, 28 ± 5 · √14.
  expect(Math.abs(words.filter((word) => word >= 2 ** 31).length - 28)).toBeLessThan(5 * Math.sqrt(14));
});

test('with four who answer nothing is opened, and those who decline say why', async () => {
  const { world, devices } = await opened(spec, 5);
  devices[0]!.until = 'asked';
  await ask(world);
  await settle();
  devices[0]!.decline('Its person has paused it.');
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({
    state: 'failed',
    devices: null,
    declined: ['Its person has paused it.'],
  });
  expect(latest(world).reason).toMatch(/Only 4 devices showed their keys/);
  devices[1]!.go();
  await settle();
  await expect(ask(world)).rejects.toThrow(/Only 4 devices are here/);
});

test('a restart ends a survey, on a full disk as soon as there is room, and its number is not used again', async () => {
  const { world, devices } = await opened();
  devices[0]!.until = 'asked';
  await ask(world);
  await settle();
  world.kept.isFull = true;
  await world.restart();
  expect(latest(world).state).toBe('asking');
  world.kept.isFull = false;
  await world.clock.advance(10_000);
  expect(latest(world)).toMatchObject({ survey: 1, state: 'failed' });
  expect(latest(world).reason).toMatch(/restarted/);
  for (const device of devices) device.connect();
  await settle();
  devices[0]!.until = 'end';
  await ask(world);
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({ survey: 2, state: 'answered', devices: 7 });
});

const privacy: Noised = { type: 'central', clipNorm: 1, noiseMultiplier: 3, delta: 1e-5, epsilon: 1.6 };

test('a budget for one release holds one survey, and it is spent where devices were asked to open it, whatever comes of that', async () => {
  const { world, devices } = await opened({ ...spec, privacy });
  devices[0]!.until = 'asked';
  const whenAsked: number[] = [];
  const charged = (): number => world.coordinator.ledger(federation)!.participants.length;
  for (const device of devices)
    device.consents = () => {
      whenAsked.push(charged());
      return false;
    };
  await ask(world);
  await settle();
  // Nobody was charged yet: the last device is waited for.
  expect(world.coordinator.view(federation)!.privacy!.releases).toBe(0);
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({ state: 'failed', devices: null });
  // When the first of them heard the question all were charged on the disk.
  expect(whenAsked.length).toBeGreaterThanOrEqual(6);
  expect(new Set(whenAsked)).toEqual(new Set([6]));
  expect(charged()).toBe(6);
  await expect(ask(world)).rejects.toThrow(/of 6 of 7 devices is spent/);
  await world.restart();
  for (const device of devices) device.connect();
  await settle();
  expect(charged()).toBe(6);
  await expect(ask(world)).rejects.toThrow(/Only 1 device is here/);
});

test('a device answers no question that is not in the contract, and no sum with less noise than was promised', async () => {
  const { world, devices } = await opened({ ...spec, privacy });
  await ask(world);
  await settle();
  const message = devices[0]!.message!;
  const of = { ...spec, privacy };
  const { config } = message.secureSum;
  const asked = (change: Partial<SurveyAsked>): string => {
    const plan = checkedPlan({ ...message, ...change }, of);
    return plan.ok ? 'answered' : plan.error;
  };
  expect(asked({})).toBe('answered');
  if (config.encoding.type !== 'noisy') throw new Error('There is no noise.');
  const having = (changed: Partial<typeof config>): Partial<SurveyAsked> => ({
    secureSum: { ...message.secureSum, config: { ...config, ...changed } },
  });
  expect(asked(having({ encoding: { ...config.encoding, variance: 1 } }))).toMatch(/less noise/);
  expect(asked(having({ encoding: { type: 'whole' } }))).toMatch(/less noise/);
  expect(asked(having({ least: 2 }))).toMatch(/another sum/);
  // Others were asked something else: their keys would be of another sum.
  expect(asked({ question: [{ statistic: 'moments', columns: ['x'] }] })).toMatch(/another sum/);
  expect(asked({ question: [{ statistic: 'moments', columns: ['name'] }] })).toMatch(/no column “name”/);
  expect(checkedPlan(message, { ...of, statistics: { type: 'off' } })).toMatchObject({
    error: expect.stringContaining('joined without surveys'),
  });
});

test('the stated noise is what the devices add, some of whom may be in league with the server', async () => {
  const { world, devices } = await opened({ ...spec, privacy }, 11);
  await ask(world);
  expect(await ended(world)).toBe(true);
  const { config } = devices[0]!.message!.secureSum;
  if (config.encoding.type !== 'noisy') throw new Error('There is no noise.');
  // A tenth of eleven may be: each of the others shares the noise by one less.
  const survivors = fewestHonest(11, config, LEAST_COHORT);
  const { quantum, variance } = config.encoding;
  const deviation = quantum * Math.sqrt(11 * (shareVariance(variance, survivors) + 0.25));
  expect(latest(world).deviations).toEqual([100 * deviation]);
});

test('a full disk ends a survey as soon as there is room, and then others may be asked', async () => {
  const { world, devices } = await opened();
  devices[0]!.until = 'shared';
  await ask(world);
  await settle();
  world.kept.isFull = true;
  await world.clock.advance(300_000);
  // What it costs could not be written down, nor that it has failed.
  expect(latest(world).state).toBe('asking');
  await expect(ask(world)).rejects.toThrow(/under way/);
  world.kept.isFull = false;
  await world.clock.advance(10_000);
  expect(latest(world)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/disk is full/) });
  expect(devices[1]!.ends.length).toBe(1);
  devices[0]!.until = 'end';
  await ask(world);
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({ survey: 2, state: 'answered', devices: 7 });
});

test('settings that a survey goes by stay until it has ended, and so does the federation', async () => {
  const { world, devices } = await opened({ ...spec, privacy });
  devices[0]!.until = 'shared';
  await ask(world);
  await settle();
  await world.coordinator.act(federation, 'finish');
  const underWay = { ok: false, error: { error: 'not-now', message: expect.stringMatching(/survey/) } };
  expect(await world.coordinator.change(federation, spec)).toMatchObject(underWay);
  expect(await world.coordinator.remove(federation)).toMatchObject(underWay);
  expect(await ended(world)).toBe(true);
  expect(world.coordinator.ledger(federation)!.participants.length).toBe(6);
  expect(await world.coordinator.change(federation, spec)).toMatchObject({ ok: true });
});

test('a survey that cannot be charged ends, and nobody is asked to open it', async () => {
  const { world, devices } = await opened({ ...spec, privacy });
  const asked = vi.fn(() => true);
  for (const device of devices) device.consents = asked;
  const charge = vi.spyOn(PrivacyLedger.prototype, 'charge').mockReturnValue(undefined);
  await ask(world);
  expect(await ended(world)).toBe(true);
  charge.mockRestore();
  expect(latest(world)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/budget/) });
  expect(asked).not.toHaveBeenCalled();
});

test('the record of a survey that cannot be read keeps no server from starting, and its number is not used again', async () => {
  const { world, devices } = await opened();
  const unreadable = v.parse(SurveyNumber, 4);
  world.kept.surveys = async () => [{ federation, unreadable }];
  await world.restart();
  for (const device of devices) device.connect();
  await settle();
  await ask(world);
  expect(latest(world).survey).toBe(5);
});

test('whoever has answered with the last of its budget comes back to open the sum', async () => {
  const { world, devices } = await opened({ ...spec, privacy });
  devices[0]!.until = 'shared';
  await ask(world);
  await world.clock.advance(30_000);
  expect(devices[1]!.sent.length).toBe(1);
  devices[1]!.go();
  await settle();
  devices[1]!.connect();
  await settle();
  expect(devices[1]!.answers.map(({ ok }) => ok)).toEqual([true, true]);
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({ state: 'answered', devices: 6 });
});

test('a device that the coordinator leaves out is not waited for', async () => {
  const { world, devices } = await opened();
  devices[0]!.until = 'asked';
  await ask(world);
  await settle();
  expect(latest(world).state).toBe('asking');
  await world.coordinator.exclude(federation, devices[0]!.participant, { reason: 'Its rows are others’.' });
  // No time passes.
  await world.clock.advance(0);
  await settle();
  expect(latest(world)).toMatchObject({ state: 'answered', devices: 6 });
});

test('a device declines once, and not what it has answered', async () => {
  const { world, devices } = await opened();
  devices[0]!.until = 'shared';
  await ask(world);
  await world.clock.advance(30_000);
  devices[1]!.decline('It has thought better of it.');
  for (const reason of ['Its person has paused it.', 'Once more.']) devices[0]!.decline(reason);
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({
    state: 'answered',
    devices: 6,
    declined: ['Its person has paused it.'],
  });
  const refusals = devices.map(({ answers }) => answers.filter(({ ok }) => !ok).length);
  expect(refusals).toEqual([1, 1, 0, 0, 0, 0, 0]);
});
