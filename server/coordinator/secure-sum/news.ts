// What a device is to know of a secure sum as it stands.
import { textLength } from '#lib/core/secure-sum/bytes.ts';
import type { SumGroup } from '#lib/core/secure-sum/roster-statement.ts';
import { SEALED_BYTES, type Advert, type SharedKeys } from '#lib/core/secure-sum/messages.ts';
import type { ServerMessages } from '#lib/protocol/messages.ts';
import type { Agreed } from './sum-event.ts';
import type { WithSum } from './summing.ts';

type NewsName = Extract<keyof ServerMessages, `sum-${string}`>;
export type SumNews = {
  [Name in NewsName]: { readonly name: Name; readonly message: ServerMessages[Name] };
}[NewsName];

/** Of one part, as text: its bytes are whole groups of three. */
const SEALED_CHARACTERS = textLength(SEALED_BYTES);

/** `sealed`: what devices sealed for each other; `agreed`: undefined before there is a roster, and after a restart. */
export function newsFor(
  { round, sum, survey }: WithSum,
  group: SumGroup,
  slot: number,
  sealed: readonly SharedKeys[],
  agreed: Agreed | undefined,
): readonly SumNews[] {
  const about = {
    federation: sum.config.federation,
    round,
    ...(survey === undefined ? {} : { survey }),
  };
  const rosterOf = (roster: readonly Advert[]): readonly SumNews[] =>
    agreed === undefined
      ? []
      : [{ name: 'sum-roster', message: { ...about, roster: [...roster], group, signed: agreed.signed } }];
  switch (sum.phase) {
    case 'drawing':
      return rosterOf(sum.roster);
    case 'sharing':
      return sum.nonces.length === 0
        ? rosterOf(sum.roster)
        : [...rosterOf(sum.roster), { name: 'sum-nonces', message: { ...about, nonces: sum.nonces } }];
    case 'collecting': {
      const graph = agreed?.graph;
      if (graph === undefined || !sum.shared.some((one) => one.slot === slot)) return [];
      const neighbours = new Set(graph.neighboursOf(slot));
      const forward = sealed
        .filter((one) => neighbours.has(one.slot))
        .map((one) => {
          // Sealed for each neighbour of the device that did it.
          const at = graph.neighboursOf(one.slot).indexOf(slot) * SEALED_CHARACTERS;
          return { slot: one.slot, sealed: one.sealed.slice(at, at + SEALED_CHARACTERS) };
        });
      return forward.length === 0 ? [] : [{ name: 'sum-forward', message: { ...about, forward } }];
    }
    case 'consenting':
    case 'revealing': {
      if (!sum.summed.includes(slot)) return [];
      const question: SumNews = { name: 'sum-question', message: { ...about, summed: sum.summed } };
      return sum.phase === 'consenting'
        ? [question]
        : [question, { name: 'sum-consents', message: { ...about, consents: sum.consents } }];
    }
    case 'advertising':
    case 'summed':
    case 'aborted':
      return [];
    default:
      return sum satisfies never;
  }
}
