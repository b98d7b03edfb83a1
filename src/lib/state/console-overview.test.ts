import { describe, expect, test } from 'vitest';
import { AliasMove, type RoundView } from '#lib/protocol/views.ts';
import * as v from 'valibot';
import { effectOf, RunActions, actionsIn } from './console-actions.svelte.ts';
import { consoleApi } from './console-api.ts';
import { attentionOf } from './console-attention.ts';
import { participantRecords } from './console-participants.ts';
import { bytesAPoint, liveAt, liveSpans, runRecords, versionGraph } from './console-runs.ts';
import { metricStanding, runHeading, standingOf, tabTitle } from './console-standing.ts';
import { memberFixture, roundFixture, versionFixture, viewFixture } from './console-views.fixture.ts';

const move = (version: number, at: number, by: AliasMove['by'] = 'automatic'): AliasMove =>
  v.parse(AliasMove, { alias: 'live', version, at, by });
const abandoned = (round: number): RoundView =>
  roundFixture(round, {
    phase: 'abandoned',
    endedAt: 1_700_000,
    deadlineAt: null,
    reason: 'only 1 of 2 updates came',
  });

describe('how a federation stands', () => {
  const round = roundFixture(5, { cohort: [memberFixture(1, 'accepted'), memberFixture(2, 'training')] });
  test('an open round is told with its phase and the time left', () => {
    expect(standingOf(viewFixture({ round }), 1_534_000).words).toBe('Collecting updates · 1:06 left');
    expect(runHeading(viewFixture({ round }))).toBe('Run 1 · round 5');
    expect(tabTitle(viewFixture({ round }), 'Run 1')).toBe('● 1/3 · Skin lesion triage · Run 1');
  });
  test('between rounds the state of the run is told', () => {
    expect(standingOf(viewFixture({ state: 'paused' }), 0).words).toBe('Paused');
    expect(runHeading(viewFixture())).toBe('Run 1 · 4 of 40 rounds');
    expect(runHeading(viewFixture({ run: null, state: 'draft' }))).toBe('No run yet');
  });
  test('the metric stands against the live version, or against the one before when it is live itself', () => {
    const versions = [
      versionFixture(0, 50),
      versionFixture(1, 70),
      versionFixture(2, 76),
      versionFixture(3, null),
    ];
    expect(metricStanding(viewFixture({ live: 0 }), versions)).toEqual({
      version: 2,
      value: 0.76,
      against: { version: 0, isLive: true, change: '+26.0', better: true },
    });
    expect(metricStanding(viewFixture({ live: 2 }), versions)?.against).toMatchObject({
      version: 1,
      isLive: false,
      change: '+6.0',
    });
    expect(metricStanding(viewFixture(), [versionFixture(0, null)])).toBeUndefined();
  });
});

