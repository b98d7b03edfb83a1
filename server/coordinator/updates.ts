// One client update, from its offer to the decision on it. The decision is durable before it is told, and the same however
// often the update is offered or sent.
import * as v from 'valibot';
import type { Digest, ParticipantId, RunNumber } from '#lib/core/ids.ts';
import { decide, type Decision } from '#lib/core/round/decide.ts';
import { isAsynchronous, type Delivered } from '#lib/core/round/round-state.ts';
import { fail } from '#lib/core/result.ts';
import { updateCheck } from '#lib/core/update/check-update.ts';
import type { CodecFault } from '#lib/core/update/codec/codec.ts';
import { updateContext } from '#lib/core/update/context.ts';
import type { UpdateOffer, UpdateReply } from '#lib/protocol/http.ts';
import { MAXIMUM_COORDINATE } from '#lib/protocol/limits.ts';
import { MASKED } from '#lib/protocol/secure-sum.ts';
import { refusalSentence, UpdateRefusal } from '#lib/protocol/refusals.ts';
import { BlobSpaceFull, type BlobDraft } from '../ports/blobs.ts';
import { RecordsFull, type Change, type UpdateRecord } from '../ports/records.ts';
import type { Federation } from './federation.ts';
import { scratchFor } from './stored-updates.ts';
import { signReceipt } from './version-log.ts';
import { receiptOf } from './views.ts';

export const refusedReply = (refusal: UpdateRefusal): UpdateReply => ({
  type: 'refused',
  refusal,
  message: refusalSentence(refusal),
});

/** The same bytes each time: the receipt is made of the record, and Ed25519 draws nothing. */
function acceptedReply({ around }: Federation, record: UpdateRecord): UpdateReply {
  const receipt = receiptOf(record);
  return { type: 'accepted', receipt, signed: signReceipt(around.key, receipt) };
}

function runOf({ record }: Federation): RunNumber {
  if (record.run === null) throw new Error(`Federation ${record.id} takes updates but has no run.`);
  return record.run;
}

const recordOf = (federation: Federation, offer: UpdateOffer, report: Delivered): UpdateRecord => ({
  federation: federation.record.id,
  run: runOf(federation),
  round: offer.round,
  participant: report.participant,
  base: report.base,
  update: report.update,
  bytes: report.bytes,
  examples: report.examples,
  receivedAt: report.at,
  countedIn: federation.openRound?.round ?? offer.round,
  outcome: 'accepted',
  refusal: null,
});

/** What is known of this update already; undefined where its bytes are wanted. */
export async function answerOffer(
  federation: Federation,
  participant: ParticipantId,
  offer: UpdateOffer,
): Promise<UpdateReply | undefined> {
  // Before anything that may have changed since: what was decided once is answered the same for good.
  const earlier = await federation.around.records.update(federation.record.id, offer.round, participant);
  if (earlier !== undefined) {
    if (earlier.update !== offer.digest) {
      if (earlier.outcome === 'accepted') return refusedReply({ kind: 'duplicate', round: offer.round });
    } else {
      return earlier.outcome === 'accepted'
        ? acceptedReply(federation, earlier)
        : refusedReply(v.parse(UpdateRefusal, earlier.refusal));
    }
  }
  const exclusion = federation.exclusions.get(participant);
  if (exclusion !== undefined) return refusedReply({ kind: 'excluded', reason: exclusion.reason });
  const { uplink, length, asksBaseLoss, mostSteps } = federation.wanted;
  const { maskedBytes } = federation;
  const codec = maskedBytes === null ? uplink.name : MASKED;
  if (offer.codec !== codec) return refusedReply({ kind: 'wrong-codec', expected: codec, got: offer.codec });
  // Between rounds there is nothing to mask for, which the decision says.
  const expected = maskedBytes === null ? uplink.byteLength(length) : (maskedBytes ?? offer.bytes);
  if (offer.bytes !== expected) return refusedReply({ kind: 'wrong-length', expected, got: offer.bytes });
  const invalid = (reason: string): UpdateReply => refusedReply({ kind: 'invalid', reason });
  // Masked, it lies in the sum.
  if (asksBaseLoss && offer.baseLoss === null && maskedBytes === null)
    return invalid('the strategy weighs updates by the loss at the base, and it does not say it');
  const most = mostSteps(offer.examples, federation.tried.plan(participant, offer.round));
  if (offer.steps > most)
    return invalid(
      `it claims ${offer.steps} local steps where its plan makes at most ${most} of ${offer.examples} examples`,
    );
  const decision = decideNow(federation, participant, offer);
  switch (decision.type) {
    case 'wanted':
    // Its bytes are wanted; in which round they count is known when they are here.
    case 'later':
      return undefined;
    case 'refused':
      return refusedReply(withCurrent(federation, decision.refusal));
    case 'repeated':
      // Accepted between the two looks above.
      return answerOffer(federation, participant, offer);
    default:
      return decision satisfies never;
  }
}

function decideNow(federation: Federation, participant: ParticipantId, offer: UpdateOffer): Decision {
  const { round } = federation.driver;
  if (offer.round > federation.record.lastRound)
    return { type: 'refused', refusal: { kind: 'invalid', reason: `there is no round ${offer.round} yet` } };
  if (round === undefined || (round.round !== offer.round && !isAsynchronous(round)))
    return { type: 'refused', refusal: { kind: 'round-closed', round: offer.round, current: null } };
  return decide(round, {
    participant,
    round: offer.round,
    base: offer.base,
    update: offer.digest,
    examples: offer.examples,
  });
}

const withCurrent = (federation: Federation, refusal: UpdateRefusal): UpdateRefusal =>
  refusal.kind === 'round-closed' ? { ...refusal, current: federation.openRound?.round ?? null } : refusal;

