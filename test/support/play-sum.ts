// One secure sum from the first key to the last answer, in memory: the real steps of devices and server, with devices that die
// where they are told to, and liars. Every draw comes from the seed.
import type { SumAttempt, SumEffect, SumEvent } from '#lib/core/secure-sum/attempt-state.ts';
import { openAttempt, stepSum } from '#lib/core/secure-sum/attempt.ts';
import { fromText, toText } from '#lib/core/secure-sum/bytes.ts';
import { addWords, totalWords } from '#lib/core/secure-sum/masked-words.ts';
import {
  advertise,
  consent,
  mask,
  receive,
  reveal,
  share,
  showNonce,
  type Member,
} from '#lib/core/secure-sum/member.ts';
import {
  SEALED_BYTES,
  type SumConfig,
  type Forward,
  type SharedKeys,
} from '#lib/core/secure-sum/messages.ts';
import type { Layout } from '#lib/core/secure-sum/neighbourhood.ts';
import type { Primitives } from '#lib/core/secure-sum/primitives.ts';
import { recoverSeeds, takeMasksOff } from '#lib/core/secure-sum/recover.ts';
import type { SecureProfile } from '#lib/core/secure-sum/rules.ts';
import { digestOf, bytesOf } from '#lib/core/digest.ts';
import { random } from '#lib/core/random.ts';
import { laneMask, type RingBits } from '#lib/core/update/codec/ring-lanes.ts';
import { testIdentity } from '../doubles/node-primitives.ts';
import { sumConfig } from './sum-config.ts';

export type Death =
  | 'before-advertising'
  | 'after-advertising'
  | 'after-drawing'
  | 'after-sharing'
  | 'before-masking'
  | 'half-an-upload'
  | 'after-masking'
  | 'after-consenting';

export type End =
  | 'exact'
  | 'keys too few'
  | 'nonces too few'
  | 'shares too few'
  | 'vectors too few'
  | 'consented too few'
  | 'answered too few'
  | 'shares unfit';

export interface Played {
  readonly end: End;
  readonly deaths: readonly (Death | null)[];
  /** A sum came out that is not the sum of those who are in it. */
  readonly wrong: boolean;
  readonly reason: string | null;
  /** Devices that went no further because too few were left beside them. */
  readonly refused: number;
}

export interface SumPlay {
  readonly seed: number;
  readonly devices: number;
  readonly bits: RingBits;
  readonly words: number;
  readonly tail: number;
  readonly profile: SecureProfile;
  deathOf(slot: number): Death | null;
  /** Whether this device answers with shares that are not those it holds. */
  liesInAnswer(slot: number): boolean;
  readonly primitives: Primitives;
  readonly least: number;
  /** Absent: as it is. */
  readonly layout?: Layout;
}

/** Key pairs of one slot (the second byte: X25519 drops the lowest bits of the first): few, so that making them is not what a thousand rounds take their time for. */
function seedsOf(slot: number, which: number): (bytes: number) => Uint8Array {
  let next = 3 * (slot + 128 * which);
  return (bytes) => {
    next += 1;
    return new Uint8Array(bytes)
      .fill(17)
      .fill(next & 255, 1, 2)
      .fill(next >> 8, 2, 3);
  };
}

const identities: ReturnType<typeof testIdentity>[] = [];

/** The parts that each device is to open, out of what all of them sealed. */
export function forwardTo(
  slot: number,
  roster: readonly { readonly slot: number }[],
  keys: readonly SharedKeys[],
  neighboursOf = (of: number): readonly number[] =>
    roster.map((entry) => entry.slot).filter((one) => one !== of),
): Forward {
  return keys.flatMap((one) => {
    const place = neighboursOf(one.slot).indexOf(slot);
    if (place === -1) return [];
    const bytes = fromText(one.sealed).subarray(place * SEALED_BYTES, (place + 1) * SEALED_BYTES);
    return [{ slot: one.slot, sealed: toText(bytes) }];
  });
}

