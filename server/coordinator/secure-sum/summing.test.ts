// A secure sum as the server runs it: its messages, its deadlines, and what a restart finds in each of its phases (FAULTS F07, F17,
// F19, F37). The devices are the real ones of core/secure-sum.
import { beforeEach, expect, test } from 'vitest';
import { memoryIdentity } from '#lib/adapters/memory/identity.ts';
import { bytesOf, participantIdOf } from '#lib/core/digest.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import type { Reporting, Round } from '#lib/core/round/round-state.ts';
import type { SumAttempt } from '#lib/core/secure-sum/attempt-state.ts';
import { fromText, toText } from '#lib/core/secure-sum/bytes.ts';
import { SHARE_BYTES } from '#lib/core/secure-sum/messages.ts';
import { addWords, totalWords } from '#lib/core/secure-sum/masked-words.ts';
import type { Member } from '#lib/core/secure-sum/member-state.ts';
import { advertise, consent, mask, receive, reveal, share } from '#lib/core/secure-sum/member.ts';
import type { ServerMessages } from '#lib/protocol/messages.ts';
import type { Identity } from '#lib/ports/identity.ts';
import { nodePrimitives } from '../../../test/doubles/node-primitives.ts';
import { sumConfig } from '../../../test/support/sum-config.ts';
import { handClock, type HandClock } from '../../../test/simulation/hand-clock.ts';
import { memoryServerKey } from '../../adapters/ed25519.ts';
import { memoryBlobs } from '../../adapters/memory-blobs.ts';
import type { Connection } from '../connection.ts';
import type { SumMessage } from './sum-event.ts';
import { Sums } from './sums.ts';

const config = sumConfig({ length: 4, words: 4, tail: 1, cohort: 6 });
const about = { federation: config.federation, round: config.round };
const draw = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));

class Device {
  member: Member | undefined;
  /** What it was told, by name: the last of each. */
  readonly told: Partial<ServerMessages> = {};
  readonly connection: Connection;
  constructor(
    readonly slot: number,
    readonly identity: Identity,
    readonly participant: ParticipantId,
  ) {
    this.connection = {
      id: String(slot),
      participant,
      name: null,
      kind: 'headless',
      send: (name, message) => void Object.assign(this.told, { [name]: message }),
    };
  }
  /** Next step of the member; throws where it refuses. */
  async step<T>(
    work: (
      member: Member,
    ) => Promise<{ ok: true; value: readonly [Member, T] } | { ok: false; error: { kind: string } }>,
  ): Promise<T> {
    const stepped = await work(this.member!);
    if (!stepped.ok) throw new Error(`Device ${this.slot}: ${stepped.error.kind}`);
    this.member = stepped.value[0];
    return stepped.value[1];
  }
}

interface Server {
  summing: Sums;
  round: Reporting;
  /** What a restart finds. */
  durable: SumAttempt | undefined;
  readonly opened: Uint32Array[];
  readonly failed: string[];
  readonly blamed: ParticipantId[];
  readonly clock: HandClock;
  readonly work: Promise<unknown>[];
  /** The sum is opened, or there will be none. */
  readonly ended: Promise<void>;
  end(): void;
}

let devices: readonly Device[];
let server: Server;
const blobs = memoryBlobs();

beforeEach(async () => {
  devices = await Promise.all(
    Array.from({ length: 6 }, async (_, slot) => {
      const identity = await memoryIdentity();
      return new Device(slot, identity, participantIdOf(identity.publicKey));
    }),
  );
  const round = {
    phase: 'reporting',
    round: config.round,
    cohort: devices.map(({ participant }) => ({
      candidate: { participant, name: '', examples: 1 },
      task: { round: config.round, version: 0, digest: config.base, leftMs: null },
      standing: { type: 'active', stage: 'waiting', fraction: null },
      history: [],
    })),
  } as unknown as Reporting;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  server = {
    round,
    durable: undefined,
    opened: [],
    failed: [],
    blamed: [],
    clock: handClock(1),
    work: [],
    summing: undefined!,
    ended,
    end,
  };
  start();
});

function start(): void {
  const set = ({ sum }: { readonly sum: SumAttempt }): void =>
    void (server.round = { ...server.round, sums: [sum] });
  server.summing = new Sums({
    clock: server.clock,
    blobs,
    key: memoryServerKey(),
    round: (): Round => server.round,
    configFor: () => config,
    groups: () => 1,
    connectionOf: (participant) => devices.find((one) => one.participant === participant)?.connection,
    set,
    keep: async (moved) => {
      set(moved);
      server.durable = moved.sum;
    },
    enqueue: (_, work) => void server.work.push(work()),
    opened: async (words) => {
      server.opened.push(...words);
      server.end();
    },
    blamed: (participant) => void server.blamed.push(participant),
    failed: async (reason) => {
      server.failed.push(reason);
      server.end();
    },
    warn: () => {},
  });
}

