import { expect, test } from 'vitest';
import { consoleApi } from './console-api.ts';
import { participantRecords } from './console-participants.ts';
import { RootTrust, trustedRoots } from './console-roots.svelte.ts';
import { memberFixture, roundFixture, viewFixture } from './console-views.fixture.ts';

const known = memberFixture(3, 'accepted');
const unheard = 'b0'.repeat(16);

test('roots have the names that rounds tell, and one that they no longer tell of the beginning of its id', () => {
  const records = participantRecords([roundFixture(3, { cohort: [known] })], null);
  expect(trustedRoots(viewFixture({ roots: [known.participant, unheard] }), records)).toEqual([
    { participant: known.participant, name: 'Lab 3' },
    { participant: unheard, name: 'Participant b0b0b0b0' },
  ]);
  expect(trustedRoots(viewFixture({ roots: null }), records)).toBeNull();
});

test('trust is asked for one device at a time, and a refusal is said', async () => {
  const asked: unknown[] = [];
  let answer: (reply: Response) => void = () => {};
  const api = consoleApi((path, init) => {
    asked.push([path, init?.method, init?.body]);
    return new Promise((resolve) => (answer = resolve));
  });
  const told: unknown[] = [];
  const trust = new RootTrust(api, (view) => told.push(view.roots));
  const first = trust.trust('skin', known.participant, true);
  expect(trust.asked).toBe(known.participant);
  await trust.trust('skin', unheard, true);
  expect(asked).toEqual([
    ['/api/federations/skin/roots', 'PUT', JSON.stringify({ participant: known.participant, trusted: true })],
  ]);
  answer(Response.json(viewFixture({ roots: [known.participant] })));
  await first;
  expect([trust.asked, told]).toEqual([null, [[known.participant]]]);

  const second = trust.trust('skin', unheard, true);
  answer(Response.json({ error: 'unknown-participant', message: 'No device is here.' }, { status: 404 }));
  await second;
  expect([trust.failure, told.length]).toEqual(['No device is here.', 1]);
});