const endOf = (reason: string): End => {
  const ends: readonly (readonly [string, End])[] = [
    ['showed their keys', 'keys too few'],
    ['drew for the order', 'nonces too few'],
    ['shared their keys', 'shares too few'],
    ['sent their vector', 'vectors too few'],
    ['said who is in the sum', 'consented too few'],
    ['answered', 'answered too few'],
    ['do not open the secure sum', 'shares unfit'],
  ];
  const found = ends.find(([words]) => reason.includes(words));
  if (found === undefined) throw new Error(`No allowed reason: ${reason}`);
  return found[1];
};

export async function playSum(play: SumPlay): Promise<Played> {
  const { devices, primitives } = play;
  const draws = random(play.seed, 'secure sum');
  const draw = (bytes: number): Uint8Array => {
    const words = new Uint32Array(Math.ceil(bytes / 4));
    draws.fill(words);
    return new Uint8Array(words.buffer).subarray(0, bytes);
  };
  const config = sumConfig({
    bits: play.bits,
    words: play.words,
    tail: play.tail,
    profile: play.profile,
    cohort: devices,
    least: play.least,
    round: (play.seed + 1) as SumConfig['round'],
  });
  const slots = Array.from({ length: devices }, (_, slot) => slot);
  const deaths = slots.map((slot) => play.deathOf(slot));
  const lies = slots.map((slot) => play.liesInAnswer(slot));
  const lives = (slot: number, ...stages: readonly Death[]): boolean =>
    deaths[slot] === null || !stages.includes(deaths[slot]!);
  const vectors = slots.map(() => {
    const words = new Uint32Array(totalWords(config));
    draws.fill(words);
    for (let i = 0; i < config.words; i += 1) words[i]! &= laneMask(config.bits);
    return words;
  });

  let attempt: SumAttempt = openAttempt(config, slots);
  /** As it now is: what is fed changes it. */
  const now = (): SumAttempt => attempt;
  let effects: readonly SumEffect[] = [];
  const feed = (event: SumEvent): void => {
    // Everything arrives twice: the second changes nothing.
    const first = stepSum(attempt, event, play.layout);
    const second = stepSum(first.attempt, event, play.layout);
    attempt = event.type === 'close' ? first.attempt : second.attempt;
    effects = first.effects;
  };
  const ended = (): Played | undefined =>
    attempt.phase === 'aborted'
      ? { end: endOf(attempt.reason), deaths, wrong: false, reason: attempt.reason, refused }
      : undefined;
  const member = new Map<number, Member>();
  let refused = 0;

  const died: Death[] = ['before-advertising'];
  for (const slot of slots.filter((one) => lives(one, ...died))) {
    const identity = (identities[slot] ??= testIdentity());
    const setting = { config, slot, identity, primitives, least: play.least, layout: play.layout };
    const [state, advert] = await advertise({ ...setting, draw: seedsOf(slot, play.seed % 8) });
    member.set(slot, { ...state, draw });
    feed({ type: 'advert', advert });
  }
  feed({ type: 'deadline', phase: 'advertising' });
  died.push('after-advertising');
  const drawing = now();
  if (drawing.phase === 'drawing') {
    for (const slot of slots.filter((one) => lives(one, ...died))) {
      const stepped = await showNonce(member.get(slot)!, drawing.roster);
      if (!stepped.ok) throw new Error(`Device ${slot} refused: ${stepped.error.kind}`);
      member.set(slot, stepped.value[0]);
      feed({ type: 'nonce', nonce: stepped.value[1] });
    }
    if (now().phase === 'drawing') feed({ type: 'deadline', phase: 'drawing' });
  }
  const sharing = now();
  if (sharing.phase !== 'sharing') return ended()!;
  const { roster, nonces } = sharing;

  died.push('after-drawing');
  for (const slot of slots.filter((one) => lives(one, ...died))) {
    const stepped = await share(member.get(slot)!, roster, nonces);
    if (!stepped.ok) throw new Error(`Device ${slot} refused: ${stepped.error.kind}`);
    member.set(slot, stepped.value[0]);
    feed({ type: 'keys', keys: stepped.value[1] });
  }
  if (now().phase === 'sharing') feed({ type: 'deadline', phase: 'sharing' });
  const forwarded = effects.find((effect) => effect.type === 'forward');
  if (forwarded === undefined) return ended()!;
  const neighboursOf = [...member.values()].flatMap((one) =>
    'graph' in one ? [one.graph.neighboursOf] : [],
  )[0];

  died.push('after-sharing');
  const uploads = new Map<number, Uint32Array>();
  for (const slot of slots.filter((one) => lives(one, ...died))) {
    const received = await receive(member.get(slot)!, forwardTo(slot, roster, forwarded.keys, neighboursOf));
    if (!received.ok) {
      if (received.error.kind !== 'gap') throw new Error(`Device ${slot} refused: ${received.error.kind}`);
      refused += 1;
      continue;
    }
    member.set(slot, received.value[0]);
    if (!lives(slot, 'before-masking')) continue;
    const masked = await mask(received.value[0], vectors[slot]!.slice());
    if (!masked.ok) throw new Error(`Device ${slot} refused: ${masked.error.kind}`);
    member.set(slot, masked.value[0]);
    // A retry is bit-identical: rule 4.
    const again = await mask(masked.value[0], new Uint32Array(totalWords(config)));
    if (!again.ok || again.value[1] !== masked.value[1]) throw new Error('Two vectors under the same keys.');
    if (!lives(slot, 'half-an-upload')) continue;
    uploads.set(slot, masked.value[1]);
    feed({ type: 'masked', slot, update: digestOf(bytesOf(masked.value[1])) });
  }
  feed({ type: 'close' });
  const consenting = now();
  if (consenting.phase !== 'consenting') return ended()!;
  const { summed } = consenting;

  died.push('before-masking', 'half-an-upload', 'after-masking');
  for (const slot of summed.filter((one) => lives(one, ...died))) {
    const consented = await consent(member.get(slot)!, summed);
    if (!consented.ok) {
      if (consented.error.kind !== 'gap') throw new Error(`Device ${slot} refused: ${consented.error.kind}`);
      refused += 1;
      continue;
    }
    member.set(slot, consented.value[0]);
    feed({ type: 'consent', consent: consented.value[1] });
  }
  const revealing = now();
  if (revealing.phase !== 'revealing') {
    feed({ type: 'deadline', phase: 'consenting' });
    return ended()!;
  }
  const { consents } = revealing;

  died.push('after-consenting');
  for (const slot of summed.filter((one) => lives(one, ...died) && member.get(one)!.phase === 'asked')) {
    const revealed = await reveal(member.get(slot)!, consents);
    if (!revealed.ok) throw new Error(`Device ${slot} refused: ${revealed.error.kind}`);
    member.set(slot, revealed.value[0]);
    const answer = revealed.value[1];
    const shares = fromText(answer.shares);
    if (lies[slot] === true) for (let i = 1; i < shares.length; i += 2) shares[i]! ^= 0x5a;
    feed({ type: 'reveal', reveal: { ...answer, shares: toText(shares) } });
    const answered = now();
    if (!effects.some((effect) => effect.type === 'recover') || answered.phase !== 'revealing') continue;
    const seeds = await recoverSeeds(answered, primitives, play.layout);
    if (!seeds.ok) {
      const { reveals } = answered;
      feed({ type: 'unrecoverable', blamed: seeds.error.slots, answers: reveals.length });
      if (now().phase === 'aborted') return ended()!;
      continue;
    }
    const sum = new Uint32Array(totalWords(config));
    for (const one of summed) addWords(sum, uploads.get(one)!, config, 1);
    await takeMasksOff(sum, answered, seeds.value, primitives);
    feed({ type: 'recovered' });
    const wanted = new Uint32Array(totalWords(config));
    for (const one of summed) addWords(wanted, vectors[one]!, config, 1);
    const wrong = !wanted.every((word, i) => word === sum[i]);
    return { end: 'exact', deaths, wrong, reason: null, refused };
  }
  feed({ type: 'deadline', phase: 'revealing' });
  return ended()!;
}