/** All bytes of an update have come. The draft is spent afterwards, whatever the decision. Throws BlobSpaceFull and RecordsFull: there is no decision, and the update may be offered again. */
export async function deliver(
  federation: Federation,
  participant: ParticipantId,
  offer: UpdateOffer,
  draft: BlobDraft,
): Promise<UpdateReply> {
  try {
    if (draft.length !== offer.bytes)
      return refusedReply({ kind: 'wrong-length', expected: offer.bytes, got: draft.length });
    const got = draft.digest();
    if (got !== offer.digest) return refusedReply({ kind: 'wrong-digest', expected: offer.digest, got });
    // What is masked looks like noise: there is nothing to check but that it is what was offered.
    if (federation.maskedBytes !== null) return await accept(federation, participant, offer, draft, 0);
    const { uplink, length } = federation.wanted;
    const check = updateCheck(length, MAXIMUM_COORDINATE);
    const decoder = uplink.decoder(
      length,
      updateContext(federation.record.id, offer.round, participant),
      (_, values) => check.add(values),
    );
    let fault: CodecFault | undefined;
    await draft.read(scratchFor(offer.bytes), (chunk) => (fault ??= decoder.write(chunk)));
    fault ??= decoder.end();
    const checked = fault === undefined ? check.finish() : fail(undecodable(fault));
    if (!checked.ok) return await reject(federation, participant, offer, checked.error);
    return await accept(federation, participant, offer, draft, checked.value.norm);
  } finally {
    await draft.discard();
  }
}

const isLater = (federation: Federation, participant: ParticipantId, offer: UpdateOffer): boolean =>
  decideNow(federation, participant, offer).type === 'later';

/**
 * Decides in the federation's queue. Undefined is no decision: a version is being made, whose turn comes before this one's
 * next, and after it the next buffer is open. Where the disk has no room for that version there is nothing to wait for.
 */
async function decidedInTurn(
  federation: Federation,
  decide: () => Promise<UpdateReply | undefined>,
): Promise<UpdateReply> {
  for (;;) {
    const reply = await federation.enqueue(decide);
    if (reply !== undefined) return reply;
    if (federation.isOutOfSpace) throw new RecordsFull('The version before this update waits for room.');
  }
}

const undecodable = (fault: CodecFault): UpdateRefusal =>
  fault.kind === 'malformed' ? { kind: 'invalid', reason: fault.reason } : fault;

/** Values that can never count: the refusal is the decision of this device's round. */
function reject(
  federation: Federation,
  participant: ParticipantId,
  offer: UpdateOffer,
  refusal: UpdateRefusal,
): Promise<UpdateReply> {
  return decidedInTurn(federation, async () => {
    const known = await answerOffer(federation, participant, offer);
    if (known !== undefined) return known;
    if (isLater(federation, participant, offer)) return undefined;
    const at = federation.around.clock.now();
    const reason = refusalSentence(refusal);
    const report: Delivered = {
      participant,
      round: offer.round,
      base: offer.base,
      update: offer.digest,
      bytes: offer.bytes,
      codec: offer.codec,
      examples: offer.examples,
      steps: offer.steps,
      baseLoss: offer.baseLoss,
      norm: 0,
      at,
    };
    const record: UpdateRecord = {
      ...recordOf(federation, offer, report),
      countedIn: null,
      outcome: 'refused',
      refusal,
    };
    await federation.charges.chargeReceived(participant, offer.round);
    await federation.feed({ type: 'rejected', participant, reason, at }, [{ type: 'insert-update', record }]);
    federation.around.log.warn(
      { federation: federation.record.id, round: offer.round, participant, refusal: refusal.kind },
      'update refused',
    );
    return refusedReply(refusal);
  });
}

async function accept(
  federation: Federation,
  participant: ParticipantId,
  offer: UpdateOffer,
  draft: BlobDraft,
  norm: number,
): Promise<UpdateReply> {
  // On disk before its turn comes, so that the queue never waits for an fsync of megabytes.
  let update: Digest;
  try {
    update = await draft.keep();
  } catch (error) {
    if (!(error instanceof BlobSpaceFull)) federation.around.fatal(error);
    throw error;
  }
  let isCounted = false;
  try {
    return await decidedInTurn(federation, async () => {
      const known = await answerOffer(federation, participant, offer);
      if (known !== undefined) return known;
      if (isLater(federation, participant, offer)) return undefined;
      const at = federation.around.clock.now();
      const tried = federation.tried.measuredBy(participant, offer.round, offer.judged);
      const report: Delivered = {
        participant,
        round: offer.round,
        base: offer.base,
        update,
        bytes: offer.bytes,
        codec: offer.codec,
        examples: offer.examples,
        steps: offer.steps,
        baseLoss: offer.baseLoss,
        norm,
        ...(tried === undefined ? {} : { tried }),
        at,
      };
      const isMasked = federation.maskedBytes !== null;
      const unmaskable = isMasked ? federation.summing.refusesVector(participant) : undefined;
      if (unmaskable !== undefined) return refusedReply({ kind: 'invalid', reason: unmaskable });
      const sum = isMasked ? federation.summing.withVector(participant, update) : undefined;
      const record = recordOf(federation, offer, report);
      const changes: Change[] = [{ type: 'insert-update', record }];
      federation.driver.trust(update);
      await federation.charges.chargeReceived(participant, offer.round);
      await federation.feed({ type: 'report', report, at }, changes, sum);
      isCounted = true;
      return acceptedReply(federation, record);
    });
  } finally {
    if (!isCounted) void federation.release(update);
  }
}