/** A new process: what was not durable is as it lay in the round's record, and devices are connected again. */
function restart(sum: SumAttempt): void {
  server.summing.stop();
  server.round = { ...server.round, sums: [sum] };
  start();
  server.summing.resume();
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 50; i += 1) {
    await Promise.all(server.work);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const send = (device: Device, sent: SumMessage) => server.summing.receive(device.participant, sent);

async function advertised(): Promise<void> {
  for (const device of devices) {
    server.summing.task(server.round, device.participant);
    const setting = {
      config,
      slot: device.slot,
      identity: device.identity,
      primitives: nodePrimitives,
      draw,
    };
    const [member, advert] = await advertise(setting);
    device.member = member;
    expect(await send(device, { name: 'sum-advert', message: { ...about, advert } })).toMatchObject({
      ok: true,
    });
  }
}

async function sharedBy(who: readonly Device[]): Promise<void> {
  for (const device of who) {
    const keys = await device.step((member) => share(member, device.told['sum-roster']!.roster));
    expect(await send(device, { name: 'sum-keys', message: { ...about, keys } })).toMatchObject({ ok: true });
  }
}

const vectorOf = ({ slot }: Device): Uint32Array<ArrayBuffer> =>
  new Uint32Array(totalWords(config)).fill(1000 * (slot + 1));

/** Other shares, of the same x. */
const falsified = (shares: string): string =>
  toText(fromText(shares).map((byte, i) => (i % SHARE_BYTES === 0 ? byte : byte ^ 1)));

async function maskedBy(who: readonly Device[]): Promise<void> {
  for (const device of who) {
    await device.step((member) => receive(member, device.told['sum-forward']!.forward));
    const words = await device.step((member) => mask(member, vectorOf(device)));
    const update = await blobs.put(Uint8Array.from(bytesOf(words)));
    expect(server.summing.refusesVector(device.participant)).toBeUndefined();
    const { sum } = server.summing.withVector(device.participant, update);
    server.round = { ...server.round, sums: [sum] };
    server.durable = sum;
  }
}

/** `liar`: the slot of one whose answer is other shares than it holds. */
async function answeredBy(who: readonly Device[], liar?: number): Promise<void> {
  for (const device of who) {
    const signed = await device.step((member) => consent(member, device.told['sum-question']!.summed));
    await send(device, { name: 'sum-consent', message: { ...about, consent: signed } });
  }
  for (const device of who) {
    const { consents } = device.told['sum-consents']!;
    const answer = await device.step((member) => reveal(member, consents));
    const said = device.slot === liar ? { ...answer, shares: falsified(answer.shares) } : answer;
    await send(device, { name: 'sum-reveal', message: { ...about, reveal: said } });
  }
  await server.ended;
}

function expectSumOf(who: readonly Device[]): void {
  const expected = new Uint32Array(totalWords(config));
  for (const device of who) addWords(expected, vectorOf(device), config, 1);
  expect(server.opened.map((words) => [...words])).toEqual([[...expected]]);
  expect(server.failed).toEqual([]);
}

test('a whole sum is opened once enough devices have answered, whoever went after sharing its keys', async () => {
  await advertised();
  await sharedBy(devices);
  const stay = devices.slice(1);
  await maskedBy(stay);
  await server.summing.close();
  // Any five of six open it: all that are left.
  await answeredBy(stay);
  expectSumOf(stay);
});

test('no deadline ends a sum while its masks come off', async () => {
  await advertised();
  await sharedBy(devices);
  await maskedBy(devices);
  await server.summing.close();
  const { read } = blobs;
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  let begun = (): void => {};
  const isReading = new Promise<void>((resolve) => (begun = resolve));
  blobs.read = async (...of) => {
    begun();
    await held;
    return read(...of);
  };
  try {
    const answering = answeredBy(devices);
    await isReading;
    expect(server.round.sums![0]!.phase).toBe('revealing');
    await server.clock.advance(21_000);
    await settled();
    goOn();
    await answering;
  } finally {
    blobs.read = read;
  }
  expectSumOf(devices);
});

test('F42: one whose shares do not fit is blamed', async () => {
  await advertised();
  await sharedBy(devices.slice(1));
  const keys = await devices[0]!.step((member) => share(member, devices[0]!.told['sum-roster']!.roster));
  const commit = keys.commit.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
  await send(devices[0]!, { name: 'sum-keys', message: { ...about, keys: { ...keys, commit } } });
  await maskedBy(devices);
  await server.summing.close();
  await answeredBy(devices);
  expect(server.failed).toEqual([expect.stringContaining('those of device 0 do not fit')]);
  expect(server.blamed).toEqual([devices[0]!.participant]);
});

test('F42: answers that are false blame nobody', async () => {
  await advertised();
  await sharedBy(devices);
  const stay = devices.slice(1);
  await maskedBy(stay);
  await server.summing.close();
  // Any five of six open it, and one of the five lies.
  await answeredBy(stay, 3);
  expect(server.failed).toEqual([expect.stringContaining('do not fit')]);
  expect(server.blamed).toEqual([]);
});

test('F07: after the question no vector is taken, also not after a restart', async () => {
  await advertised();
  await sharedBy(devices);
  await maskedBy(devices.slice(1));
  await server.summing.close();
  expect(server.summing.refusesVector(devices[0]!.participant)).toMatch(/not shared|could not come off/);
  restart(server.durable!);
  expect(server.summing.refusesVector(devices[0]!.participant)).toBeDefined();
  expect(server.durable).toMatchObject({ phase: 'consenting', summed: [1, 2, 3, 4, 5] });
});

test('F17: a restart while keys are shared ends the attempt, for nothing has been given away', async () => {
  await advertised();
  await sharedBy(devices.slice(0, 3));
  restart(server.round.sums![0]!);
  await settled();
  expect(server.failed).toEqual([expect.stringContaining('restarted while keys were being shared')]);
});

test('F17: a restart while vectors come in, and one after the question, go on with the same sum', async () => {
  await advertised();
  await sharedBy(devices);
  await maskedBy(devices.slice(0, 3));
  restart(server.durable!);
  await maskedBy(devices.slice(3));
  await server.summing.close();
  const question = devices[0]!.told['sum-question'];
  const signed = await devices[0]!.step((member) => consent(member, question!.summed));
  await send(devices[0]!, { name: 'sum-consent', message: { ...about, consent: signed } });
  server.round = { ...server.round, phase: 'aggregation' } as unknown as Reporting;
  restart(server.durable!);
  await settled();
  // The same question: whoever answered before answers alike.
  expect(devices[0]!.told['sum-question']).toEqual(question);
  await answeredBy(devices);
  expectSumOf(devices);
});

test('F19: where more than a third goes after sharing keys nothing is opened', async () => {
  await advertised();
  await sharedBy(devices);
  await maskedBy(devices.slice(2));
  await server.summing.close();
  expect(server.failed).toEqual(['Only 4 devices sent their vector in time; the secure sum needs 5.']);
  expect(server.opened).toEqual([]);
});

test('devices that have not shown their keys are not waited for longer than the deadline, and then the others are too few or not', async () => {
  for (const device of devices.slice(0, 5)) {
    server.summing.task(server.round, device.participant);
    const setting = {
      config,
      slot: device.slot,
      identity: device.identity,
      primitives: nodePrimitives,
      draw,
    };
    const [member, advert] = await advertise(setting);
    device.member = member;
    await send(device, { name: 'sum-advert', message: { ...about, advert } });
  }
  expect(devices[0]!.told['sum-roster']).toBeUndefined();
  await server.clock.advance(21_000);
  await settled();
  expect(devices[0]!.told['sum-roster']!.roster.length).toBe(5);
  await sharedBy(devices.slice(0, 3));
  await server.clock.advance(21_000);
  await settled();
  expect(server.failed).toEqual(['Only 3 devices shared their keys in time; the secure sum needs 5.']);
});

test('F37: keys of another round, of another slot or signed by another device are refused', async () => {
  server.summing.task(server.round, devices[0]!.participant);
  const [one, other] = [devices[0]!, devices[1]!];
  const setting = { slot: 0, identity: one.identity, primitives: nodePrimitives, draw };
  const [, earlier] = await advertise({
    ...setting,
    config: sumConfig({ ...config, round: 9 as typeof config.round }),
  });
  const [, own] = await advertise({ ...setting, config });
  const refusals = [
    await send(one, { name: 'sum-advert', message: { ...about, advert: earlier } }),
    await send(other, { name: 'sum-advert', message: { ...about, advert: own } }),
    await send(one, { name: 'sum-advert', message: { ...about, advert: { ...own, slot: 3 } } }),
  ];
  for (const refusal of refusals) expect(refusal).toMatchObject({ ok: false, error: 'malformed' });
  expect(server.round.sums![0]).toMatchObject({ phase: 'advertising', adverts: [] });
});
