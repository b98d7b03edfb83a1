import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { quantumFor } from '../aggregation/fixed-point-sum.ts';
import { digestOfText } from '../digest.ts';
import { plainRounds } from '../federation.ts';
import { ParticipantId, RoundNumber, RunNumber, VersionNumber } from '../ids.ts';
import { decide } from './decide.ts';
import {
  acceptedReports,
  cohortOf,
  isOver,
  memberOf,
  Round,
  type Candidate,
  type Report,
} from './round-state.ts';
import type { Effect, RoundEvent, Step } from './round-events.ts';
import { cohortSize, openRound, step } from './round.ts';

const quantumOf = (claims: readonly number[]): number =>
  quantumFor(
    claims.reduce((total, one) => total + one, 0),
    64,
  );
const participant = (digit: string): ParticipantId => v.parse(ParticipantId, digit.repeat(32));
const base = digestOfText('base');
const rules = {
  ...plainRounds,
  goal: 2,
  minimum: 2,
  overSelection: 1.5,
  selectionDeadlineMs: 1_000,
  reportingDeadlineMs: 5_000,
  pauseMs: 0,
  maximumRounds: 1,
};
const number = v.parse(RoundNumber, 4);
const opened = (change: Partial<typeof rules> = {}): Round =>
  openRound({
    round: number,
    run: v.parse(RunNumber, 1),
    base: v.parse(VersionNumber, 3),
    baseDigest: base,
    rules: { ...rules, ...change },
    maximumStaleness: 0,
    openedAt: 0,
  });
const candidate = (digit: string, examples = 10): Candidate => ({
  participant: participant(digit),
  name: digit,
  examples,
});
const report = (digit: string, change: Partial<Report> = {}): Report => ({
  participant: participant(digit),
  round: number,
  base,
  version: v.parse(VersionNumber, 3),
  staleness: 0,
  update: digestOfText(`update of ${digit}`),
  bytes: 24,
  codec: 'f32',
  examples: 10,
  steps: 1,
  baseLoss: null,
  norm: 1,
  at: 0,
  ...change,
});
const reported = (digit: string, change: Partial<Report> = {}): RoundEvent => ({
  type: 'report',
  report: report(digit, change),
  at: 0,
});
const available = (...digits: string[]): RoundEvent => ({
  type: 'available',
  candidates: digits.map((one) => candidate(one)),
  population: digits.length,
  at: 0,
});
const deadline = (phase: 'selection' | 'reporting'): RoundEvent => ({
  type: 'deadline',
  round: number,
  phase,
  at: 0,
});
const aggregated: RoundEvent = {
  type: 'aggregated',
  version: v.parse(VersionNumber, 4),
  digest: digestOfText('made'),
  at: 0,
};

const after = (round: Round, ...events: RoundEvent[]): Step =>
  events.reduce<Step>((before, event) => step(before.round, event, quantumOf), { round, effects: [] });
const types = (effects: readonly Effect[]): string[] => effects.map((effect) => effect.type);

