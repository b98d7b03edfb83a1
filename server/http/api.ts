// Everything under /api, in front of SvelteKit's handler: finds the route, asks who may, and answers every failure with a
// body that says what to do.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { FederationId, type FederationId as Id } from '#lib/core/ids.ts';
import { SESSION_COOKIE } from '../application.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { Blobs } from '../ports/blobs.ts';
import type { Log } from '../ports/log.ts';
import { exportVersion, MOST_EXPORTS, places } from './export.ts';
import { federationRoutes, noFederation } from './federations.ts';
import { getParameters } from './parameters.ts';
import { diskFull, isDiskFull, json, refusal, send, unknownPath, type Reply } from './reply.ts';
import type { Sessions } from './sessions.ts';
import { cookieOf, isAllowedOrigin, type Site } from './site.ts';
import type { Uploads } from './uploads.ts';

export interface ApiParts {
  readonly coordinator: Coordinator;
  readonly blobs: Blobs;
  readonly sessions: Sessions;
  readonly uploads: Uploads;
  readonly site: Site;
  readonly log: Log;
  readonly mostExports?: number;
}

type Handle = (
  request: IncomingMessage,
  parameters: readonly string[],
  query: URLSearchParams,
) => Reply | Promise<Reply>;
interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly coordinatorOnly: boolean;
  readonly handle: Handle;
}

function routesOf(parts: ApiParts): readonly Route[] {
  const { coordinator, blobs, sessions, uploads, site, mostExports = MOST_EXPORTS } = parts;
  const exports = places(mostExports);
  const federations = federationRoutes(coordinator);
  const of =
    (
      handle: (
        request: IncomingMessage,
        id: Id,
        rest: readonly string[],
        query: URLSearchParams,
      ) => Reply | Promise<Reply>,
    ): Handle =>
    (request, [name = '', ...rest], query) => {
      const id = v.safeParse(FederationId, name);
      return id.success && coordinator.has(id.output)
        ? handle(request, id.output, rest, query)
        : noFederation(name);
    };
  const route = (method: string, path: string, handle: Handle, coordinatorOnly = false): Route => ({
    method,
    path: new RegExp(`^/api/${path.replaceAll('*', '([^/]+)')}$`),
    coordinatorOnly,
    handle,
  });
  const byCoordinator = (method: string, path: string, handle: Handle): Route =>
    route(method, path, handle, true);
  return [
    route('GET', 'health', () => json(200, { ok: true })),
    route('GET', 'federations', () => federations.list()),
    route(
      'GET',
      'federations/*',
      of((_, id) => federations.view(id)),
    ),
    route(
      'GET',
      'federations/*/versions',
      of((_, id) => federations.versions(id)),
    ),
    route(
      'GET',
      'federations/*/rounds',
      of((_, id, __, query) => federations.rounds(id, query)),
    ),
    route(
      'GET',
      'federations/*/aliases',
      of((_, id) => federations.aliases(id)),
    ),
    route(
      'GET',
      'federations/*/versions/*/export',
      of((_, id, [version = ''], query) => exportVersion(coordinator, blobs, exports, id, version, query)),
    ),
    route('GET', 'parameters/*', (request, [digest = '']) =>
      getParameters(request, digest, coordinator, blobs),
    ),
    route(
      'POST',
      'federations/*/updates',
      of((request, id) => uploads.offer(request, id)),
    ),
    route('HEAD', 'uploads/*', (request, [id = '']) => uploads.head(request, id)),
    route('PATCH', 'uploads/*', (request, [id = '']) => uploads.patch(request, id)),
    route('POST', 'session', (request) => sessions.signIn(request, site)),
    route('DELETE', 'session', (request) => sessions.signOut(request, site)),
    byCoordinator('POST', 'federations', (request) => federations.create(request)),
    byCoordinator(
      'PUT',
      'federations/*',
      of((request, id) => federations.change(request, id)),
    ),
    byCoordinator(
      'POST',
      'federations/*/actions',
      of((request, id) => federations.act(request, id)),
    ),
    byCoordinator(
      'DELETE',
      'federations/*',
      of((_, id) => federations.remove(id)),
    ),
    byCoordinator(
      'PUT',
      'federations/*/aliases/live',
      of((request, id) => federations.moveLive(request, id)),
    ),
    byCoordinator(
      'GET',
      'federations/*/invitations',
      of((_, id) => federations.invitations(id)),
    ),
    byCoordinator(
      'POST',
      'federations/*/invitations',
      of((request, id) => federations.invite(request, id)),
    ),
    byCoordinator(
      'DELETE',
      'federations/*/invitations/*',
      of((_, id, [invitation = '']) => federations.revoke(id, invitation)),
    ),
    byCoordinator(
      'GET',
      'federations/*/exclusions',
      of((_, id) => federations.exclusions(id)),
    ),
    byCoordinator(
      'PUT',
      'federations/*/exclusions/*',
      of((request, id, [participant = '']) => federations.exclude(request, id, participant)),
    ),
    byCoordinator(
      'DELETE',
      'federations/*/exclusions/*',
      of((_, id, [participant = '']) => federations.readmit(id, participant)),
    ),
    byCoordinator(
      'PUT',
      'federations/*/roots',
      of((request, id) => federations.trust(request, id)),
    ),
  ];
}

