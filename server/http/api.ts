// Everything under /api, in front of SvelteKit's handler: finds the route, asks who may, and answers every failure with a
// body that says what to do.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import type { Prices } from '#lib/protocol/costs.ts';
import { FederationId, type FederationId as Id } from '#lib/core/ids.ts';
import type { Permission } from '#lib/protocol/people.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { Act, Acts } from '../acts.ts';
import type { Blobs } from '../ports/blobs.ts';
import type { Log } from '../ports/log.ts';
import type { Records } from '../ports/records.ts';
import { listActs } from './acts.ts';
import { exportVersion, MOST_EXPORTS, places } from './export.ts';
import { federationRoutes, NO_PRICES, noFederation } from './federations.ts';
import { getParameters } from './parameters.ts';
import { diskFull, having, isDiskFull, json, refusal, send, unknownPath, type Reply } from './reply.ts';
import { nameOf, type Sessions } from './sessions.ts';
import { rateLimits } from '../gateway/guard.ts';
import { Passkeys } from '../people/passkeys.ts';
import type { Caller } from '../people/people.ts';
import type { Clock } from '../ports/clock.ts';
import { inMlflowForm, isMlflowPath } from '../mlflow/errors.ts';
import type { Mlflow } from '../mlflow/mlflow.ts';
import { peopleRoutes } from './people.ts';
import { callerOf, isAllowedOrigin, type Site } from './site.ts';
import type { Uploads } from './uploads.ts';

export interface ApiParts {
  readonly coordinator: Coordinator;
  readonly blobs: Blobs;
  readonly sessions: Sessions;
  readonly uploads: Uploads;
  readonly site: Site;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Log;
  readonly acts: Acts;
  readonly records: Pick<Records, 'acts'>;
  readonly mostExports?: number;
  /** Of what the server spends; undefined: none is set. */
  readonly prices?: Prices;
  /** undefined: nothing is tracked here. */
  readonly mlflow?: Mlflow | undefined;
}

type Handle = (
  request: IncomingMessage,
  parameters: readonly string[],
  query: URLSearchParams,
) => Reply | Promise<Reply>;
interface Route {
  readonly method: string;
  readonly path: RegExp;
  /** What whoever asks must be allowed; null: anybody may. */
  readonly needs: Permission | null;
  /** Ways to sign in: tried a few times a minute from one address. */
  readonly isSignIn: boolean;
  readonly handle: (
    request: IncomingMessage,
    parameters: readonly string[],
    query: URLSearchParams,
    caller: Caller | undefined,
  ) => Reply | Promise<Reply>;
}