describe('a round', () => {
  test('over-selects: a cohort is the goal times the factor, rounded up', () => {
    // 10 · 1.3 is 13.000000000000002 in binary, and still 13 devices.
    expect([
      cohortSize({ ...rules, goal: 10, overSelection: 1.3 }),
      cohortSize(rules),
      cohortSize({ ...rules, goal: 3, overSelection: 1.3 }),
    ]).toEqual([13, 3, 4]);
  });

  test('configures its cohort as soon as it is full, and takes no more than that', () => {
    const { round, effects } = after(opened(), available('a', 'b'), available('c', 'd'));
    expect(round.phase).toBe('reporting');
    expect(cohortOf(round).map((member) => member.candidate.name)).toEqual(['a', 'b', 'c']);
    expect(types(effects)).toEqual(['record', 'start-timer', 'configure']);
  });

  test('configures fewer at the selection deadline, when they are enough, and else is abandoned', () => {
    expect(after(opened(), available('a', 'b'), deadline('selection')).round.phase).toBe('reporting');
    const { round, effects } = after(opened(), available('a'), deadline('selection'));
    expect(round).toMatchObject({
      phase: 'abandoned',
      reason: 'Only 1 device took part; the round needs 2.',
    });
    expect(types(effects)).toEqual(['stop-timer', 'record', 'announce-abandon']);
  });

  test('ignores the timer of a phase that is over, and of another round', () => {
    const reporting = after(opened(), available('a', 'b', 'c')).round;
    expect(step(reporting, deadline('selection'), quantumOf)).toEqual({ round: reporting, effects: [] });
    const other: RoundEvent = { type: 'deadline', round: v.parse(RoundNumber, 3), phase: 'reporting', at: 0 };
    expect(step(reporting, other, quantumOf)).toEqual({ round: reporting, effects: [] });
  });

  test('closes at its goal, and commits what was averaged', () => {
    const closed = after(opened(), available('a', 'b', 'c'), reported('a'), reported('b'));
    expect(closed.round.phase).toBe('aggregation');
    expect(types(closed.effects)).toEqual(['record', 'accept', 'stop-timer', 'record', 'aggregate']);
    const committed = step(closed.round, aggregated, quantumOf);
    expect(committed.round).toMatchObject({ phase: 'committed', version: 4 });
    expect(memberOf(committed.round, participant('c'))?.standing.type).toBe('dropped');
  });

  test('answers the same report with the same receipt, and another of the same device with duplicate', () => {
    const once = after(opened(), available('a', 'b', 'c'), reported('a')).round;
    expect(step(once, reported('a'), quantumOf)).toEqual({
      round: once,
      effects: [{ type: 'accept', report: report('a') }],
    });
    expect(step(once, reported('a', { update: digestOfText('other') }), quantumOf).effects).toEqual([
      { type: 'refuse', participant: participant('a'), refusal: { kind: 'duplicate', round: 4 } },
    ]);
  });

  test.each([
    ['f', {}, { kind: 'not-in-cohort', round: 4 }],
    ['a', { base: digestOfText('old') }, { kind: 'stale-base', expected: base, got: digestOfText('old') }],
    [
      'a',
      { examples: 11 },
      { kind: 'invalid', reason: 'it claims 11 examples where the device checked in with 10' },
    ],
  ] as const)('refuses a report of %s that is not what it asked for', (digit, change, refusal) => {
    const reporting = after(opened(), available('a', 'b', 'c')).round;
    expect(step(reporting, reported(digit, change), quantumOf)).toEqual({
      round: reporting,
      effects: [{ type: 'refuse', participant: participant(digit), refusal }],
    });
  });

  test('refuses what arrives after it closed, before and after its commit', () => {
    const closed = after(opened(), available('a', 'b', 'c'), reported('a'), reported('b')).round;
    for (const round of [closed, step(closed, aggregated, quantumOf).round])
      expect(step(round, reported('c'), quantumOf).effects).toMatchObject([
        { refusal: { kind: 'round-closed', round: 4 } },
      ]);
  });

  test('still takes the report of a device whose connection was lost, and configures it anew when it returns', () => {
    const lost = after(opened(), available('a', 'b', 'c'), {
      type: 'lost',
      participant: participant('a'),
      at: 0,
    }).round;
    expect(memberOf(lost, participant('a'))?.standing.type).toBe('dropped');
    expect(step(lost, { type: 'returned', participant: participant('a'), at: 0 }, quantumOf).effects).toEqual(
      [{ type: 'configure', participants: [participant('a')] }],
    );
    expect(memberOf(step(lost, reported('a'), quantumOf).round, participant('a'))?.standing.type).toBe(
      'accepted',
    );
  });

  test('closes without its deadline when nobody is left to wait for', () => {
    const gone = (digit: string): RoundEvent => ({ type: 'lost', participant: participant(digit), at: 0 });
    const waiting = after(
      opened({ goal: 3, overSelection: 1 }),
      available('a', 'b', 'c'),
      reported('a'),
      gone('c'),
    ).round;
    expect(waiting.phase).toBe('reporting');
    expect(step(waiting, reported('b'), quantumOf).round.phase).toBe('aggregation');
    const withdraws = (digit: string): RoundEvent => ({
      type: 'withdrawn',
      participant: participant(digit),
      reason: 'Paused.',
      at: 0,
    });
    expect(after(opened(), available('a', 'b', 'c'), withdraws('a'), withdraws('b')).round).toMatchObject({
      phase: 'abandoned',
      reason: 'Only 1 device could report any more; the round needs 2.',
    });
  });

  test('cannot be cancelled once its updates are being averaged', () => {
    const closed = after(opened(), available('a', 'b', 'c'), reported('a'), reported('b')).round;
    expect(step(closed, { type: 'cancelled', reason: 'Enough.', at: 0 }, quantumOf)).toEqual({
      round: closed,
      effects: [],
    });
    expect(step(closed, { type: 'failed', reason: 'Not finite.', at: 0 }, quantumOf).round).toMatchObject({
      phase: 'abandoned',
      reason: 'Not finite.',
    });
  });
});

/** Everything that three devices, the clock and the coordinator can do to a round, mistakes and repetitions included. */
const everyEvent: readonly RoundEvent[] = [
  ...['a', 'b', 'c'].flatMap((digit): RoundEvent[] => [
    available(digit),
    { type: 'left', participant: participant(digit), at: 0 },
    { type: 'progress', participant: participant(digit), stage: 'training', fraction: 0.5, at: 0 },
    reported(digit),
    reported(digit, { update: digestOfText('another') }),
    { type: 'rejected', participant: participant(digit), reason: 'Not finite.', at: 0 },
    { type: 'withdrawn', participant: participant(digit), reason: 'Paused.', at: 0 },
    { type: 'overdue', participant: participant(digit), round: number, at: 0 },
    { type: 'lost', participant: participant(digit), at: 0 },
    { type: 'returned', participant: participant(digit), at: 0 },
  ]),
  deadline('selection'),
  deadline('reporting'),
  aggregated,
  { type: 'failed', reason: 'Not finite.', at: 0 },
  { type: 'cancelled', reason: 'Enough.', at: 0 },
];

