import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { digestOfText } from '../digest.ts';
import { plainRounds } from '../federation.ts';
import { ParticipantId, RoundNumber, RunNumber, VersionNumber, type Digest } from '../ids.ts';
import { carriedFrom, freeSeats, openBuffer } from './buffer.ts';
import {
  acceptedReports,
  cohortOf,
  isOver,
  memberOf,
  Round,
  type Candidate,
  type Delivered,
  type Reporting,
} from './round-state.ts';
import type { Effect, RoundEvent } from './round-events.ts';
import { step, type QuantumOf } from './round.ts';

/** Two updates of weight 1 each: the quantum says for how many it was fixed. */
const quantumOf: QuantumOf = (claims) => claims.reduce((total, one) => total + one, 0);
const participant = (digit: string): ParticipantId => v.parse(ParticipantId, digit.repeat(32));
const round = (number: number): RoundNumber => v.parse(RoundNumber, number);
const version = (number: number): VersionNumber => v.parse(VersionNumber, number);
const bytesOfVersion = (number: number): Digest => digestOfText(`version ${number}`);
const rules = {
  ...plainRounds,
  mode: { type: 'asynchronous' as const, concurrency: 2 },
  goal: 2,
  minimum: 1,
  overSelection: 1,
  selectionDeadlineMs: 1_000,
  reportingDeadlineMs: 5_000,
  pauseMs: 0,
  maximumRounds: 10,
};
/** Round n trains from version n − 1, and bases of one version before still count. */
const settingOf = (number: number, change: Partial<typeof rules> = {}) => ({
  round: round(number),
  run: v.parse(RunNumber, 1),
  base: version(number - 1),
  baseDigest: bytesOfVersion(number - 1),
  rules: { ...rules, ...change },
  maximumStaleness: 1,
  openedAt: 0,
});
const opened = (change: Partial<typeof rules> = {}): Reporting =>
  openBuffer(settingOf(1, change), [], quantumOf);
const candidate = (digit: string): Candidate => ({
  participant: participant(digit),
  name: digit,
  examples: 10,
});
const available = (...digits: string[]): RoundEvent => ({
  type: 'available',
  candidates: digits.map(candidate),
  population: digits.length,
  at: 0,
});
const delivered = (digit: string, configured: number): Delivered => ({
  participant: participant(digit),
  round: round(configured),
  base: bytesOfVersion(configured - 1),
  update: digestOfText(`${digit} of round ${configured}`),
  bytes: 24,
  codec: 'f32',
  examples: 10,
  steps: 1,
  baseLoss: null,
  norm: 1,
  at: 0,
});
const reported = (digit: string, configured: number): RoundEvent => ({
  type: 'report',
  report: delivered(digit, configured),
  at: 0,
});
const overdue = (digit: string, configured: number): RoundEvent => ({
  type: 'overdue',
  participant: participant(digit),
  round: round(configured),
  at: 0,
});

const after = (start: Round, ...events: RoundEvent[]): { round: Round; effects: readonly Effect[] } =>
  events.reduce<{ round: Round; effects: readonly Effect[] }>(
    (before, event) => step(before.round, event, quantumOf),
    { round: start, effects: [] },
  );
/** Its version is made, and the next buffer opens with whoever still trains. */
const committed = (closed: Round): { readonly ended: Round; readonly next: Reporting } => {
  const made: RoundEvent = {
    type: 'aggregated',
    version: version(closed.round),
    digest: bytesOfVersion(closed.round),
    at: 0,
  };
  return {
    ended: step(closed, made, quantumOf).round,
    next: openBuffer({ ...settingOf(closed.round + 1), rules: closed.rules }, carriedFrom(closed), quantumOf),
  };
};
const standings = (one: Round): string =>
  cohortOf(one)
    .map(({ candidate: { name }, standing, task }) => `${name}${task.round} ${standing.type}`)
    .join(', ');

