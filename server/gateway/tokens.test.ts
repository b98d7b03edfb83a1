import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ParticipantId } from '#lib/core/ids.ts';
import { createTokens, TOKEN_LIFETIME_MS } from './tokens.ts';

const participant = v.parse(ParticipantId, 'ab'.repeat(16));
const audience = 'https://tributary.example';
const clock = { at: 0, monotonic: () => clock.at };

test('a token stands for its participant at the address that it was made for, until it ends', () => {
  clock.at = 5_000;
  const tokens = createTokens(clock);
  const token = tokens.issue(participant, audience);
  expect(tokens.read(token, ['http://localhost:3000', audience])).toBe(participant);
  expect(tokens.read(token, ['http://localhost:3000'])).toBeUndefined();
  expect(tokens.read(token, [])).toBeUndefined();
  clock.at = 5_000 + TOKEN_LIFETIME_MS - 1;
  expect(tokens.read(token, [audience])).toBe(participant);
  clock.at = 5_000 + TOKEN_LIFETIME_MS;
  expect(tokens.read(token, [audience])).toBeUndefined();
});

test('no token of another process, and none that was changed anywhere, is believed', () => {
  clock.at = 0;
  const tokens = createTokens(clock);
  const token = tokens.issue(participant, audience);
  expect(createTokens(clock).read(token, [audience])).toBeUndefined();
  for (let at = 0; at < token.length; at += 1) {
    // Another character that may stand there: the last one of 16 bytes in base64url holds 2 bits that count.
    const changed = token[at] === 'a' ? 'b' : 'a';
    const forged = token.slice(0, at) + changed + token.slice(at + 1);
    if (at < token.length - 1) expect(tokens.read(forged, [audience]), forged).toBeUndefined();
  }
  for (const none of ['', 'x', `${participant}..`, `${participant}.zzzzzzzz.`, '.'.repeat(60), `${token}=`])
    expect(tokens.read(none, [audience]), none).toBeUndefined();
});