/** Histories are for screens alone, and without them states repeat. */
const keyOf = (round: Round): string =>
  JSON.stringify(round, (name: string, value: unknown) => (name === 'history' ? [] : value));

function breach(before: Round, event: RoundEvent, { round, effects }: Step): string | undefined {
  const accepted = acceptedReports(round);
  if (new Set(accepted.map((one) => one.participant)).size !== accepted.length)
    return 'a device is counted twice';
  for (const one of acceptedReports(before))
    if (memberOf(round, one.participant)?.standing.type !== 'accepted') return 'an accepted report was lost';
  for (const one of accepted) {
    const earlier = memberOf(before, one.participant)?.standing;
    if (earlier?.type === 'accepted' && earlier.report.update !== one.update)
      return 'an accepted report was replaced';
  }
  if (isOver(before) && keyOf(before) !== keyOf(round)) return 'a round that is over changed';
  if (round.phase === 'committed' && accepted.length < rules.minimum)
    return 'committed with fewer than the minimum';
  const records = effects.flatMap((effect, index) => (effect.type === 'record' ? [index] : []));
  const heard = effects.findIndex((effect) =>
    ['configure', 'announce-commit', 'announce-abandon'].includes(effect.type),
  );
  if (heard !== -1 && event.type !== 'returned' && !records.some((index) => index < heard))
    return 'something was told before it was recorded';
  if (before.phase !== round.phase && records.length === 0) return 'a change of phase was not recorded';
  if (accepted.length > acceptedReports(before).length && effects[0]?.type !== 'record')
    return 'a report was accepted and not recorded';
  if (
    event.type === 'report' &&
    effects.filter((effect) => effect.type === 'accept' || effect.type === 'refuse').length !== 1
  )
    return 'a report was not answered exactly once';
  if (effects.filter((effect) => effect.type === 'aggregate').length > (before.phase === 'reporting' ? 1 : 0))
    return 'aggregated twice';
  return undefined;
}

describe('every interleaving', () => {
  test('of what three devices can do keeps the invariants, and every state can still end', () => {
    const start = opened();
    const states = new Map<string, { readonly round: Round; readonly depth: number }>([
      [keyOf(start), { round: start, depth: 0 }],
    ]);
    const queue = [start];
    for (let at = 0; at < queue.length; at += 1) {
      const before = queue[at]!;
      const { depth } = states.get(keyOf(before))!;
      for (const event of everyEvent) {
        const next = step(before, event, quantumOf);
        expect(breach(before, event, next), `${JSON.stringify(event)} in ${keyOf(before)}`).toBeUndefined();
        const key = keyOf(next.round);
        if (states.has(key)) continue;
        states.set(key, { round: next.round, depth: depth + 1 });
        queue.push(next.round);
      }
    }
    const phases = new Map<string, number>();
    for (const { round } of states.values()) {
      phases.set(round.phase, (phases.get(round.phase) ?? 0) + 1);
      // Liveness: with nobody doing anything any more, the timers and the aggregation alone bring it to an end.
      const end = after(round, deadline('selection'), deadline('reporting'), aggregated).round;
      expect(isOver(end), keyOf(round)).toBe(true);
      // What is written to disk is read back as the same round.
      expect(v.parse(Round, JSON.parse(JSON.stringify(round)))).toEqual(round);
    }
    // The search reached what it is about.
    expect(states.size).toBeGreaterThan(500);
    for (const phase of ['selection', 'reporting', 'aggregation', 'committed', 'abandoned'])
      expect(phases.get(phase)).toBeGreaterThan(3);
  });

  test('of any length gives an offer the same decision before its bytes have travelled as after', () => {
    let wanted = 0;
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...everyEvent), { maxLength: 25 }),
        fc.constantFrom('a', 'b', 'c', 'f'),
        (events, digit) => {
          const { round } = after(opened(), available('a', 'b', 'c'), ...events);
          const one = report(digit);
          const decision = decide(round, {
            participant: one.participant,
            round: number,
            base,
            update: one.update,
            examples: one.examples,
          });
          const { effects } = step(round, { type: 'report', report: one, at: 0 }, quantumOf);
          if (decision.type === 'wanted') wanted += 1;
          expect(effects.some((effect) => effect.type === 'accept')).toBe(decision.type !== 'refused');
          expect(effects.some((effect) => effect.type === 'refuse')).toBe(decision.type === 'refused');
        },
      ),
      { seed: 5, numRuns: 500 },
    );
    expect(wanted).toBeGreaterThan(30);
  });
});
