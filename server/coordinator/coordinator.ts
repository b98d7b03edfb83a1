// All federations of one process: made, found again after a restart, and asked.
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Digest, FederationId, ParticipantId, SurveyNumber, VersionNumber } from '#lib/core/ids.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import type { BriefVersion, ChangedQuestion } from '#lib/protocol/briefs.ts';
import type { Exclusion, ExclusionView } from '#lib/protocol/exclusions.ts';
import type { LogReply, RunAction, UpdateOffer, UpdateReply } from '#lib/protocol/http.ts';
import type { RoundCost } from '#lib/protocol/costs.ts';
import type { FleetView } from '#lib/protocol/fleet.ts';
import type { SummedCurves } from '#lib/core/metrics/summed-curves.ts';
import type { InvitationView, MadeInvitation, NewInvitation } from '#lib/protocol/invitations.ts';
import type { LedgerView } from '#lib/protocol/ledger.ts';
import type { Question } from '#lib/core/statistics/survey.ts';
import type { Answer } from '#lib/protocol/messages.ts';
import type { ShownSurvey, SurveyView } from '#lib/protocol/survey-views.ts';
import type {
  AliasMove,
  FederationSummary,
  FederationView,
  RoundView,
  VersionView,
} from '#lib/protocol/views.ts';
import type { BlobDraft } from '../ports/blobs.ts';
import type { RoundPage } from '../ports/records.ts';
import { exclude, invite, readmit, revokeInvitation } from './access.ts';
import { act, change, moveLive, trust, type ActionRefusal } from './actions.ts';
import { checkSpec } from './check-spec.ts';
import { createFederation } from './create-federation.ts';
import type { Standing } from './reputation.ts';
import type { Connection } from './connection.ts';
import type { Federation } from './federation.ts';
import { freeId, takenMessage, whyUnusable } from './federation-ids.ts';
import { roundsOf, summaryOf, viewOf } from './federation-view.ts';
import { fleetOf } from './fleet.ts';
import { DELETED } from './journal.ts';
import { DrawnRounds } from './round-costs.ts';
import { loadFederation } from './load-federation.ts';
import { changeQuestion } from './question.ts';
import { logReply, type LogQuestion } from './log-replies.ts';
import { disconnected, receive, refused, type ClientMessage } from './messages.ts';
import type { Surroundings } from './surroundings.ts';
import { answerOffer, deliver, refusedReply } from './updates.ts';
import { versionCard } from './version-card.ts';
import { versionCurves } from './version-curves.ts';
import { adopt, closeRound, learned, learnedHere, type AdoptedFrom, type LearnedHere } from './upstream.ts';

