import { expect, test } from 'vitest';
import * as v from 'valibot';
import { FederationId, RoundNumber, VersionNumber } from '../core/ids.ts';
import type { ParticipationView } from '../participant/participation.ts';
import { explanation, heading, reasonButton, steps, tabTitle, takesPart } from './participation-words.ts';

const view = (changes: Partial<ParticipationView> = {}): ParticipationView => ({
  federation: v.parse(FederationId, 'digits'),
  state: 'training',
  blocked: null,
  link: 'connected',
  round: v.parse(RoundNumber, 13),
  base: v.parse(VersionNumber, 12),
  fraction: 0.58,
  etaMs: 240_000,
  deadlineAt: null,
  backend: null,
  examplesPerSecond: null,
  history: [],
  bytes: { modelDown: 0, updateUp: 0, controlUp: 0, controlDown: 0 },
  roundsContributed: 0,
  bytesSent: 0,
  isHeldOut: false,
  localEvaluations: [],
  plan: null,
  peers: null,
  leaveAfterRound: false,
  lastEvent: null,
  ...changes,
});

test('training says which round it is and how long it lasts, once that is measured', () => {
  expect(heading(view(), 40, 'training')).toBe('Training, round 13 of 40');
  expect(explanation(view(), '', 'training')).toBe(
    'About 4 min left in this round · you can keep using other tabs',
  );
  expect(explanation(view({ etaMs: null }), '', 'training')).toContain('Measuring');
});

test('waiting repeats what the server says of the federation', () => {
  expect(explanation(view({ state: 'waiting' }), 'Waiting for 2 more devices.', 'training')).toBe(
    'Waiting for 2 more devices.',
  );
});

test('a device that never trains is told so, and what it does instead', () => {
  const judge = view({ state: 'resting', isHeldOut: true, round: null });
  expect(heading(judge, 40, 'training')).toBe('This device only judges');
  expect(explanation(judge, 'Round 3 is under way.', 'training')).toMatch(/held out by lot.* Round 3 is/);
});

test('the four steps are done, now and to come; outside a round there are none', () => {
  expect(steps(view({ state: 'sending', fraction: null }), 'training')).toEqual([
    { title: 'Model received', state: 'done' },
    { title: 'Trained here', state: 'done' },
    { title: 'Sending update', state: 'now' },
    { title: 'Averaged with others', state: 'to come' },
  ]);
  expect(steps(view({ state: 'resting' }), 'training')).toBeUndefined();
});

test('where rows are added up, nothing is said to be trained, measured or averaged', () => {
  const states = ['receiving', 'training', 'sending', 'averaging'] as const;
  const said = states.flatMap((state) => {
    const one = view({ state, etaMs: null });
    const strip = steps(one, 'adding-up') ?? [];
    expect(strip).toHaveLength(4);
    return [
      heading(one, 40, 'adding-up'),
      explanation(one, '', 'adding-up'),
      ...strip.map(({ title }) => title),
    ];
  });
  expect(said.filter((words) => /train|averag|measur|update/i.test(words))).toEqual([]);
  expect(heading(view(), 40, 'adding-up')).toBe('Adding up, round 13 of 40');
  expect(steps(view({ state: 'sending', fraction: null }), 'adding-up')).toEqual([
    { title: 'Model received', state: 'done' },
    { title: 'Added up here', state: 'done' },
    { title: 'Sending sums', state: 'now' },
    { title: 'Added to the others’', state: 'to come' },
  ]);
});

test('a pause by the person offers resuming, a round that is lost offers nothing but waiting', () => {
  expect(reasonButton('user-paused')).toEqual({ label: 'Resume', action: 'resume' });
  expect(reasonButton('other-tab')?.action).toBe('move-here');
  expect(reasonButton('late')).toBeUndefined();
});

test('the tab title tells the state from another tab', () => {
  expect(tabTitle(undefined, 'Digits')).toBe('Digits · Tributary');
  expect(tabTitle(view(), 'Digits')).toBe('■ 58\u202f% · Digits · Round 13');
  const paused = { reason: 'user-paused', since: 0, actor: 'you', message: '' } as const;
  expect(tabTitle(view({ blocked: paused }), 'Digits')).toMatch(/^❚❚/);
  expect(heading(view({ blocked: paused }), 40, 'training')).toBe('Paused, round 13 of 40');
});

test('whoever has not joined, or whose run has ended, takes no part', () => {
  expect([takesPart('idle'), takesPart('done'), takesPart('resting')]).toEqual([false, false, true]);
});
