// One secure sum as the server sees it, a pure state machine beside a round's reporting:
//
//   advertising ── all, or deadline and ≥ U_min ──► sharing ── likewise ──► collecting ── close: U3 ──► consenting ── t consents ──►
//   revealing ── t answers, rebuilt ──► summed                       any of them ── too few, or nothing fits ──► aborted
//
// step(attempt, event) → { attempt, effects }. A `record` effect comes first where the step must be durable before anybody hears
// of it: what was collected, and U3 before anyone is asked to open it. After that no vector is taken any more, also not after a
// restart. Signatures and shapes were looked at before an event is fed; the first message of a slot counts, its repetition changes
// nothing. What the server rebuilds out of answers is recover.ts.
import * as v from 'valibot';
import { Digest } from '../ids.ts';
import { Advert, bytesText, Consent, Reveal, SharedKeys, Slot, Slots, SumConfig } from './messages.ts';
import { leastSummed, thresholdOf } from './rules.ts';

const rostered = {
  config: SumConfig,
  /** U1, ascending by slot. */
  roster: v.array(Advert),
};
const shared = {
  ...rostered,
  /** U2, ascending, each with what it committed itself to. */
  shared: v.array(v.strictObject({ slot: Slot, commit: bytesText(32) })),
  /** Vectors that are kept, in order of arrival. */
  masked: v.array(v.strictObject({ slot: Slot, update: Digest })),
};
const closed = {
  ...shared,
  /** U3, ascending. */
  summed: Slots,
  consents: v.array(Consent),
};

/** `collecting` and later are durable; before, a restart ends the attempt, for nothing has been given away yet. */
export const SumAttempt = v.variant('phase', [
  v.strictObject({
    phase: v.literal('advertising'),
    config: SumConfig,
    /** Slots that may still show their keys. */
    awaited: Slots,
    adverts: v.array(Advert),
  }),
  v.strictObject({ phase: v.literal('sharing'), ...rostered, awaited: Slots, keys: v.array(SharedKeys) }),
  v.strictObject({ phase: v.literal('collecting'), ...shared }),
  v.strictObject({ phase: v.literal('consenting'), ...closed }),
  v.strictObject({ phase: v.literal('revealing'), ...closed, reveals: v.array(Reveal) }),
  v.strictObject({ phase: v.literal('summed'), ...closed }),
  v.strictObject({ phase: v.literal('aborted'), config: SumConfig, reason: v.string() }),
]);
export type SumAttempt = v.InferOutput<typeof SumAttempt>;
export type SumPhase = SumAttempt['phase'];
export type Sharing = Extract<SumAttempt, { phase: 'sharing' }>;
export type Revealing = Extract<SumAttempt, { phase: 'revealing' }>;

export type SumEvent =
  | { readonly type: 'advert'; readonly advert: Advert }
  | { readonly type: 'keys'; readonly keys: SharedKeys }
  /** A whole vector is kept. */
  | { readonly type: 'masked'; readonly slot: number; readonly update: Digest }
  /** Enough vectors, or no time for more: those that are kept are summed. */
  | { readonly type: 'close' }
  | { readonly type: 'consent'; readonly consent: Consent }
  | { readonly type: 'reveal'; readonly reveal: Reveal }
  /** The masks are off. */
  | { readonly type: 'recovered' }
  /** With these answers they do not come off: `blamed` sent what does not fit. */
  | { readonly type: 'unrecoverable'; readonly blamed: readonly number[]; readonly answers: number }
  /** A device that has not sent what is waited for will not. */
  | { readonly type: 'gone'; readonly slot: number }
  | { readonly type: 'deadline'; readonly phase: SumPhase }
  | { readonly type: 'cancelled'; readonly reason: string };

export type SumEffect =
  | { readonly type: 'record' }
  | { readonly type: 'send-roster' }
  /** To each of U2 what the others sealed for it. */
  | { readonly type: 'forward'; readonly keys: readonly SharedKeys[] }
  | { readonly type: 'ask' }
  | { readonly type: 'send-consents' }
  /** t answers or more are there: take the masks off. */
  | { readonly type: 'recover' }
  | { readonly type: 'abort'; readonly reason: string };

