import { expect, test } from 'vitest';
import { exactSums, plainRounds, type FederationSpec } from '../federation.ts';
import { checkSums } from './check-sums.ts';

type Planned = Parameters<typeof checkSums>[0];
const rules: FederationSpec['rules'] = {
  ...plainRounds,
  goal: 3,
  minimum: 2,
  overSelection: 1,
  selectionDeadlineMs: 1_000,
  reportingDeadlineMs: 5_000,
  pauseMs: 0,
  maximumRounds: 10,
};
const plain: Planned = { ...exactSums, rules };

test('what a summed federation says when it says nothing fits', () => {
  expect(checkSums(plain, 'Boosted trees')).toEqual([]);
});

test.each([
  [{ strategy: { name: 'median', options: {} } }, 'strategy.name', 'leave the strategy at fedavg'],
  [{ strategy: { name: 'fedavg', options: { lr: 0.5 } } }, 'strategy.name', 'bring a way of their own'],
  [{ transfer: { uplink: 'eden:3', downlink: 'f32' } }, 'transfer.uplink', 'eden:3 sends values rounded'],
  [{ transfer: { uplink: 'f32', downlink: 'q8' } }, 'transfer.downlink', 'choose f32'],
  [{ personalisation: { type: 'finetune', epochs: 1 } }, 'personalisation.type', 'one model for all'],
  [{ guard: { normFactor: 10 } }, 'guard.normFactor', 'take the guard away'],
  [
    { rules: { ...rules, mode: { type: 'asynchronous', concurrency: 5 } } },
    'rules.mode',
    'choose synchronous rounds',
  ],
  [
    { rules: { ...rules, selection: { ...rules.selection, deadlineShare: 0.5 } } },
    'rules.selection.deadlineShare',
    'leave this empty',
  ],
  [
    { rules: { ...rules, selection: { ...rules.selection, fairness: 'least-recent-by-speed' } } },
    'rules.selection.fairness',
    'who took part longest ago',
  ],
  [{ plan: { ...exactSums.plan, localEpochs: 5 } }, 'plan', 'leave the training plan away'],
] satisfies readonly (readonly [Partial<Planned>, string, string])[])(
  'refuses %o at its own field, with the reason and what to do',
  (change, path, words) => {
    const issues = checkSums({ ...plain, ...change }, 'Boosted trees');
    expect(issues.map((issue) => issue.path)).toEqual([path]);
    expect(issues[0]?.message).toContain(words);
    expect(issues[0]?.message).toContain('Boosted trees');
  },
);
