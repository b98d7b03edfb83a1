import { bytesToHex } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { digestOfText } from '../core/digest.ts';
import { FederationId, ParticipantId, RoundNumber, RunNumber, VersionNumber } from '../core/ids.ts';
import { compareHeads } from '../core/transparency/compare-heads.ts';
import { contributionProof } from '../core/transparency/contributors.ts';
import { leafText, type SignedHead } from '../core/transparency/statements.ts';
import type { StoredReceipt } from '../ports/participant-store.ts';
import type { Receipt } from '../protocol/views.ts';
import { memoryServerKey } from '../../../server/adapters/ed25519.ts';
import { leafOf, signReceipt, versionLog } from '../../../server/coordinator/version-log.ts';
import type { VersionRecord } from '../../../server/ports/records.ts';
import { anyValueAnywhere } from '../../../test/support/any-value-anywhere.ts';
import { readHead } from '../core/transparency/read-head.ts';
import { checkReceipts, comparisonWords } from './receipt-check.ts';

const federation = v.parse(FederationId, 'digits');
const key = memoryServerKey();
const receiptOf = (hex: string): Receipt => ({
  federation,
  run: v.parse(RunNumber, 1),
  round: v.parse(RoundNumber, 4),
  participant: v.parse(ParticipantId, hex.repeat(32)),
  base: digestOfText('base'),
  update: digestOfText(`update of ${hex}`),
  bytes: 600_000,
  examples: 48,
  receivedAt: 1_700_000_000_000,
});
const versionOf = (number: number, name: string): VersionRecord => ({
  federation,
  version: v.parse(VersionNumber, number),
  digest: digestOfText(name),
  bytes: 4,
  state: null,
  residual: null,
  delta: null,
  norm: null,
  parent: number === 0 ? null : v.parse(VersionNumber, number - 1),
  run: v.parse(RunNumber, 1),
  round: number === 0 ? null : v.parse(RoundNumber, 4),
  committedAt: 5,
  participants: 3,
  examples: 144,
  bytesUp: 0,
  bytesDown: 0,
  durationMs: null,
});

const contributions = ['a', 'b', 'c'].map(receiptOf);
function logOf(...names: string[]) {
  const log = versionLog(federation, key, []);
  for (const [number, name] of names.entries())
    log.next(
      versionOf(number, name),
      { contributions: number === 0 ? [] : contributions },
      '0'.repeat(64),
      1_700_000_000_000,
    );
  log.written();
  return log;
}
const log = logOf('zero', 'one');
const mine = contributions[1]!;
const proved: StoredReceipt = {
  receipt: mine,
  signed: signReceipt(key, mine),
  version: 1,
  outcome: 'included',
  inclusion: {
    leaf: leafText(leafOf(versionOf(1, 'one'), { contributions })),
    version: [...log.tree.inclusion(1)],
    contribution: (({ index, proof }) => ({ index, proof: [...proof] }))(
      contributionProof(contributions, mine.participant)!,
    ),
    head: log.head!,
  },
};

async function check(value: unknown) {
  const outcome = await checkReceipts(JSON.stringify(value));
  if (!outcome.ok) throw new Error(outcome.error);
  return outcome.value;
}

test('a whole receipt is proved, one sentence a step', async () => {
  const [checked] = await check(proved);
  expect(checked).toMatchObject({
    title: 'digits, round 4',
    verdict: 'proved',
    summary: 'This update is in version 1, and the server has signed for it.',
  });
  expect(checked!.steps.map(({ sentence }) => sentence)).toEqual([
    'The server signed this receipt, and not a letter of it was changed since.',
    'The update is one of the 3 that version 1 was made of.',
    'Version 1 stands in the log of 2 versions.',
    expect.stringMatching(/^The server signed the head of the log with the same key, on /),
  ]);
});

test('a receipt whose round is open still is signed, and not proved yet', async () => {
  const { inclusion: _, ...waiting } = proved;
  const [checked] = await check({ ...waiting, version: null, outcome: 'waiting' });
  expect(checked).toMatchObject({ verdict: 'not-yet' });
  expect(checked!.steps.map(({ holds }) => holds)).toEqual([true, null, null, null]);
});