export interface SumStep {
  readonly attempt: SumAttempt;
  readonly effects: readonly SumEffect[];
}

export const openAttempt = (config: SumConfig, slots: readonly number[]): SumAttempt => ({
  phase: 'advertising',
  config,
  awaited: [...slots],
  adverts: [],
});

const unchanged = (attempt: SumAttempt): SumStep => ({ attempt, effects: [] });

const abort = ({ config }: SumAttempt, reason: string): SumStep => ({
  attempt: { phase: 'aborted', config, reason },
  effects: [{ type: 'record' }, { type: 'abort', reason }],
});

const bySlot = (a: { readonly slot: number }, b: { readonly slot: number }): number => a.slot - b.slot;

/** U_min of so large a roster, as far as the server is concerned. */
const least = ({ profile, least: configured }: SumConfig, roster: number): number =>
  leastSummed(roster, profile, configured);

const tooFew = (did: string, got: number, needed: number): string =>
  `Only ${got} ${got === 1 ? 'device' : 'devices'} ${did}; the secure sum needs ${needed}.`;

export function stepSum(attempt: SumAttempt, event: SumEvent): SumStep {
  if (attempt.phase === 'aborted' || attempt.phase === 'summed') return unchanged(attempt);
  if (event.type === 'cancelled') return abort(attempt, event.reason);
  switch (attempt.phase) {
    case 'advertising': {
      const next = whileAdvertising(attempt, event);
      if (next.phase !== 'advertising' || (next.awaited.length > 0 && !isDeadline(attempt, event)))
        return unchanged(next);
      const needed = least(next.config, next.adverts.length);
      return next.adverts.length < needed
        ? abort(next, tooFew('showed their keys in time', next.adverts.length, needed))
        : openSharing(next);
    }
    case 'sharing': {
      const next = whileSharing(attempt, event);
      if (next.awaited.length > 0 && !isDeadline(attempt, event)) return unchanged(next);
      const needed = least(next.config, next.roster.length);
      return next.keys.length < needed
        ? abort(next, tooFew('shared their keys in time', next.keys.length, needed))
        : openCollecting(next);
    }
    case 'collecting':
      return whileCollecting(attempt, event);
    case 'consenting':
      return whileConsenting(attempt, event);
    case 'revealing':
      return whileRevealing(attempt, event);
    default:
      return attempt satisfies never;
  }
}

const isDeadline = ({ phase }: SumAttempt, event: SumEvent): boolean =>
  event.type === 'deadline' && event.phase === phase;

const without = (slots: readonly number[], slot: number): number[] => slots.filter((one) => one !== slot);

type Advertising = Extract<SumAttempt, { phase: 'advertising' }>;

function whileAdvertising(attempt: Advertising, event: SumEvent): Advertising {
  switch (event.type) {
    case 'advert': {
      const { advert } = event;
      if (!attempt.awaited.includes(advert.slot)) return attempt;
      return {
        ...attempt,
        awaited: without(attempt.awaited, advert.slot),
        adverts: [...attempt.adverts, advert].sort(bySlot),
      };
    }
    case 'gone':
      return { ...attempt, awaited: without(attempt.awaited, event.slot) };
    default:
      return attempt;
  }
}

const openSharing = ({ config, adverts }: Advertising): SumStep => ({
  attempt: {
    phase: 'sharing',
    config,
    roster: adverts,
    awaited: adverts.map(({ slot }) => slot),
    keys: [],
  },
  effects: [{ type: 'send-roster' }],
});

function whileSharing(attempt: Sharing, event: SumEvent): Sharing {
  switch (event.type) {
    case 'keys': {
      const { keys } = event;
      if (!attempt.awaited.includes(keys.slot)) return attempt;
      return {
        ...attempt,
        awaited: without(attempt.awaited, keys.slot),
        keys: [...attempt.keys, keys].sort(bySlot),
      };
    }
    case 'gone':
      return { ...attempt, awaited: without(attempt.awaited, event.slot) };
    default:
      return attempt;
  }
}

const openCollecting = ({ config, roster, keys }: Sharing): SumStep => ({
  attempt: {
    phase: 'collecting',
    config,
    roster,
    shared: keys.map(({ slot, commit }) => ({ slot, commit })),
    masked: [],
  },
  effects: [{ type: 'record' }, { type: 'forward', keys }],
});

