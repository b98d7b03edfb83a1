import { expect, test } from 'vitest';
import { statusSentence, type Situation } from './status.ts';

const waiting: Situation = {
  state: 'running',
  outcome: null,
  round: undefined,
  minimum: 3,
  checkedIn: 1,
  root: null,
  between: undefined,
  headVersion: 4,
  restoredFrom: null,
  upstream: null,
};

test('the status says why nothing runs, or what happens next', () => {
  expect(statusSentence(waiting)).toBe('Waiting for 2 more devices.');
  expect(statusSentence({ ...waiting, checkedIn: 2 })).toBe('Waiting for 1 more device.');
  expect(statusSentence({ ...waiting, checkedIn: 3 })).toBe('The next round opens shortly.');
  expect(statusSentence({ ...waiting, checkedIn: 3, between: 'evaluations' })).toBe(
    'The devices are scoring version 4.',
  );
  expect(statusSentence({ ...waiting, checkedIn: 3, root: 'away' })).toBe(
    'Waiting for a device that is trusted as root.',
  );
  expect(statusSentence({ ...waiting, state: 'draft' })).toBe(
    'The coordinator has not started this federation yet.',
  );
  expect(statusSentence({ ...waiting, state: 'paused' })).toBe(
    'Paused by the coordinator: no new round opens.',
  );
  expect(statusSentence({ ...waiting, state: 'finished', outcome: 'The coordinator ended the run.' })).toBe(
    'The coordinator ended the run.',
  );
});

test('the status says so while the newest version stands in for damaged ones', () => {
  expect(statusSentence({ ...waiting, restoredFrom: 2 })).toBe(
    'Waiting for 2 more devices. Version 4 holds the parameters of version 2 again: what came after that was damaged on the server’s disk.',
  );
});
