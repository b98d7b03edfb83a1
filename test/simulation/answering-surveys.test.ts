// Surveys as devices answer them (participant/statistics/answer-surveys.ts), against the server's coordinator, on a clock moved by hand: one
// that falls silent costs the others nothing, and each refuses what it was not joined for, over reloads.
import { expect, test, vi } from 'vitest';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { participantIdOf } from '#lib/core/digest.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { usualStatistics } from '#lib/core/statistics/rules.ts';
import type { Question } from '#lib/core/statistics/survey.ts';
import { createBlockList } from '#lib/participant/blocked.ts';
import type { Equipping } from '#lib/participant/equipping.ts';
import type { Ground, Standing } from '#lib/participant/ground.ts';
import { createAnswerSurveys, type AnswerSurveys } from '#lib/participant/statistics/answer-surveys.ts';
import type { Answer, ServerMessages } from '#lib/protocol/messages.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';
import type { SurveyAsked } from '#lib/protocol/surveys.ts';
import type { Connection } from '../../server/coordinator/connection.ts';
import type { ClientMessage } from '../../server/coordinator/messages.ts';
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
/** It holds one release. */
const privacy: Noised = { type: 'central', clipNorm: 1, noiseMultiplier: 3, delta: 1e-5, epsilon: 1.6 };
const question: Question = [{ statistic: 'target' }];

/** So many rows of the left. */
const rows = (count: number) => ({
  count,
  features: new Float32Array(2 * count),
  targets: new Int32Array(count),
});

class Device {
  readonly events: string[] = [];
  readonly sent: ClientMessage[] = [];
  message: SurveyAsked | undefined;
  readonly standing = {
    joined: { pausedAt: null as number | null, surveys: 9 },
    superseded: false,
    checkedIn: true,
    asksIn: false,
    view: undefined,
    contributions: undefined as unknown,
    hand: undefined as unknown,
    surveyed: [] as unknown[],
  };
  readonly blocks;
  /** What of it reaches the server; undefined: all. */
  reaches: (name: ClientMessage['name']) => boolean = () => true;
  /** What it is told to have, in place of what the server says. */
  deadlineMs: number | undefined;
  surveys: AnswerSurveys;
  readonly #identity;
  readonly #store;
  #connection: Connection | undefined;

  constructor(
    readonly world: SecureWorld,
    index: number,
    readonly of: FederationSpec,
  ) {
    const identity = testIdentity(seededBytes(9, 'identity', index)(32));
    this.#identity = identity;
    this.#store = { ...createMemoryParticipantStore(), identity: async () => identity };
    this.blocks = createBlockList(() => world.clock.now());
    this.surveys = this.reload();
  }

  /** The page anew, on what it kept. */
  reload(): AnswerSurveys {
    const { contract } = this.of;
    const ground = {
      standing: this.standing as unknown as Standing,
      blocks: this.blocks,
      options: {
        federation,
        store: this.#store,
        clock: this.world.clock,
        onFault: (fault: unknown) => this.events.push(String(fault)),
      },
      tell: async (name: string, message: unknown) => this.#tell({ name, message } as ClientMessage),
      happened: (sentence: string) => this.events.push(sentence),
    } as unknown as Ground;
    const asRead = { training: rows(8), heldOut: rows(2), contract };
    const equipment = { spec: this.of, rows: asRead, asRead, preparing: null, isHeldOut: false };
    const equipping = { ready: async () => equipment } as unknown as Equipping;
    // No question here is about a version.
    this.surveys = createAnswerSurveys(ground, equipping, {} as never);
    return this.surveys;
  }

  connect(): void {
    this.#connection = {
      id: this.participant,
      participant: this.participant,
      name: null,
      kind: 'headless',
      send: (name, message) => this.#heard(name, message as ServerMessages[typeof name]),
    };
    void this.#tell({ name: 'check-in', message: { federation, examples: 1, backend: 'none' } });
  }

  get participant() {
    return participantIdOf(this.#identity.publicKey);
  }

  /** Why it does not answer, as it tells the server. */
  get reasons(): string[] {
    return this.sent.flatMap((one) => (one.name === 'survey-declined' ? [one.message.reason] : []));
  }

  async #tell(message: ClientMessage): Promise<Answer | undefined> {
    this.sent.push(message);
    const connection = this.#connection;
    if (connection === undefined || !this.reaches(message.name)) return undefined;
    return this.world.coordinator.receive(connection, message);
  }

  #heard(name: keyof ServerMessages, message: ServerMessages[keyof ServerMessages]): void {
    const { surveys } = this;
    if (name === 'survey') {
      const asked = message as SurveyAsked;
      this.message = { ...asked, deadlineMs: this.deadlineMs ?? asked.deadlineMs };
      void surveys.asked(this.message);
    }
    if (name === 'survey-ended') surveys.ended(message as ServerMessages['survey-ended']);
    if (!name.startsWith('sum-')) return;
    surveys.summing((message as ServerMessages['sum-roster']).round, (talk) => {
      if (name === 'sum-roster') talk.roster(message as ServerMessages['sum-roster']);
      if (name === 'sum-forward') talk.forward((message as ServerMessages['sum-forward']).forward);
      if (name === 'sum-question') talk.question((message as ServerMessages['sum-question']).summed);
      if (name === 'sum-consents') talk.consents((message as ServerMessages['sum-consents']).consents);
    });
  }
}