/** Whether a vector of this slot may still be taken. */
export const takesVector = (attempt: SumAttempt, slot: number): boolean =>
  attempt.phase === 'collecting' && attempt.shared.some((one) => one.slot === slot);

function whileCollecting(attempt: Extract<SumAttempt, { phase: 'collecting' }>, event: SumEvent): SumStep {
  switch (event.type) {
    case 'masked': {
      const { slot, update } = event;
      // Once: the second vector of a slot would be counted twice, or be another one under the same keys.
      if (!takesVector(attempt, slot) || attempt.masked.some((one) => one.slot === slot))
        return unchanged(attempt);
      return {
        attempt: { ...attempt, masked: [...attempt.masked, { slot, update }] },
        effects: [{ type: 'record' }],
      };
    }
    case 'close': {
      const summed = attempt.masked.map(({ slot }) => slot).sort((a, b) => a - b);
      const needed = least(attempt.config, attempt.roster.length);
      if (summed.length < needed)
        return abort(attempt, tooFew('sent their vector in time', summed.length, needed));
      return {
        attempt: { ...attempt, phase: 'consenting', summed, consents: [] },
        effects: [{ type: 'record' }, { type: 'ask' }],
      };
    }
    default:
      return unchanged(attempt);
  }
}

const answersNeeded = ({
  config,
  roster,
}: {
  readonly config: SumConfig;
  readonly roster: readonly Advert[];
}): number => thresholdOf(roster.length, config.profile);

function whileConsenting(attempt: Extract<SumAttempt, { phase: 'consenting' }>, event: SumEvent): SumStep {
  const needed = answersNeeded(attempt);
  switch (event.type) {
    case 'consent': {
      const { slot } = event.consent;
      if (!attempt.summed.includes(slot) || attempt.consents.some((one) => one.slot === slot))
        return unchanged(attempt);
      const consents = [...attempt.consents, event.consent];
      // Whoever has not consented yet reads the same list, and answers.
      return consents.length < needed
        ? unchanged({ ...attempt, consents })
        : {
            attempt: { ...attempt, phase: 'revealing', consents, reveals: [] },
            effects: [{ type: 'send-consents' }],
          };
    }
    case 'deadline':
      return event.phase === 'consenting'
        ? abort(attempt, tooFew('said who is in the sum', attempt.consents.length, needed))
        : unchanged(attempt);
    default:
      return unchanged(attempt);
  }
}

function whileRevealing(attempt: Revealing, event: SumEvent): SumStep {
  const needed = answersNeeded(attempt);
  switch (event.type) {
    case 'reveal': {
      const { slot } = event.reveal;
      if (!attempt.summed.includes(slot) || attempt.reveals.some((one) => one.slot === slot))
        return unchanged(attempt);
      const reveals = [...attempt.reveals, event.reveal];
      return {
        attempt: { ...attempt, reveals },
        effects: reveals.length < needed ? [] : [{ type: 'recover' }],
      };
    }
    case 'recovered': {
      const { reveals: _, ...rest } = attempt;
      // Not durable by itself: the version that is made of it is, or after a restart it is opened once more.
      return { attempt: { ...rest, phase: 'summed' }, effects: [] };
    }
    case 'unrecoverable':
      // Others may still answer, and with theirs it may fit.
      return event.answers < attempt.reveals.length || attempt.reveals.length < attempt.summed.length
        ? unchanged(attempt)
        : abort(attempt, doesNotFit(event.blamed));
    case 'deadline':
      if (event.phase !== 'revealing') return unchanged(attempt);
      return attempt.reveals.length < needed
        ? abort(attempt, tooFew('answered', attempt.reveals.length, needed))
        : abort(attempt, doesNotFit([]));
    default:
      return unchanged(attempt);
  }
}

const doesNotFit = (blamed: readonly number[]): string =>
  blamed.length === 0
    ? 'The shares that came do not open the secure sum.'
    : `The shares that came do not open the secure sum: those of ${blamed.length === 1 ? 'device' : 'devices'} ${blamed.join(', ')} do not fit.`;
