// Who works the console, over HTTP: roles and what each may do, sign-in links and recovery codes that work once, API tokens that
// do no more than they were made for, and attempts that are bounded.
import { createServer } from 'node:http';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { MadeApiToken, MadePerson, MadeRecoveryCodes, OwnAccess, type Role } from '#lib/protocol/people.ts';
import { createTokens } from '../../server/gateway/tokens.ts';
import { createApi } from '../../server/http/api.ts';
import { bearersOf } from '../../server/http/bearers.ts';
import { openActs } from '../../server/acts.ts';
import { Sessions } from '../../server/http/sessions.ts';
import { Uploads } from '../../server/http/uploads.ts';
import { silentLog } from '../../server/ports/log.ts';
import { exampleSpec } from './example-spec.ts';
import { listening } from '../support/listening.ts';
import { federation, World } from './world.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

async function serve(world?: World) {
  world ??= await World.open(1, exampleSpec(), 0);
  const { coordinator, blobs, clock, kept } = world;
  const site = { trustProxy: false, tls: false, publicUrl: undefined, allowedOrigins: [] };
  const acts = await openActs(kept, clock);
  const sessions = await Sessions.open(kept, clock, () => {}, acts);
  const uploads = new Uploads(coordinator, blobs, clock, silentLog, bearersOf(createTokens(clock), site));
  const api = createApi({
    coordinator,
    blobs,
    sessions,
    uploads,
    site,
    clock,
    log: silentLog,
    acts,
    records: kept,
  });
  const server = createServer((request, response) => void api(request, response));
  const origin = await listening(server);
  undo.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `${origin}/api`;

  type Headers = Record<string, string>;
  const ask = (headers: Headers, method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${url}/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  /** The headers by which the server knows who signed in; undefined where it did not let it. */
  const signIn = async (token: string): Promise<Headers | undefined> => {
    const response = await ask({}, 'POST', 'session', { token });
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
    return response.ok && cookie !== undefined ? { cookie } : undefined;
  };
  const owner = await signIn(sessions.token);
  if (owner === undefined) throw new Error('the printed link does not work');
  /** Somebody new, signed in by its link. */
  const add = async (name: string, role: Role): Promise<{ id: string; headers: Headers }> => {
    const response = await ask(owner, 'POST', 'people', { name, role });
    const { people, code } = v.parse(MadePerson, await response.json());
    const headers = await signIn(code);
    const id = people.find((one) => one.name === name)?.id;
    if (headers === undefined || id === undefined) throw new Error('the link does not work');
    return { id, headers };
  };
  return { world, ask, signIn, owner, add };
}

const act = { action: 'start' };

describe('a role', () => {
  test('says what one may do: look, run federations, say who else may', async () => {
    const { ask, owner, add } = await serve();
    const viewer = await add('Vera', 'viewer');
    const coordinator = await add('Cleo', 'coordinator');
    const statuses = async (headers: Record<string, string>): Promise<number[]> => [
      (await ask(headers, 'GET', `federations/${federation}/invitations`)).status,
      (await ask(headers, 'POST', `federations/${federation}/actions`, { action: 'pause' })).status,
      (await ask(headers, 'GET', 'people')).status,
    ];
    // 409: it may, but a draft cannot be paused.
    expect(await statuses({})).toEqual([401, 401, 401]);
    expect(await statuses(viewer.headers)).toEqual([200, 403, 403]);
    expect(await statuses(coordinator.headers)).toEqual([200, 409, 403]);
    expect(await statuses(owner)).toEqual([200, 409, 200]);
    expect(await (await ask(viewer.headers, 'DELETE', `federations/${federation}`)).json()).toEqual({
      error: 'not-allowed',
      message: 'As viewer you may not do that. Ask an owner of this server.',
    });
  });

  test('changes at once for whoever is signed in, and ends with the person; the last owner stays', async () => {
    const { ask, owner, add } = await serve();
    const { id, headers } = await add('Cleo', 'coordinator');
    const me = v.parse(OwnAccess, await (await ask(owner, 'GET', 'me')).json()).person;
    expect((await ask(owner, 'PUT', `people/${id}`, { name: 'Cleo', role: 'viewer' })).status).toBe(200);
    expect((await ask(headers, 'POST', `federations/${federation}/actions`, act)).status).toBe(403);
    expect((await ask(owner, 'DELETE', `people/${id}`)).status).toBe(200);
    expect((await ask(headers, 'GET', 'me')).status).toBe(401);
    for (const response of [
      await ask(owner, 'DELETE', `people/${me.id}`),
      await ask(owner, 'PUT', `people/${me.id}`, { name: 'Me', role: 'viewer' }),
    ]) {
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ error: 'last-owner' });
    }
  });

  test('outlives the process, as sessions do', async () => {
    const first = await serve();
    const { headers } = await first.add('Vera', 'viewer');
    const second = await serve(first.world);
    expect(v.parse(OwnAccess, await (await second.ask(headers, 'GET', 'me')).json()).person).toMatchObject({
      name: 'Vera',
      role: 'viewer',
      isInvited: false,
    });
    expect((await second.ask(headers, 'GET', 'people')).status).toBe(403);
  });
});

