// Every schema that stands at a boundary of the network, and the addresses that strangers write, given anything: an answer, never a
// throw, and soon. What valid JSON gets wrong is refused field by field (check-spec, receipt-check, trees-as-json).
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { fromText } from '#lib/core/secure-sum/bytes.ts';
import { readExperiment } from '#lib/participant/play/experiment.ts';
import * as exclusions from '#lib/protocol/exclusions.ts';
import { AccessToken, Handshake } from '#lib/protocol/handshake.ts';
import * as http from '#lib/protocol/http.ts';
import * as invitations from '#lib/protocol/invitations.ts';
import { Answer, clientMessages, serverMessages } from '#lib/protocol/messages.ts';
import * as people from '#lib/protocol/people.ts';
import * as surveys from '#lib/protocol/survey-views.ts';

const isSchema = (value: unknown): value is v.GenericSchema =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'schema';

const schemas = Object.entries<unknown>({
  Handshake,
  AccessToken,
  Answer,
  ...clientMessages,
  ...serverMessages,
  ...http,
  ...exclusions,
  ...invitations,
  ...people,
  ...surveys,
}).filter((entry): entry is [string, v.GenericSchema] => isSchema(entry[1]));

/** Names and literals that the schemas themselves speak of: without them hardly any value gets past the first member. */
function words(schema: unknown, found = new Set<string>(), seen = new Set<unknown>()): Set<string> {
  if (typeof schema === 'string') found.add(schema);
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return found;
  seen.add(schema);
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'entries') for (const member of Object.keys(Object(value))) found.add(member);
    if (!['message', 'expects'].includes(name)) words(value, found, seen);
  }
  return found;
}

const anyOf = (known: readonly string[]): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.constantFrom(
        ...known,
        0,
        1,
        -1,
        2 ** 53,
        NaN,
        Infinity,
        null,
        true,
        'a'.repeat(64),
        '_'.repeat(10_000),
      ),
      fc.uint8Array({ maxLength: 40 }),
      fc.anything({
        maxDepth: 1,
        withDate: true,
        withTypedArray: true,
        withNullPrototype: true,
        withBigInt: true,
      }),
    ),
    value: fc.oneof(
      { maxDepth: 4 },
      tie('leaf'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...known), tie('value'), { maxKeys: 12 }),
    ),
  })).value;

test.each(schemas)('%s answers to anything', (_, schema) => {
  const known = [...words(schema), 'x'];
  let refused = 0;
  fc.assert(
    fc.property(anyOf(known), (value) => {
      const read = v.safeParse(schema, value);
      if (!read.success) {
        refused += 1;
        expect(v.summarize(read.issues)).not.toBe('');
      }
    }),
    { numRuns: 40, seed: 9 },
  );
  expect(refused).toBeGreaterThan(10);
});

test('what is taken as base64url can be read as bytes, whatever its length', () => {
  const of = { federation: 'a-federation', round: 1 };
  const slot = 0;
  for (const [name, message] of [
    ['survey-answer', (words: string) => ({ federation: 'a-federation', survey: 1, words })],
    ['sum-keys', (sealed: string) => ({ ...of, keys: { slot, commit: 'A'.repeat(43), sealed } })],
    ['sum-reveal', (shares: string) => ({ ...of, reveal: { slot, shares } })],
  ] as const) {
    const takes = (length: number): boolean => {
      const text = 'A'.repeat(length);
      const isTaken = v.is(clientMessages[name], message(text));
      if (isTaken) fromText(text);
      return isTaken;
    };
    expect([1, 2, 3, 4, 5, 6, 9, 13].filter((length) => !takes(length))).toEqual([1, 5, 9, 13]);
  }
});

test('an address of the playground is read, with what is not used said', () => {
  const names = [
    'participants',
    'strategy',
    'b.strategy',
    'seed',
    'beside',
    'liars',
    'b.liars',
    'uplink',
    'skew',
  ];
  let said = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), fc.string({ maxLength: 60 }))),
      (pairs) => {
        const { experiment, problems } = readExperiment(new URLSearchParams(pairs));
        expect(experiment.settings.length).toBeGreaterThan(0);
        for (const problem of problems) expect(problem).toMatch(/\.$/);
        said += problems.length;
      },
    ),
    { numRuns: 300, seed: 10 },
  );
  expect(said).toBeGreaterThan(100);
});
