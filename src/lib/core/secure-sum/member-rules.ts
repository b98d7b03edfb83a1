// What a device holds a server to before it gives anything away: the client rules of SECURE_AGGREGATION, §1.4, by their numbers.
// Pure: the signatures were looked at before, or are afterwards (member.ts).
import { fewestBeside, fewestInARow, type Graph } from './graph.ts';
import type { Advert, SumConfig } from './messages.ts';
import { honestAmong, leastSummed, thresholdOf } from './rules.ts';

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
  /** The order of the roster does not follow from what its devices had pledged themselves to. */
  | { readonly kind: 'false-draw'; readonly slot: number }
  /** So large a roster has no graph that shares could be dealt on. */
  | { readonly kind: 'too-many'; readonly got: number }
  /** Of devices in a row on the ring too few: `of` what. */
  | {
      readonly kind: 'gap';
      readonly of: 'shares' | 'summed';
      readonly got: number;
      readonly needed: number;
      readonly row: number;
    }
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
    case 'false-draw':
      return `The server’s order of devices is not drawn from what all of them had pledged themselves to: device ${refusal.slot} of the round drew something else, or nothing.`;
    case 'too-many':
      return `The server asks for one sum of ${refusal.got} devices, for which each would need more neighbours than there can be.`;
    case 'gap':
      return `Of ${refusal.row} devices beside each other only ${refusal.got} ${deeds[refusal.of]}, and ${refusal.needed} are needed so that none is left alone among devices in league with the server.`;
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
    mine.pledge !== own.pledge ||
    mine.identity !== own.identity ||
    mine.signature !== own.signature
  )
    return { kind: 'own-entry-altered' };
  return undefined;
}

/** Rule 2: `held` are the slots whose shares this device holds, its own among them. */
export function checkShares(
  held: readonly number[],
  own: number,
  graph: Graph,
  config: SumConfig,
  least: number,
): SumRefusal | undefined {
  const { arrived, neighbours } = graph.sizes;
  if (arrived === 0) {
    const needed = fewestSummed(graph.order.length, config, least);
    return held.length < needed ? { kind: 'too-few', of: 'shares', got: held.length, needed } : undefined;
  }
  const got = fewestBeside(graph, own, held);
  return got < arrived ? { kind: 'gap', of: 'shares', got, needed: arrived, row: neighbours / 2 } : undefined;
}

export interface Asked {
  /** Slots that masked with this one, and itself, ascending: its part of U2. */
  readonly shared: readonly number[];
  readonly own: number;
  readonly graph: Graph;
  /** What was asked before in this attempt; undefined: nothing. */
  readonly before: readonly number[] | undefined;
}

/** Rule 3, but for the signatures. D = U2 \ U3 follows from U3, so that the two cannot overlap or leave somebody out. */
export function checkQuestion(
  summed: readonly number[],
  { shared, own, graph, before }: Asked,
  config: SumConfig,
  least: number,
): SumRefusal | undefined {
  if (before !== undefined && !sameSlots(before, summed)) return { kind: 'asked-twice' };
  const [withMe, roster, holders] = [new Set(shared), new Set(graph.order), new Set(graph.holdersOf(own))];
  let last = -1;
  for (const slot of summed) {
    if (slot <= last) return { kind: 'malformed', reason: `slot ${slot} after slot ${last}` };
    if (!roster.has(slot) || (holders.has(slot) && !withMe.has(slot)))
      return { kind: 'malformed', reason: `slot ${slot}, which shared no keys, is to be summed` };
    last = slot;
  }
  if (!summed.includes(own)) return { kind: 'not-summed' };
  const needed = fewestSummed(graph.order.length, config, least);
  if (summed.length < needed) return { kind: 'too-few', of: 'summed', got: summed.length, needed };
  const { stay, neighbours } = graph.sizes;
  const got = fewestInARow(graph, summed);
  return got < stay ? { kind: 'gap', of: 'summed', got, needed: stay, row: neighbours / 2 } : undefined;
}

/** U_min as this device holds to it: it helps to open no smaller sum. */
export const fewestSummed = (rosterSize: number, config: SumConfig, least: number): number =>
  Math.max(leastSummed(rosterSize, config.profile, least), config.least);

/** Of those the fewest that are not in league with the server. */
export const fewestHonest = (rosterSize: number, config: SumConfig, least: number): number =>
  honestAmong(fewestSummed(rosterSize, config, least), rosterSize, config.colluding);

/** Devices that must have said the same before a secret is opened. */
export const consentsNeeded = (rosterSize: number, config: SumConfig): number =>
  thresholdOf(rosterSize, config.profile);

export const sameSlots = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((slot, index) => slot === b[index]);