/** Answers a request under /api; returns false for every other path. */
export function createApi(parts: ApiParts): (request: IncomingMessage, response: ServerResponse) => boolean {
  const routes = routesOf(parts);

  async function answer(request: IncomingMessage, url: URL): Promise<Reply> {
    const method = request.method ?? 'GET';
    const here = routes.flatMap((route) => {
      const match = route.path.exec(url.pathname);
      return match === null ? [] : [{ route, parameters: match.slice(1).map(decoded) }];
    });
    if (here.length === 0) return unknownPath();
    const found =
      here.find(({ route }) => route.method === method) ??
      (method === 'HEAD' ? here.find(({ route }) => route.method === 'GET') : undefined);
    if (found === undefined) {
      const allow = [...new Set(here.map(({ route }) => route.method))].join(', ');
      return refusal(405, 'method', `This address takes ${allow}.`, { headers: { allow } });
    }
    if (method !== 'GET' && method !== 'HEAD' && !isAllowedOrigin(parts.site, request))
      return refusal(403, 'wrong-origin', 'A page of another site may not do this.');
    if (found.route.coordinatorOnly && !parts.sessions.isCoordinator(cookieOf(request, SESSION_COOKIE)))
      return refusal(
        401,
        'not-signed-in',
        'Sign in as coordinator first, by the link that the server printed.',
      );
    return found.route.handle(request, found.parameters, url.searchParams);
  }

  return (request, response) => {
    const url = URL.canParse(request.url ?? '', 'http://server')
      ? new URL(request.url ?? '', 'http://server')
      : undefined;
    if (url === undefined || !(url.pathname === '/api' || url.pathname.startsWith('/api/'))) return false;
    answer(request, url)
      .catch((error: unknown): Reply => {
        if (isDiskFull(error)) {
          parts.log.error({ path: url.pathname, error: String(error) }, 'no room on disk for a request');
          return diskFull(
            'The server’s disk is full: this could not be kept, and is not done. Make room on the disk, then try again.',
          );
        }
        const id = randomUUID().slice(0, 8);
        parts.log.error(
          { id, path: url.pathname, error: error instanceof Error ? error.stack : String(error) },
          'a request failed',
        );
        return refusal(500, 'internal', `The server made a mistake (${id}). Its log says more.`);
      })
      .then((reply) => send(request, response, reply))
      .catch((error: unknown) => {
        parts.log.error({ path: url.pathname, error: String(error) }, 'an answer could not be sent');
        response.destroy();
      });
    return true;
  };
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // No address of ours needs it: it will be unknown.
    return text;
  }
};
