import { describe, expect, test } from 'vitest';
import { exactAveraging, plainRounds } from '../federation.ts';
import { checkStrategy } from './check-strategy.ts';

type Planned = Parameters<typeof checkStrategy>[0];
const spec = (name: string, isAsynchronous: boolean, pauseMs = 0): Planned => ({
  strategy: { name, options: {} },
  transfer: exactAveraging.transfer,
  personalisation: { type: 'none' },
  plan: {
    localEpochs: 1,
    batchSize: 10,
    learningRate: 0.1,
    optimizer: { type: 'sgd', momentum: 0 },
    proximalTerm: 0,
    seed: 1,
  },
  rules: {
    ...plainRounds,
    mode: isAsynchronous ? { type: 'asynchronous', concurrency: 20 } : { type: 'synchronous' },
    goal: 10,
    minimum: 10,
    overSelection: 1,
    selectionDeadlineMs: 1_000,
    reportingDeadlineMs: 5_000,
    pauseMs,
    maximumRounds: 1,
  },
});
const issues = (...of: Parameters<typeof spec>): string[] =>
  checkStrategy(spec(...of)).map(({ path, message }) => `${path}: ${message}`);

describe('asynchronous rounds', () => {
  test('go with buffered averaging, and it goes with them', () => {
    expect(issues('fedbuff', true)).toEqual([]);
    expect(issues('fedavg', false)).toEqual([]);
    expect(issues('fedbuff', false)).toEqual([
      expect.stringMatching(/^strategy\.name: Buffered asynchronous averaging is for asynchronous rounds/),
    ]);
  });

  test.each([
    ['fedavg', /^rules\.mode: .* takes every update as one from the newest version/],
    ['scaffold', /^rules\.mode: .* takes every update as one from the newest version/],
  ])('refuse %s with the reason', (name, reason) => {
    expect(issues(name, true)).toEqual([expect.stringMatching(reason)]);
  });

  test('know no pause', () => {
    expect(issues('fedbuff', true, 5_000)).toEqual([
      'rules.pauseMs: Asynchronous rounds follow each other without a pause: it must be 0.',
    ]);
  });
});
