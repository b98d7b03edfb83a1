// One device in one secure sum, as steps from phase to phase: it shows keys, shares what would open its masks, masks its vector, and
// answers once. Each step takes where the device stands and what came, and gives where it stands next and what to send, or why it
// goes no further. Randomness is drawn by `draw`, and comes from the platform's cryptographic source.
//
//   advertised ── roster ──► (drawn ── nonces ──►) shared ── forward ──► ready ── mask ──► masked ── question ──► asked ── consents ──►
//   answered
//
// Seeds live in these objects alone: they are stored nowhere, so a device that reloads is a drop-out of the attempt (rule 4), and
// `wipe` is called when the round has ended, whatever its end (rule 6).
import { fail, ok, type Result } from '../result.ts';
import { fromText, joined, toText } from './bytes.ts';
import { falseNonce, graphOf, isRingDrawn } from './graph.ts';
import { addMask, totalWords } from './masked-words.ts';
import { checkQuestion, checkRoster, checkShares, consentsNeeded, type SumRefusal } from './member-rules.ts';
import type {
  Advertised,
  AskedMember,
  Drawn,
  Keys,
  Masked,
  Member,
  MemberSetting,
  Ready,
  Shared,
} from './member-state.ts';
import type { Advert, Consent, Forward, Nonce, Reveal, SharedKeys } from './messages.ts';
import { KEY_BYTES } from './primitives.ts';
import { LEAST_COHORT } from './rules.ts';
import {
  advertBytes,
  commitBytes,
  consentBytes,
  contextOf,
  maskSign,
  pairKey,
  pledgeBytes,
  rosterHashOf,
  sealedAbout,
  sealingKey,
  selfKey,
} from './schedule.ts';
import { deal, dealBytes } from './shamir.ts';

type Stepped<M extends Member, T> = Promise<Result<readonly [M, T], SumRefusal>>;

const outOfTurn = (member: Member): { readonly ok: false; readonly error: SumRefusal } =>
  fail({ kind: 'out-of-turn', phase: member.phase });

/** 1: two fresh key pairs. */
export async function advertise(setting: MemberSetting): Promise<readonly [Advertised, Advert]> {
  const { config, slot, identity, primitives, draw } = setting;
  const context = await contextOf(config, primitives);
  const sealSeed = draw(KEY_BYTES);
  const maskSeed = draw(KEY_BYTES);
  const nonce = draw(KEY_BYTES);
  const keys = {
    slot,
    sealKey: toText(await primitives.publicKey(sealSeed)),
    maskKey: toText(await primitives.publicKey(maskSeed)),
    pledge: toText(await primitives.hash(pledgeBytes(context, slot, nonce))),
  };
  const signature = toText(await identity.sign(advertBytes(context, keys)));
  const advert: Advert = { ...keys, identity: toText(identity.publicKey), signature };
  return [{ ...setting, phase: 'advertised', context, sealSeed, maskSeed, nonce, advert }, advert];
}

/** 2, where the roster is large: it is held against rule 1, and from now on is the only one that this device draws for. */
export async function showNonce(member: Member, roster: readonly Advert[]): Stepped<Drawn, Nonce> {
  if (member.phase === 'drawn' && sameRoster(member.roster, roster)) return ok([member, member.message]);
  if (member.phase !== 'advertised' || !isRingDrawn(roster.length, member.config, member.layout))
    return outOfTurn(member);
  const { config, advert, least = LEAST_COHORT } = member;
  const refusal = checkRoster(roster, advert, config, least);
  if (refusal !== undefined) return fail(refusal);
  const message = { slot: member.slot, nonce: toText(member.nonce) };
  return ok([{ ...member, phase: 'drawn', roster, message }, message]);
}

