// What the playground worker does, without the worker: one experiment at a time, a round of each of its settings at a request.
import { playDigits, type PlayDigits } from '../participant/play/play-digits.ts';
import { playFederation, type PlayFederation } from '../participant/play/play-federation.ts';
import type { PlayMade, PlayReply, PlayRequest } from './play-messages.ts';

/** Answers every request once, in order. */
export function play(reply: (message: PlayReply) => void): (request: PlayRequest) => void {
  let digits: { readonly seed: number; readonly data: PlayDigits } | undefined;
  let sides: readonly (PlayFederation | undefined)[] = [];

  function answer(request: PlayRequest): PlayReply {
    const { id } = request;
    switch (request.name) {
      case 'make': {
        const { seed, settings } = request.experiment;
        if (digits?.seed !== seed) digits = { seed, data: playDigits(seed) };
        const { data } = digits;
        const made = settings.map((setting) => playFederation(setting, data, seed));
        sides = made.map((one) => (one.ok ? one.value : undefined));
        return {
          type: 'made',
          id,
          sides: made.map((one): PlayMade =>
            one.ok
              ? {
                  ok: true,
                  participants: one.value.participants,
                  parameterCount: one.value.parameterCount,
                  start: one.value.start,
                }
              : { ok: false, message: one.error },
          ),
        };
      }
      case 'round':
        return { type: 'round', id, sides: sides.map((side) => side?.next() ?? null) };
      case 'reference':
        return { type: 'reference', id, reference: sides[0]?.nextReference() ?? null };
      default:
        return request satisfies never;
    }
  }

  return (request) => {
    try {
      reply(answer(request));
    } catch (error) {
      // The page waits for an answer: a bug is told there, and thrown here too.
      reply({
        type: 'failure',
        id: request.id,
        message: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
  };
}
