// Federations over HTTP: views for everybody, actions for signed-in coordinators (protocol/http.ts has the list).
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { ParticipantId, RoundNumber, SurveyNumber, VersionNumber, type FederationId } from '#lib/core/ids.ts';
import type { Result } from '#lib/core/result.ts';
import { ChangedQuestion } from '#lib/protocol/briefs.ts';
import type { Prices } from '#lib/protocol/costs.ts';
import { Exclusion } from '#lib/protocol/exclusions.ts';
import { AliasTarget, ChangedFederation, NewFederation, RootTrust, RunAction } from '#lib/protocol/http.ts';
import { NewSurvey, SurveyShowing } from '#lib/protocol/survey-views.ts';
import { NewInvitation } from '#lib/protocol/invitations.ts';
import type { ActionRefusal } from '../coordinator/actions.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { readJson } from './body.ts';
import type { Act } from '../acts.ts';
import { having, json, refusal, type Reply } from './reply.ts';

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
    case 'gate-failed':
      return refusal(409, error, message, { issues: issues?.map((issue) => ({ ...issue })) });
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

const wholeText = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));
const LogQuery = v.object({
  since: v.optional(wholeText, '0'),
  size: v.optional(wholeText),
  round: v.optional(v.pipe(wholeText, RoundNumber)),
  participant: v.optional(ParticipantId),
});

/** What each action is called once it is done: the words of the journal. */
const ACTS = { start: 'started', pause: 'paused', resume: 'resumed', finish: 'finished' } as const;

const LONGEST_PAGE = 200;

export const NO_PRICES: Prices = { cpuHour: null, gigabyteOut: null };

