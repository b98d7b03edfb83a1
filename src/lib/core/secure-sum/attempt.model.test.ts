// Every interleaving of one secure sum of three devices, two of which open a secret, with one doubled message, one lost message, one
// death and one crash of the server: on the real stepSum and the real rule of the one answer (FAULTS §6.4). What a message carries is
// of no matter here; who has given away what is. It begins where keys are shared: before, nothing can be given away, and a crash ends
// the attempt.
import { describe, expect, test } from 'vitest';
import { sumConfig } from '../../../../test/support/sum-config.ts';
import type { Digest } from '../ids.ts';
import type { SumAttempt, SumEvent } from './attempt-state.ts';
import { openAttempt, stepSum, type SumStep } from './attempt.ts';
import type { Graph } from './graph.ts';
import { checkQuestion } from './member-rules.ts';

const config = sumConfig({ cohort: 3, profile: 'lenient', least: 2 });
const THRESHOLD = 2;

interface Device {
  readonly alive: boolean;
  /** The question that it has answered; the rule of member-rules. */
  readonly asked: readonly number[] | null;
  /** Shares that it has given away: `b0` is one of the self seed of device 0, `s0` one of its mask key. */
  readonly gave: readonly string[];
}

interface World {
  readonly attempt: SumAttempt;
  /** What a restart finds. */
  readonly durable: SumAttempt;
  readonly devices: readonly Device[];
  readonly flying: readonly SumEvent[];
  readonly left: {
    readonly copies: number;
    readonly losses: number;
    readonly deaths: number;
    readonly crashes: number;
  };
  /** Questions that devices were asked, as text. */
  readonly announced: readonly string[];
  /** What stands in the version, if there is one, and whether its log record does. */
  readonly version: readonly number[] | null;
  readonly commits: number;
  readonly logged: boolean;
}

/** How the rules are broken, to see that the search finds it. */
interface Mutant {
  readonly step?: (attempt: SumAttempt, event: SumEvent) => SumStep;
  readonly answersTwice?: boolean;
  /** After a crash vectors are collected again. */
  readonly reopens?: boolean;
  readonly logsLater?: boolean;
  readonly keepsAborted?: boolean;
}

/** All with all. */
const graph: Graph = {
  sizes: { neighbours: 2, threshold: THRESHOLD, arrived: 0, stay: 0 },
  order: [0, 1, 2],
  neighboursOf: (slot) => [0, 1, 2].filter((one) => one !== slot),
  holdersOf: () => [0, 1, 2],
};

const digest = (slot: number): Digest => `v${slot}` as Digest;

const slots = [0, 1, 2];
const rostered = slots.reduce(
  (attempt, slot) =>
    stepSum(attempt, {
      type: 'advert',
      advert: {
        slot,
        sealKey: `c${slot}`,
        maskKey: `s${slot}`,
        pledge: '',
        identity: `i${slot}`,
        signature: '',
      },
    }).attempt,
  openAttempt(config, slots),
);
/** U2 is all three. */
const collecting = slots.reduce(
  (attempt, slot) => stepSum(attempt, { type: 'keys', keys: { slot, commit: '', sealed: '' } }).attempt,
  rostered,
);

const start: World = {
  attempt: collecting,
  durable: collecting,
  devices: slots.map(() => ({ alive: true, asked: null, gave: [] })),
  flying: [],
  left: { copies: 1, losses: 1, deaths: 1, crashes: 1 },
  announced: [],
  version: null,
  commits: 0,
  logged: false,
};

function fed(world: World, event: SumEvent, mutant: Mutant): World {
  const { attempt, effects } = (mutant.step ?? stepSum)(world.attempt, event);
  let next: World = { ...world, attempt };
  if (effects.some((effect) => effect.type === 'record')) next = { ...next, durable: attempt };
  if (effects.some((effect) => effect.type === 'ask') && attempt.phase === 'consenting')
    next = { ...next, announced: [...next.announced, attempt.summed.join()] };
  if (attempt.phase === 'aborted' && mutant.keepsAborted === true && 'masked' in world.attempt)
    next = { ...next, version: world.attempt.masked.map(({ slot }) => slot), commits: 1, logged: true };
  return next;
}

/** A message on its way, once. */
function sent(world: World, event: SumEvent): World | undefined {
  const name = shortName(event);
  return world.flying.some((one) => shortName(one) === name)
    ? undefined
    : { ...world, flying: [...world.flying, event] };
}

const withDevice = (world: World, slot: number, change: Partial<Device>): World => ({
  ...world,
  devices: world.devices.map((one, i) => (i === slot ? { ...one, ...change } : one)),
});

