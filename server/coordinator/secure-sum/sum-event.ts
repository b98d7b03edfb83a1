// What a device says of a secure sum, looked at before it may change anything: is it of this device's slot, signed, and of the shape
// that the attempt asks for?
import type { SumAttempt, SumEvent } from '#lib/core/secure-sum/attempt.ts';
import { fromText } from '#lib/core/secure-sum/bytes.ts';
import { SEALED_BYTES, SHARE_BYTES } from '#lib/core/secure-sum/messages.ts';
import { webPrimitives } from '#lib/core/secure-sum/primitives.ts';
import { advertBytes, consentBytes, contextOf, rosterHashOf } from '#lib/core/secure-sum/schedule.ts';
import type { ClientMessage } from '../messages.ts';

export type SumMessage = Extract<ClientMessage, { readonly name: `sum-${string}` }>;

/** The event, its signature looked at; or what is wrong with it. */
export async function eventOf(sum: SumAttempt, slot: number, sent: SumMessage): Promise<SumEvent | string> {
  const { verify } = webPrimitives;
  const context = await contextOf(sum.config, webPrimitives);
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
    case 'sum-keys': {
      const { keys } = sent.message;
      const roster = 'roster' in sum ? sum.roster.length : 0;
      return fromText(keys.sealed).length === SEALED_BYTES * Math.max(0, roster - 1)
        ? { type: 'keys', keys }
        : 'There is not one sealed share for each other device of the roster.';
    }
    case 'sum-consent': {
      const { consent } = sent.message;
      if (!('summed' in sum)) return 'Nobody has been asked who is in the sum.';
      const entry = sum.roster.find((one) => one.slot === slot);
      const bytes = consentBytes(context, await rosterHashOf(context, sum.roster, webPrimitives), sum.summed);
      const isSigned =
        entry !== undefined && (await verify(fromText(entry.identity), bytes, fromText(consent.signature)));
      return isSigned ? { type: 'consent', consent } : 'The signature is not of those who are in the sum.';
    }
    case 'sum-reveal': {
      const { reveal } = sent.message;
      return 'shared' in sum && fromText(reveal.shares).length === SHARE_BYTES * sum.shared.length
        ? { type: 'reveal', reveal }
        : 'There is not one share for each device that shared its keys.';
    }
    default:
      return sent satisfies never;
  }
}

function slotIn(sent: SumMessage): number {
  switch (sent.name) {
    case 'sum-advert':
      return sent.message.advert.slot;
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