export const federationRoutes = (coordinator: Coordinator, prices: Prices) => ({
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

  async log(id: FederationId, query: URLSearchParams): Promise<Reply> {
    const asked = v.safeParse(LogQuery, Object.fromEntries(query));
    if (!asked.success)
      return refusal(
        400,
        'malformed',
        'The log is asked for with since and size, whole numbers, and round with participant.',
      );
    const { since, size, round, participant } = asked.output;
    const contribution =
      round === undefined || participant === undefined ? undefined : { round, participant };
    return found(id, await coordinator.log(id, { since, size, contribution }));
  },

  async create(request: IncomingMessage): Promise<Reply> {
    const read = await readJson(request, NewFederation);
    if (!read.ok) return read.error;
    const made = await coordinator.create(read.value.id, read.value.spec);
    const { title } = read.value.spec.brief;
    return having(outcome(read.value.id ?? '', made, 201), 'created', made.ok ? made.value.id : null, {
      title,
    });
  },
  async change(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, ChangedFederation);
    return read.ok
      ? having(outcome(id, await coordinator.change(id, read.value.spec)), 'changed', id)
      : read.error;
  },
  async card(id: FederationId, version: string): Promise<Reply> {
    const number = v.safeParse(VersionNumber, /^\d+$/.test(version) ? Number(version) : undefined);
    const card = number.success ? await coordinator.card(id, number.output) : undefined;
    if (card === undefined) return refusal(404, 'unknown-version', `There is no version ${version}.`);
    const headers = {
      'content-type': 'text/markdown; charset=utf-8',
      'content-disposition': `attachment; filename="${id}-v${version}-card.md"`,
      'cache-control': 'no-store',
    };
    return { status: 200, headers, body: card };
  },
  curves(id: FederationId, version: string): Reply {
    const number = v.safeParse(VersionNumber, /^\d+$/.test(version) ? Number(version) : undefined);
    const curves = number.success ? coordinator.curves(id, number.output) : undefined;
    return curves === undefined
      ? refusal(404, 'unknown-version', `There is no version ${version}.`)
      : json(200, curves);
  },
  fleet: (id: FederationId): Reply => found(id, coordinator.fleet(id)),
  costs(id: FederationId): Reply {
    const rounds = coordinator.costs(id);
    return found(id, rounds && { prices, rounds });
  },
  briefs: (id: FederationId): Reply => found(id, coordinator.briefs(id)),
  async changeQuestion(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, ChangedQuestion);
    if (!read.ok) return read.error;
    const reply = outcome(id, await coordinator.changeQuestion(id, read.value));
    const brief = coordinator.view(id)?.spec.brief.version ?? 1;
    return having(reply, 'question-changed', id, { brief, gates: read.value.gates.length });
  },
  async act(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, RunAction);
    if (!read.ok) return read.error;
    const { action } = read.value;
    return having(outcome(id, await coordinator.act(id, action)), ACTS[action], id);
  },
  async moveLive(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, AliasTarget);
    if (!read.ok) return read.error;
    const { version } = read.value;
    return having(outcome(id, await coordinator.moveLive(id, version)), 'live-moved', id, { version });
  },
  async trust(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, RootTrust);
    if (!read.ok) return read.error;
    const { participant, trusted } = read.value;
    const reply = outcome(id, await coordinator.trust(id, participant, trusted));
    return having(reply, trusted ? 'root-trusted' : 'root-trusted-no-longer', id, { participant });
  },
  async remove(id: FederationId): Promise<Reply> {
    // The last that is known of its versions, and of what they cost those who took part: the journal alone stays.
    const head = (await coordinator.log(id, { since: 0 }))?.head?.head;
    const spent = coordinator.view(id)?.privacy;
    const last: Act['detail'] = {
      ...(head === undefined ? {} : { size: head.size, root: head.root }),
      ...(spent == null ? {} : { releases: spent.releases, epsilon: spent.epsilon }),
    };
    return having(outcome(id, await coordinator.remove(id)), 'deleted', id, last);
  },
  invitations: (id: FederationId): Reply => found(id, coordinator.invitations(id)),
  async invite(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, NewInvitation);
    if (!read.ok) return read.error;
    const made = await coordinator.invite(id, read.value);
    if (made === undefined) return noFederation(id);
    const { devices, expiresInMs } = read.value;
    return having(json(201, made), 'invited', id, { devices, expiresInMs });
  },
  revoke: async (id: FederationId, invitation: string): Promise<Reply> =>
    having(outcome(id, await coordinator.revokeInvitation(id, invitation)), 'invitation-revoked', id, {
      invitation,
    }),
  exclusions: (id: FederationId): Reply => found(id, coordinator.exclusions(id)),
  ledger: (id: FederationId): Reply => found(id, coordinator.ledger(id)),
  surveys: (id: FederationId): Reply => found(id, coordinator.surveys(id)),
  async survey(request: IncomingMessage, id: FederationId): Promise<Reply> {
    const read = await readJson(request, NewSurvey);
    if (!read.ok) return read.error;
    const { question } = read.value;
    const asked = outcome(id, await coordinator.survey(id, question), 201);
    return having(asked, 'surveyed', id, { question: JSON.stringify(question) });
  },
  shownSurveys: (id: FederationId): Reply => found(id, coordinator.shownSurveys(id)),
  async showSurvey(request: IncomingMessage, id: FederationId, name: string): Promise<Reply> {
    const survey = v.safeParse(SurveyNumber, /^\d+$/.test(name) ? Number(name) : undefined);
    if (!survey.success)
      return refusal(404, 'unknown-survey', `There is no survey “${name.slice(0, 20)}”: they have numbers.`);
    const read = await readJson(request, SurveyShowing);
    if (!read.ok) return read.error;
    const { isShown } = read.value;
    const reply = outcome(id, await coordinator.showSurvey(id, survey.output, isShown));
    return having(reply, isShown ? 'survey-shown' : 'survey-hidden', id, { survey: survey.output });
  },
  reputation: (id: FederationId): Reply => found(id, coordinator.reputation(id)),
  async exclude(request: IncomingMessage, id: FederationId, name: string): Promise<Reply> {
    const participant = v.safeParse(ParticipantId, name);
    if (!participant.success) return noParticipant(name);
    const read = await readJson(request, Exclusion);
    if (!read.ok) return read.error;
    const reply = outcome(id, await coordinator.exclude(id, participant.output, read.value));
    return having(reply, 'left-out', id, { participant: participant.output, reason: read.value.reason });
  },
  async readmit(id: FederationId, name: string): Promise<Reply> {
    const participant = v.safeParse(ParticipantId, name);
    if (!participant.success) return noParticipant(name);
    const reply = outcome(id, await coordinator.readmit(id, participant.output));
    return having(reply, 'readmitted', id, { participant: participant.output });
  },
});