/** What a device does about how things stand; a reconnection tells it as well as the first message did. */
function acts(world: World, slot: number, mutant: Mutant): World | undefined {
  const device = world.devices[slot]!;
  const { attempt } = world;
  switch (attempt.phase) {
    case 'collecting':
      return attempt.masked.some((one) => one.slot === slot)
        ? undefined
        : sent(world, { type: 'masked', slot, update: digest(slot) });
    case 'consenting': {
      if (attempt.consents.some((one) => one.slot === slot)) return undefined;
      const shared = attempt.shared.map((one) => one.slot);
      const before = mutant.answersTwice === true ? undefined : (device.asked ?? undefined);
      const refusal = checkQuestion(attempt.summed, { shared, own: slot, graph, before }, config, 2);
      if (refusal !== undefined) return undefined;
      const consent = { slot, signature: attempt.summed.join() };
      return sent(withDevice(world, slot, { asked: attempt.summed }), { type: 'consent', consent });
    }
    case 'revealing': {
      if (device.asked?.join() !== attempt.summed.join() || attempt.reveals.some((one) => one.slot === slot))
        return undefined;
      const same = attempt.consents.filter((one) => one.signature === attempt.summed.join());
      if (same.length < THRESHOLD) return undefined;
      const gave = attempt.shared.map((one) => `${attempt.summed.includes(one.slot) ? 'b' : 's'}${one.slot}`);
      const all = [...new Set([...device.gave, ...gave])].sort();
      return sent(withDevice(world, slot, { gave: all }), { type: 'reveal', reveal: { slot, shares: '' } });
    }
    default:
      return undefined;
  }
}

function* successors(world: World, mutant: Mutant): Generator<World> {
  const { attempt, left, flying } = world;
  // Over, and all is written: nothing that happens now changes anything.
  if (attempt.phase === 'aborted' || (attempt.phase === 'summed' && world.logged)) return;
  for (const [slot, device] of world.devices.entries()) {
    if (!device.alive) continue;
    const next = acts(world, slot, mutant);
    if (next !== undefined) yield next;
    if (left.deaths > 0)
      yield withDevice({ ...world, left: { ...left, deaths: left.deaths - 1 } }, slot, { alive: false });
  }
  for (const [index, event] of flying.entries()) {
    const rest = flying.filter((_, i) => i !== index);
    yield fed({ ...world, flying: rest }, event, mutant);
    if (left.losses > 0) yield { ...world, flying: rest, left: { ...left, losses: left.losses - 1 } };
    if (left.copies > 0) yield fed({ ...world, left: { ...left, copies: left.copies - 1 } }, event, mutant);
  }
  if (attempt.phase === 'collecting') yield fed(world, { type: 'close' }, mutant);
  else if (attempt.phase !== 'summed') yield fed(world, { type: 'deadline', phase: attempt.phase }, mutant);
  if (attempt.phase === 'revealing' && attempt.reveals.length >= THRESHOLD) {
    const done = fed(world, { type: 'recovered' }, mutant);
    // One transaction: the version, its record in the log, and the end of the attempt.
    const committed = { ...done, durable: done.attempt, version: attempt.summed, commits: done.commits + 1 };
    yield { ...committed, logged: mutant.logsLater !== true };
  }
  if (mutant.logsLater === true && world.version !== null && !world.logged) yield { ...world, logged: true };
  if (left.crashes > 0) {
    const { durable } = world;
    const found: SumAttempt =
      mutant.reopens === true && durable.phase === 'consenting'
        ? {
            phase: 'collecting',
            config,
            roster: durable.roster,
            nonces: [],
            shared: durable.shared,
            masked: durable.masked,
          }
        : durable;
    yield {
      ...world,
      attempt: found,
      durable: found,
      flying: [],
      left: { ...left, crashes: left.crashes - 1 },
    };
  }
}

function violated(world: World): string | undefined {
  const { attempt, version, commits, logged, devices, announced } = world;
  const twice = (slots: readonly number[]): boolean => new Set(slots).size !== slots.length;
  if ('masked' in attempt && twice(attempt.masked.map(({ slot }) => slot))) return 'I1';
  if (version !== null && twice(version)) return 'I1';
  if (commits > 1) return 'I2';
  // A version without its record, once nothing is being written any more.
  if (version !== null && !logged && world.left.crashes === 0) return 'I3';
  for (const slot of [0, 1, 2]) {
    const gave = (seed: string): number =>
      devices.filter((one) => one.gave.includes(`${seed}${slot}`)).length;
    if (devices.some((one) => one.gave.includes(`b${slot}`) && one.gave.includes(`s${slot}`))) return 'I4a';
    if (gave('b') >= THRESHOLD && gave('s') >= THRESHOLD) return 'I4';
  }
  if (
    'summed' in attempt &&
    attempt.masked
      .map(({ slot }) => slot)
      .sort()
      .join() !== attempt.summed.join()
  )
    return 'I5';
  if (version !== null && attempt.phase !== 'aborted' && !announced.includes(version.join())) return 'I5';
  if ('summed' in attempt && attempt.summed.length < THRESHOLD) return 'I6';
  if (attempt.phase === 'aborted' && version !== null) return 'I7';
  return undefined;
}

