// Tokens that stand for a participant in HTTP requests: sent over a connection that has proven who it is, good for a few
// minutes and for the address that the proof was made for. Nothing of them is kept: whoever holds the key of this process can
// tell its own. After a restart the connections are new, and so are the tokens.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { ParticipantId } from '#lib/core/ids.ts';
import type { Clock } from '../ports/clock.ts';

export const TOKEN_LIFETIME_MS = 10 * 60_000;
/** Two may fail to arrive before the one in hand has ended. */
export const TOKEN_RENEWED_EVERY_MS = TOKEN_LIFETIME_MS / 3;

export interface Tokens {
  issue(participant: ParticipantId, audience: string): string;
  /** Whose it is; undefined where it is no token of this process, has ended, or was made for none of `audiences`. */
  read(token: string, audiences: readonly string[]): ParticipantId | undefined;
}

/** "participant.end.mac": 16 of the 32 bytes of HMAC-SHA-256 are as many as RFC 2104, §5, asks for. */
const Token = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}\.[0-9a-z]{1,12}\.[\w-]{22}$/));

export function createTokens(clock: Pick<Clock, 'monotonic'>, key: Uint8Array = randomBytes(32)): Tokens {
  const macOf = (participant: string, end: string, audience: string): Buffer =>
    createHmac('sha256', key)
      .update(['tributary token', audience, participant, end].join('\n'))
      .digest()
      .subarray(0, 16);
  return {
    issue(participant, audience) {
      const end = Math.ceil(clock.monotonic() + TOKEN_LIFETIME_MS).toString(36);
      return `${participant}.${end}.${macOf(participant, end, audience).toString('base64url')}`;
    },
    read(token, audiences) {
      if (!v.is(Token, token)) return undefined;
      const [participant = '', end = '', mac = ''] = token.split('.');
      const given = Buffer.from(mac, 'base64url');
      if (given.length !== 16) return undefined;
      if (!audiences.some((audience) => timingSafeEqual(macOf(participant, end, audience), given)))
        return undefined;
      return parseInt(end, 36) > clock.monotonic() ? v.parse(ParticipantId, participant) : undefined;
    },
  };
}