export interface Coordinator {
  summaries(): readonly FederationSummary[];
  view(id: FederationId): FederationView | undefined;
  versions(id: FederationId): readonly VersionView[] | undefined;
  rounds(id: FederationId, page: RoundPage): Promise<readonly RoundView[] | undefined>;
  aliases(id: FederationId): Promise<readonly AliasMove[] | undefined>;
  /** What the log of versions says. */
  log(id: FederationId, question: LogQuestion): Promise<LogReply | undefined>;
  /** Without an id, one is made of the title. */
  create(id: FederationId | null, spec: FederationSpec): Promise<Result<FederationView, ActionRefusal>>;
  change(id: FederationId, spec: FederationSpec): Promise<Result<FederationView, ActionRefusal> | undefined>;
  /** What it is for, and what a version must reach to be live: at any time. */
  changeQuestion(
    id: FederationId,
    question: ChangedQuestion,
  ): Promise<Result<FederationView, ActionRefusal> | undefined>;
  /** A model card in Markdown; undefined: there is no such version. */
  card(id: FederationId, version: VersionNumber): Promise<string | undefined>;
  /** null: nothing can be drawn of it; undefined: there is no such version. */
  curves(id: FederationId, version: VersionNumber): SummedCurves | null | undefined;
  /** What the devices that are checked in can do together. */
  fleet(id: FederationId): FleetView | undefined;
  /** Oldest first. */
  briefs(id: FederationId): readonly BriefVersion[] | undefined;
  /** What rounds cost the server, in the order in which they ended. */
  costs(id: FederationId): readonly RoundCost[] | undefined;
  act(id: FederationId, action: RunAction): Promise<Result<FederationView, ActionRefusal> | undefined>;
  moveLive(
    id: FederationId,
    version: VersionNumber,
  ): Promise<Result<readonly AliasMove[], ActionRefusal> | undefined>;
  /** Others' updates are measured against those of a device that is trusted, where the strategy needs it. */
  trust(
    id: FederationId,
    participant: ParticipantId,
    isTrusted: boolean,
  ): Promise<Result<FederationView, ActionRefusal> | undefined>;
  /** Newest first. */
  invitations(id: FederationId): readonly InvitationView[] | undefined;
  invite(id: FederationId, wanted: NewInvitation): Promise<MadeInvitation | undefined>;
  revokeInvitation(
    id: FederationId,
    invitation: string,
  ): Promise<Result<readonly InvitationView[], ActionRefusal> | undefined>;
  exclusions(id: FederationId): readonly ExclusionView[] | undefined;
  /** Of the devices that this federation knows, those on whom something weighs. */
  reputation(id: FederationId): readonly Standing[] | undefined;
  /** What each device has lost of its privacy. */
  ledger(id: FederationId): LedgerView | undefined;
  /** Newest first. */
  surveys(id: FederationId): readonly SurveyView[] | undefined;
  /** Asks the devices that are here, beside training. */
  survey(id: FederationId, question: Question): Promise<Result<SurveyView, ActionRefusal> | undefined>;
  /** Shows the figures of a survey to whoever takes part, or no longer. */
  showSurvey(
    id: FederationId,
    survey: SurveyNumber,
    isShown: boolean,
  ): Promise<Result<SurveyView, ActionRefusal> | undefined>;
  /** What participants are shown, newest first. */
  shownSurveys(id: FederationId): readonly ShownSurvey[] | undefined;
  exclude(
    id: FederationId,
    participant: ParticipantId,
    exclusion: Exclusion,
  ): Promise<Result<readonly ExclusionView[], ActionRefusal> | undefined>;
  readmit(
    id: FederationId,
    participant: ParticipantId,
  ): Promise<Result<readonly ExclusionView[], ActionRefusal> | undefined>;
  /** Goes on from a version of an upper federation, [P]. */
  adopt(
    id: FederationId,
    from: AdoptedFrom,
    parameters: Float32Array<ArrayBuffer>,
  ): Promise<Result<void, ActionRefusal> | undefined>;
  /** What rounds made of the version that was adopted last; undefined: the newest version does not come from one. */
  learnedHere(id: FederationId): LearnedHere | undefined;
  /** The same with its parameters; or why there is nothing. */
  learned(id: FederationId): ReturnType<typeof learned> | undefined;
  /** Opens a round where one is due, and tells watchers how things stand. */
  goOn(id: FederationId): void;
  /** Time is up: the open round makes its version of what is there, or ends without one. */
  closeRound(id: FederationId): Promise<void>;
  /** Rows that the devices which are checked in say they have. */
  rowsHere(id: FederationId): number;
  remove(id: FederationId): Promise<Result<void, ActionRefusal> | undefined>;
  receive(connection: Connection, sent: ClientMessage): Promise<Answer>;
  disconnected(connection: Connection): void;
  /** `undefined`: the bytes are wanted. */
  offer(id: FederationId, participant: ParticipantId, offer: UpdateOffer): Promise<UpdateReply | undefined>;
  /** The draft is spent afterwards, whatever the decision. */
  deliver(
    id: FederationId,
    participant: ParticipantId,
    offer: UpdateOffer,
    draft: BlobDraft,
  ): Promise<UpdateReply>;
  has(id: FederationId): boolean;
  /**
   * Whether these bytes are a version's, or a control that devices train with: updates and what other strategies remember lie
   * in the same store and are nobody else's business.
   */
  parametersAt(digest: Digest): 'intact' | 'damaged' | 'unknown';
  countDownload(digest: Digest, bytes: number): void;
  /** Resolves once everything received so far has been dealt with. */
  idle(): Promise<void>;
  /** Rounds stay as they are, to be gone on with. */
  close(): Promise<void>;
}