/** A device says one thing of each kind about one question. */
const shortName = (event: SumEvent): string =>
  event.type === 'consent'
    ? `consent/${event.consent.slot}/${event.consent.signature}`
    : event.type === 'reveal'
      ? `reveal/${event.reveal.slot}`
      : event.type === 'masked'
        ? `masked/${event.slot}`
        : event.type;

/** In whatever order messages came, what follows is the same; and so it is where one flies that nobody waits for any more. */
function nameOf(world: World): string {
  const attemptOf = (attempt: SumAttempt): unknown[] => [
    attempt.phase,
    'masked' in attempt ? attempt.masked.map(({ slot }) => slot).sort() : 0,
    'summed' in attempt ? attempt.summed : 0,
    'consents' in attempt ? attempt.consents.map(({ slot, signature }) => `${slot}/${signature}`).sort() : 0,
    'reveals' in attempt ? attempt.reveals.map(({ slot }) => slot).sort() : 0,
  ];
  const flying = world.flying.map(shortName).sort();
  const { attempt, durable, devices, left, announced, version, commits, logged } = world;
  return JSON.stringify([
    attemptOf(attempt),
    attemptOf(durable),
    devices,
    flying,
    left,
    announced,
    version,
    commits,
    logged,
  ]);
}

const awaitedIn: Readonly<Record<string, readonly SumAttempt['phase'][]>> = {
  masked: ['collecting', 'consenting', 'revealing', 'summed'],
  consent: ['consenting'],
  reveal: ['revealing'],
};

/** Breadth first, so that what is found is found on the shortest way. */
function explore(
  mutant: Mutant = {},
  left = start.left,
): {
  readonly states: number;
  readonly depth: number;
  readonly committed: number;
  readonly violation: string | undefined;
} {
  const seen = new Set<string>();
  let frontier: World[] = [{ ...start, left }];
  let committed = 0;
  for (let depth = 0; frontier.length > 0; depth += 1) {
    const next: World[] = [];
    for (const world of frontier) {
      const violation = violated(world);
      if (violation !== undefined) return { states: seen.size, depth, committed, violation };
      for (const reached of successors(world, mutant)) {
        const { phase } = reached.attempt;
        const flying = reached.flying.filter((event) => awaitedIn[event.type]?.includes(phase) === true);
        const successor = { ...reached, flying };
        const text = nameOf(successor);
        if (seen.has(text)) continue;
        seen.add(text);
        if (successor.version !== null) committed += 1;
        next.push(successor);
      }
    }
    if (next.length === 0) return { states: seen.size, depth, committed, violation: undefined };
    frontier = next;
  }
  throw new Error('The search has no end.');
}

test('no interleaving violates an invariant, and many commit', () => {
  const found = explore();
  expect(found.violation).toBeUndefined();
  // All of them: a change of the machine that takes states away shows here.
  expect(found).toMatchObject({ states: 39_999, depth: 22 });
  expect(found.committed).toBeGreaterThan(1_000);
});

describe('a rule that is broken is found out', () => {
  const onlyACrash = { copies: 0, losses: 0, deaths: 0, crashes: 1 };

  test('vectors are not looked at twice: I1', () => {
    const step = (attempt: SumAttempt, event: SumEvent): SumStep =>
      attempt.phase === 'collecting' && event.type === 'masked'
        ? {
            attempt: { ...attempt, masked: [...attempt.masked, { slot: event.slot, update: event.update }] },
            effects: [{ type: 'record' }],
          }
        : stepSum(attempt, event);
    expect(explore({ step }).violation).toBe('I1');
  });

  test('a vector is taken after the question: I5', () => {
    const step = (attempt: SumAttempt, event: SumEvent): SumStep =>
      (attempt.phase === 'consenting' || attempt.phase === 'revealing') &&
      event.type === 'masked' &&
      !attempt.masked.some((one) => one.slot === event.slot)
        ? {
            attempt: { ...attempt, masked: [...attempt.masked, { slot: event.slot, update: event.update }] },
            effects: [],
          }
        : stepSum(attempt, event);
    expect(explore({ step }).violation).toBe('I5');
  });

  test('collecting again after a crash is held by the one answer alone: without that, I4a', () => {
    expect(explore({ reopens: true }, onlyACrash).violation).toBeUndefined();
    expect(explore({ reopens: true, answersTwice: true }, onlyACrash).violation).toBe('I4a');
  });

  test('the version and its record are two writes: I3', () => {
    expect(explore({ logsLater: true }, onlyACrash).violation).toBe('I3');
  });

  test('an aborted attempt keeps what it had: I7', () => {
    expect(explore({ keepsAborted: true }).violation).toBe('I7');
  });
});