describe('what needs attention', () => {
  test('nothing, when all goes well', () => {
    const round = roundFixture(5, {
      cohort: [memberFixture(1, 'accepted'), memberFixture(2, 'training'), memberFixture(3, 'training')],
    });
    expect(
      attentionOf(viewFixture({ round, live: 1 }), [round], [versionFixture(0, 50), versionFixture(1, 70)]),
    ).toEqual([]);
  });
  test('a refused update stands before a device that left, each with its cause', () => {
    const round = roundFixture(5, {
      cohort: [
        memberFixture(1, 'dropped', 'the tab was closed'),
        memberFixture(2, 'refused', 'Parameter 3 is not finite.'),
        memberFixture(3, 'training'),
        memberFixture(4, 'accepted'),
      ],
    });
    const items = attentionOf(viewFixture({ round }), [round], []);
    expect(items.map((item) => [item.tone, item.title])).toEqual([
      ['danger', "Lab 2's update was refused"],
      ['warn', 'Lab 1 left round 5 at 0:10'],
    ]);
    expect(items[1]?.text).toBe('The tab was closed. 2 of 3 wanted updates can still come.');
  });
  test('devices that left for one reason are told together', () => {
    const round = roundFixture(5, {
      cohort: [
        memberFixture(1, 'dropped', 'The connection was lost.'),
        memberFixture(2, 'dropped', 'The connection was lost.'),
        memberFixture(3, 'training'),
        memberFixture(4, 'training'),
        memberFixture(5, 'training'),
      ],
    });
    expect(attentionOf(viewFixture({ round }), [round], [])).toMatchObject([
      {
        title: '2 devices left round 5',
        text: 'Lab 1, Lab 2. The connection was lost. The round still has enough devices.',
      },
    ]);
  });
  test('a round that cannot reach its minimum any more', () => {
    const round = roundFixture(5, {
      cohort: [memberFixture(1, 'dropped', 'gone'), memberFixture(2, 'training')],
    });
    expect(attentionOf(viewFixture({ round }), [round], [])[0]?.title).toBe(
      'Round 5 can no longer reach its minimum',
    );
  });
  test('one abandoned round is named, several are counted, and old ones are let go', () => {
    const committed = roundFixture(4, { phase: 'committed', endedAt: 2, version: 4 });
    expect(attentionOf(viewFixture(), [committed, abandoned(3)], [])[0]).toMatchObject({
      tone: 'warn',
      title: 'Round 3 was abandoned',
      text: 'Only 1 of 2 updates came. Version 2 stays the newest.',
    });
    expect(attentionOf(viewFixture(), [abandoned(4), abandoned(3)], [])[0]?.title).toBe(
      '2 of the last 3 rounds were abandoned',
    );
    expect(
      attentionOf(viewFixture(), [roundFixture(9, { phase: 'committed', endedAt: 2 }), abandoned(3)], []),
    ).toEqual([]);
  });
  test('too few devices, and a newer version that is worse than the live one', () => {
    expect(attentionOf(viewFixture({ checkedIn: 1 }), [], [])[0]?.text).toBe(
      '1 checked in; a round needs at least 2. Share the invitation.',
    );
    const versions = [
      versionFixture(0, 50, {}, 1000),
      versionFixture(1, 900, {}, 1000),
      versionFixture(2, 700, {}, 1000),
    ];
    expect(attentionOf(viewFixture({ live: 1 }), [], versions)[0]?.title).toBe(
      'Version 2 is worse than the live version 1',
    );
  });
});

describe('who took part', () => {
  test('a device is counted over its rounds, those of the present cohort first', () => {
    const past = roundFixture(4, {
      phase: 'committed',
      endedAt: 1_100_000,
      cohort: [
        memberFixture(1, 'accepted', null, 900_000),
        memberFixture(2, 'training', null, 900_000),
        memberFixture(4, 'dropped', 'gone', 900_000),
      ],
    });
    const now = roundFixture(5, { cohort: [memberFixture(2, 'training'), memberFixture(3, 'waiting')] });
    const records = participantRecords([now, past], now);
    expect(
      records.map((one) => [one.name, one.stage, one.picked, one.accepted, one.late, one.dropped]),
    ).toEqual([
      ['Lab 2', 'training', 2, 0, 1, 0],
      ['Lab 3', 'waiting', 1, 0, 0, 0],
      ['Lab 4', null, 1, 0, 0, 1],
      ['Lab 1', null, 1, 1, 0, 0],
    ]);
  });
});

describe('what was live when', () => {
  const moves = [move(1, 300, 'coordinator'), move(2, 200), move(1, 100)];
  test('spans follow one another, and a move to a lower version is a roll-back', () => {
    expect(liveSpans(moves)).toEqual([
      { version: 1, from: 300, until: null, by: 'coordinator', rolledBackFrom: 2 },
      { version: 2, from: 200, until: 300, by: 'automatic', rolledBackFrom: null },
      { version: 1, from: 100, until: 200, by: 'automatic', rolledBackFrom: null },
    ]);
  });
  test('a moment is answered by the span that holds it', () => {
    expect([50, 100, 250, 900].map((at) => liveAt(moves, at))).toEqual([undefined, 1, 2, 1]);
  });
});