describe('a way in', () => {
  test('by a link works once, and no longer than a week', async () => {
    const { ask, owner, signIn, world } = await serve();
    const codeFor = async (name: string): Promise<string> =>
      v.parse(MadePerson, await (await ask(owner, 'POST', 'people', { name, role: 'viewer' })).json()).code;
    const [used, old] = [await codeFor('Vera'), await codeFor('Olaf')];
    expect(await signIn(used)).toBeDefined();
    expect(await signIn(used)).toBeUndefined();
    await world.clock.advance(7 * 86_400_000);
    expect(await signIn(old)).toBeUndefined();
  });

  test('by a recovery code works once each; new ones take the place of the old, and none is kept', async () => {
    const { ask, owner, signIn, world } = await serve();
    const make = async () =>
      v.parse(MadeRecoveryCodes, await (await ask(owner, 'POST', 'me/recovery-codes')).json());
    const { codes: old } = await make();
    const { codes, access } = await make();
    expect([new Set(codes).size, access.recoveryCodes]).toEqual([10, 10]);
    const [first = '', second = ''] = codes;
    expect(first).toMatch(/^(?:[2-9a-z]{4}-){3}[2-9a-z]{4}$/);
    expect(await signIn(` ${first} `)).toBeDefined();
    expect(await signIn(first)).toBeUndefined();
    expect(await signIn(old[0] ?? '')).toBeUndefined();
    expect(await signIn(second)).toBeDefined();
    const kept = JSON.stringify(await world.kept.credentials());
    for (const code of codes) expect(kept).not.toContain(code);
  });

  test('is tried a few times, then not for a while, by whoever comes from the same address', async () => {
    const { ask, world } = await serve();
    const statuses: number[] = [];
    for (let index = 0; index < 12; index += 1)
      statuses.push((await ask({}, 'POST', 'session', { token: `guess ${index}` })).status);
    expect(statuses.slice(-3)).toEqual([429, 429, 429]);
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(9);
    await world.clock.advance(60_000);
    expect((await ask({}, 'POST', 'session', { token: 'guess' })).status).toBe(401);
  });
});

describe('an API token', () => {
  const tokenFor = async (
    { ask }: Awaited<ReturnType<typeof serve>>,
    headers: Record<string, string>,
    scopes: readonly string[],
    expiresInMs = 3_600_000,
  ) => {
    const response = await ask(headers, 'POST', 'me/tokens', { name: 'CI', scopes, expiresInMs });
    return v.parse(MadeApiToken, await response.json());
  };

  test('does what it was made for, as far as its person may still, until it ends or is removed', async () => {
    const running = await serve();
    const { ask, owner, add, world } = running;
    const { id, headers } = await add('Cleo', 'coordinator');
    const { token, access } = await tokenFor(running, headers, ['view', 'act', 'manage']);
    const bearer = { authorization: `Bearer ${token}` };
    expect(JSON.stringify(await world.kept.credentials())).not.toContain(token);
    expect((await ask(bearer, 'POST', `federations/${federation}/actions`, act)).status).toBe(200);
    expect((await ask(bearer, 'GET', 'people')).status).toBe(403);
    await ask(owner, 'PUT', `people/${id}`, { name: 'Cleo', role: 'viewer' });
    expect((await ask(bearer, 'POST', `federations/${federation}/actions`, act)).status).toBe(403);
    expect((await ask(bearer, 'GET', `federations/${federation}/invitations`)).status).toBe(200);
    const [made] = access.credentials;
    expect((await ask(headers, 'DELETE', `me/credentials/${made?.id}`)).status).toBe(200);
    expect((await ask(bearer, 'GET', `federations/${federation}/invitations`)).status).toBe(401);
    const brief = await tokenFor(running, headers, ['view'], 60_000);
    await world.clock.advance(60_000);
    expect((await ask({ authorization: `Bearer ${brief.token}` }, 'GET', 'me')).status).toBe(401);
  });

  test('of narrower scope does less, and makes no other way in', async () => {
    const running = await serve();
    const { ask, owner } = running;
    const viewing = await tokenFor(running, owner, ['view']);
    const bearer = { authorization: `Bearer ${viewing.token}` };
    expect((await ask(bearer, 'GET', 'me')).status).toBe(200);
    expect((await ask(bearer, 'POST', `federations/${federation}/actions`, act)).status).toBe(403);
    const all = await tokenFor(running, owner, ['view', 'act', 'manage']);
    const strong = { authorization: `Bearer ${all.token}` };
    for (const [method, path, body] of [
      ['POST', 'me/tokens', { name: 'x', scopes: ['view'], expiresInMs: 60_000 }],
      ['POST', 'me/recovery-codes', undefined],
      ['POST', 'me/passkeys/options', undefined],
      ['POST', 'people', { name: 'Eve', role: 'owner' }],
    ] as const)
      expect((await ask(strong, method, path, body)).status, path).toBe(403);
    // Nor does a cookie count beside a token that is none.
    expect((await ask({ ...owner, authorization: 'Bearer tributary_x' }, 'GET', 'me')).status).toBe(401);
  });

  test('of somebody else is not to be seen or removed', async () => {
    const running = await serve();
    const { ask, owner, add } = running;
    const { headers } = await add('Cleo', 'coordinator');
    const { access } = await tokenFor(running, owner, ['view']);
    expect((await ask(headers, 'DELETE', `me/credentials/${access.credentials[0]?.id}`)).status).toBe(404);
    expect(v.parse(OwnAccess, await (await ask(headers, 'GET', 'me')).json()).credentials).toEqual([]);
  });
});
