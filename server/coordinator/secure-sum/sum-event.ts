// What a device says of a secure sum, looked at before it may change anything: is it of this device's slot, signed, and of the shape
// that the attempt asks for?
import type { SumAttempt, SumEvent } from '#lib/core/secure-sum/attempt-state.ts';
import { fromText } from '#lib/core/secure-sum/bytes.ts';
import { graphOf, keepsPledge, type Graph } from '#lib/core/secure-sum/graph.ts';
import { SEALED_BYTES, SHARE_BYTES } from '#lib/core/secure-sum/messages.ts';
import { webPrimitives } from '#lib/core/secure-sum/primitives.ts';
import {
  rosterStatement,
  rosterStatementBytes,
  type SumGroup,
} from '#lib/core/secure-sum/roster-statement.ts';
import { advertBytes, consentBytes, contextOf, rosterHashOf } from '#lib/core/secure-sum/schedule.ts';
import type { Signature } from '#lib/core/transparency/statements.ts';
import type { ServerKey } from '../../ports/server-key.ts';
import { signed } from '../version-log.ts';
import type { ClientMessage } from '../messages.ts';

export type SumMessage = Extract<ClientMessage, { readonly name: `sum-${string}` }>;

/** What follows from the roster, for all messages of a phase the same. */
export interface Agreed {
  readonly context: Uint8Array;
  /** Of no use before there is a roster. */
  readonly rosterHash: Uint8Array;
  /** The server's word on both. */
  readonly signed: Signature;
  /** Undefined before its order is drawn. */
  readonly graph: Graph | undefined;
}

export async function agreedOf(sum: SumAttempt, group: SumGroup, key: ServerKey): Promise<Agreed> {
  const { config } = sum;
  const context = await contextOf(config, webPrimitives);
  const roster = 'roster' in sum ? sum.roster : [];
  const rosterHash = await rosterHashOf(context, roster, webPrimitives);
  const graph =
    'roster' in sum && sum.phase !== 'drawing'
      ? await graphOf(config, roster, rosterHash, sum.nonces, webPrimitives)
      : undefined;
  const statement = rosterStatement(config, group, context, rosterHash);
  return { context, rosterHash, signed: signed(key, rosterStatementBytes(statement)), graph };
}

/** The event, its signature looked at; or what is wrong with it. */
export async function eventOf(
  sum: SumAttempt,
  slot: number,
  sent: SumMessage,
  { context, rosterHash, graph }: Agreed,
): Promise<SumEvent | string> {
  const { verify } = webPrimitives;
  if (slotIn(sent) !== slot)
    return `The message is of slot ${slotIn(sent)}, and this device has slot ${slot}.`;
  switch (sent.name) {
    case 'sum-advert': {
      const { advert } = sent.message;
      const isSigned = await verify(
        fromText(advert.identity),
        advertBytes(context, advert),
        fromText(advert.signature),
      );
      return isSigned ? { type: 'advert', advert } : 'The keys are not signed by the device that shows them.';
    }
    case 'sum-nonce': {
      const { nonce } = sent.message;
      const entry = 'roster' in sum ? sum.roster.find((one) => one.slot === slot) : undefined;
      return entry !== undefined && (await keepsPledge(context, entry.pledge, nonce, webPrimitives))
        ? { type: 'nonce', nonce }
        : 'What was drawn is not what the device had pledged itself to.';
    }
    case 'sum-keys': {
      const { keys } = sent.message;
      const neighbours = graph?.neighboursOf(slot).length ?? 0;
      return fromText(keys.sealed).length === SEALED_BYTES * neighbours
        ? { type: 'keys', keys }
        : 'There is not one sealed share for each neighbour of the device.';
    }
    case 'sum-consent': {
      const { consent } = sent.message;
      if (!('summed' in sum)) return 'Nobody has been asked who is in the sum.';
      const entry = sum.roster.find((one) => one.slot === slot);
      const bytes = consentBytes(context, rosterHash, sum.summed);
      const isSigned =
        entry !== undefined && (await verify(fromText(entry.identity), bytes, fromText(consent.signature)));
      return isSigned ? { type: 'consent', consent } : 'The signature is not of those who are in the sum.';
    }
    case 'sum-reveal': {
      const { reveal } = sent.message;
      if (!('shared' in sum) || graph === undefined) return 'Nobody has been asked for shares.';
      const holders = new Set(graph.holdersOf(slot));
      const held = sum.shared.filter((one) => holders.has(one.slot)).length;
      return fromText(reveal.shares).length === SHARE_BYTES * held
        ? { type: 'reveal', reveal }
        : 'There is not one share for each neighbour that shared its keys.';
    }
    default:
      return sent satisfies never;
  }
}

function slotIn(sent: SumMessage): number {
  switch (sent.name) {
    case 'sum-advert':
      return sent.message.advert.slot;
    case 'sum-nonce':
      return sent.message.nonce.slot;
    case 'sum-keys':
      return sent.message.keys.slot;
    case 'sum-consent':
      return sent.message.consent.slot;
    case 'sum-reveal':
      return sent.message.reveal.slot;
    default:
      return sent satisfies never;
  }
}