describe('a buffer', () => {
  test('configures whoever is free, as many as may train at the same time, each with a deadline of its own', () => {
    const { round: now, effects } = after(opened(), available('a', 'b', 'c'));
    expect(standings(now)).toBe('a1 active, b1 active');
    expect(cohortOf(now).map((one) => one.task)).toEqual([
      { round: 1, version: 0, digest: bytesOfVersion(0), leftMs: 5_000 },
      { round: 1, version: 0, digest: bytesOfVersion(0), leftMs: 5_000 },
    ]);
    expect(effects.map((effect) => effect.type)).toEqual(['record', 'configure']);
    // A report makes a place free, for another device.
    const next = after(now, reported('a', 1), available('a', 'c'));
    expect(standings(next.round)).toBe('a1 accepted, b1 active, c1 active');
  });

  test('closes at its goal, whoever trains on is a member of the next, and its staleness is in its report', () => {
    const closed = after(
      opened(),
      available('a', 'b'),
      reported('a', 1),
      available('c'),
      reported('b', 1),
    ).round;
    expect(closed.phase).toBe('aggregation');
    const { ended, next } = committed(closed);
    expect(standings(ended)).toBe('a1 accepted, b1 accepted');
    expect(standings(next)).toBe('c1 active');
    // c began at version 0; the round’s base is version 1.
    const later = after(next, available('a'), reported('c', 1)).round;
    expect(acceptedReports(later)).toMatchObject([{ round: 1, version: 0, staleness: 1 }]);
    expect(standings(later)).toBe('c1 accepted, a2 active');
  });

  test('answers what comes while its version is being made with neither yes nor no', () => {
    const closed = after(
      opened({ mode: { type: 'asynchronous', concurrency: 3 } }),
      available('a', 'b', 'c'),
      reported('a', 1),
      reported('b', 1),
    ).round;
    expect(step(closed, reported('c', 1), quantumOf)).toEqual({
      round: closed,
      effects: [{ type: 'ask-again', participant: participant('c') }],
    });
    expect(standings(after(committed(closed).next, reported('c', 1)).round)).toBe('c1 accepted');
  });

  test('refuses an update that has become too old, with its age, and gives its device a new base', () => {
    let now: Round = after(
      opened({ mode: { type: 'asynchronous', concurrency: 3 } }),
      available('a', 'b', 'c'),
    ).round;
    for (const number of [1, 2]) {
      const closed = after(now, reported('a', number), reported('b', number)).round;
      now = after(committed(closed).next, available('a', 'b')).round;
    }
    // Base 0 in a round of base 2.
    expect(standings(now)).toBe('c1 expired, a3 active, b3 active');
    expect(step(now, reported('c', 1), quantumOf).effects).toEqual([
      {
        type: 'refuse',
        participant: participant('c'),
        refusal: {
          kind: 'stale-base',
          expected: bytesOfVersion(2),
          got: bytesOfVersion(0),
          age: { versions: 2, most: 1 },
        },
      },
    ]);
    const anew = after(now, available('c')).round;
    expect(standings(anew)).toBe('a3 active, b3 active, c3 active');
    expect(step(anew, reported('c', 1), quantumOf).effects).toMatchObject([
      { refusal: { kind: 'stale-base', expected: bytesOfVersion(2) } },
    ]);
  });

  test('gives the seat of a device that missed its own deadline, or was lost, to another', () => {
    const full = after(opened(), available('a', 'b')).round;
    const late = after(full, overdue('a', 1)).round;
    expect(step(late, reported('a', 1), quantumOf).effects).toMatchObject([
      { refusal: { kind: 'round-closed', round: 1 } },
    ]);
    expect(standings(after(late, available('c')).round)).toBe('a1 expired, b1 active, c1 active');
    // The timer of an earlier task of the same device ends nothing.
    expect(step(full, overdue('a', 2), quantumOf).round).toBe(full);
    const lost = after(full, { type: 'lost', participant: participant('a'), at: 0 }, available('c')).round;
    expect(standings(lost)).toBe('a1 dropped, b1 active, c1 active');
    // Its work is still wanted when it comes back.
    expect(standings(after(lost, reported('a', 1)).round)).toBe('a1 accepted, b1 active, c1 active');
  });

  test('fixes the unit of its sum when it opens, for as many updates as its goal', () => {
    expect(opened().quantum).toBe(2);
    expect(after(opened(), available('a', 'b', 'c')).round).toMatchObject({ quantum: 2 });
  });

  test('whose version could not be made is over with its updates; whoever trains goes on', () => {
    const closed = after(
      opened(),
      available('a', 'b'),
      reported('a', 1),
      available('c'),
      reported('b', 1),
    ).round;
    const failed = step(closed, { type: 'failed', reason: 'Not finite.', at: 0 }, quantumOf).round;
    expect(failed).toMatchObject({ phase: 'abandoned', reason: 'Not finite.' });
    expect(standings(failed)).toBe('a1 accepted, b1 accepted');
    expect(standings(openBuffer({ ...settingOf(2), base: version(0) }, carriedFrom(closed), quantumOf))).toBe(
      'c1 active',
    );
  });
});

