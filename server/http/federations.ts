// Federations over HTTP: views for everybody, actions for signed-in coordinators (protocol/http.ts has the list).
import type { IncomingMessage } from 'node:http';
import type { FederationId } from '#lib/core/ids.ts';
import type { Result } from '#lib/core/result.ts';
import { AliasTarget, ChangedFederation, NewFederation, RootTrust, RunAction } from '#lib/protocol/http.ts';
import type { ActionRefusal } from '../coordinator/actions.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { readJson } from './body.ts';
import { json, refusal, type Reply } from './reply.ts';

export const noFederation = (id: string): Reply =>
  refusal(404, 'unknown-federation', `There is no federation “${id}”.`);

const found = (id: string, value: unknown): Reply =>
  value === undefined ? noFederation(id) : json(200, value);

function outcome(id: string, result: Result<unknown, ActionRefusal> | undefined, status = 200): Reply {
  if (result === undefined) return noFederation(id);
  if (result.ok) return json(status, result.value ?? { ok: true });
  const { error, message, issues } = result.error;
  switch (error) {
    case 'not-now':
      return refusal(409, error, message);
    case 'unknown-version':
    case 'unknown-participant':
      return refusal(404, error, message);
    case 'invalid':
      return refusal(422, error, message, { issues: issues?.map((issue) => ({ ...issue })) });
    default:
      return error satisfies never;
  }
}

const LONGEST_PAGE = 200;

export const federationRoutes = (coordinator: Coordinator) => ({
  list: (): Reply => json(200, coordinator.summaries()),
  view: (id: FederationId): Reply => found(id, coordinator.view(id)),
  versions: (id: FederationId): Reply => found(id, coordinator.versions(id)),
  aliases: async (id: FederationId): Promise<Reply> => found(id, await coordinator.aliases(id)),
  async rounds(id: FederationId, query: URLSearchParams): Promise<Reply> {
    const whole = (name: string): number | undefined => {
      const value = query.get(name);
      return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
    };
    const before = whole('before');
    const limit = Math.min(Math.max(whole('limit') ?? 50, 1), LONGEST_PAGE);
    return found(id, await coordinator.rounds(id, { limit, ...(before === undefined ? {} : { before }) }));
  },

  async create(request: IncomingMessage): Promise<Reply> {
    const read = await readJson(request, NewFederation);
    if (!read.ok) return read.error;
    return outcome(read.value.id ?? '', await coordinator.create(read.value.id, read.value.spec), 201);
  },
  async change(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, ChangedFederation);
    return read.ok ? outcome(id, await coordinator.change(id, read.value.spec)) : read.error;
  },
  async act(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, RunAction);
    return read.ok ? outcome(id, await coordinator.act(id, read.value.action)) : read.error;
  },
  async moveLive(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, AliasTarget);
    return read.ok ? outcome(id, await coordinator.moveLive(id, read.value.version)) : read.error;
  },
  async trust(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, RootTrust);
    if (!read.ok) return read.error;
    return outcome(id, await coordinator.trust(id, read.value.participant, read.value.trusted));
  },
  remove: async (id: FederationId): Promise<Reply> => outcome(id, await coordinator.remove(id)),
});
