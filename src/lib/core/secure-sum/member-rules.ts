// What a device holds a server to before it gives anything away: the client rules of SECURE_AGGREGATION, §1.4, by their numbers.
// Pure: the signatures were looked at before, or are afterwards (member.ts).
import type { Advert, SumConfig } from './messages.ts';
import { leastSummed, thresholdOf } from './rules.ts';

/** Why a device takes no part in a sum any further. */
export type SumRefusal =
  /** Rules 1, 2, 3: `of` what there are too few. */
  | {
      readonly kind: 'too-few';
      readonly of: 'keys' | 'shares' | 'summed' | 'consents';
      readonly got: number;
      readonly needed: number;
    }
  | { readonly kind: 'repeated-key'; readonly slot: number }
  | { readonly kind: 'own-entry-altered' }
  | { readonly kind: 'bad-signature'; readonly slot: number }
  | { readonly kind: 'bad-key'; readonly slot: number }
  | { readonly kind: 'unreadable-shares'; readonly slot: number }
  /** Not sorted, a slot beyond the cohort, a sender that is not in the roster. */
  | { readonly kind: 'malformed'; readonly reason: string }
  /** Rule 3. */
  | { readonly kind: 'not-summed' }
  | { readonly kind: 'asked-twice' }
  /** A message that does not belong where this attempt stands. */
  | { readonly kind: 'out-of-turn'; readonly phase: string };

export function sumRefusalSentence(refusal: SumRefusal): string {
  switch (refusal.kind) {
    case 'too-few':
      return `Only ${refusal.got} devices ${deeds[refusal.of]}; for a sum that hides each of them at least ${refusal.needed} are needed.`;
    case 'repeated-key':
      return `Device ${refusal.slot} of the round shows a key that another has shown: the server may not be telling the truth.`;
    case 'own-entry-altered':
      return 'The server gave out other keys for this device than it sent: the update is not sent.';
    case 'bad-signature':
      return `The signature of device ${refusal.slot} of the round is wrong: the update is not sent.`;
    case 'bad-key':
      return `Device ${refusal.slot} of the round shows a key that no secret can be agreed with.`;
    case 'unreadable-shares':
      return `What device ${refusal.slot} of the round sealed for this one cannot be opened.`;
    case 'malformed':
      return `The server’s message about the secure sum does not fit: ${refusal.reason}.`;
    case 'not-summed':
      return 'The server asks for what opens a sum that this device is not part of: it gets no answer.';
    case 'asked-twice':
      return 'The server asked a second time, about other devices: whoever gets both answers could read a single update. It gets no answer.';
    case 'out-of-turn':
      return `The server’s message does not belong where the secure sum stands (${refusal.phase}).`;
    default:
      return refusal satisfies never;
  }
}

const deeds = {
  keys: 'showed their keys',
  shares: 'shared their keys',
  summed: 'are in the sum',
  consents: 'say who is in the sum',
} as const;

/** Rule 1, but for the signatures. `own`: what this device sent. */
export function checkRoster(
  roster: readonly Advert[],
  own: Advert,
  config: SumConfig,
  least: number,
): SumRefusal | undefined {
  const needed = fewestSummed(roster.length, config, least);
  if (roster.length < needed) return { kind: 'too-few', of: 'keys', got: roster.length, needed };
  const seen = new Set<string>();
  let before = -1;
  for (const { slot, sealKey, maskKey, identity } of roster) {
    if (slot <= before || slot >= config.cohort)
      return { kind: 'malformed', reason: `slot ${slot} of ${config.cohort} after slot ${before}` };
    before = slot;
    for (const key of [sealKey, maskKey, identity]) {
      if (seen.has(key)) return { kind: 'repeated-key', slot };
      seen.add(key);
    }
  }
  const mine = roster.find(({ slot }) => slot === own.slot);
  if (
    mine === undefined ||
    mine.sealKey !== own.sealKey ||
    mine.maskKey !== own.maskKey ||
    mine.identity !== own.identity ||
    mine.signature !== own.signature
  )
    return { kind: 'own-entry-altered' };
  return undefined;
}

export interface Asked {
  /** Slots that masked with each other, ascending: U2. */
  readonly shared: readonly number[];
  readonly own: number;
  readonly rosterSize: number;
  /** What was asked before in this attempt; undefined: nothing. */
  readonly before: readonly number[] | undefined;
}

/** Rule 3, but for the signatures. D = U2 \ U3 follows from U3, so that the two cannot overlap or leave somebody out. */
export function checkQuestion(
  summed: readonly number[],
  { shared, own, rosterSize, before }: Asked,
  config: SumConfig,
  least: number,
): SumRefusal | undefined {
  if (before !== undefined && !sameSlots(before, summed)) return { kind: 'asked-twice' };
  let last = -1;
  for (const slot of summed) {
    if (slot <= last) return { kind: 'malformed', reason: `slot ${slot} after slot ${last}` };
    if (!shared.includes(slot))
      return { kind: 'malformed', reason: `slot ${slot}, which shared no keys, is to be summed` };
    last = slot;
  }
  if (!summed.includes(own)) return { kind: 'not-summed' };
  const needed = fewestSummed(rosterSize, config, least);
  return summed.length < needed ? { kind: 'too-few', of: 'summed', got: summed.length, needed } : undefined;
}

/** U_min as this device holds to it: it helps to open no smaller sum. */
export const fewestSummed = (rosterSize: number, config: SumConfig, least: number): number =>
  Math.max(leastSummed(rosterSize, config.profile, least), config.least);

/** Devices that must have said the same before a secret is opened. */
export const consentsNeeded = (rosterSize: number, config: SumConfig): number =>
  thresholdOf(rosterSize, config.profile);

export const sameSlots = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((slot, index) => slot === b[index]);
