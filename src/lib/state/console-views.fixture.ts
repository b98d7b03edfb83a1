// A federation in mid-run as the server would tell it, for the tests of the console's state.
import * as v from 'valibot';
import {
  FederationView,
  RoundView,
  VersionView,
  type CohortMember,
  type Stage,
} from '#lib/protocol/views.ts';
import { checkDraft } from './console-draft-check.ts';
import { emptyDraft } from './console-draft.ts';

export const specFixture = () => {
  const draft = emptyDraft();
  const { spec } = checkDraft({
    ...draft,
    brief: {
      title: 'Skin lesion triage',
      purpose: 'Sort pictures.',
      coordinator: 'Hôpital Nord',
      dataWanted: 'Pictures of skin.',
      decision: 'Who is seen first.',
      predicts: 'Whether a lesion is malign.',
      unit: 'A picture.',
      affected: 'Patients.',
      outOfScope: 'A diagnosis.',
    },
    image: { height: 8, width: 8, channels: 1, classes: ['benign', 'malign'] },
    family: 'softmax-regression',
    rules: { ...draft.rules, goal: 3, minimum: 2 },
  });
  if (spec === undefined) throw new Error('The fixture must be a whole federation.');
  return spec;
};

const digit = (number: number): string => number.toString(16).padStart(64, '0');

/** A version scored with `hits` right answers of `count`; not scored where `hits` is null. */
export const versionFixture = (
  version: number,
  hits: number | null,
  over: Partial<Record<keyof VersionView, unknown>> = {},
  count = 100,
): VersionView =>
  v.parse(VersionView, {
    version,
    digest: digit(version),
    bytes: 520,
    norm: version === 0 ? null : 0.5,
    parent: version === 0 ? null : version - 1,
    run: version === 0 ? null : 1,
    round: version === 0 ? null : version,
    committedAt: version * 60_000,
    participants: version === 0 ? 0 : 3,
    examples: version === 0 ? 0 : 300,
    evaluation:
      hits === null
        ? null
        : {
            participants: 3,
            tally: {
              type: 'classification',
              count,
              lossSum: 50,
              confusion: [hits / 2, count / 2 - hits / 2, count / 2 - hits / 2, hits / 2],
            },
            figure: hits / count,
            spread: null,
            personal: null,
          },
    bytesUp: version === 0 ? 0 : 1_560,
    delta: null,
    damaged: false,
    bytesDown: version === 0 ? 0 : 2_080,
    durationMs: version === 0 ? null : 40_000,
    ...over,
  });

export const memberFixture = (
  number: number,
  stage: Stage,
  reason: string | null = null,
  at = 1_000_000,
): CohortMember => ({
  participant: v.parse(RoundView.entries.cohort.item.entries.participant, digit(number).slice(32)),
  name: `Lab ${number}`,
  stage,
  fraction: null,
  history: [
    { stage: 'waiting', at },
    { stage, at: at + 10_000 * number },
  ],
  examples: stage === 'accepted' ? 100 : null,
  bytesUp: stage === 'accepted' ? 520 : null,
  reason,
});

export const roundFixture = (
  round: number,
  over: Partial<Record<keyof RoundView, unknown>> = {},
): RoundView =>
  v.parse(RoundView, {
    round,
    run: 1,
    phase: 'reporting',
    base: round - 1,
    goal: 3,
    minimum: 2,
    openedAt: 1_000_000,
    deadlineAt: 1_600_000,
    endedAt: null,
    cohort: [],
    version: null,
    reason: null,
    ...over,
  });

export const viewFixture = (over: Partial<Record<keyof FederationView, unknown>> = {}): FederationView =>
  v.parse(FederationView, {
    id: 'skin',
    spec: specFixture(),
    createdAt: 0,
    state: 'running',
    run: 1,
    roundsCommitted: 4,
    connected: 6,
    checkedIn: 2,
    round: null,
    head: versionFixture(4, null),
    live: 4,
    updateBytes: 24,
    roots: null,
    status: 'Waiting for 1 more device.',
    ...over,
  });