/** Reads every record back, takes up open rounds, and sweeps bytes that no record names. */
export async function openCoordinator(around: Surroundings): Promise<Coordinator> {
  const { records, blobs, clock, log } = around;
  const federations = new Map<FederationId, Federation>();
  const drawn = new DrawnRounds();
  for (const record of await records.federations())
    federations.set(record.id, await loadFederation(around, record, drawn));
  const swept = await blobs.sweep();
  if (swept > 0) log.info({ swept }, 'bytes that no record names were deleted');

  const deliveries = new Set<Promise<UpdateReply>>();
  const asked = async <T>(
    id: FederationId,
    work: (federation: Federation) => Promise<Result<void, ActionRefusal>>,
    answer: (federation: Federation) => T | Promise<T>,
  ): Promise<Result<T, ActionRefusal> | undefined> => {
    const federation = federations.get(id);
    if (federation === undefined) return undefined;
    const outcome = await work(federation);
    return outcome.ok ? ok(await answer(federation)) : outcome;
  };

  return {
    summaries: () => [...federations.values()].map(summaryOf),
    view: (id) => asViewed(federations.get(id)),
    versions: (id) => federations.get(id)?.versions.views(),
    rounds: async (id, page) => {
      const federation = federations.get(id);
      return federation === undefined ? undefined : roundsOf(federation, page);
    },
    async log(id, question) {
      const federation = federations.get(id);
      return federation === undefined ? undefined : logReply(federation, question);
    },
    aliases: async (id) => (federations.has(id) ? records.aliases(id) : undefined),

    async create(wanted, asked) {
      const spec = { ...asked, brief: { ...asked.brief, version: 1 } };
      const checked = checkSpec(spec);
      if (!checked.ok) return invalid(checked.error);
      const id = wanted ?? freeId(spec.brief.title, (one) => federations.has(one));
      const unusable = (message: string) => invalid([{ path: 'id', message }]);
      const why = whyUnusable(id, (one) => federations.has(one));
      if (why !== undefined) return unusable(why);
      const federation = await createFederation(around, { id, spec, model: checked.value, drawn });
      if (federation === undefined) return unusable(takenMessage(id));
      federations.set(id, federation);
      return ok(viewOf(federation));
    },

    async change(id, spec) {
      const checked = checkSpec(spec);
      if (!checked.ok) return invalid(checked.error);
      return asked(id, (one) => change(one, spec, checked.value), viewOf);
    },
    changeQuestion: (id, question) => asked(id, (one) => changeQuestion(one, question), viewOf),
    card: async (id, version) => {
      const federation = federations.get(id);
      return federation && versionCard(federation, version);
    },
    curves: (id, version) => {
      const federation = federations.get(id);
      return federation && versionCurves(federation, version);
    },
    fleet: (id) => {
      const federation = federations.get(id);
      return federation && fleetOf(federation);
    },
    briefs: (id) => federations.get(id)?.briefs.views,
    costs: (id) => federations.get(id)?.costs.views,
    act: (id, action) => asked(id, (one) => act(one, action), viewOf),
    moveLive: (id, version) =>
      asked(
        id,
        (one) => moveLive(one, version),
        () => records.aliases(id),
      ),
    trust: (id, participant, isTrusted) => asked(id, (one) => trust(one, participant, isTrusted), viewOf),

    invitations: (id) => federations.get(id)?.invitations.views(clock.now()),
    invite: async (id, wanted) => {
      const federation = federations.get(id);
      return federation === undefined ? undefined : invite(federation, wanted);
    },
    revokeInvitation: (id, invitation) =>
      asked(
        id,
        (one) => revokeInvitation(one, invitation),
        (one) => one.invitations.views(clock.now()),
      ),
    exclusions: (id) => {
      const federation = federations.get(id);
      return federation === undefined ? undefined : exclusionsOf(federation);
    },
    reputation: (id) => {
      const federation = federations.get(id);
      return (
        federation &&
        (around.reputation?.standings() ?? []).filter((one) => federation.knows(one.participant))
      );
    },
    ledger: (id) => {
      const federation = federations.get(id);
      if (federation === undefined) return undefined;
      const { privacy } = federation.record.spec;
      if (privacy.type === 'none') return null;
      const { delta, epsilon } = privacy;
      return { delta, epsilon, participants: federation.ledger.spentAt(delta) };
    },
    surveys: (id) => federations.get(id)?.surveys.views,
    survey: async (id, question) => {
      const federation = federations.get(id);
      return federation?.enqueue(() => federation.surveys.ask(question));
    },
    showSurvey: async (id, survey, isShown) => {
      const federation = federations.get(id);
      return federation?.enqueue(() => federation.surveys.show(survey, isShown));
    },
    shownSurveys: (id) => federations.get(id)?.surveys.shown,
    exclude: (id, participant, exclusion) =>
      asked(id, (one) => exclude(one, participant, exclusion), exclusionsOf),
    readmit: (id, participant) => asked(id, (one) => readmit(one, participant), exclusionsOf),

    async adopt(id, from, parameters) {
      const federation = federations.get(id);
      return federation && adopt(federation, from, parameters);
    },
    learnedHere: (id) => {
      const federation = federations.get(id);
      return federation && learnedHere(federation);
    },
    learned: (id) => {
      const federation = federations.get(id);
      return federation && learned(federation);
    },
    goOn: (id) => {
      const federation = federations.get(id);
      federation?.background('go-on', () => federation.goOn());
    },
    closeRound: async (id) => {
      const federation = federations.get(id);
      if (federation !== undefined) await closeRound(federation);
    },
    rowsHere: (id) =>
      (federations.get(id)?.attendance.candidates() ?? []).reduce((rows, one) => rows + one.examples, 0),
    async remove(id) {
      const federation = federations.get(id);
      if (federation === undefined) return undefined;
      // Looked at in its turn: a start that was asked for before may be waiting in the queue.
      const outcome = await federation.enqueue(async () => {
        const { state } = federation.record;
        if (!federations.has(id)) return 'gone';
        if (state !== 'draft' && state !== 'finished') return 'runs';
        if (federation.surveys.isOpen) return 'asks';
        const { versions, ledger } = federation;
        await federation.write([
          { type: 'delete-federation', id },
          federation.entry(DELETED, {
            title: federation.record.spec.brief.title,
            versions: versions.head.version + 1,
            releases: ledger.releases,
          }),
        ]);
        federations.delete(id);
        return 'deleted';
      });
      if (outcome === 'gone') return undefined;
      if (outcome === 'runs')
        return fail({
          error: 'not-now',
          message: 'A running federation cannot be deleted. Finish its run first.',
        });
      if (outcome === 'asks')
        return fail({
          error: 'not-now',
          message: 'A survey is under way. Delete the federation when it has ended.',
        });
      await federation.close();
      for (const digest of federation.versions.digests()) void federation.release(digest);
      return ok(undefined);
    },

    async receive(connection, sent) {
      const federation = federations.get(sent.message.federation);
      return federation === undefined
        ? refused('unknown-federation', `There is no federation “${sent.message.federation}”.`)
        : receive(federation, connection, sent);
    },
    disconnected(connection) {
      for (const federation of federations.values()) disconnected(federation, connection);
    },
    async offer(id, participant, offer) {
      const federation = found(federations, id);
      if (!federation.versions.has(offer.base)) {
        const other = [...federations.values()].find((one) => one.versions.has(offer.base));
        if (other !== undefined)
          return refusedReply({ kind: 'wrong-federation', expected: id, got: other.record.id });
      }
      const reply = await answerOffer(federation, participant, offer);
      around.reputation?.noteReply(participant, reply);
      return reply;
    },
    async deliver(id, participant, offer, draft) {
      const delivery = deliver(found(federations, id), participant, offer, draft);
      deliveries.add(delivery);
      try {
        const reply = await delivery;
        around.reputation?.noteReply(participant, reply);
        return reply;
      } finally {
        deliveries.delete(delivery);
      }
    },
    has: (id) => federations.has(id),
    parametersAt(digest) {
      const standings = [...federations.values()].map((one) => one.parametersAt(digest));
      return (
        standings.find((one) => one === 'damaged') ?? standings.find((one) => one === 'intact') ?? 'unknown'
      );
    },
    countDownload(digest, bytes) {
      for (const federation of federations.values()) federation.countDownload(digest, bytes);
    },
    async idle() {
      for (const federation of federations.values()) await federation.idle();
    },
    async close() {
      // Their bytes may be on the way to the disk before they stand in any federation's queue.
      await Promise.allSettled(deliveries);
      for (const federation of federations.values()) await federation.close();
    },
  };
}

const exclusionsOf = (federation: Federation): readonly ExclusionView[] =>
  [...federation.exclusions.values()].map(({ federation: _, ...view }) => view);

const asViewed = (federation: Federation | undefined): FederationView | undefined =>
  federation === undefined ? undefined : viewOf(federation);

const invalid = (issues: readonly { path: string; message: string }[]): { ok: false; error: ActionRefusal } =>
  fail({ error: 'invalid', message: issues[0]?.message ?? 'The federation is not right yet.', issues });

const found = (federations: ReadonlyMap<FederationId, Federation>, id: FederationId): Federation => {
  const federation = federations.get(id);
  if (federation === undefined) throw new Error(`There is no federation ${id}: its caller asks has() first.`);
  return federation;
};
