import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { CohortMember, RoundView } from '#lib/protocol/views.ts';
import { timelineOf, timelineSentence } from './console-timeline.ts';

const member = (
  name: string,
  history: [CohortMember['stage'], number][],
  reason: string | null = null,
): CohortMember =>
  v.parse(CohortMember, {
    participant: name.charCodeAt(0).toString(16).padStart(32, '0'),
    name,
    stage: history.at(-1)?.[0] ?? 'waiting',
    fraction: null,
    history: history.map(([stage, at]) => ({ stage, at })),
    examples: null,
    bytesUp: null,
    reason,
  });

const round = (cohort: CohortMember[], over: Partial<Record<keyof RoundView, unknown>> = {}): RoundView =>
  v.parse(RoundView, {
    round: 13,
    run: 1,
    phase: 'reporting',
    base: 12,
    goal: 2,
    minimum: 1,
    openedAt: 0,
    deadlineAt: 300_000,
    endedAt: null,
    cohort,
    version: null,
    reason: null,
    ...over,
  });

describe("a round's timeline", () => {
  // At 45 s of a round that began at 1 000 000, elapsed × 1.15 = 51.75 s, so the drawn span is the next step: 60 s.
  const began = 1_000_000;
  const running = round(
    [
      member('Lab A', [
        ['waiting', began],
        ['receiving', began + 6_000],
        ['training', began + 12_000],
        ['uploading', began + 30_000],
        ['accepted', began + 33_000],
      ]),
      member('Ward 3', [
        ['waiting', began],
        ['training', began + 15_000],
      ]),
      member(
        'Phone 5',
        [
          ['waiting', began],
          ['training', began + 3_000],
          ['dropped', began + 24_000],
        ],
        'the tab was closed',
      ),
    ],
    { openedAt: began - 20_000, deadlineAt: began + 300_000 },
  );
  const drawn = timelineOf(running, began + 45_000, 600);

  test('bars begin with the first entry of the cohort and span what was measured', () => {
    expect(drawn.startAt).toBe(began);
    expect(drawn.endAt).toBe(began + 60_000);
    expect(drawn.rows[0]?.bars.map((bar) => [bar.stage, bar.x, bar.width])).toEqual([
      ['waiting', 0, 60],
      ['receiving', 60, 60],
      ['training', 120, 180],
      ['uploading', 300, 30],
    ]);
    expect(drawn.rows[0]?.mark).toEqual({ stage: 'accepted', x: 330, label: null });
  });
  test('the last stage lasts until now', () => {
    expect(drawn.nowX).toBe(450);
    const training = drawn.rows[1]?.bars.at(-1);
    expect([training?.x, training?.width, training?.endedAt]).toEqual([150, 300, null]);
  });
  test('a device that dropped out ends in a mark with its cause, and its bar goes no further', () => {
    expect(drawn.rows[2]?.mark).toEqual({ stage: 'dropped', x: 240, label: '0:24 · the tab was closed' });
    expect(drawn.rows[2]?.bars.at(-1)?.width).toBe(210);
    expect(drawn.rows[2]?.sentence).toBe(
      'Phone 5: waiting 0:03, training 0:21, dropped out at 0:24: the tab was closed.',
    );
  });
  test('a far deadline is not drawn; a near one sets the span', () => {
    expect(drawn.deadlineX).toBeNull();
    const late = timelineOf(running, began + 280_000, 600);
    expect(late.endAt).toBe(began + 315_000);
    expect(late.deadlineX).toBeCloseTo((300 / 315) * 600);
  });
  test('a round that is over ends where it ended and has no now', () => {
    const over = timelineOf(
      round([...running.cohort], { endedAt: began + 50_000, deadlineAt: null, phase: 'committed' }),
      began + 900_000,
      510,
    );
    expect(over.nowX).toBeNull();
    expect(over.endAt).toBe(began + 51_000);
    expect(over.rows[1]?.bars.at(-1)?.endedAt).toBe(began + 50_000);
  });
  test('ticks never stand closer than asked', () => {
    for (const width of [180, 320, 600, 1100])
      for (const elapsed of [1_000, 45_000, 250_000, 4_000_000]) {
        const ticks = timelineOf(running, began + elapsed, width).ticks;
        for (const [index, tick] of ticks.entries())
          if (index > 0) expect(tick.x - (ticks[index - 1]?.x ?? 0)).toBeGreaterThanOrEqual(55.9);
      }
  });
  test('an empty cohort is a timeline without rows', () => {
    const empty = timelineOf(round([], { phase: 'selection' }), 5_000, 400);
    expect(empty.rows).toEqual([]);
    expect(empty.startAt).toBe(0);
    expect(timelineSentence(round([]))).toBe('Round 13: nobody is picked yet.');
  });
  test('the sentence counts every stage', () => {
    expect(timelineSentence(running)).toBe(
      'Round 13, 3 devices: 1 accepted, 1 training, 1 dropped; 1 of 2 updates needed are in.',
    );
  });
});
