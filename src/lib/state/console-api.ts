// The coordinator's requests, and what came back as a value: a refusal is an ApiError with its sentence, a server that
// does not answer is one too. Nothing here throws for what can be expected.
import * as v from 'valibot';
import type { FederationSpec } from '#lib/core/federation.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { BriefVersion, type ChangedQuestion } from '#lib/protocol/briefs.ts';
import { FleetView } from '#lib/protocol/fleet.ts';
import { ExclusionView, StandingView } from '#lib/protocol/exclusions.ts';
import { Act, ApiError, type RunAction } from '#lib/protocol/http.ts';
import { LedgerView } from '#lib/protocol/ledger.ts';
import { InvitationView, MadeInvitation, type NewInvitation } from '#lib/protocol/invitations.ts';
import {
  MadeApiToken,
  MadePerson,
  MadeRecoveryCodes,
  OwnAccess,
  PasskeyChallenge,
  PasskeyOptions,
  PersonView,
  type NewApiToken,
  type PersonChange,
} from '#lib/protocol/people.ts';
import { AliasMove, FederationSummary, FederationView, RoundView, VersionView } from '#lib/protocol/views.ts';

export type Fetch = typeof fetch;

/** `error` is the server's own word, or 'offline' where none came, 'unreadable' where the answer was not the agreed shape. */
export async function request<S extends v.GenericSchema>(
  fetching: Fetch,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  schema: S,
  body?: unknown,
): Promise<Result<v.InferOutput<S>, ApiError>> {
  let response: Response;
  try {
    response = await fetching(path, {
      method,
      credentials: 'same-origin',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch {
    return fail({
      error: 'offline',
      message: 'The server does not answer. Check the connection and try again; nothing was changed here.',
    });
  }
  const text = await response.text();
  let told: unknown = null;
  try {
    told = text === '' ? null : JSON.parse(text);
  } catch {
    told = text;
  }
  if (!response.ok) {
    const refusal = v.safeParse(ApiError, told);
    return fail(
      refusal.success
        ? refusal.output
        : {
            error: `http-${response.status}`,
            message: `The server answered ${response.status} ${response.statusText}. Try again, and look at the server's log if it stays so.`,
          },
    );
  }
  const read = v.safeParse(schema, told);
  return read.success
    ? ok(read.output)
    : fail({
        error: 'unreadable',
        message:
          'The server answered in a form that this page does not know. Reload the page: it may be older than the server.',
      });
}

export const address = (id: string): string => `/api/federations/${encodeURIComponent(id)}`;

export const consoleApi = (fetching: Fetch) =>
  ({
    signIn: (token: string) => request(fetching, 'POST', '/api/session', v.unknown(), { token }),
    passkeyChallenge: () => request(fetching, 'POST', '/api/session/passkey/options', PasskeyChallenge),
    signInByPasskey: (ceremony: string, response: Record<string, unknown>) =>
      request(fetching, 'POST', '/api/session/passkey', v.unknown(), { ceremony, response }),
    me: () => request(fetching, 'GET', '/api/me', OwnAccess),
    passkeyOptions: () => request(fetching, 'POST', '/api/me/passkeys/options', PasskeyOptions),
    addPasskey: (name: string, response: Record<string, unknown>) =>
      request(fetching, 'POST', '/api/me/passkeys', OwnAccess, { name, response }),
    makeRecoveryCodes: () => request(fetching, 'POST', '/api/me/recovery-codes', MadeRecoveryCodes),
    makeToken: (wanted: NewApiToken) => request(fetching, 'POST', '/api/me/tokens', MadeApiToken, wanted),
    removeCredential: (id: string) =>
      request(fetching, 'DELETE', `/api/me/credentials/${encodeURIComponent(id)}`, OwnAccess),
    people: () => request(fetching, 'GET', '/api/people', v.array(PersonView)),
    addPerson: (person: PersonChange) => request(fetching, 'POST', '/api/people', MadePerson, person),
    linkPerson: (id: string) => request(fetching, 'POST', `/api/people/${id}/link`, MadePerson),
    changePerson: (id: string, person: PersonChange) =>
      request(fetching, 'PUT', `/api/people/${id}`, v.array(PersonView), person),
    removePerson: (id: string) => request(fetching, 'DELETE', `/api/people/${id}`, v.array(PersonView)),
    signOut: () => request(fetching, 'DELETE', '/api/session', v.unknown()),
    federations: () => request(fetching, 'GET', '/api/federations', v.array(FederationSummary)),
    federation: (id: string) => request(fetching, 'GET', address(id), FederationView),
    versions: (id: string) => request(fetching, 'GET', `${address(id)}/versions`, v.array(VersionView)),
    rounds: (id: string, limit: number) =>
      request(fetching, 'GET', `${address(id)}/rounds?limit=${limit}`, v.array(RoundView)),
    aliases: (id: string) => request(fetching, 'GET', `${address(id)}/aliases`, v.array(AliasMove)),
    acts: (before: number | undefined, limit: number) =>
      request(
        fetching,
        'GET',
        `/api/acts?limit=${limit}${before === undefined ? '' : `&before=${before}`}`,
        v.array(Act),
      ),
    create: (id: string | null, spec: FederationSpec) =>
      request(fetching, 'POST', '/api/federations', FederationView, { id, spec }),
    change: (id: string, spec: FederationSpec) =>
      request(fetching, 'PUT', address(id), FederationView, { spec }),
    changeQuestion: (id: string, question: ChangedQuestion) =>
      request(fetching, 'PUT', `${address(id)}/question`, FederationView, question),
    fleet: (id: string) => request(fetching, 'GET', `${address(id)}/fleet`, FleetView),
    briefs: (id: string) => request(fetching, 'GET', `${address(id)}/briefs`, v.array(BriefVersion)),
    act: (id: string, action: RunAction) =>
      request(fetching, 'POST', `${address(id)}/actions`, FederationView, { action }),
    remove: (id: string) => request(fetching, 'DELETE', address(id), v.unknown()),
    moveLive: (id: string, version: number) =>
      request(fetching, 'PUT', `${address(id)}/aliases/live`, v.array(AliasMove), { version }),
    invitations: (id: string) =>
      request(fetching, 'GET', `${address(id)}/invitations`, v.array(InvitationView)),
    invite: (id: string, wanted: NewInvitation) =>
      request(fetching, 'POST', `${address(id)}/invitations`, MadeInvitation, wanted),
    revokeInvitation: (id: string, invitation: string) =>
      request(fetching, 'DELETE', `${address(id)}/invitations/${invitation}`, v.array(InvitationView)),
    exclusions: (id: string) => request(fetching, 'GET', `${address(id)}/exclusions`, v.array(ExclusionView)),
    reputation: (id: string) => request(fetching, 'GET', `${address(id)}/reputations`, v.array(StandingView)),
    ledger: (id: string) => request(fetching, 'GET', `${address(id)}/ledger`, LedgerView),
    exclude: (id: string, participant: string, reason: string) =>
      request(fetching, 'PUT', `${address(id)}/exclusions/${participant}`, v.array(ExclusionView), {
        reason,
      }),
    readmit: (id: string, participant: string) =>
      request(fetching, 'DELETE', `${address(id)}/exclusions/${participant}`, v.array(ExclusionView)),
    trust: (id: string, participant: string, trusted: boolean) =>
      request(fetching, 'PUT', `${address(id)}/roots`, FederationView, { participant, trusted }),
  }) as const;
export type ConsoleApi = ReturnType<typeof consoleApi>;

export const exportAddress = (id: string, version: number, format: 'tfjs' | 'safetensors' | 'json'): string =>
  `${address(id)}/versions/${version}/export?format=${format}`;

export const cardAddress = (id: string, version: number): string =>
  `${address(id)}/versions/${version}/card.md`;