function routesOf(parts: ApiParts): readonly Route[] {
  const { coordinator, blobs, sessions, uploads, site, clock, mostExports = MOST_EXPORTS } = parts;
  const passkeys = new Passkeys(sessions.people, clock, site);
  const people = peopleRoutes(sessions.people, passkeys);
  const exports = places(mostExports);
  const federations = federationRoutes(coordinator, parts.prices ?? NO_PRICES);
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
  const pathOf = (path: string): RegExp => new RegExp(`^/api/${path.replaceAll('*', '([^/]+)')}$`);
  const route = (method: string, path: string, handle: Handle): Route => ({
    method,
    path: pathOf(path),
    needs: null,
    isSignIn: false,
    handle,
  });
  const signIn = (path: string, handle: Handle): Route => ({
    ...route('POST', path, handle),
    isSignIn: true,
  });
  /** Looking is for all who are signed in, doing for coordinators. */
  const byCoordinator = (method: string, path: string, handle: Handle): Route => ({
    ...route(method, path, handle),
    needs: method === 'GET' ? 'view' : 'act',
  });
  const by = (
    needs: Permission,
    method: string,
    path: string,
    handle: (request: IncomingMessage, caller: Caller, id: string) => Reply | Promise<Reply>,
  ): Route => ({
    method,
    path: pathOf(path),
    needs,
    isSignIn: false,
    handle: (request, [id = ''], _, caller) => {
      if (caller === undefined) throw new Error('A route that needs a permission is asked for by nobody.');
      return handle(request, caller, id);
    },
  });
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
      'federations/*/briefs',
      of((_, id) => federations.briefs(id)),
    ),
    route(
      'GET',
      'federations/*/log',
      of((_, id, __, query) => federations.log(id, query)),
    ),
    route(
      'GET',
      'federations/*/shown-surveys',
      of((_, id) => federations.shownSurveys(id)),
    ),
    route(
      'GET',
      'federations/*/versions/*/export',
      of(async (_, id, [version = ''], query) => {
        const reply = await exportVersion(coordinator, blobs, exports, id, version, query);
        return having(reply, 'exported', id, { version, format: query.get('format') ?? '' });
      }),
    ),
    route(
      'GET',
      'federations/*/versions/*/card.md',
      of((_, id, [version = '']) => federations.card(id, version)),
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
    signIn('session', (request) => sessions.signIn(request, site)),
    signIn('session/passkey/options', (request) => sessions.passkeyChallenge(passkeys, request)),
    signIn('session/passkey', (request) => sessions.signInByPasskey(passkeys, request, site)),
    route('DELETE', 'session', (request) => sessions.signOut(request, site)),
    byCoordinator('GET', 'acts', (_, __, query) => listActs(parts.records, query)),
    by('view', 'GET', 'me', (_, caller) => people.me(caller)),
    by('view', 'POST', 'me/passkeys/options', (request, caller) => people.passkeyOptions(request, caller)),
    by('view', 'POST', 'me/passkeys', (request, caller) => people.addPasskey(request, caller)),
    by('view', 'POST', 'me/recovery-codes', (_, caller) => people.recoveryCodes(caller)),
    by('view', 'POST', 'me/tokens', (request, caller) => people.addToken(request, caller)),
    by('view', 'DELETE', 'me/credentials/*', (_, caller, id) => people.removeCredential(caller, id)),
    by('manage', 'GET', 'people', () => people.list()),
    by('manage', 'POST', 'people', (request, caller) => people.add(request, caller)),
    by('manage', 'PUT', 'people/*', (request, _, id) => people.change(request, id)),
    by('manage', 'DELETE', 'people/*', (_, __, id) => people.remove(id)),
    by('manage', 'POST', 'people/*/link', (_, caller, id) => people.link(caller, id)),
    byCoordinator('POST', 'federations', (request) => federations.create(request)),
    byCoordinator(
      'PUT',
      'federations/*',
      of((request, id) => federations.change(request, id)),
    ),
    byCoordinator(
      'PUT',
      'federations/*/question',
      of((request, id) => federations.changeQuestion(request, id)),
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
      'GET',
      'federations/*/reputations',
      of((_, id) => federations.reputation(id)),
    ),
    byCoordinator(
      'GET',
      'federations/*/versions/*/curves',
      of((_, id, [version = '']) => federations.curves(id, version)),
    ),
    byCoordinator(
      'GET',
      'federations/*/fleet',
      of((_, id) => federations.fleet(id)),
    ),
    byCoordinator(
      'GET',
      'federations/*/costs',
      of((_, id) => federations.costs(id)),
    ),
    byCoordinator(
      'GET',
      'federations/*/ledger',
      of((_, id) => federations.ledger(id)),
    ),
    byCoordinator(
      'GET',
      'federations/*/surveys',
      of((_, id) => federations.surveys(id)),
    ),
    byCoordinator(
      'POST',
      'federations/*/surveys',
      of((request, id) => federations.survey(request, id)),
    ),
    byCoordinator(
      'PUT',
      'federations/*/surveys/*/shown',
      of((request, id, [survey = '']) => federations.showSurvey(request, id, survey)),
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

/** Asked for by a POST, and nothing is done by it. */
const MLFLOW_SEARCHES = new Set(['POST runs/search', 'POST experiments/search']);

function mlflowRoutes({ routes, artifacts }: Mlflow): readonly Route[] {
  const route = (needs: Permission, method: string, path: string, handle: Route['handle']): Route => ({
    method,
    path: new RegExp(`^/api/2\\.0/${path}$`),
    needs,
    isSignIn: false,
    handle,
  });
  const files = 'mlflow-artifacts/artifacts';
  return [
    ...Object.entries(routes).map(([name, handle]) => {
      const [method = '', path = ''] = name.split(' ');
      const needs = method === 'GET' || MLFLOW_SEARCHES.has(name) ? 'view' : 'act';
      return route(needs, method, `mlflow/${path}`, (request, _, query, caller) =>
        handle(request, query, caller),
      );
    }),
    route('view', 'GET', files, (request, _, query, caller) => artifacts.list(request, query, caller)),
    route('view', 'GET', `${files}/(.+)`, (_, [path = '']) => artifacts.get(path)),
    route('act', 'PUT', `${files}/(.+)`, (request, [path = '']) => artifacts.put(request, path)),
    route('act', 'DELETE', `${files}/(.+)`, (_, [path = '']) => artifacts.remove(path)),
  ];
}

/** Ten at once, then one every six seconds: far too few to guess 80 bits, and enough for a class behind one router. */
const SIGN_INS = { burst: 10, perSecond: 1 / 6 };

const notAllowed = (caller: Caller | undefined): string =>
  caller?.by === 'api-token'
    ? 'This token was not made for that, or its person may not do it any more. Make one with another scope.'
    : `As ${caller?.person.role ?? 'nobody'} you may not do that. Ask an owner of this server.`;

/** Answers a request under /api; returns false for every other path. */
export function createApi(parts: ApiParts): (request: IncomingMessage, response: ServerResponse) => boolean {
  const routes = [...routesOf(parts), ...(parts.mlflow === undefined ? [] : mlflowRoutes(parts.mlflow))];
  const signIns = rateLimits(SIGN_INS, parts.clock.monotonic);

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
    const { route } = found;
    if (route.isSignIn && !signIns.take(callerOf(parts.site, request).address))
      return refusal(429, 'too-many', 'Too many attempts to sign in. Wait a minute.', {
        headers: { 'retry-after': '60' },
      });
    const caller = route.needs === null ? undefined : parts.sessions.callerOf(request);
    if (route.needs !== null && caller === undefined)
      return refusal(
        401,
        'not-signed-in',
        'Sign in first: by a passkey, or by the link that the server printed.',
      );
    if (route.needs !== null && caller?.permissions.includes(route.needs) !== true)
      return refusal(403, 'not-allowed', notAllowed(caller));
    const reply = await route.handle(request, found.parameters, url.searchParams, caller);
    if (reply.act !== undefined) {
      const who = caller ?? parts.sessions.callerOf(request);
      // Anybody may export a version: that of somebody who is signed in is an act.
      if (who !== undefined) await written(parts, calledIn(who), reply.act);
    }
    return reply;
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
      .then((reply) => send(request, response, isMlflowPath(url.pathname) ? inMlflowForm(reply) : reply))
      .catch((error: unknown) => {
        parts.log.error({ path: url.pathname, error: String(error) }, 'an answer could not be sent');
        response.destroy();
      });
    return true;
  };
}

const calledIn = ({ person, by }: Caller): string =>
  by === 'api-token' ? `${nameOf(person)}, by an API token` : nameOf(person);

/** The act is done, and stands in the journal of its federation: a full disk does not undo it. */
async function written({ acts, log }: ApiParts, by: string, act: Act): Promise<void> {
  try {
    await acts.record(by, act);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    log.error({ by, act: act.act, federation: act.federation }, 'no room on disk for the log of acts');
  }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // No address of ours needs it: it will be unknown.
    return text;
  }
};
