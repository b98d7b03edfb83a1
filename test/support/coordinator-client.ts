// A coordinator without a browser: signs in by the printed link and works the API, for tests and benchmarks.
import * as v from 'valibot';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Question } from '#lib/core/statistics/survey.ts';
import type { RunAction } from '#lib/protocol/http.ts';
import { MadeApiToken } from '#lib/protocol/people.ts';
import { SurveyView } from '#lib/protocol/survey-views.ts';
import { FederationView, RoundView, VersionView } from '#lib/protocol/views.ts';

export interface CoordinatorClient {
  create(spec: FederationSpec, id?: string): Promise<FederationView>;
  act(id: string, action: RunAction): Promise<FederationView>;
  federation(id: string): Promise<FederationView>;
  versions(id: string): Promise<VersionView[]>;
  rounds(id: string): Promise<RoundView[]>;
  /** Rejects with what the server says where it refuses. */
  survey(id: string, question: Question): Promise<SurveyView>;
  /** Newest first. */
  surveys(id: string): Promise<SurveyView[]>;
  showSurvey(id: string, survey: number, isShown: boolean): Promise<SurveyView>;
  /** May look and act. */
  apiToken(): Promise<string>;
  parameters(version: VersionView): Promise<Float32Array<ArrayBuffer>>;
  /** Asks every 250 ms, or so often, until `holds` is true of the federation; a bounded number of times. */
  until(
    id: string,
    holds: (view: FederationView) => boolean,
    timeoutMs: number,
    everyMs?: number,
  ): Promise<FederationView>;
}

export async function signedIn(signInUrl: string): Promise<CoordinatorClient> {
  const link = new URL(signInUrl);
  const base = link.origin;
  const session = await fetch(`${base}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: base },
    body: JSON.stringify({ token: link.searchParams.get('token') }),
  });
  const cookie = session.headers.getSetCookie()[0]?.split(';')[0];
  if (!session.ok || cookie === undefined)
    throw new Error(`Signing in failed: ${session.status} ${await session.text()}`);

  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${base}/api${path}`, {
      method,
      headers: {
        cookie,
        origin: base,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} /api${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };

  const client: CoordinatorClient = {
    create: async (spec, id) =>
      v.parse(FederationView, await ask('POST', '/federations', { id: id ?? null, spec })),
    act: async (id, action) =>
      v.parse(FederationView, await ask('POST', `/federations/${id}/actions`, { action })),
    federation: async (id) => v.parse(FederationView, await ask('GET', `/federations/${id}`)),
    versions: async (id) => v.parse(v.array(VersionView), await ask('GET', `/federations/${id}/versions`)),
    rounds: async (id) => v.parse(v.array(RoundView), await ask('GET', `/federations/${id}/rounds`)),
    survey: async (id, question) =>
      v.parse(SurveyView, await ask('POST', `/federations/${id}/surveys`, { question })),
    surveys: async (id) => v.parse(v.array(SurveyView), await ask('GET', `/federations/${id}/surveys`)),
    showSurvey: async (id, survey, isShown) =>
      v.parse(SurveyView, await ask('PUT', `/federations/${id}/surveys/${survey}/shown`, { isShown })),
    apiToken: async () => {
      const asked = { name: 'a test', scopes: ['view', 'act'], expiresInMs: 3_600_000 };
      return v.parse(MadeApiToken, await ask('POST', '/me/tokens', asked)).token;
    },
    async parameters(version) {
      const response = await fetch(`${base}/api/parameters/${version.digest}`);
      if (!response.ok) throw new Error(`parameters: ${response.status}`);
      return new Float32Array(await response.arrayBuffer());
    },
    async until(id, holds, timeoutMs, everyMs = 250) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const view = await client.federation(id);
        if (holds(view)) return view;
        if (Date.now() > deadline) throw new Error(`Not reached in ${timeoutMs} ms: ${view.status}`);
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    },
  };
  return client;
}
