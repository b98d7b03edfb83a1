// Who sends an HTTP request: the participant whose token it carries.
import type { IncomingMessage } from 'node:http';
import type { ParticipantId } from '#lib/core/ids.ts';
import type { Tokens } from '../gateway/tokens.ts';
import { refusal, type Reply } from './reply.ts';
import { audiencesOf, type Site } from './site.ts';

export type Bearers = (request: IncomingMessage) => ParticipantId | undefined;

/** `Authorization: Bearer <token>`; undefined where there is none. */
export function bearerOf(request: IncomingMessage): string | undefined {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  return scheme?.toLowerCase() === 'bearer' ? token : undefined;
}

export const bearersOf =
  (tokens: Tokens, site: Site): Bearers =>
  (request) => {
    const token = bearerOf(request);
    return token === undefined ? undefined : tokens.read(token, audiencesOf(site, request));
  };

export const notIdentified = (): Reply =>
  refusal(
    401,
    'not-identified',
    'This needs the token that the server sends a participant over its connection. Yours is missing, has ended, or is not of this server: connect again.',
    { headers: { 'www-authenticate': 'Bearer' } },
  );
