import { expect, test } from 'vitest';
import * as v from 'valibot';
import type { SettledTally } from '../core/metrics/tally.ts';
import { Digest, VersionNumber } from '../core/ids.ts';
import { FederationView, type VersionView } from '../protocol/views.ts';
import { FederationLive } from './federation-live.svelte.ts';
import { measured, openPlaces, quality, ringSentence } from './federation-progress.ts';

/** Two classes, `right` of 10 examples predicted rightly. */
const tally = (right: number): SettledTally => ({
  type: 'classification',
  count: 10,
  lossSum: 5,
  confusion: [right, 10 - right, 0, 0],
});

const version = (number: number, right: number | null): VersionView => ({
  version: v.parse(VersionNumber, number),
  digest: v.parse(Digest, String(number % 10).repeat(64)),
  bytes: 24,
  norm: null,
  parent: null,
  run: null,
  round: null,
  committedAt: 0,
  participants: 0,
  examples: 0,
  evaluation:
    right === null
      ? null
      : { participants: 1, tally: tally(right), figure: right / 10, spread: null, personal: null },
  bytesUp: 0,
  delta: null,
  damaged: false,
  bytesDown: 0,
  durationMs: null,
});

const view = (head: VersionView): FederationView =>
  v.parse(FederationView, {
    id: 'two-classes',
    spec: {
      brief: { title: 'Two classes', purpose: 'To test', coordinator: 'Nobody', dataWanted: 'Rows' },
      metric: { name: 'accuracy', target: null },
      contract: {
        kind: 'table',
        columns: [
          {
            type: 'number',
            name: 'x',
            minimum: null,
            maximum: null,
            missingAllowed: false,
            mean: 0,
            standardDeviation: 1,
          },
        ],
        target: {
          type: 'classes',
          name: 'y',
          classes: [
            { label: 'no', values: ['0'] },
            { label: 'yes', values: ['1'] },
          ],
        },
      },
      family: 'softmax-regression',
      network: {
        inputShape: [1],
        layers: [{ type: 'dense', units: 2, activation: 'softmax', useBias: true }],
        loss: 'categorical-crossentropy',
      },
      plan: {
        localEpochs: 1,
        batchSize: 10,
        learningRate: 0.1,
        optimizer: { type: 'adam' },
        proximalTerm: 0,
        seed: 1,
      },
      rules: {
        goal: 2,
        minimum: 1,
        overSelection: 1,
        selectionDeadlineMs: 5000,
        reportingDeadlineMs: 5000,
        pauseMs: 0,
        maximumRounds: 5,
      },
      sample: null,
    },
    createdAt: 0,
    state: 'running',
    run: 1,
    roundsCommitted: 1,
    connected: 3,
    checkedIn: 1,
    round: null,
    head,
    live: head.version,
    updateBytes: 24,
    roots: null,
    status: 'Waiting for 1 more device.',
  });

test('quality is of the newest measured version, not of one that nobody has scored', () => {
  const versions = [version(0, 5), version(1, 9), version(2, 7), version(3, null)];
  const known = quality(versions, 'accuracy');
  expect(known?.latest).toMatchObject({ value: 0.7 });
  expect(known?.before?.value).toBe(0.9);
  expect(known?.best.version.version).toBe(1);
  expect(measured(versions).map((one) => one.value)).toEqual([0.5, 0.9, 0.7]);
  expect(quality([version(0, null)], 'accuracy')).toBeUndefined();
});

test('without a round the ring says how many devices wait', () => {
  expect(ringSentence(view(version(0, null)))).toBe('1 device waiting, 1 needed for a round');
});

test('places of a cohort are open only while devices are picked', () => {
  const round = { goal: 3, phase: 'selection', cohort: [] } as never;
  expect(openPlaces(round)).toBe(3);
  expect(openPlaces({ goal: 3, phase: 'reporting', cohort: [] } as never)).toBe(0);
});

test('a new head version brings the list of versions; a server that is silent leaves the last view standing', async () => {
  const first = version(0, 5);
  const second = version(1, 8);
  let up = true;
  const asked: string[] = [];
  const live = new FederationLive(
    { view: view(first), versions: [first], servedAt: Date.now() },
    async (path) => {
      asked.push(String(path));
      if (!up) throw new TypeError('Failed to fetch');
      return Response.json(String(path).endsWith('/versions') ? [first, second] : view(second));
    },
  );
  await live.refresh();
  expect(asked).toEqual(['/api/federations/two-classes', '/api/federations/two-classes/versions']);
  expect(live.quality?.latest.value).toBe(0.8);
  up = false;
  await live.refresh();
  expect(live.reach).toBe('unreachable');
  expect(live.view.head.version).toBe(1);
  up = true;
  await live.refresh();
  expect(live.reach).toBe('live');
  expect(asked.filter((path) => path.endsWith('/versions')).length).toBe(1);
});
