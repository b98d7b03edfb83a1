// Federations over HTTP: views for everybody, actions for signed-in coordinators (protocol/http.ts has the list).
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { ParticipantId, type FederationId } from '#lib/core/ids.ts';
import type { Result } from '#lib/core/result.ts';
import { Exclusion } from '#lib/protocol/exclusions.ts';
import { AliasTarget, ChangedFederation, NewFederation, RootTrust, RunAction } from '#lib/protocol/http.ts';
import { NewInvitation } from '#lib/protocol/invitations.ts';
import type { ActionRefusal } from '../coordinator/actions.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { readJson } from './body.ts';
import { json, refusal, type Reply } from './reply.ts';

export const noFederation = (id: string): Reply =>
  refusal(404, 'unknown-federation', `There is no federation “${id}”.`);

const noParticipant = (name: string): Reply =>
  refusal(404, 'unknown-participant', `There is no device ${name.slice(0, 40)}.`);

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
    case 'unknown-invitation':
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
  invitations: (id: FederationId): Reply => found(id, coordinator.invitations(id)),
  async invite(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, NewInvitation);
    if (!read.ok) return read.error;
    const made = await coordinator.invite(id, read.value);
    return made === undefined ? noFederation(id) : json(201, made);
  },
  revoke: async (id: FederationId, invitation: string): Promise<Reply> =>
    outcome(id, await coordinator.revokeInvitation(id, invitation)),
  exclusions: (id: FederationId): Reply => found(id, coordinator.exclusions(id)),
  reputation: (id: FederationId): Reply => found(id, coordinator.reputation(id)),
  async exclude(request: IncomingMessage, id: FederationId, name: string): Promise<Reply> {
    const participant = v.safeParse(ParticipantId, name);
    if (!participant.success) return noParticipant(name);
    const read = await readJson(request, Exclusion);
    return read.ok ? outcome(id, await coordinator.exclude(id, participant.output, read.value)) : read.error;
  },
  async readmit(id: FederationId, name: string): Promise<Reply> {
    const participant = v.safeParse(ParticipantId, name);
    if (!participant.success) return noParticipant(name);
    return outcome(id, await coordinator.readmit(id, participant.output));
  },
  remove: async (id: FederationId): Promise<Reply> => outcome(id, await coordinator.remove(id)),
});
