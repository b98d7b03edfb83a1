// One secure sum as the server sees it, a pure state machine beside a round's reporting:
//
//   advertising ── all, or deadline and ≥ U_min ──► (drawing ── all ──►) sharing ── as at first ──► collecting ── close: U3 ──►
//   consenting ── t consents ──► revealing ── t answers, rebuilt ──► summed                       any of them ── too few, or nothing fits ──► aborted
//
// step(attempt, event) → { attempt, effects }. A `record` effect comes first where the step must be durable before anybody hears
// of it: what was collected, and U3 before anyone is asked to open it. After that no vector is taken any more, also not after a
// restart. Signatures and shapes were looked at before an event is fed; the first message of a slot counts, its repetition changes
// nothing. What the server rebuilds out of answers is recover.ts.
import type {
  Collecting,
  Advertising,
  Consenting,
  Drawing,
  Revealing,
  Sharing,
  SumAttempt,
  SumEffect,
  SumEvent,
} from './attempt-state.ts';
import { isRingDrawn } from './graph.ts';
import type { Advert, Nonce, SumConfig } from './messages.ts';
import { neighbourhoodOf } from './neighbourhood.ts';
import { leastSummed, thresholdOf } from './rules.ts';

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

/** `layout`: other than it is where tests have rings of few devices. */
export function stepSum(attempt: SumAttempt, event: SumEvent, layout = neighbourhoodOf): SumStep {
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
        : isRingDrawn(next.adverts.length, next.config, layout)
          ? openDrawing(next)
          : openSharing({ config: next.config, roster: next.adverts }, [], 'send-roster');
    }
    case 'drawing':
      return whileDrawing(attempt, event);
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

const openDrawing = ({ config, adverts }: Advertising): SumStep => ({
  attempt: {
    phase: 'drawing',
    config,
    roster: adverts,
    awaited: adverts.map(({ slot }) => slot),
    nonces: [],
  },
  effects: [{ type: 'send-roster' }],
});

/** All of them, or none: an order drawn from those whom the server did not leave out is one that it may have chosen. */
function whileDrawing(attempt: Drawing, event: SumEvent): SumStep {
  const missing = (): SumStep =>
    abort(attempt, tooFew('drew for the order of all', attempt.nonces.length, attempt.roster.length));
  switch (event.type) {
    case 'nonce': {
      const { nonce } = event;
      if (!attempt.awaited.includes(nonce.slot)) return unchanged(attempt);
      const awaited = without(attempt.awaited, nonce.slot);
      const nonces = [...attempt.nonces, nonce].sort(bySlot);
      return awaited.length === 0
        ? openSharing(attempt, nonces, 'send-nonces')
        : unchanged({ ...attempt, awaited, nonces });
    }
    case 'gone':
      return attempt.awaited.includes(event.slot) ? missing() : unchanged(attempt);
    case 'deadline':
      return event.phase === 'drawing' ? missing() : unchanged(attempt);
    default:
      return unchanged(attempt);
  }
}

const openSharing = (
  { config, roster }: { readonly config: SumConfig; readonly roster: Advert[] },
  nonces: Nonce[],
  told: 'send-roster' | 'send-nonces',
): SumStep => ({
  attempt: {
    phase: 'sharing',
    config,
    roster,
    nonces,
    awaited: roster.map(({ slot }) => slot),
    keys: [],
  },
  effects: [{ type: told }],
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

const openCollecting = ({ config, roster, nonces, keys }: Sharing): SumStep => ({
  attempt: {
    phase: 'collecting',
    config,
    roster,
    nonces,
    shared: keys.map(({ slot, commit }) => ({ slot, commit })),
    masked: [],
  },
  effects: [{ type: 'record' }, { type: 'forward', keys }],
});

/** Whether a vector of this slot may still be taken. */
export const takesVector = (attempt: SumAttempt, slot: number): boolean =>
  attempt.phase === 'collecting' && attempt.shared.some((one) => one.slot === slot);

function whileCollecting(attempt: Collecting, event: SumEvent): SumStep {
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

function whileConsenting(attempt: Consenting, event: SumEvent): SumStep {
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