describe('runs and versions', () => {
  test('a run is the sum of its rounds and versions', () => {
    const rounds = [
      abandoned(3),
      roundFixture(2, { phase: 'committed', endedAt: 1_060_000, deadlineAt: null, version: 2 }),
      roundFixture(1, {
        phase: 'committed',
        endedAt: 1_030_000,
        openedAt: 990_000,
        deadlineAt: null,
        version: 1,
      }),
    ];
    const [run] = runRecords(
      rounds,
      [versionFixture(0, 50), versionFixture(1, 70), versionFixture(2, 80)],
      'accuracy',
    );
    expect(run).toMatchObject({
      run: 1,
      committed: 2,
      abandoned: 1,
      beganAt: 20_000,
      endedAt: 1_700_000,
      bytesUp: 3_120,
      from: 0.7,
      to: 0.8,
    });
    // Ten points.
    expect(run && bytesAPoint(run, 'accuracy')).toBeCloseTo((run!.bytesUp + run!.bytesDown) / 10, 6);
    expect(bytesAPoint({ ...run!, to: 0.6 }, 'accuracy')).toBeUndefined();
    expect(bytesAPoint(run!, 'loss')).toBeUndefined();
  });
  test('the line to the newest version is lane 0; a branch has a lane of its own', () => {
    const versions = [
      versionFixture(0, null),
      versionFixture(1, null),
      versionFixture(2, null, { parent: 1 }),
      versionFixture(3, null, { parent: 1 }),
      versionFixture(4, null, { parent: 3 }),
    ];
    expect(
      versionGraph(versions).map((node) => [node.column, node.lane, node.parent?.column ?? null]),
    ).toEqual([
      [0, 0, null],
      [1, 0, 0],
      [2, 1, 1],
      [3, 0, 1],
      [4, 0, 3],
    ]);
  });
});

describe('what a coordinator does', () => {
  test('each state offers its own actions, and each action says what it does to whom', () => {
    expect([actionsIn('draft'), actionsIn('running'), actionsIn('paused'), actionsIn('finished')]).toEqual([
      ['start'],
      ['pause', 'finish'],
      ['resume', 'finish'],
      ['start'],
    ]);
    const open = viewFixture({ round: roundFixture(5, { cohort: [memberFixture(1, 'training')] }) });
    expect(effectOf('finish', open).sentences.join(' ')).toBe(
      'The run ends after 4 of 40 rounds. Round 5 is in progress with 1 device. It is abandoned: the work of these devices in this round is not used. 6 devices are told that it has ended. All versions, receipts and the alias live stay as they are; a new run can be started later.',
    );
    expect(effectOf('pause', open).button).toBe('Pause after round');
    expect(effectOf('start', viewFixture({ state: 'draft', run: null })).title).toBe('Start the first run');
  });
  test('a refused action keeps its dialog open and says why', async () => {
    const answers = [
      new Response(JSON.stringify({ error: 'conflict', message: 'It is paused already.' }), { status: 409 }),
      new Response(JSON.stringify(viewFixture({ state: 'paused' }))),
    ];
    const told: string[] = [];
    const actions = new RunActions(
      consoleApi(async () => answers.shift() ?? Response.error()),
      (view) => told.push(view.state),
    );
    actions.ask('pause', viewFixture());
    await actions.confirm('skin');
    expect([actions.failure, actions.asked?.action]).toEqual(['It is paused already.', 'pause']);
    await actions.confirm('skin');
    expect([actions.asked, told]).toEqual([null, ['paused']]);
  });
  test('a server that does not answer, or not in the agreed form, is a sentence', async () => {
    const silent = await consoleApi(() => Promise.reject(new TypeError('fetch failed'))).federations();
    expect(!silent.ok && silent.error.error).toBe('offline');
    const strange = await consoleApi(async () => new Response('{"a":1}')).federations();
    expect(!strange.ok && strange.error.error).toBe('unreadable');
    const page = await consoleApi(
      async () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }),
    ).federations();
    expect(!page.ok && page.error.message).toContain('502 Bad Gateway');
  });
});