const sameRoster = (a: readonly Advert[], b: readonly Advert[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/**
 * The first neighbour whose keys it did not sign itself. Everybody else's neighbours look at theirs, each device at its own entry, and
 * what follows from the roster is of use only to those who were shown the very same one.
 */
async function falselySigned(
  { context, primitives }: Pick<Keys, 'context' | 'primitives'>,
  neighbours: readonly Advert[],
): Promise<number | undefined> {
  for (const entry of neighbours) {
    const bytes = advertBytes(context, entry);
    if (!(await primitives.verify(fromText(entry.identity), bytes, fromText(entry.signature))))
      return entry.slot;
  }
  return undefined;
}

/**
 * 2 → 3: the roster, held against rule 1, and what opens this device's masks, shared among its neighbours. `nonces`: of a large roster
 * what all have drawn; who the neighbours are follows from it, and no one else says.
 */
export async function share(
  member: Member,
  roster: readonly Advert[],
  nonces: readonly Nonce[] = [],
): Stepped<Shared, SharedKeys> {
  const { config, slot, primitives, context, layout } = member;
  if (member.phase !== (isRingDrawn(roster.length, config, layout) ? 'drawn' : 'advertised'))
    return outOfTurn(member);
  if (member.phase === 'advertised') {
    const { config, advert, least = LEAST_COHORT } = member;
    const refusal = checkRoster(roster, advert, config, least);
    if (refusal !== undefined) return fail(refusal);
  } else if (!sameRoster(member.roster, roster)) return outOfTurn(member);
  else {
    const slotOfFalse = await falseNonce(context, roster, nonces, primitives);
    if (slotOfFalse !== undefined) return fail({ kind: 'false-draw', slot: slotOfFalse });
  }
  const rosterHash = await rosterHashOf(context, roster, primitives);
  const graph = await graphOf(config, roster, rosterHash, nonces, primitives, layout);
  if (graph === undefined) return fail({ kind: 'too-many', got: roster.length });
  const neighbours = new Set(graph.neighboursOf(slot));
  const unsigned = await falselySigned(
    member,
    roster.filter((entry) => neighbours.has(entry.slot)),
  );
  if (unsigned !== undefined) return fail({ kind: 'bad-signature', slot: unsigned });
  const { threshold } = graph.sizes;
  const holders = graph.holdersOf(slot);
  const selfSeed = member.draw(KEY_BYTES);
  const [ofSelf, ofMask] = [selfSeed, member.maskSeed].map((secret) =>
    deal(secret, holders.length, threshold, member.draw(dealBytes(KEY_BYTES, threshold))),
  );
  const entries = new Map(roster.map((entry) => [entry.slot, entry]));
  const held = new Map<number, Uint8Array>();
  const openers = new Map<number, Uint8Array>();
  const sealed: Uint8Array[] = [];
  for (const [index, holder] of holders.entries()) {
    const shares = joined(Uint8Array.of(index + 1), ofSelf![index]!.bytes, ofMask![index]!.bytes);
    if (holder === slot) {
      held.set(slot, shares);
      continue;
    }
    const agreed = await primitives.agree(member.sealSeed, fromText(entries.get(holder)!.sealKey));
    if (agreed === undefined) return fail({ kind: 'bad-key', slot: holder });
    openers.set(holder, await sealingKey(agreed, rosterHash, holder, slot, primitives));
    const key = await sealingKey(agreed, rosterHash, slot, holder, primitives);
    const iv = member.draw(12);
    sealed.push(iv, await primitives.seal(key, iv, shares, sealedAbout(rosterHash, slot, holder)));
  }
  const commit = toText(await primitives.hash(commitBytes(rosterHash, slot, selfSeed)));
  const message: SharedKeys = { slot, commit, sealed: toText(joined(...sealed)) };
  return ok([
    { ...member, phase: 'shared', roster, rosterHash, graph, selfSeed, held, openers, message },
    message,
  ]);
}

/** 4: what the others sealed for this device; rule 2. Nobody is masked with whose shares cannot be opened, so one of those ends it. */
export async function receive(member: Member, forward: Forward): Stepped<Ready, undefined> {
  if (member.phase !== 'shared') return outOfTurn(member);
  const { config, slot, primitives, graph, rosterHash, openers, least = LEAST_COHORT, ...rest } = member;
  const held = new Map(member.held);
  for (const { slot: from, sealed } of forward) {
    const key = openers.get(from);
    if (key === undefined || held.has(from))
      return fail({ kind: 'malformed', reason: `shares of slot ${from}, which is not waited for` });
    const bytes = fromText(sealed);
    const about = sealedAbout(rosterHash, from, slot);
    const opened = await primitives.open(key, bytes.subarray(0, 12), bytes.subarray(12), about);
    // Another x than this device's place among the holders would make its answer useless, and a repeated one an obstacle.
    const x = graph.holdersOf(from).indexOf(slot) + 1;
    if (opened?.length !== 65 || opened[0] !== x) return fail({ kind: 'unreadable-shares', slot: from });
    held.set(from, opened);
  }
  const shared = [...held.keys()].sort((a, b) => a - b);
  const refusal = checkShares(shared, slot, graph, config, least);
  if (refusal !== undefined) return fail(refusal);
  for (const key of openers.values()) key.fill(0);
  const { message: _, ...kept } = rest;
  return ok([
    { ...kept, config, slot, primitives, graph, rosterHash, least, held, phase: 'ready', shared },
    undefined,
  ]);
}

/**
 * 5: y = words + PRG(b) ± the masks of all pairs, in the ring. `words` is written over. Rule 4: under the same keys no second vector
 * is ever masked, and whoever asks again gets the same words.
 */
export async function mask(
  member: Member,
  words: Uint32Array<ArrayBuffer>,
): Stepped<Masked | AskedMember, Uint32Array<ArrayBuffer>> {
  if (member.phase === 'masked' || member.phase === 'asked' || member.phase === 'answered')
    return ok([member, member.masked]);
  if (member.phase !== 'ready') return outOfTurn(member);
  const { config, slot, primitives, roster, rosterHash, shared } = member;
  if (words.length !== totalWords(config))
    throw new RangeError(`The sum has ${totalWords(config)} words, not ${words.length}.`);
  await addMask(words, await selfKey(member.selfSeed, rosterHash, slot, primitives), config, 1, primitives);
  for (const peer of roster) {
    if (peer.slot === slot || !shared.includes(peer.slot)) continue;
    const agreed = await primitives.agree(member.maskSeed, fromText(peer.maskKey));
    if (agreed === undefined) return fail({ kind: 'bad-key', slot: peer.slot });
    const key = await pairKey(agreed, rosterHash, slot, peer.slot, primitives);
    await addMask(words, key, config, maskSign(slot, peer.slot), primitives);
  }
  return ok([{ ...member, phase: 'masked', masked: words }, words]);
}

/** 6 → 6b: rule 3. The same question again gets the same answer; another one gets none, now or later. */
export async function consent(member: Member, summed: readonly number[]): Stepped<AskedMember, Consent> {
  if (member.phase !== 'masked' && member.phase !== 'asked' && member.phase !== 'answered')
    return outOfTurn(member);
  const { config, slot, shared, graph, least = LEAST_COHORT } = member;
  const before = member.phase === 'masked' ? undefined : member.summed;
  const asked = { shared, own: slot, graph, before };
  const refusal = checkQuestion(summed, asked, config, least);
  if (refusal !== undefined) return fail(refusal);
  if (member.phase !== 'masked') return ok([member, member.consent]);
  const bytes = consentBytes(member.context, member.rosterHash, summed);
  const signed: Consent = { slot, signature: toText(await member.identity.sign(bytes)) };
  return ok([{ ...member, phase: 'asked', summed: [...summed], consent: signed }, signed]);
}

/** 6b → 7: where t devices have signed that the very same are summed, what opens the sum: of each a share of one secret, never both. */
export async function reveal(member: Member, consents: readonly Consent[]): Stepped<AskedMember, Reveal> {
  if (member.phase !== 'asked' && member.phase !== 'answered') return outOfTurn(member);
  const { config, slot, primitives, roster, summed, shared, held } = member;
  const bytes = consentBytes(member.context, member.rosterHash, summed);
  const signers = new Set<number>();
  for (const { slot: signer, signature } of consents) {
    const entry = roster.find((one) => one.slot === signer);
    if (entry === undefined || !summed.includes(signer)) continue;
    if (await primitives.verify(fromText(entry.identity), bytes, fromText(signature))) signers.add(signer);
  }
  const needed = consentsNeeded(roster.length, config);
  if (signers.size < needed) return fail({ kind: 'too-few', of: 'consents', got: signers.size, needed });
  const shares = shared.map((of) => {
    const both = held.get(of)!;
    return joined(both.subarray(0, 1), summed.includes(of) ? both.subarray(1, 33) : both.subarray(33));
  });
  return ok([
    { ...member, phase: 'answered' },
    { slot, shares: toText(joined(...shares)) },
  ]);
}

/** Rule 6. The member is of no use afterwards. */
export function wipe(member: Member): void {
  member.sealSeed.fill(0);
  member.maskSeed.fill(0);
  member.nonce.fill(0);
  if (member.phase === 'advertised' || member.phase === 'drawn') return;
  member.selfSeed.fill(0);
  for (const shares of member.held.values()) shares.fill(0);
  if (member.phase === 'shared') for (const key of member.openers.values()) key.fill(0);
}
