// A device against servers whose log of versions is what it was, was set back, or was forked.
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { VersionNumber } from '../core/ids.ts';
import { provedSteps } from '../core/transparency/check-inclusion.ts';
import { contributionProof } from '../core/transparency/contributors.ts';
import { leafText } from '../core/transparency/statements.ts';
import type { Receipt } from '../protocol/views.ts';
import { memoryServerKey } from '../../../server/adapters/ed25519.ts';
import {
  leafOf,
  signReceipt,
  versionLog,
  type VersionLog,
  madeByNone,
} from '../../../server/coordinator/version-log.ts';
import type { VersionRecord } from '../../../server/ports/records.ts';
import {
  committedMessage,
  federation,
  joined,
  type Script,
} from '../../../test/doubles/scripted-federation.ts';
import { keptHead } from './log-keeper.ts';

const key = memoryServerKey();
const journal = '0'.repeat(64);

const versionOf = (number: number, name: string): VersionRecord => ({
  federation,
  version: v.parse(VersionNumber, number),
  digest: name.padStart(64, '0') as VersionRecord['digest'],
  bytes: 4,
  state: null,
  residual: null,
  delta: null,
  norm: null,
  parent: number === 0 ? null : v.parse(VersionNumber, number - 1),
  run: null,
  round: null,
  committedAt: number,
  participants: 0,
  examples: 0,
  bytesUp: 0,
  bytesDown: 0,
  durationMs: null,
});

/** A log of versions with these names, one character each. */
function logOf(names: string, signer = key): VersionLog {
  const log = versionLog(federation, signer, []);
  for (const [number, name] of [...names].entries())
    log.next(versionOf(number, name), madeByNone, journal, number);
  log.written();
  return log;
}

const serve = (one: Script, log: VersionLog): void => {
  one.coordinator.answerLog = ({ since }) => ({
    head: log.head ?? null,
    consistency: since <= log.size ? [...log.tree.consistency(since)] : null,
    inclusion: null,
  });
};

/** The connection goes and comes back, as when a server is restarted. */
function reconnect(one: Script): void {
  one.link.cut();
  one.link.connect();
}
const checkIns = (one: Script): number =>
  one.coordinator.said.filter(({ name }) => name === 'check-in').length;

test('a log that has grown is followed, and its head kept', async () => {
  const one = await joined();
  serve(one, logOf('abc'));
  reconnect(one);
  await one.until('checked in again', () => checkIns(one) === 2);
  expect((await keptHead(one.store, federation))?.head.size).toBe(3);
  serve(one, logOf('abcde'));
  reconnect(one);
  await one.until('checked in again', () => checkIns(one) === 3);
  expect((await keptHead(one.store, federation))?.head.size).toBe(5);
  expect(one.part.view.blocked).toBeNull();
});

for (const [what, log, sentence] of [
  ['was set back to an old copy', () => logOf('ab'), /held 3 versions, and now shows 2/],
  ['shows another history', () => logOf('abxde'), /5 versions does not begin with the 3 versions/],
  ['signs with another key', () => logOf('abcd', memoryServerKey(new Uint8Array(32))), /another key/],
  ['has lost its log', () => logOf(''), /now shows 0/],
] as const)
  test(`a server that ${what} is trained for no more, until it shows the history that was`, async () => {
    const one = await joined();
    serve(one, logOf('abc'));
    reconnect(one);
    await one.until('checked in again', () => checkIns(one) === 2);
    serve(one, log());
    reconnect(one);
    const view = await one.until('blocked', ({ blocked }) => blocked?.reason === 'other-history');
    expect(view.blocked).toMatchObject({ actor: 'coordinator', message: expect.stringMatching(sentence) });
    expect(checkIns(one)).toBe(2);
    expect((await keptHead(one.store, federation))?.head.size).toBe(3);
    // A reload does not make it forget.
    const again = await one.reload();
    await again.until('blocked', ({ blocked }) => blocked?.reason === 'other-history');
    expect(checkIns(again)).toBe(2);
    serve(again, logOf('abcd'));
    await again.clock.advance(20_000);
    await again.until('checked in again', ({ blocked }) => blocked === null && checkIns(again) === 3);
  });

/** A server that takes the update of round 1 and shows this log for its version. */
async function contributed(leafOfRound: (receipt: Receipt) => readonly Receipt[]) {
  const one = await joined();
  const log = logOf('a');
  serve(one, log);
  const taken = one.coordinator.decide;
  one.coordinator.decide = async (offer, bytes) => {
    const reply = await taken(offer, bytes);
    return reply.type === 'accepted' ? { ...reply, signed: signReceipt(key, reply.receipt) } : reply;
  };
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', ({ state }) => state === 'averaging');
  const [stored] = await one.store.receipts.list(federation);
  const receipts = leafOfRound(stored!.receipt);
  const version = { ...versionOf(1, 'b'), round: stored!.receipt.round };
  log.next(version, { contributions: receipts }, journal, 1);
  log.written();
  one.coordinator.answerLog = ({ since, contribution }) => {
    const proof = contribution && contributionProof([stored!.receipt], contribution.participant);
    return {
      head: log.head!,
      consistency: [...log.tree.consistency(since)],
      inclusion:
        proof === undefined
          ? null
          : {
              leaf: leafText(leafOf(version, { contributions: receipts })),
              version: [...log.tree.inclusion(1)],
              contribution: { index: proof.index, proof: [...proof.proof] },
              head: log.head!,
            },
    };
  };
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  return one;
}

test('once its version is there, a receipt holds what proves it, and the whole is checked by anybody', async () => {
  const one = await contributed((receipt) => [receipt]);
  const stored = await vi.waitUntil(
    async () => (await one.store.receipts.list(federation)).find(({ inclusion }) => inclusion !== undefined),
    10_000,
  );
  expect(stored).toMatchObject({ outcome: 'included', version: 1 });
  expect((await provedSteps(stored)).map(({ holds }) => holds)).toEqual([true, true, true, true]);
  const altered = { ...stored, receipt: { ...stored.receipt, examples: stored.receipt.examples + 1 } };
  expect((await provedSteps(altered)).map(({ holds }) => holds)).toEqual([false, false, true, true]);
  expect((await provedSteps({ ...stored, signed: undefined })).map(({ holds }) => holds)).toEqual([
    null,
    true,
    true,
    true,
  ]);
});

test('a version that does not hold the update that the server says it holds is not believed', async () => {
  const one = await contributed((receipt) => [{ ...receipt, examples: receipt.examples + 1 }]);
  const view = await one.until('blocked', ({ blocked }) => blocked?.reason === 'other-history');
  expect(view.blocked?.message).toContain('does not prove that this device’s update is in its version');
  await one.until('checked out', () => one.coordinator.said.some(({ name }) => name === 'check-out'));
});