async function opened(of: FederationSpec = spec, count = 6) {
  const world = await SecureWorld.open(3, of, 0);
  await world.start();
  const devices = Array.from({ length: count }, (_, index) => new Device(world, index, of));
  for (const device of devices) device.connect();
  await settle();
  const ask = async (): Promise<void> => {
    const asked = await world.coordinator.survey(federation, question);
    if (asked?.ok !== true) throw new Error(asked?.error.message);
  };
  return { world, devices, ask };
}

const latest = (world: SecureWorld): SurveyView => world.coordinator.surveys(federation)![0]!;
const ended = (world: SecureWorld): Promise<boolean> =>
  world.until(() => latest(world).state !== 'asking', 900_000);

test('one that shares its keys and falls silent costs the others their wait, and nothing else', async () => {
  const { world, devices, ask } = await opened();
  devices[0]!.reaches = (name) => name !== 'survey-answer';
  await ask();
  // Three times 20 s for keys, and 120 s from then on: no device gives up before the server does.
  expect(devices[1]!.message!.deadlineMs).toBe(180_000);
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({ state: 'answered', devices: 5, declined: [] });
  expect(devices[1]!.events).toContain('Survey 1 has ended. The sum over 5 devices was opened.');
  expect(devices.flatMap(({ reasons }) => reasons)).toEqual([]);
});

test('its deadline ends what a device measures, and not its part in opening the sum', async () => {
  const { world, devices, ask } = await opened();
  for (const device of devices) device.deadlineMs = 60_000;
  devices[0]!.reaches = (name) => name !== 'survey-answer';
  await ask();
  await world.clock.advance(100_000);
  expect(latest(world).state).toBe('asking');
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({ state: 'answered', devices: 5, declined: [] });
});

test('a device that hears no more of a survey lets go of its keys in the end', async () => {
  const { world, devices, ask } = await opened();
  devices[0]!.reaches = (name) => name !== 'sum-consent';
  await ask();
  devices[1]!.surveys.ended = () => {};
  expect(await ended(world)).toBe(true);
  expect(devices[1]!.events.join()).not.toMatch(/was not told/);
  await world.clock.advance(600_000);
  expect(devices[1]!.events).toContain('How survey 1 ended was not told.');
});

test('a device refuses what its person did not join for, what would be too much, and what others ask', async () => {
  const { world, devices, ask } = await opened({ ...spec, privacy });
  await ask();
  expect(await ended(world)).toBe(true);
  const message = devices[0]!.message!;
  const hears = async (change: (device: Device) => void, asked: Partial<SurveyAsked> = {}) => {
    const device = new Device(world, 50, { ...spec, privacy });
    change(device);
    await device.surveys.asked({ ...message, ...asked });
    return device;
  };
  const says = async (...of: Parameters<typeof hears>): Promise<string[]> => (await hears(...of)).reasons;
  expect(await says(({ standing }) => (standing.joined.surveys = 0))).toEqual([
    expect.stringMatching(/has to join again/),
  ]);
  expect(await says(({ standing }) => (standing.joined.pausedAt = 1))).toEqual([
    expect.stringMatching(/paused/),
  ]);
  const given = { count: 1, published: 1, has: () => true };
  expect(await says(({ standing }) => (standing.contributions = given))).toEqual([
    expect.stringMatching(/privacy budget/),
  ]);
  expect(await says(() => {}, { question: [{ statistic: 'moments', columns: ['x'] }] })).toEqual([
    expect.stringMatching(/another sum, or for less noise/),
  ]);
  // Of a server that shows another history, and of one that it has not checked in to, it hears nothing.
  const forked = await hears(({ blocks }) => blocks.set({ reason: 'other-history', detail: 'It forked.' }));
  const elsewhere = await hears(({ standing }) => (standing.checkedIn = false));
  expect([forked.sent, elsewhere.sent]).toEqual([[], []]);
});

test('it counts its answers over reloads, and declines by itself what its budget holds no more', async () => {
  const { world, devices, ask } = await opened();
  for (let survey = 1; survey <= 3; survey += 1) {
    await ask();
    expect(await ended(world)).toBe(true);
    expect(latest(world)).toMatchObject({ survey, state: 'answered', devices: 6 });
    for (const device of devices) device.reload();
  }
  await ask();
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({
    state: 'failed',
    declined: [expect.stringMatching(/very question/)],
  });
});

test('a round that begins while keys are shared takes the last of the budget, and the survey goes without', async () => {
  const { world, devices, ask } = await opened({ ...spec, privacy }, 7);
  devices[0]!.reaches = (name) => {
    if (name === 'sum-keys') devices[0]!.standing.hand = { round: 1 };
    return true;
  };
  await ask();
  expect(await ended(world)).toBe(true);
  expect(latest(world)).toMatchObject({
    state: 'answered',
    devices: 6,
    declined: [expect.stringMatching(/privacy budget/)],
  });
  expect(devices[0]!.standing.surveyed).toEqual([]);
});