/** One change each, and the steps that find it out. */
const forgeries: readonly (readonly [string, (of: StoredReceipt) => StoredReceipt, (boolean | null)[]])[] = [
  [
    'more examples',
    (of) => ({ ...of, receipt: { ...of.receipt, examples: 49 } }),
    [false, false, true, true],
  ],
  [
    'another signature',
    (of) => ({ ...of, signed: signReceipt(key, contributions[0]!) }),
    [false, true, true, true],
  ],
  [
    'another server’s signature',
    (of) => ({ ...of, signed: signReceipt(memoryServerKey(new Uint8Array(32)), mine) }),
    [true, true, true, false],
  ],
  [
    'another place',
    (of) => ({
      ...of,
      inclusion: { ...of.inclusion!, contribution: { ...of.inclusion!.contribution, index: 0 } },
    }),
    [true, false, true, true],
  ],
  [
    'another leaf',
    (of) => ({
      ...of,
      inclusion: { ...of.inclusion!, leaf: of.inclusion!.leaf.replace('"examples":144', '"examples":145') },
    }),
    [true, true, false, true],
  ],
  [
    'another head',
    (of) => ({
      ...of,
      inclusion: {
        ...of.inclusion!,
        head: { ...of.inclusion!.head, head: { ...of.inclusion!.head.head, at: 1 } },
      },
    }),
    [true, true, true, false],
  ],
];
for (const [what, forge, steps] of forgeries)
  test(`a receipt with ${what} is false, and the step that does not hold is named`, async () => {
    const [checked] = await check(forge(proved));
    expect(checked).toMatchObject({ verdict: 'false' });
    expect(checked!.steps.map(({ holds }) => holds)).toEqual(steps);
  });

test('the list that “Save as JSON” makes is checked whole, and what is no receipt is said to be none', async () => {
  expect((await check([proved, proved])).map(({ verdict }) => verdict)).toEqual(['proved', 'proved']);
  expect(await checkReceipts('nothing')).toMatchObject({
    ok: false,
    error: expect.stringMatching(/no JSON/),
  });
  expect(await checkReceipts('[]')).toMatchObject({ ok: false, error: 'The file holds no receipt.' });
  expect(await checkReceipts(JSON.stringify([proved, {}]))).toMatchObject({
    ok: false,
    error: expect.stringMatching(/^Entry 2 is no receipt: /),
  });
});

test('two heads of one history agree, and two histories are told apart', async () => {
  const heads = (one: ReturnType<typeof logOf>): SignedHead => one.head!;
  const [two, three, other] = [log, logOf('zero', 'one', 'two'), logOf('zero', 'other')];
  const compare = async (a: SignedHead, b: SignedHead, proof?: readonly string[]) =>
    comparisonWords(await compareHeads([a, b], proof)).title;
  expect(await compare(heads(two), heads(two))).toBe('The same history');
  expect(await compare(heads(two), heads(other))).toBe('Two histories');
  expect(await compare(heads(three), heads(two))).toBe('Not known yet');
  expect(await compare(heads(three), heads(two), three.tree.consistency(2))).toBe('The same history');
  expect(await compare(heads(three), heads(other), three.tree.consistency(2))).toBe('Two histories');
  const unsigned = { ...heads(two), signed: { key: bytesToHex(key.publicKey), signature: '0'.repeat(128) } };
  expect(await compare(heads(two), unsigned)).toBe('Not signed');
});

test('a head is found in a receipt, in a list of them, and by itself', () => {
  for (const one of [proved, [proved], log.head, { head: log.head }])
    expect(readHead(JSON.stringify(one))).toEqual({ ok: true, value: log.head });
  expect(readHead('{}')).toMatchObject({ ok: false });
});

test('any value in any place of a receipt is answered in words, and is never proved where it says something else', async () => {
  const texts = fc.oneof(
    { weight: 6, arbitrary: anyValueAnywhere(proved) },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.json() },
  );
  let refused = 0;
  let untrue = 0;
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const head = readHead(text);
      if (!head.ok) expect(head.error).toMatch(/\.$/);
      const outcome = await checkReceipts(text);
      if (!outcome.ok) {
        refused += 1;
        expect(outcome.error).toMatch(/\S.*\.$/s);
      } else
        for (const { verdict } of outcome.value) {
          if (verdict === 'false') untrue += 1;
          // What was changed is a part that nobody signs, or it was put back as it was.
          else if (verdict === 'proved')
            expect((JSON.parse(text) as StoredReceipt).signed).toEqual(proved.signed);
        }
    }),
    { numRuns: 400, seed: 5 },
  );
  expect(refused).toBeGreaterThan(150);
  expect(untrue).toBeGreaterThan(3);
});