/** What three devices, their deadlines and the coordinator can do in rounds 1 and 2. */
const everyEvent: readonly RoundEvent[] = [
  ...['a', 'b', 'c'].flatMap((digit): RoundEvent[] => [
    available(digit),
    ...[1, 2].flatMap((configured) => [reported(digit, configured), overdue(digit, configured)]),
    { type: 'rejected', participant: participant(digit), reason: 'Not finite.', at: 0 },
    { type: 'withdrawn', participant: participant(digit), reason: 'Paused.', at: 0 },
    { type: 'lost', participant: participant(digit), at: 0 },
    { type: 'returned', participant: participant(digit), at: 0 },
  ]),
  { type: 'deadline', round: round(1), phase: 'reporting', at: 0 },
  { type: 'failed', reason: 'Not finite.', at: 0 },
  { type: 'cancelled', reason: 'Enough.', at: 0 },
];

/** A run: the open round, and the updates that its versions are made of, each by device and round of configuration. */
interface Run {
  readonly round: Round;
  readonly counted: readonly string[];
}
/** States that differ in order or in words alone are one. */
const keyOf = ({ round: one, counted }: Run): string =>
  [
    one.round,
    one.phase,
    ...cohortOf(one)
      .map(({ candidate: { name }, task, standing }) => `${name}${task.round}${standing.type}`)
      .sort(),
    '|',
    ...[...counted].sort(),
  ].join(' ');
const keysOf = (one: Round): string[] =>
  acceptedReports(one).map((report) => `${report.participant[0]}${report.round}`);

function breach(
  before: Round,
  event: RoundEvent,
  next: Round,
  effects: readonly Effect[],
): string | undefined {
  const accepted = acceptedReports(next);
  if (accepted.some((one) => one.staleness !== next.base - one.version)) return 'a staleness is not its age';
  if (accepted.some((one) => one.staleness > 1)) return 'an update is counted that is too old';
  const keys = keysOf(next);
  if (keysOf(before).some((key) => !keys.includes(key))) return 'an accepted update was lost';
  const devices = cohortOf(next).map((member) => member.candidate.name);
  if (new Set(devices).size !== devices.length) return 'a device has two places';
  if (keys.length > rules.goal) return 'a buffer holds more than its goal';
  if (keys.length === rules.goal && next.phase === 'reporting') return 'a full buffer waits';
  if (before.phase === 'reporting' && next.phase === 'reporting' && event.type === 'available')
    if (effects.length > 0 && freeSeats(before) === 0) return 'more train than may';
  const answers = effects.filter((one) => ['accept', 'refuse', 'ask-again'].includes(one.type));
  if (event.type === 'report' && answers.length !== 1) return 'a report was not answered exactly once';
  if (keys.length > keysOf(before).length && effects[0]?.type !== 'record')
    return 'a report was accepted and not recorded';
  return undefined;
}

describe('every interleaving of three devices over two versions', () => {
  test('counts no update twice and loses none, never beyond the oldest base, K to a version', () => {
    const states = new Map<string, Run>();
    const queue: Run[] = [];
    const visit = (run: Run): void => {
      const key = keyOf(run);
      if (states.has(key)) return;
      states.set(key, run);
      queue.push(run);
    };
    visit({ round: opened(), counted: [] });
    const seen = { versions: 0, carried: 0, tooOld: 0, stale: 0, askedAgain: 0 };
    for (let at = 0; at < queue.length; at += 1) {
      const run = queue[at]!;
      const before = run.round;
      if (before.phase === 'aggregation') {
        const { ended, next } = committed(before);
        seen.versions += 1;
        // Exactly K, and none of them in an earlier version.
        const keys = keysOf(ended);
        expect(keys).toHaveLength(rules.goal);
        expect(new Set([...run.counted, ...keys]).size).toBe(run.counted.length + rules.goal);
        // Whoever was under way is under way still, unless its base has become too old.
        for (const member of carriedFrom(before)) {
          seen.carried += 1;
          const now = memberOf(next, member.candidate.participant);
          expect(now?.task).toEqual(member.task);
          if (now?.standing.type !== 'expired') expect(now).toEqual(member);
          else {
            seen.tooOld += 1;
            expect(next.base - member.task.version).toBe(2);
          }
        }
        if (next.round <= 2) visit({ round: next, counted: keys });
      }
      for (const event of everyEvent) {
        const { round: next, effects } = step(before, event, quantumOf);
        const wrong = breach(before, event, next, effects);
        if (wrong !== undefined) expect.fail(`${wrong}: ${JSON.stringify(event)} in ${keyOf(run)}`);
        if (acceptedReports(next).some((one) => one.staleness > 0)) seen.stale += 1;
        if (effects.some((one) => one.type === 'ask-again')) seen.askedAgain += 1;
        if (!isOver(next)) visit({ ...run, round: next });
      }
    }
    // What is written to disk is read back as the same round.
    for (const { round: one } of states.values())
      if (one.phase === 'aggregation') expect(v.parse(Round, JSON.parse(JSON.stringify(one)))).toEqual(one);
    // The search reached what it is about.
    expect(states.size).toBeGreaterThan(1_000);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
  });
});
