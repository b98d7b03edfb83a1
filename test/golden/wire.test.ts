// The wire does not change by accident: the shape of everything that crosses it, hashed, belongs to one PROTOCOL_VERSION.
// A page that is older than its server must be told so, and that is by the version.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { digestOfText } from '#lib/core/digest.ts';
import * as http from '#lib/protocol/http.ts';
import * as exclusions from '#lib/protocol/exclusions.ts';
import * as briefs from '#lib/protocol/briefs.ts';
import * as fleet from '#lib/protocol/fleet.ts';
import * as people from '#lib/protocol/people.ts';
import * as surveys from '#lib/protocol/survey-views.ts';
import * as invitations from '#lib/protocol/invitations.ts';
import {
  PROTOCOL_VERSION,
  UPLOAD_PIECE_BYTES,
  MAXIMUM_COORDINATE,
  MAXIMUM_EXAMPLES,
} from '#lib/protocol/limits.ts';
import { AccessToken, Handshake } from '#lib/protocol/handshake.ts';
import { Answer, clientMessages, serverMessages } from '#lib/protocol/messages.ts';

/** A schema as data: kinds, keys, literals and limits. Functions (checks, transforms) count by their presence alone. */
function shapeOf(schema: unknown): unknown {
  if (typeof schema === 'function') return 'function';
  if (schema instanceof RegExp) return schema.source;
  if (Array.isArray(schema)) return schema.map(shapeOf);
  if (typeof schema === 'bigint') return String(schema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema)
    .filter(
      ([key]) => !['~standard', '~run', '~types', 'reference', 'async', 'message', 'expects'].includes(key),
    )
    .map(([key, value]) => [key, shapeOf(value)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const isSchema = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'schema';

const wire = {
  limits: { UPLOAD_PIECE_BYTES, MAXIMUM_COORDINATE, MAXIMUM_EXAMPLES },
  Handshake: shapeOf(Handshake),
  AccessToken: shapeOf(AccessToken),
  Answer: shapeOf(Answer),
  client: shapeOf(clientMessages),
  server: shapeOf(serverMessages),
  http: Object.fromEntries(
    Object.entries({ ...http, ...briefs, ...exclusions, ...fleet, ...invitations, ...people, ...surveys })
      .filter(([, value]) => isSchema(value))
      .map(([name, value]) => [name, shapeOf(value)]),
  ),
};

/** One line a version. A change of the wire adds a line and raises PROTOCOL_VERSION. */
const hashes: Readonly<Record<number, string>> = {
  1: 'c2cddaa13c7685dc891114da2015a0c089357bb85b6ecc575eaff36386e0125d',
  2: '63b24ea5016ce6af0466746c2ca8583c72ac3c364cf8d6cbbf04b95960b5e39d',
  3: '04da67fd718f15ef40cdbbcdd776c1c36113f20921bb30881f96f7484fbbfadf',
  4: '4d5f4a8267b16f1861d4a66f100b2bc87c5678e2a75212066ad6a4c9da424b7c',
  5: '6c1a57b0c325030900822c4769814bd6a5af29366f2f8f1b031c5d4dab20d350',
  6: '761bfee9d40e69c0401b1608159f76dba3ecf49ff10cea88537bfd2f0c61956b',
  7: '59d9a749bc435d03a1a847f8a57133d9ded3adae662c9b7fbf110fc55793dfa6',
};

test('the schemas of the wire are those of this protocol version', () => {
  expect(
    digestOfText(JSON.stringify(wire)),
    'The wire changed: raise PROTOCOL_VERSION and add its line here.',
  ).toBe(hashes[PROTOCOL_VERSION]);
});

test('the hash sees keys, kinds, literals and limits', () => {
  const hash = (schema: unknown): string => digestOfText(JSON.stringify(shapeOf(schema)));
  const plain = v.strictObject({ a: v.number() });
  expect(hash(v.strictObject({ a: v.number() }))).toBe(hash(plain));
  const others = [
    v.strictObject({ b: v.number() }),
    v.object({ a: v.number() }),
    v.strictObject({ a: v.nullable(v.number()) }),
    v.strictObject({ a: v.pipe(v.number(), v.minValue(1)) }),
    v.strictObject({ a: v.pipe(v.number(), v.minValue(2)) }),
    v.strictObject({ a: v.literal(1) }),
    v.strictObject({ a: v.picklist([1, 2]) }),
  ];
  expect(new Set([plain, ...others].map(hash)).size).toBe(others.length + 1);
});

test('every message has a schema that is hashed', () => {
  expect(Object.keys(wire.http).length).toBeGreaterThanOrEqual(9);
  expect(Object.keys(clientMessages).sort()).toEqual([
    'check-in',
    'check-out',
    'evaluation',
    'progress',
    'sum-advert',
    'sum-consent',
    'sum-keys',
    'sum-nonce',
    'sum-reveal',
    'survey-answer',
    'survey-declined',
    'watch',
    'withdraw',
  ]);
  expect(Object.keys(serverMessages).sort()).toEqual([
    'abandoned',
    'come-back',
    'committed',
    'configured',
    'federation',
    'sum-consents',
    'sum-forward',
    'sum-nonces',
    'sum-question',
    'sum-roster',
    'superseded',
    'survey',
    'survey-ended',
    'turned-away',
  ]);
});
